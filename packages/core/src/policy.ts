/** How much a refill does. Pure numbers: nothing in here touches memory. */

const MAX_REFILL = 64
const MIN_REFILL = 16
/** About 8 KiB a refill: enough to pay for the miss, little enough to commit for one block. */
const REFILL_BYTE_LENGTH = 8192

/** 4 MiB: what a slot may keep idle, so that a few blocks of many classes cause no claims each frame. */
const IDLE_SPAN_COUNT = 64

/**
 * How many blocks a refill hands out: from 64 of the smallest strides to 16 of the largest; the caller
 * stays within a span. A quotient would be garbage for as long as the engine has not compiled it away.
 */
export function refillCount(stride: number): number {
  let blockCount = MAX_REFILL
  while (blockCount > MIN_REFILL && blockCount * stride > REFILL_BYTE_LENGTH) blockCount--
  return blockCount
}

/**
 * Whether a slot is to look for empty spans before it claims another: once it has twice as many as it
 * had after it last looked. What a look finds was handed out before, so looks are paid for.
 */
export const isLookDue = (spanCount: number, spanCountAtLook: number) =>
  spanCount >= 2 * spanCountAtLook + IDLE_SPAN_COUNT
