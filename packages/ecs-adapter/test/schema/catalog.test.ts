import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Catalog } from '../../src/schema/catalog.ts'
import { assertThrows } from '../support.ts'

const test = suite('catalog')

test('components are found by name, object and number, in the order they were added', () => {
  const catalog = new Catalog()
  const [Position, Enemy] = [{}, {}]
  assert.is(catalog.all.length, 0)
  catalog.add('Position', Position, [])
  catalog.add('Enemy', Enemy, [])
  assert.is(catalog.all.length, 2)
  for (const [number, key] of [Position, Enemy].entries()) {
    const listed = catalog.find(key)
    assert.is(listed.number, number)
    assert.is(catalog.find(listed.name), listed)
    assert.is(catalog.at(number), listed)
  }
  for (const key of ['position', {}, undefined, 0]) {
    assertThrows(() => catalog.find(key), 'invalid-argument', 'Position, Enemy')
  }
})

test.run()
