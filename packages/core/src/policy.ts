/**
 * Box 3, the part of each pool: how many blocks a refill hands out. Pure numbers: nothing in here
 * touches memory.
 *
 * What a slot has learned about a class is one number: its batch, and how often the class missed since
 * the slot last looked for empty spans. Both are known where they change; the hot path counts nothing.
 *
 *     at          of the class                                      its batch
 *     a miss      the first since the last look                     stays
 *                 a further one                                     grows fourfold
 *                 the same, but other threads gave half of it back  stays
 *     a look      no miss, and blocks lie free: idle                halves
 *                 one miss, and 3/4 of the batch lie free: too much halves
 *                 else                                              stays
 *
 * (Twofold growth takes a third more refills in bursts; commits are the same.)
 */

const MAX_BASE = 64
const MIN_BASE = 16
/** About 8 KiB a refill: enough to pay for the miss, little enough to commit for one block. */
const BASE_BYTE_LENGTH = 8192

const GROWTH = 4
export const MAX_BATCH = 1024
/** A span. */
const MAX_BATCH_BYTE_LENGTH = 65536

/** 4 MiB: what a slot may keep idle, so that a few blocks of many classes cause no claims each frame. */
const IDLE_SPAN_COUNT = 64

const BATCH_MASK = 0xffff
const MISS_SHIFT = 16
const MAX_MISS_COUNT = 255

/**
 * The smallest batch: from 64 blocks of the smallest strides to 16 of the largest. A quotient would be
 * garbage for as long as the engine has not compiled it away.
 */
export function baseBatch(stride: number): number {
  let blockCount = MAX_BASE
  while (blockCount > MIN_BASE && blockCount * stride > BASE_BYTE_LENGTH) blockCount--
  return blockCount
}

/** The largest batch: 1024 blocks, or the 7/8 to 1 of 64 KiB, whichever is less. */
export function maxBatch(stride: number): number {
  const base = baseBatch(stride)
  let blockCount = MAX_BATCH
  while (blockCount > base && blockCount * stride > MAX_BATCH_BYTE_LENGTH) {
    blockCount -= blockCount >> 3
  }
  return Math.max(blockCount, base)
}

/** The batch in what was learned, which may be nothing yet, or damaged. */
export const learnedBatch = (learned: number, stride: number) =>
  Math.min(Math.max(learned & BATCH_MASK, baseBatch(stride)), maxBatch(stride))

/** The batch that a supervisor published, or the learned one where it did not. */
export const batchFor = (published: number, learned: number, stride: number) =>
  published > 0 ? Math.min(published, MAX_BATCH) : learnedBatch(learned, stride)

/**
 * What is learned from a miss.
 * @param arrivedCount blocks that other threads gave back since the last refill
 */
export function afterMiss(learned: number, stride: number, arrivedCount: number): number {
  const missCount = (learned >>> MISS_SHIFT) & MAX_MISS_COUNT
  let batch = learnedBatch(learned, stride)
  if (missCount > 0 && 2 * arrivedCount < batch) batch = Math.min(GROWTH * batch, maxBatch(stride))
  return batch | (Math.min(missCount + 1, MAX_MISS_COUNT) << MISS_SHIFT)
}

/**
 * What is learned from a look for empty spans.
 * @param spareCount blocks that lay on the free list
 */
export function afterLook(learned: number, stride: number, spareCount: number): number {
  const missCount = (learned >>> MISS_SHIFT) & MAX_MISS_COUNT
  const batch = learnedBatch(learned, stride)
  const isTooMuch =
    missCount === 0 ? spareCount > 0 : missCount === 1 && 4 * spareCount >= 3 * batch
  return isTooMuch ? Math.max(batch >> 1, baseBatch(stride)) : batch
}

/**
 * Whether a slot is to look for empty spans before it claims another: once it has twice as many as it
 * had after it last looked. What a look finds was handed out before, so looks are paid for.
 */
export const isLookDue = (spanCount: number, spanCountAtLook: number) =>
  spanCount >= 2 * spanCountAtLook + IDLE_SPAN_COUNT
