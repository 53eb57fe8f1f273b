/** How many blocks a refill hands out. Pure numbers: nothing in here touches memory. */

const MAX_REFILL = 64
const MIN_REFILL = 16
/** About 8 KiB a refill: enough to pay for the miss, little enough to commit for one block. */
const REFILL_BYTE_LENGTH = 8192

/** From 64 blocks for the smallest strides to 16 for the largest; the caller stays within a span. */
export const refillCount = (stride: number) =>
  Math.min(MAX_REFILL, Math.max(MIN_REFILL, Math.floor(REFILL_BYTE_LENGTH / stride)))
