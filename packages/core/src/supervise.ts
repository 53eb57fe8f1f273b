/**
 * Box 3, the part of a supervisor: which batch would have served a class better. Pure numbers.
 *
 *     in a window                                              another batch
 *     of most refills 3/4 lay free at the next look            half
 *     twice the batch had been cheaper by 8 %                  twice
 *     else                                                     none
 */
import { baseBatch, maxBatch } from './policy.ts'

/** What a refill takes, as many times what one more block of it takes: some 100 ns to 2 ns. */
const REFILL_COST = 50
/** In percent; less is not worth a change. */
const MIN_GAIN = 8

/** What the refills of a class did between two looks of a supervisor. */
export interface Window {
  /** Blocks that they handed out. */
  blockCount: number
  refillCount: number
  /** Those that handed out four times as much as was needed, or more. */
  idleRefillCount: number
}

/** What handing out `blockCount` blocks costs, in blocks. */
export const costOf = (blockCount: number, batch: number) =>
  Math.ceil(blockCount / batch) * (REFILL_COST + batch)

/** The batch that would have been better in a window, or the one there was. */
export function betterBatch(window: Window, batch: number, stride: number): number {
  const { blockCount, refillCount, idleRefillCount } = window
  if (2 * idleRefillCount > refillCount) return Math.max(batch >> 1, baseBatch(stride))
  const twice = Math.min(2 * batch, maxBatch(stride))
  const gain = costOf(blockCount, batch) - costOf(blockCount, twice)
  return 100 * gain > MIN_GAIN * costOf(blockCount, batch) ? Math.max(twice, batch) : batch
}

/** Whether a refill was too much: it was the only one before a look, which found most of it free. */
export const wasIdle = (blockCount: number, spareCount: number) => 4 * spareCount >= 3 * blockCount
