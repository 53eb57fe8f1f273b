/**
 * Size classes: byte length -> class -> stride.
 *
 * A stride is header + payload, a multiple of 16. `strideFor` in here is the one place where strides
 * come from; carving, bounds, verify and the heap walk read the table that it filled.
 */

import { isArray } from '../base/builtins.ts'
import { invalidArgument } from '../base/errors.ts'
import {
  FIRST_PAYLOAD,
  GRANULE_BYTE_LENGTH,
  GRANULE_SHIFT,
  HEADER_BYTE_LENGTH,
  MAX_CLASS_COUNT,
  SPAN_BYTE_LENGTH,
} from '../base/layout.ts'
import { asClassIndex, type ClassIndex } from '../base/units.ts'
import { baseBatch, maxBatch } from './policy.ts'

/** Payloads up to here have a class, by default and at most; beyond, a block is a run of its own. */
export const MAX_CLASS_PAYLOAD = 512 * 1024

/** The stride of the smallest class that was made for payloads of `byteLength` bytes. */
const strideFor = (byteLength: number) =>
  (byteLength + HEADER_BYTE_LENGTH + GRANULE_BYTE_LENGTH - 1) & -GRANULE_BYTE_LENGTH

/** The stride of the largest class that an arena can have. */
export const MAX_STRIDE = strideFor(MAX_CLASS_PAYLOAD)

/**
 * The payloads that the default classes are made for.
 *
 * 16-byte steps up to 128 B. Then four per doubling: 2^k itself, so that 256 B, 1 KiB, 4 KiB fit, and
 * between them payloads whose *strides* are 5/4, 6/4 and 7/4 of 2^k: payloads of these sizes would
 * waste 20.6 % at worst, these waste 18.8 %. The doubling from 128 to 256 takes five, because its
 * steps have to be multiples of 16.
 */
function defaultPayloads(): number[] {
  const payloads: number[] = []
  for (let byteLength = 8; byteLength <= 136; byteLength += 16) payloads.push(byteLength)
  payloads.push(152, 168, 200, 232, 256)
  for (let power = 256; power < MAX_CLASS_PAYLOAD; power *= 2) {
    for (const quarters of [5, 6, 7]) payloads.push((power / 4) * quarters - HEADER_BYTE_LENGTH)
    payloads.push(power * 2)
  }
  return payloads
}

const DEFAULT_STRIDES: readonly number[] = defaultPayloads().map(strideFor)

/** Strides of the default classes and of those that a user adds, ascending, without repetition. */
export function stridesWith(classes: readonly number[]): number[] {
  if (!isArray(classes)) throw invalidArgument('classes', classes, 'an array of byte lengths')
  const userPayloads = [...classes]
  for (const byteLength of userPayloads) {
    if (!(Number.isInteger(byteLength) && byteLength > 0) || byteLength % 16 !== 0) {
      throw invalidArgument('classes', byteLength, 'positive multiples of 16, in bytes of payload')
    }
    if (byteLength > MAX_CLASS_PAYLOAD) {
      throw invalidArgument('classes', byteLength, `at most ${MAX_CLASS_PAYLOAD} bytes`)
    }
  }
  const strides = new Set([...DEFAULT_STRIDES, ...userPayloads.map(strideFor)])
  if (strides.size > MAX_CLASS_COUNT) {
    const room = MAX_CLASS_COUNT - DEFAULT_STRIDES.length
    throw invalidArgument('classes', `${userPayloads.length} lengths`, `at most ${room} new ones`)
  }
  return [...strides].sort((a, b) => a - b)
}

/** How many blocks of a stride fit a run of so many spans. */
export const blockCapacity = (stride: number, spanCount: number) =>
  Math.floor((spanCount * SPAN_BYTE_LENGTH - FIRST_PAYLOAD + HEADER_BYTE_LENGTH) / stride)

