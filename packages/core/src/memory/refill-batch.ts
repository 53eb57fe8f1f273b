/**
 * How many blocks a refill hands out: its batch. Pure functions of numbers, which touch no memory.
 *
 * A slot learns two numbers per class: the batch, and how many allocs found no free block (a miss)
 * since the last sweep. They change at misses and sweeps only, so the hot path counts nothing.
 *
 *     event       condition                                      the batch
 *     a miss      the first since the last sweep                 stays
 *                 a further one                                  doubles
 *                 a further one, but other threads gave
 *                 half of the batch back                         stays
 *     a sweep     no miss, but blocks on the free list: idle     halves
 *                 one miss, and 3/4 of the batch unused          halves
 *                 else                                           stays
 *
 * (If the batch grew fourfold, bursts would take 3 % fewer refills, and a steady load 3 % more
 * time, as more blocks are handed out for nothing; commits would be the same.) `base` and `max`
 * bound the batch of a class. They come from tables, because computing them takes 30 ns a refill.
 */

const MAX_BASE = 64
const MIN_BASE = 16
/** A batch of 8 KiB pays for the miss, and is little to commit. The bounds above come first. */
const BASE_BYTE_LENGTH = 8192

const GROWTH = 2
export const MAX_BATCH = 1024
/** As in `base/layout.ts`: by contract D, the policy imports nothing. */
const SPAN_BYTE_LENGTH = 65536

const BATCH_MASK = 0xffff
const MISS_SHIFT = 16
const MAX_MISS_COUNT = 255

/** The smallest batch: from 64 blocks of the smallest strides to 16 of the largest. */
export const baseBatch = (stride: number) =>
  Math.max(MIN_BASE, Math.min(MAX_BASE, Math.floor(BASE_BYTE_LENGTH / stride)))

/**
 * The largest batch: 1024 blocks, or a span of them if that is less, but at least the base. (If it
 * were a little below a span, the rest would take a refill: a third more refills in bursts.)
 */
export const maxBatch = (stride: number) =>
  Math.max(baseBatch(stride), Math.min(MAX_BATCH, Math.floor(SPAN_BYTE_LENGTH / stride)))

/** The batch in the word `learned`, kept in bounds: the word is 0 at first, or may be damaged. */
export const learnedBatch = (learned: number, base: number, max: number) =>
  Math.min(Math.max(learned & BATCH_MASK, base), max)

/** The batch that a supervisor published; if it published none, the learned batch. */
export const batchFor = (published: number, learned: number, base: number, max: number) =>
  published > 0 ? Math.min(published, MAX_BATCH) : learnedBatch(learned, base, max)

/**
 * The word `learned` after a miss.
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
 * The word `learned` after a sweep for empty spans.
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
 * of the refills after the first one, but the first one hands out half a batch too much on average.
 *
 *     most refills handed out four times the need    half
 *     twice the batch saves 8 %                      twice
 *     else                                           the same
 */

/** The cost of a refill, in units of one more block that it hands out: 100 ns against 2 ns. */
const REFILL_COST = 50
/** In percent; a smaller gain is not worth a change. */
const MIN_GAIN = 8

/** The refills of a class between two steps of a supervisor. */
interface RefillWindow {
  readonly refillCount: number
  /** Refills that were not the first one after a sweep. */
  readonly furtherCount: number
  /** Refills, each alone between two sweeps, that handed out at least four times the need. */
  readonly idleCount: number
}

/** The batch that would have been better in a window: half, twice, or the present one. */
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

/** Whether a refill was too much: the next sweep found three quarters of its blocks unused. */
export const wasIdle = (blockCount: number, spareCount: number) => 4 * spareCount >= 3 * blockCount
