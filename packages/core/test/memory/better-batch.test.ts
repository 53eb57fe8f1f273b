import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { baseBatch, betterBatch, maxBatch, wasIdle } from '../../src/memory/refill-batch.ts'

const test = suite('better batch')

// refills, those not the first after a sweep, those too large; batch, stride; the better batch
const DECISIONS: readonly [string, [number, number, number], number, number, number][] = [
  ['many refills between two looks: twice', [8, 7, 0], 64, 64, 128],
  ['many looks with one refill each', [60, 0, 0], 64, 64, 64],
  ['many pools with one refill each', [8, 0, 0], 64, 64, 64],
  ['growth without a look', [10, 10, 0], 64, 64, 128],
  ['twice would save, but not 8 %', [4, 3, 0], 128, 64, 128],
  ['most refills were too much: half', [3, 0, 2], 512, 64, 256],
  ['half of them were', [2, 0, 1], 512, 64, 512],
  ['too much at the lower bound', [1, 0, 1], 64, 64, 64],
  ['too much, and below the bound: it was published', [1, 0, 1], 7, 64, 7],
  ['at the upper bound', [100, 99, 0], 1024, 64, 1024],
  ['at the bound by bytes', [16, 15, 0], 63, 1040, 63],
  ['above its bound: it was published', [16, 15, 0], 1000, 1040, 1000],
  ['nothing happened', [0, 0, 0], 256, 64, 256],
]
for (const [name, counts, batch, stride, expected] of DECISIONS) {
  test(name, () => {
    const [refillCount, furtherCount, idleCount] = counts
    const window = { blockCount: refillCount * batch, refillCount, furtherCount, idleCount }
    assert.is(betterBatch(window, batch, stride), expected)
  })
}

test('a refill is too much when three quarters of it lie free at the next look', () => {
  assert.equal(
    [0, 47, 48, 64, 500].map((spareCount) => wasIdle(64, spareCount)),
    [false, false, true, true, true],
  )
})

test('no window leads out of the bounds', () => {
  for (const stride of [16, 64, 520, 4112, 524_288]) {
    for (let refillCount = 1; refillCount < 50; refillCount++) {
      for (let furtherCount = 0; furtherCount <= refillCount; furtherCount += 3) {
        for (let batch = baseBatch(stride); batch <= maxBatch(stride); batch *= 2) {
          for (const idleCount of [0, refillCount - furtherCount]) {
            const window = { blockCount: 0, refillCount, furtherCount, idleCount }
            const better = betterBatch(window, batch, stride)
            assert.ok(better >= baseBatch(stride) && better <= maxBatch(stride))
          }
        }
      }
    }
  }
})

test.run()
