/**
 * Computes size classes: from a byte length to a class, and from a class to a stride. A stride is
 * the length of a header and a payload, and is a multiple of 16. Only this file computes strides.
 * All other code reads them from the class table.
 */
import { isArray } from '../base/builtins.ts'
import { checkInteger, checkMultiple, invalidArgument } from '../base/errors.ts'
import * as layout from '../base/layout.ts'
import type { ClassIndex } from '../base/units.ts'
import { baseBatch, maxBatch } from './refill-batch.ts'

/**
 * The longest payload that a size class can have, in bytes. A block with a longer payload is a
 * large block, which has a run of spans of its own.
 */
export const MAX_CLASS_PAYLOAD = 512 * 1024

/** Returns the smallest stride for a payload of `byteLength` bytes. */
const strideFor = (byteLength: number) =>
  (byteLength + layout.HEADER_BYTE_LENGTH + layout.GRANULE_BYTE_LENGTH - 1) &
  -layout.GRANULE_BYTE_LENGTH

/** The stride of the largest class that an arena can have. */
export const MAX_STRIDE = strideFor(MAX_CLASS_PAYLOAD)

/**
 * Returns the strides of the default classes, ascending. Up to 128 bytes of payload, they are 16
 * bytes apart. Above, there are four classes for each doubling. One of the four fits a payload of
 * 2^k, such as 256 B or 1 KiB. The other three have strides of 5/4, 6/4 and 7/4 of 2^k, and waste
 * at most 18.8 %. If these were the lengths of payloads instead of strides, the most waste would be
 * 20.6 %. The doubling from 128 to 256 has a fifth class, because its steps must be multiples of
 * 16.
 */
function defaultStrides(): number[] {
  const strides: number[] = []
  for (let stride = 16; stride <= 144; stride += 16) strides.push(stride)
  strides.push(160, 176, 208, 240, 272)
  for (let power = 256; power < MAX_CLASS_PAYLOAD; power *= 2) {
    strides.push(1.25 * power, 1.5 * power, 1.75 * power, strideFor(2 * power))
  }
  return strides
}

/**
 * Returns the strides of the default classes and of the user's classes, ascending and without
 * repetition.
 * @param classes the payload length of each class of the user, in bytes
 * @throws ArenaError 'invalid-argument' if a length is wrong, or if there are too many classes
 */
export function stridesWith(classes: readonly number[]): number[] {
  if (!isArray(classes)) throw invalidArgument('classes', classes, 'an array of byte lengths')
  const strides = new Set(defaultStrides())
  for (const byteLength of classes) {
    checkInteger('classes', byteLength, 1, MAX_CLASS_PAYLOAD)
    checkMultiple('classes', byteLength)
    strides.add(strideFor(byteLength))
  }
  checkInteger('the count of all size classes', strides.size, 1, layout.MAX_CLASS_COUNT)
  return [...strides].sort((a, b) => a - b)
}

/** Returns how many blocks with this stride fit into a run of `spanCount` spans. */
export const blockCapacity = (stride: number, spanCount: number) =>
  Math.floor(
    (spanCount * layout.SPAN_BYTE_LENGTH - layout.FIRST_PAYLOAD + layout.HEADER_BYTE_LENGTH) /
      stride,
  )

/**
 * Returns how many spans a run for this stride usually has: the fewest, up to nine, that waste at
 * most 1/8. If even nine spans waste more than 1/8, returns the count that wastes least.
 */
export function preferredRunSpanCount(stride: number): number {
  let best = 0
  let bestWaste = 1
  for (let spanCount = 1; spanCount <= 9; spanCount++) {
    const used = blockCapacity(stride, spanCount) * stride
    const waste = 1 - used / (spanCount * layout.SPAN_BYTE_LENGTH)
    if (waste < bestWaste) {
      best = spanCount
      bestWaste = waste
    }
    if (bestWaste <= 1 / 8) break
  }
  return best
}

