/**
 * Box 3, the part of a supervisor: which batch would have served a class best. Pure numbers.
 *
 * A window is what happened between two looks. A batch that is too small costs refills, one that is too
 * large costs blocks that are handed out and parked again for nothing.
 */
import { baseBatch, maxBatch } from './policy.ts'

/** What a refill takes, as many times what one more block of it takes: some 100 ns to 2 ns. */
const REFILL_COST = 50
/** Another batch has to be cheaper by 8 % ... */
const MIN_GAIN = 0.08
/** ... in so many windows one after the other. */
export const WINDOW_COUNT = 3

/** What handing out `blockCount` blocks costs, refill by refill, in blocks. */
export function costOf(blockCount: number, batch: number): number {
  const refillCount = Math.ceil(blockCount / batch)
  return refillCount * (REFILL_COST + batch)
}

/** Twice or half of a batch, where that is cheaper enough for a window's blocks; else the batch. */
export function betterBatch(blockCount: number, batch: number, stride: number): number {
  const twice = Math.min(2 * batch, maxBatch(stride))
  const half = Math.max(batch >> 1, baseBatch(stride))
  const best = costOf(blockCount, twice) < costOf(blockCount, half) ? twice : half
  const isBetter = costOf(blockCount, best) <= (1 - MIN_GAIN) * costOf(blockCount, batch)
  return isBetter ? best : batch
}
