/**
 * Box 3, the part of each pool: how many blocks a refill hands out. Pure numbers: nothing in here
 * touches memory.
 *
 * What a slot has learned about a class is one number: its batch, and how often the class missed since
 * the slot last looked for empty spans. Both are known where they change; the hot path counts nothing.
 *
 *     at          of the class                                      its batch
 *     a miss      the first since the last look                     stays
 *                 a further one                                     doubles
 *                 the same, but other threads gave half of it back  stays
 *     a look      no miss, and blocks lie free: idle                halves
 *                 one miss, and 3/4 of the batch lie free: too much halves
 *                 else                                              stays
 *
 * (Fourfold growth takes 3 % fewer refills in bursts, and 3 % more time under a steady load: more is
 * handed out for nothing. Commits are the same.) `base` and `max` bound a class's batch; they come from
 * tables, as working them out took 30 ns a refill.
 */

const MAX_BASE = 64
const MIN_BASE = 16
/** About 8 KiB a refill: enough to pay for the miss, little enough to commit for one block. */
const BASE_BYTE_LENGTH = 8192

const GROWTH = 2
export const MAX_BATCH = 1024
/** A span. */
const MAX_BATCH_BYTE_LENGTH = 65536

/** 4 MiB: what a slot may keep idle, so that a few blocks of many classes cause no claims each frame. */
const IDLE_SPAN_COUNT = 64

const BATCH_MASK = 0xffff
const MISS_SHIFT = 16
const MAX_MISS_COUNT = 255

/** The smallest batch: from 64 blocks of the smallest strides to 16 of the largest. */
export const baseBatch = (stride: number) =>
  Math.max(MIN_BASE, Math.min(MAX_BASE, Math.floor(BASE_BYTE_LENGTH / stride)))

/**
 * The largest batch: 1024 blocks or 64 KiB, whichever is less, but at least the base. (A little less
 * than what a span holds leaves a rest for a refill of its own: a third more of them in bursts.)
 */
export const maxBatch = (stride: number) =>
  Math.max(baseBatch(stride), Math.min(MAX_BATCH, Math.floor(MAX_BATCH_BYTE_LENGTH / stride)))

/** The batch in what was learned, which may be nothing yet, or damaged. */
export const learnedBatch = (learned: number, base: number, max: number) =>
  Math.min(Math.max(learned & BATCH_MASK, base), max)

/** The batch that a supervisor published, or the learned one where it did not. */
export const batchFor = (published: number, learned: number, base: number, max: number) =>
  published > 0 ? Math.min(published, MAX_BATCH) : learnedBatch(learned, base, max)

/**
 * What is learned from a miss.
 * @param arrivedCount blocks that other threads gave back since the last refill
 */
export function afterMiss(
  learned: number,
  base: number,
  max: number,
  arrivedCount: number,
): number {
  const missCount = (learned >>> MISS_SHIFT) & MAX_MISS_COUNT
  let batch = learnedBatch(learned, base, max)
  if (missCount > 0 && 2 * arrivedCount < batch) batch = Math.min(GROWTH * batch, max)
  return batch | (Math.min(missCount + 1, MAX_MISS_COUNT) << MISS_SHIFT)
}

/**
 * What is learned from a look for empty spans.
 * @param spareCount blocks that lay on the free list
 */
export function afterLook(learned: number, base: number, max: number, spareCount: number): number {
  const missCount = (learned >>> MISS_SHIFT) & MAX_MISS_COUNT
  const batch = learnedBatch(learned, base, max)
  const isTooMuch =
    missCount === 0 ? spareCount > 0 : missCount === 1 && 4 * spareCount >= 3 * batch
  return isTooMuch ? Math.max(batch >> 1, base) : batch
}

/**
 * Whether a slot is to look for empty spans before it claims another: once it has twice as many as it
 * had after it last looked. What a look finds was handed out before, so looks are paid for.
 */
export const isLookDue = (spanCount: number, spanCountAtLook: number) =>
  spanCount >= 2 * spanCountAtLook + IDLE_SPAN_COUNT
