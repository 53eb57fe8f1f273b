import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { nearestOf } from '../../src/base/nearest.ts'

const test = suite('nearest')
const NAMES = ['Position', 'Velocity', 'move', 'Hp', 'a']

test('the nearest name, if it is near', () => {
  const cases: [string, string | undefined][] = [
    ['Positon', 'Position'],
    ['position', 'Position'],
    ['Postiion', 'Position'],
    ['mvoe', 'move'],
    ['velocities', 'Velocity'],
    ['HP', 'Hp'],
    ['Health', undefined],
    ['b', undefined],
    ['Hx', undefined],
    ['', undefined],
  ]
  for (const [given, expected] of cases) {
    const text = nearestOf(given, NAMES)
    if (expected === undefined) assert.not.match(text, 'Did you mean', given)
    else assert.ok(text.startsWith(`Did you mean "${expected}"? `), text)
    assert.ok(text.endsWith('There are: Position, Velocity, move, Hp, a'), text)
  }
  assert.is(nearestOf('a', []), 'There are: none')
})

test.run()
