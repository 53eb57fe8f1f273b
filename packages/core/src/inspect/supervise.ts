/**
 * Box 3, the part of a supervisor: which batch would have served a class better. Pure numbers.
 *
 * Between two looks for empty spans a pool refills a class once, or several times. Twice the batch saves
 * half of those after the first, and hands out half a batch more than is needed, on average.
 *
 *     in a window                                              another batch
 *     most refills were four times too much                    half
 *     twice the batch saves 8 %                                twice
 *     else                                                     none
 */
import { baseBatch, maxBatch } from '../memory/policy.ts'

/** What a refill takes, as many times what one more block of it takes: some 100 ns to 2 ns. */
const REFILL_COST = 50
/** In percent; less is not worth a change. */
const MIN_GAIN = 8

/** What the refills of a class did between two steps of a supervisor. */
export interface RefillWindow {
  /** Blocks that they handed out. */
  blockCount: number
  refillCount: number
  /** Those that were not the first one after a look. */
  furtherCount: number
  /** First ones that handed out four times as much as was needed, or more. */
  idleCount: number
}

/** The batch that would have been better in a window, or the one there was. */
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

/** Whether a refill was too much: it was the only one before a look, which found most of it free. */
export const wasIdle = (blockCount: number, spareCount: number) => 4 * spareCount >= 3 * blockCount
