/**
 * How many blocks a refill hands out. Pure numbers: nothing here touches memory.
 *
 * A slot learns one number for a class: its batch, and how often the class has missed since the
 * last sweep for empty spans. Both are known where they change, so the hot path counts nothing.
 *
 *     event       condition                                      the batch
 *     a miss      the first since the last sweep                 stays
 *                 a further one                                  doubles
 *                 a further one, but other threads gave
 *                 half of the batch back                         stays
 *     a sweep     no miss, and blocks lie free: idle             halves
 *                 one miss, and 3/4 of the batch lie free        halves
 *                 else                                           stays
 *
 * (Fourfold growth takes 3 % fewer refills in bursts, and 3 % more time under a steady load, as
 * more is handed out for nothing. Commits are the same.) `base` and `max` bound the batch of a
 * class. They come from tables: to compute them took 30 ns a refill.
 */

const MAX_BASE = 64
const MIN_BASE = 16
/** About 8 KiB a refill: enough to pay for the miss, little enough to commit for one block. */
const BASE_BYTE_LENGTH = 8192

const GROWTH = 2
export const MAX_BATCH = 1024
const SPAN_BYTE_LENGTH = 65536

const BATCH_MASK = 0xffff
const MISS_SHIFT = 16
const MAX_MISS_COUNT = 255

/** The smallest batch: from 64 blocks of the smallest strides to 16 of the largest. */
export const baseBatch = (stride: number) =>
  Math.max(MIN_BASE, Math.min(MAX_BASE, Math.floor(BASE_BYTE_LENGTH / stride)))

/**
 * The largest batch: 1024 blocks or a span, whichever is less, but at least the base. (A batch a
 * little below a span leaves a rest for another refill: a third more refills in bursts.)
 */
export const maxBatch = (stride: number) =>
  Math.max(baseBatch(stride), Math.min(MAX_BATCH, Math.floor(SPAN_BYTE_LENGTH / stride)))

/** The batch in `learned`, which may be 0 at first, or damaged. */
export const learnedBatch = (learned: number, base: number, max: number) =>
  Math.min(Math.max(learned & BATCH_MASK, base), max)

/** The batch that a supervisor published; the learned one if it published none. */
export const batchFor = (published: number, learned: number, base: number, max: number) =>
  published > 0 ? Math.min(published, MAX_BATCH) : learnedBatch(learned, base, max)

/**
 * `learned` after a miss.
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
 * `learned` after a sweep for empty spans.
 * @param spareCount blocks that lay on the free list
 */
export function afterSweep(learned: number, base: number, max: number, spareCount: number): number {
  const missCount = (learned >>> MISS_SHIFT) & MAX_MISS_COUNT
  const batch = learnedBatch(learned, base, max)
  const isTooMuch =
    missCount === 0 ? spareCount > 0 : missCount === 1 && 4 * spareCount >= 3 * batch
  return isTooMuch ? Math.max(batch >> 1, base) : batch
}

/*
 * Which batch would have served a class better, between two steps of a supervisor? Between two
 * sweeps for empty spans, a pool refills a class once or several times. Twice the batch saves half
 * of the refills after the first, and hands out half a batch too much on average.
 *
 *     most refills were four times too much      half
 *     twice the batch saves 8 %                  twice
 *     else                                       the same
 */

/** The cost of a refill relative to that of one more block in it: some 100 ns to 2 ns. */
const REFILL_COST = 50
/** In percent; a smaller gain is not worth a change. */
const MIN_GAIN = 8

/** The refills of a class between two steps of a supervisor. */
interface RefillWindow {
  readonly refillCount: number
  /** Refills that were not the first one after a sweep. */
  readonly furtherCount: number
  /** First refills that handed out at least four times as much as was needed. */
  readonly idleCount: number
}

/** The batch that would have been better in a window, or the present one. */
export function betterBatch(window: RefillWindow, batch: number, stride: number): number {
  const { refillCount, furtherCount, idleCount } = window
  if (2 * idleCount > refillCount) {
    return Math.min(batch, Math.max(batch >> 1, baseBatch(stride)))
  }
  const firstCount = refillCount - furtherCount
  const gain = (furtherCount * REFILL_COST - firstCount * batch) / 2
  const isBetter = 100 * gain >= MIN_GAIN * refillCount * (REFILL_COST + batch)
  return isBetter && gain > 0 ? Math.max(batch, Math.min(2 * batch, maxBatch(stride))) : batch
}

/** Whether a refill was too much: the sweep after it found three quarters of it unused. */
export const wasIdle = (blockCount: number, spareCount: number) => 4 * spareCount >= 3 * blockCount
