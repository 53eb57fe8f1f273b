/**
 * Size classes: byte length -> class -> stride. A stride is header + payload, a multiple of 16.
 * Only this file computes strides; all other code reads them from the class table.
 */
import { isArray } from '../base/builtins.ts'
import { checkInteger, checkMultiple, invalidArgument } from '../base/errors.ts'
import * as layout from '../base/layout.ts'
import type { ClassIndex } from '../base/units.ts'
import { baseBatch, maxBatch } from './refill-batch.ts'

/** Longer payloads have no size class: each is a large block, a run by itself. */
export const MAX_CLASS_PAYLOAD = 512 * 1024

/** The smallest stride that holds a payload of `byteLength` bytes. */
const strideFor = (byteLength: number) =>
  (byteLength + layout.HEADER_BYTE_LENGTH + layout.GRANULE_BYTE_LENGTH - 1) &
  -layout.GRANULE_BYTE_LENGTH

/** The stride of the largest class that an arena can have. */
export const MAX_STRIDE = strideFor(MAX_CLASS_PAYLOAD)

/**
 * Default classes: strides in 16-byte steps up to 128 B of payload, then four per doubling. One of
 * the four fits a payload of 2^k, such as 256 B or 1 KiB. The others have strides of 5/4, 6/4 and
 * 7/4 of 2^k, and waste 18.8 % at worst; as payloads, these lengths would waste 20.6 %. The
 * doubling from 128 to 256 has a fifth class, because its steps are multiples of 16.
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

/** Strides of the default classes and of the user's classes, ascending, without repetition. */
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

/** How many blocks of a stride fit a run of `spanCount` spans. */
export const blockCapacity = (stride: number, spanCount: number) =>
  Math.floor(
    (spanCount * layout.SPAN_BYTE_LENGTH - layout.FIRST_PAYLOAD + layout.HEADER_BYTE_LENGTH) /
      stride,
  )

/** Spans of a usual run: the fewest, up to nine, that waste at most 1/8; else what wastes least. */
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

/** How many spans a run of one block takes, whose payload has `byteLength` bytes. */
export const spanCountFor = (byteLength: number) =>
  ((byteLength + layout.FIRST_PAYLOAD - 1) >>> layout.SPAN_SHIFT) + 1

/** Runs of a class have fewer spans than this, unless a record was overwritten. */
const CAPACITY_COUNT = 16

export type SizeClasses = ReturnType<typeof tablesOf>

/** The size classes of one arena, as tables for the hot path. @param strides ascending */
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
    /** The largest payload that has a class, in bytes. */
    maxClassByteLength: maxStride - layout.HEADER_BYTE_LENGTH,
    /** The stride of each class, in bytes. */
    strides,
    /**
     * The class of a stride in granules: `classOf[(byteLength + 23) >>> 4]`. The table takes 32
     * KiB, but a program touches a line or two of it. (Shifts and clz: +0.4 ns, no user classes.)
     */
    classOf,
    /**
     * Two words per class: the stride in bytes, and a reciprocal, ceil(2^20 / stride in granules).
     * For byte `b` of a run's blocks, `q = imul(b >>> 4, reciprocal) >>> 20`. If block q begins at
     * `b`, then `imul(q, stride) === b`, and else not: rounding adds less than `b >>> 4` to the
     * product. That is below 2^20, as runs have fewer than 2^16 granules.
     */
    divisors,
    /** Per class, the span count of a usual run. */
    runSpanCounts: strides.map(preferredRunSpanCount),
    /**
     * Per class, how many blocks fit runs of 0 to 15 spans. It is a table because, until the engine
     * compiles a function, each division in it makes garbage.
     */
    capacities: new Int32Array(CAPACITY_COUNT * classCount).map((_, i) =>
      blockCapacity(strides[i >> 4], i & 15),
    ),
    /** Per class, the bounds of a refill's batch. */
    baseBatches: strides.map(baseBatch),
    maxBatches: strides.map(maxBatch),
  }
}

/** How many blocks of a class fit a run of `spanCount` spans. */
export const capacityFor = (classes: SizeClasses, classIndex: ClassIndex, spanCount: number) =>
  spanCount < CAPACITY_COUNT
    ? classes.capacities[CAPACITY_COUNT * classIndex + spanCount]
    : blockCapacity(classes.strides[classIndex], spanCount)

/** The room, in bytes, of a block that is allocated with `byteLength` bytes. */
export const roomFor = (classes: SizeClasses, byteLength: number): number =>
  byteLength <= classes.maxClassByteLength
    ? classes.strides[classFor(classes, byteLength)] - layout.HEADER_BYTE_LENGTH
    : spanCountFor(byteLength) * layout.SPAN_BYTE_LENGTH - layout.FIRST_PAYLOAD

/** The smallest class whose blocks hold `byteLength` bytes: at most `maxClassByteLength`. */
export const classFor = ({ classOf }: SizeClasses, byteLength: number): ClassIndex =>
  classOf[strideFor(byteLength) >>> layout.GRANULE_SHIFT] as ClassIndex
