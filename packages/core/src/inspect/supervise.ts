/**
 * How a supervisor decides which batch would have served a class better. Pure numbers.
 *
 * Between two sweeps for empty spans, a pool refills a class once or several times. Twice the batch
 * saves half of the refills after the first, and hands out half a batch too much on average.
 *
 *     in a window                                              another batch
 *     most refills were four times too much                    half
 *     twice the batch saves 8 %                                twice
 *     else                                                     none
 */
import { baseBatch, maxBatch } from '../memory/refill-batch.ts'

/** The cost of a refill relative to that of one more block in it: some 100 ns to 2 ns. */
const REFILL_COST = 50
/** In percent; a smaller gain is not worth a change. */
const MIN_GAIN = 8

/** The refills of a class between two steps of a supervisor. */
export interface RefillWindow {
  /** Blocks that they handed out. */
  blockCount: number
  refillCount: number
  /** Refills that were not the first one after a sweep. */
  furtherCount: number
  /** First refills that handed out at least four times as much as was needed. */
  idleCount: number
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
