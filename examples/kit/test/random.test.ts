import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createRandom, randomBelow, randomStateOf } from '../src/sim/index.ts'

const test = suite('kit: random')

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

test('an element of an array is a state, and its neighbours are left alone', () => {
  const states = new Int32Array(3).fill(-7)
  createRandom(states.subarray(1, 2), 42)
  const expected = draw(42, 1000)
  assert.equal(
    expected.map(() => randomBelow(states, 1, 1000)),
    expected,
  )
  assert.equal([states[0], states[2]], [-7, -7])
})

test('sequences of one seed: none is stuck, and none runs into the next', () => {
  for (const seed of [0, 1, 0xffffffff, -5]) {
    const states = Int32Array.from({ length: 5000 }, (_, id) => randomStateOf(seed, id))
    assert.is(new Set(states).size, 5000, `seed ${seed}`)
    assert.not.ok(states.includes(0), `seed ${seed}`)
    // All are pieces of one cycle: 40 draws of one must not meet the beginning of another.
    const beginnings = new Set(states)
    for (const begin of states.slice(0, 200)) {
      const state = new Int32Array([begin])
      for (let i = 0; i < 40; i++) {
        randomBelow(state, 0, 2)
        assert.not.ok(beginnings.has(state[0]), `seed ${seed}`)
      }
    }
  }
  assert.is.not(randomStateOf(1, 2), randomStateOf(2, 1))
})

test('the first draws of all sequences are evenly spread', () => {
  const buckets = new Int32Array(64)
  for (let id = 1; id <= 6400; id++) {
    buckets[randomBelow(new Int32Array([randomStateOf(1, id)]), 0, 64)]++
  }
  for (const count of buckets) assert.ok(count > 60 && count < 145, `${buckets}`)
})

test.run()
