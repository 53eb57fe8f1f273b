import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readOptions } from '../driver/options.ts'

const test = suite('options')

const read = (...args: string[]) => readOptions(['node', 'bench', ...args])

test('targets take 15 processes, all else 7, unless told', () => {
  assert.is(read('alloc').runs, 7)
  assert.is(read('alloc', '--targets').runs, 15)
  assert.is(read('alloc', '--targets', '--runs', '9').runs, 9)
  assert.is(read('--runs', '9').runs, 9)
  assert.is(read('--targets', '--quick').runs, 3)
})

test('topics are all that there are, unless told', () => {
  assert.equal(read('alloc', 'ecs').topics, ['alloc', 'ecs'])
  assert.is(read().topics.length, 7)
})

test('curve is a topic, and draws only when told', () => {
  assert.equal(read('curve').topics, ['curve'])
  assert.not(read('curve').draw)
  assert.ok(read('curve', '--draw').draw)
})

test('the commit of before', () => {
  assert.match(read().before, /^[0-9a-f]{12}$/)
  assert.is(read('--before', 'HEAD~3').before, 'HEAD~3')
})

test.run()
