import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createRandom } from '../src/sim/random.ts'

const test = suite('level: random')

const draw = (seed: number, count: number, times = 8) => {
  const { below } = createRandom(new Int32Array(1), seed)
  return Array.from({ length: times }, () => below(count))
}

test('the same numbers on every engine', () => {
  assert.equal(draw(1, 1000), [118, 922, 61, 228, 190, 726, 368, 566])
})

test('the state is one word: copying it resumes the sequence', () => {
  const state = new Int32Array(1)
  const first = createRandom(state, 42)
  first.below(10)
  const saved = state[0]
  const next = [first.below(1000), first.below(1000)]
  state[0] = saved
  assert.equal([first.below(1000), first.below(1000)], next)
})

test('every seed works, 0 and the one whose product is 0 too, and different ones differ', () => {
  const seen = new Set<string>()
  const seeds = [0, 1, 2, 0x5bd1e995, 0xffffffff, 0x80000000]
  for (const seed of seeds) {
    const values = draw(seed, 65536, 16)
    assert.ok(new Set(values).size > 8, `seed ${seed} gives ${values}`)
    seen.add(values.join())
  }
  assert.is(seen.size, seeds.length)
  assert.equal(draw(2 ** 32 + 1, 100), draw(1, 100), 'the lower 32 bits count')
})

test('numbers are in range and evenly spread', () => {
  for (const count of [1, 2, 7, 100, 65536]) {
    const buckets = new Int32Array(Math.min(count, 10))
    for (const value of draw(7, count, 10_000)) {
      assert.ok(Number.isInteger(value) && value >= 0 && value < count, `${value} of ${count}`)
      buckets[Math.floor((value * buckets.length) / count)]++
    }
    const expected = 10_000 / buckets.length
    const worst = Math.max(...buckets.map((bucket) => Math.abs(bucket - expected)))
    assert.ok(worst < expected / 5, `${buckets}`)
  }
})

test.run()