/** The fewest spans, nine at most, whose rest is below 1/8; the least wasteful where none is. */
export function preferredRunSpanCount(stride: number): number {
  let best = 0
  let bestWaste = 1
  for (let spanCount = 1; spanCount <= 9; spanCount++) {
    const used = blockCapacity(stride, spanCount) * stride
    const waste = 1 - used / (spanCount * SPAN_BYTE_LENGTH)
    if (waste < bestWaste) {
      best = spanCount
      bestWaste = waste
    }
    if (bestWaste <= 1 / 8) break
  }
  return best
}

/** The shortest run that holds one block of the stride. */
export const minimalRunSpanCount = (stride: number) =>
  Math.ceil((stride + FIRST_PAYLOAD - HEADER_BYTE_LENGTH) / SPAN_BYTE_LENGTH)

/** The size classes of one arena, as tables for the hot path. */
export class SizeClasses {
  readonly count: number
  /** The largest payload that has a class, in bytes. */
  readonly maxByteLength: number
  /** Bytes, per class. */
  readonly strides: Int32Array
  /**
   * Class by stride in granules: `classOf[(byteLength + 23) >>> 4]`. One byte a granule up to the
   * largest class is 32 KiB, of which a program touches a line or two. A shift-and-clz formula
   * instead of the table: +0.4 ns, and no user classes.
   */
  readonly classOf: Uint8Array
  /**
   * Pairs per class: the stride in bytes, and ceil(2^20 / stride in granules). The block that holds
   * byte `b` of a run's blocks is `q = imul(b >>> 4, reciprocal) >>> 20` if it begins there, so that
   * `imul(q, stride) === b` exactly for the multiples of the stride: for the q-th of them the error,
   * below q granules, stays below 2^20, as runs have fewer than 2^16 granules.
   */
  readonly divisors: Int32Array
  /**
   * Per class, the spans of its usual runs and of its shortest ones, and how many blocks fit these.
   * Tables, as a quotient's fraction is garbage for as long as the engine has not compiled it away.
   */
  readonly runSpanCounts: Int32Array
  readonly runCapacities: Int32Array
  readonly shortRunSpanCounts: Int32Array
  readonly shortRunCapacities: Int32Array
  /** Per class, the bounds of how many blocks a refill hands out. */
  readonly baseBatches: Int32Array
  readonly maxBatches: Int32Array

  constructor(strides: readonly number[]) {
    this.count = strides.length
    this.strides = Int32Array.from(strides)
    this.maxByteLength = this.strides[this.count - 1] - HEADER_BYTE_LENGTH
    this.classOf = new Uint8Array((this.strides[this.count - 1] >> GRANULE_SHIFT) + 1)
    this.divisors = new Int32Array(2 * this.count)
    this.runSpanCounts = this.strides.map(preferredRunSpanCount)
    this.runCapacities = this.strides.map((s, i) => blockCapacity(s, this.runSpanCounts[i]))
    this.shortRunSpanCounts = this.strides.map(minimalRunSpanCount)
    this.shortRunCapacities = this.strides.map((s, i) =>
      blockCapacity(s, this.shortRunSpanCounts[i]),
    )
    this.baseBatches = this.strides.map(baseBatch)
    this.maxBatches = this.strides.map(maxBatch)
    let granule = 0
    this.strides.forEach((stride, classIndex) => {
      const granules = stride >> GRANULE_SHIFT
      while (granule <= granules) this.classOf[granule++] = classIndex
      this.divisors[2 * classIndex] = stride
      this.divisors[2 * classIndex + 1] = Math.ceil(2 ** 20 / granules)
    })
  }

  /** How many blocks of a class fit a run of so many spans. */
  capacityOf(classIndex: ClassIndex, spanCount: number): number {
    if (spanCount === this.runSpanCounts[classIndex]) return this.runCapacities[classIndex]
    if (spanCount === this.shortRunSpanCounts[classIndex]) {
      return this.shortRunCapacities[classIndex]
    }
    return blockCapacity(this.strides[classIndex], spanCount)
  }

  /** The smallest class whose blocks hold `byteLength` bytes; it is at most `maxByteLength`. */
  classFor(byteLength: number): ClassIndex {
    return asClassIndex(
      this.classOf[(byteLength + HEADER_BYTE_LENGTH + GRANULE_BYTE_LENGTH - 1) >>> GRANULE_SHIFT],
    )
  }
}
