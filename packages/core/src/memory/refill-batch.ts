/**
 * Decides how many blocks a refill hands out. This number is the refill batch, here called the
 * batch. These are pure functions of numbers, which touch no memory.
 *
 * For each class, a slot learns two numbers in one word: the batch, and the number of misses since
 * the last sweep. A miss is an `alloc` that finds its free list empty. The numbers change only at
 * misses and sweeps, so the fast path counts nothing.
 *
 *     event       condition                                      the batch
 *     a miss      the first since the last sweep                 stays
 *                 a further miss                                 doubles
 *                 a further miss, but other threads gave
 *                 half of the batch back                         stays
 *     a sweep     no miss, but blocks on the free list: idle     halves
 *                 one miss, and 3/4 of the batch unused          halves
 *                 else                                           stays
 *
 * (If the batch grew fourfold instead, bursts would take 3 % fewer refills. A steady load would
 * take 3 % more time, because refills hand out more unused blocks. The committed memory would be
 * the same.) `base` and `max` are the smallest and the largest batch of a class. They come from
 * tables, because it takes 30 ns a refill to compute them.
 */

/** The smallest batch of each class lies between these two numbers of blocks. */
const MAX_BASE = 64
const MIN_BASE = 16
/**
 * The blocks of the smallest batch have about 8 KiB in total. This is enough to pay for the miss,
 * and it commits little memory. If 8 KiB are fewer than `MIN_BASE` or more than `MAX_BASE` blocks,
 * that limit applies instead.
 */
const BASE_BYTE_LENGTH = 8192

/** The factor by which a batch grows. */
const GROWTH = 2
/** The most blocks that a refill hands out, in any class. */
export const MAX_BATCH = 1024
/**
 * The same as in `base/layout.ts`. It is repeated here because this file imports nothing (contract
 * D).
 */
const SPAN_BYTE_LENGTH = 65536

/** The word `learned`: the batch is in the low 16 bits, the number of misses is above them. */
const BATCH_MASK = 0xffff
const MISS_SHIFT = 16
/** The count of misses stops at this number. */
const MAX_MISS_COUNT = 255

/**
 * Returns the smallest batch for a stride: 64 blocks for the smallest strides, down to 16 blocks
 * for the largest.
 */
export const baseBatch = (stride: number) =>
  Math.max(MIN_BASE, Math.min(MAX_BASE, Math.floor(BASE_BYTE_LENGTH / stride)))

/**
 * Returns the largest batch for a stride: 1024 blocks, or the blocks of one span if these are
 * fewer, but never less than the smallest batch. (For larger strides, the largest batch is a whole
 * span. A batch a little shorter would leave a rest that needs its own refill: in bursts, a third
 * more refills.)
 */
export const maxBatch = (stride: number) =>
  Math.max(baseBatch(stride), Math.min(MAX_BATCH, Math.floor(SPAN_BYTE_LENGTH / stride)))

/**
 * Returns the batch in the word `learned`, limited to `base` and `max`. The limits are needed
 * because the word is 0 at first, and because it may have been overwritten.
 * @param learned the word that a slot learned for the class
 * @param base the smallest batch of the class
 * @param max the largest batch of the class
 */
export const learnedBatch = (learned: number, base: number, max: number) =>
  Math.min(Math.max(learned & BATCH_MASK, base), max)

/**
 * Returns the batch for the next refill of a class: the published batch, or the learned batch if no
 * batch was published.
 * @param published the batch that a supervisor or `publishBatch` published; 0 if none
 * @param learned the word that the slot learned for the class
 * @param base the smallest batch that the slot may learn
 * @param max the largest batch that the slot may learn. A published batch may be larger
 */
export const batchFor = (published: number, learned: number, base: number, max: number) =>
  published > 0 ? Math.min(published, MAX_BATCH) : learnedBatch(learned, base, max)

/**
 * Returns the word `learned` after a miss.
 * @param learned the word before the miss
 * @param base the smallest batch of the class
 * @param max the largest batch of the class
 * @param arrivedCount how many blocks other threads gave back since the last refill
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
 * Returns the word `learned` after a sweep for empty spans.
 * @param learned the word before the sweep
 * @param base the smallest batch of the class
 * @param max the largest batch of the class
 * @param spareCount how many blocks of the class the sweep found on the free list
 */
export function afterSweep(learned: number, base: number, max: number, spareCount: number): number {
  const missCount = (learned >>> MISS_SHIFT) & MAX_MISS_COUNT
  const batch = learnedBatch(learned, base, max)
  const isTooMuch =
    missCount === 0 ? spareCount > 0 : missCount === 1 && 4 * spareCount >= 3 * batch
  return isTooMuch ? Math.max(batch >> 1, base) : batch
}

/*
 * `betterBatch` compares batches between two steps of a supervisor. Between two sweeps for empty
 * spans, a pool refills a class once or several times. With twice the batch, half of the refills
 * after the first one would not be needed. But the first refill would hand out half a batch too
 * much on average.
 *
 *     most refills handed out four times the need    half
 *     twice the batch saves 8 %                      twice
 *     else                                           the same
 */

/**
 * The cost of a refill, in units of the cost of handing out one more block. A refill costs 100 ns,
 * and a further block costs 2 ns.
 */
const REFILL_COST = 50
/** The least gain, in percent of the cost, for which a batch changes. */
const MIN_GAIN = 8

/** Counts of the refills of a class between two steps of a supervisor. */
interface RefillWindow {
  /** All refills. */
  readonly refillCount: number
  /** The refills that were not the first one after a sweep. */
  readonly furtherCount: number
  /**
   * The refills that were alone between two sweeps, and handed out at least four times the need.
   */
  readonly idleCount: number
}

/**
 * Returns the batch that would have been better in a window: half the batch, twice the batch, or
 * `batch` itself.
 * @param window the refills between two steps of a supervisor
 * @param batch the batch that these refills used
 * @param stride the stride of the class, which limits the batch
 */
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

/**
 * Returns true if a refill handed out too much: the next sweep found three quarters of its blocks
 * unused.
 * @param blockCount how many blocks the refill handed out
 * @param spareCount how many free blocks the next sweep found
 */
export const wasIdle = (blockCount: number, spareCount: number) => 4 * spareCount >= 3 * blockCount
