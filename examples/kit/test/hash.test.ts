import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createHash } from '../src/sim/index.ts'

const test = suite('kit: hash')

function hashOf(ints: readonly number[], floats: readonly number[] = []): number {
  const { start, addInt, addFloat, value } = createHash()
  start()
  for (const int of ints) addInt(int)
  for (const float of floats) addFloat(float)
  return value()
}

test('the same on every engine, whatever was added before', () => {
  assert.is(hashOf([1, 2, 3], [0.1, -0]), 99582170)
  assert.is(hashOf([]), 0x811c9dc5)
})

test('order, upper and lower bits count, and the sign of zero', () => {
  const hashes = [
    ...[hashOf([1, 2]), hashOf([2, 1]), hashOf([1, 2 ** 31]), hashOf([1, 2 ** 16]), hashOf([1])],
    ...[hashOf([], [0]), hashOf([], [-0]), hashOf([], [1e-40]), hashOf([], [0.1])],
  ]
  assert.is(new Set(hashes).size, hashes.length)
  assert.is(hashOf([], [0.1]), hashOf([], [Math.fround(0.1)]))
})

test.run()
