import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ComponentRegistry } from '../../src/schema/component-registry.ts'
import { assertThrows } from '../support.ts'

const test = suite('registry')

test('components are found by name, object and number, in the order they were added', () => {
  const registry = new ComponentRegistry()
  const [Position, Enemy] = [{}, {}]
  assert.is(registry.all.length, 0)
  registry.add('Position', Position, [], undefined)
  registry.add('Enemy', Enemy, [], undefined)
  assert.is(registry.all.length, 2)
  for (const [number, key] of [Position, Enemy].entries()) {
    const listed = registry.find(key)
    assert.is(listed.number, number)
    assert.is(registry.find(listed.name), listed)
    assert.is(registry.at(number), listed)
  }
  for (const key of ['position', {}, undefined, 0]) {
    assertThrows(() => registry.find(key), 'invalid-argument', 'Position, Enemy')
  }
})

test.run()