/** Returns how many spans a run needs for one block with a payload of `byteLength` bytes. */
export const spanCountFor = (byteLength: number) =>
  ((byteLength + layout.FIRST_PAYLOAD - 1) >>> layout.SPAN_SHIFT) + 1

/** A run of a size class has fewer spans than this number, unless its record was overwritten. */
const CAPACITY_COUNT = 16

/** The tables of the size classes of one arena. */
export type SizeClasses = ReturnType<typeof tablesOf>

/**
 * Returns the size classes of one arena, as tables for the fast paths.
 * @param strides the stride of each class, ascending
 */
export function tablesOf(strides: Int32Array) {
  const classCount = strides.length
  const maxStride = strides[classCount - 1]
  const classOf = new Uint8Array((maxStride >> layout.GRANULE_SHIFT) + 1)
  const divisors = new Int32Array(2 * classCount)
  let granule = 0
  strides.forEach((stride, classIndex) => {
    const granules = stride >> layout.GRANULE_SHIFT
    classOf.fill(classIndex, granule, granules + 1)
    granule = granules + 1
    divisors[2 * classIndex] = stride
    divisors[2 * classIndex + 1] = Math.ceil(2 ** 20 / granules)
  })
  return {
    classCount,
    /** The longest payload that a size class of this arena has, in bytes. */
    maxClassByteLength: maxStride - layout.HEADER_BYTE_LENGTH,
    /** The stride of each class, in bytes. */
    strides,
    /**
     * The class of each stride, indexed by the stride in granules. For a payload, the index is
     * `(byteLength + 23) >>> 4`. The table takes 32 KiB, but most programs touch only one or two of
     * its cache lines. (Rejected: to compute the class by shifts and clz. That takes 0.4 ns more,
     * and allows no classes of the user.)
     */
    classOf,
    /**
     * Two words for each class: the stride in bytes, and the reciprocal of the stride in granules,
     * which is `ceil(2^20 / granules)`. With these, `free` finds out without a division whether a
     * block begins at byte `b` of a run's blocks. Let `q = imul(b >>> 4, reciprocal) >>> 20`. If
     * block q begins at `b`, then `imul(q, stride) === b`. If no block begins at `b`, the two
     * differ. The reason: rounding up adds less than `b >>> 4` to the product. This is below 2^20,
     * because runs have fewer than 2^16 granules.
     */
    divisors,
    /** For each class, how many spans a run usually has. */
    runSpanCounts: strides.map(preferredRunSpanCount),
    /**
     * For each class, how many blocks fit into runs of 0 to 15 spans. It is a table because each
     * division makes garbage until the engine compiles the function.
     */
    capacities: new Int32Array(CAPACITY_COUNT * classCount).map((_, i) =>
      blockCapacity(strides[i >> 4], i & 15),
    ),
    /** For each class, the smallest and the largest batch of a refill. */
    baseBatches: strides.map(baseBatch),
    maxBatches: strides.map(maxBatch),
  }
}

/** Returns how many blocks of a class fit into a run of `spanCount` spans. */
export const capacityFor = (classes: SizeClasses, classIndex: ClassIndex, spanCount: number) =>
  spanCount < CAPACITY_COUNT
    ? classes.capacities[CAPACITY_COUNT * classIndex + spanCount]
    : blockCapacity(classes.strides[classIndex], spanCount)

/** Returns how many bytes fit into the block that `alloc(byteLength)` would allocate. */
export const roomFor = (classes: SizeClasses, byteLength: number): number =>
  byteLength <= classes.maxClassByteLength
    ? classes.strides[classFor(classes, byteLength)] - layout.HEADER_BYTE_LENGTH
    : spanCountFor(byteLength) * layout.SPAN_BYTE_LENGTH - layout.FIRST_PAYLOAD

/**
 * Returns the smallest class whose blocks hold `byteLength` bytes.
 * @param byteLength at most `maxClassByteLength`
 */
export const classFor = ({ classOf }: SizeClasses, byteLength: number): ClassIndex =>
  classOf[strideFor(byteLength) >>> layout.GRANULE_SHIFT] as ClassIndex
