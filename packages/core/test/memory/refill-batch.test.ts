import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  afterMiss,
  afterSweep,
  baseBatch,
  batchFor,
  learnedBatch,
  maxBatch,
} from '../../src/memory/refill-batch.ts'
import { MAX_STRIDE } from '../../src/memory/size-classes.ts'

const test = suite('refill-batch')
const boundsOf = (stride: number) => [baseBatch(stride), maxBatch(stride)] as const
const missesOf = (learned: number) => learned >>> 16

test('the base: 64 of the smallest blocks, down to 16 of the largest', () => {
  assert.is(baseBatch(16), 64)
  assert.is(baseBatch(MAX_STRIDE), 16)
  let above = 64
  for (let stride = 16; stride <= MAX_STRIDE; stride += 16) {
    const count = baseBatch(stride)
    assert.is(count, Math.min(64, Math.max(16, Math.floor(8192 / stride))), `${stride}`)
    assert.ok(count <= above)
    above = count
  }
})

test('the bounds: 1024 blocks, or 64 KiB, but not less than the base', () => {
  for (let stride = 16; stride <= MAX_STRIDE; stride += 16) {
    const most = maxBatch(stride)
    const [base, byBytes] = [baseBatch(stride), 65536 / stride]
    assert.ok(most >= base && most <= 1024, `${stride}`)
    assert.ok(most === base || most <= byBytes, `${stride}`)
    assert.ok(most === 1024 || most === base || most > byBytes - 1, `${stride}`)
  }
  assert.equal([16, 64, 72, 1040, 4112].map(maxBatch), [1024, 1024, 910, 63, 16])
})

// stride, what was learned: batch and misses, arrived; then: batch and misses
const MISSES: readonly [string, number, [number, number], number, [number, number]][] = [
  ['nothing was learned', 64, [0, 0], 0, [64, 1]],
  ['the first miss since the sweep', 64, [256, 0], 0, [256, 1]],
  ['the second one', 64, [64, 1], 0, [128, 2]],
  ['a further one', 64, [256, 2], 0, [512, 3]],
  ['at the bound', 64, [1024, 3], 0, [1024, 4]],
  ['where twice is above the bound', 1040, [40, 1], 0, [63, 2]],
  ['others gave nearly half of it back', 64, [256, 1], 127, [512, 2]],
  ['others gave half of it back', 64, [256, 1], 128, [256, 2]],
  ['others gave more than that', 64, [256, 9], 5000, [256, 10]],
  ['what is counted of misses is bounded', 64, [1024, 255], 0, [1024, 255]],
  ['damaged: a batch of 65535', 64, [65535, 0], 0, [1024, 1]],
]
for (const [name, stride, [batch, misses], arrived, expected] of MISSES) {
  test(`a miss: ${name}`, () => {
    const learned = afterMiss(batch | (misses << 16), ...boundsOf(stride), arrived)
    assert.equal([learnedBatch(learned, ...boundsOf(stride)), missesOf(learned)], expected)
  })
}

// stride, batch and misses, blocks on the free list; then: the batch
const SWEEPS: readonly [string, number, [number, number], number, number][] = [
  ['idle', 64, [1024, 0], 1, 512],
  ['idle at the base', 64, [64, 0], 9, 64],
  ['not used at all', 64, [1024, 0], 0, 1024],
  ['nothing was learned', 64, [0, 0], 0, 64],
  ['one miss, and all of it was used', 64, [256, 1], 0, 256],
  ['one miss, and a quarter of it and one more was used', 64, [256, 1], 191, 256],
  ['one miss, and a quarter of it was used', 64, [256, 1], 192, 128],
  ['many misses, and everything was freed', 64, [1024, 7], 5000, 1024],
  ['halving stops at the base', 72, [100, 0], 1, 64],
  ['damaged: -1', 64, [-1 & 0xffff, 0], 1, 512],
]
for (const [name, stride, [batch, misses], spare, expected] of SWEEPS) {
  test(`a sweep: ${name}`, () => {
    const learned = afterSweep(batch | (misses << 16), ...boundsOf(stride), spare)
    assert.equal([learnedBatch(learned, ...boundsOf(stride)), missesOf(learned)], [expected, 0])
  })
}

test('a published batch comes first, within bounds; 0 and less count as none', () => {
  const learned = 256 | (2 << 16)
  const given = [0, -5, 1, 16, 1024, 1025, 2 ** 31 - 1].map((n) =>
    batchFor(n, learned, ...boundsOf(64)),
  )
  assert.equal(given, [256, 256, 1, 16, 1024, 1024, 1024])
  assert.is(batchFor(0, 0, ...boundsOf(64)), 64)
})

test('every word that memory can hold leads to a batch within the bounds', () => {
  for (let i = 0; i < 10_000; i++) {
    const word = Math.imul(i, 0x9e3779b1)
    for (const stride of [16, 520, MAX_STRIDE]) {
      for (const batch of [
        learnedBatch(afterMiss(word, ...boundsOf(stride), i), ...boundsOf(stride)),
        learnedBatch(afterSweep(word, ...boundsOf(stride), i), ...boundsOf(stride)),
      ]) {
        assert.ok(batch >= baseBatch(stride) && batch <= maxBatch(stride), `${word} ${stride}`)
      }
    }
  }
})

test.run()
