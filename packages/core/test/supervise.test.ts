import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { baseBatch, maxBatch } from '../src/policy.ts'
import { betterBatch, costOf, wasIdle } from '../src/supervise.ts'

const test = suite('supervise')

test('the cost of a window: refills, and the blocks that they hand out', () => {
  assert.is(costOf(64, 64), 50 + 64)
  assert.is(costOf(65, 64), 2 * (50 + 64))
  assert.is(costOf(1, 256), 50 + 256)
  assert.is(costOf(0, 64), 0)
})

// blocks, refills and those too large, batch, stride; then: the better batch
const DECISIONS: readonly [string, [number, number, number], number, number, number][] = [
  ['many refills: twice', [1000, 16, 0], 64, 64, 128],
  ['one refill that was enough, just', [64, 1, 0], 64, 64, 64],
  ['a block more than two batches', [129, 3, 0], 64, 64, 64],
  ['most refills were too much: half', [512, 3, 2], 512, 64, 256],
  ['half of them were', [1024, 2, 1], 512, 64, 512],
  ['too much at the lower bound', [64, 1, 1], 64, 64, 64],
  ['at the upper bound', [100_000, 100, 0], 1024, 64, 1024],
  ['at the bound by bytes', [1000, 16, 0], 64, 1024, 64],
  ['a batch above its bound stays', [1000, 1, 0], 1000, 1024, 1000],
  ['twice is cheaper, but not by 8 %', [100_000, 100, 0], 512, 32, 512],
  ['nothing happened', [0, 0, 0], 256, 64, 256],
]
for (const [name, counts, batch, stride, expected] of DECISIONS) {
  test(name, () => {
    const [blockCount, refillCount, idleRefillCount] = counts
    assert.is(betterBatch({ blockCount, refillCount, idleRefillCount }, batch, stride), expected)
  })
}

test('a refill is too much when three quarters of it lie free at the next look', () => {
  assert.equal(
    [0, 47, 48, 64, 500].map((spareCount) => wasIdle(64, spareCount)),
    [false, false, true, true, true],
  )
})

test('a growth is never a worse decision, nor out of bounds', () => {
  for (const stride of [16, 64, 520, 4112, 524_288]) {
    for (let blockCount = 1; blockCount < 3000; blockCount += 7) {
      for (let batch = baseBatch(stride); batch <= maxBatch(stride); batch *= 2) {
        const window = { blockCount, refillCount: 1, idleRefillCount: 0 }
        const better = betterBatch(window, batch, stride)
        assert.ok(better >= batch && better <= maxBatch(stride))
        assert.ok(
          better === batch || costOf(blockCount, better) <= 0.92 * costOf(blockCount, batch),
        )
      }
    }
  }
})

test.run()
