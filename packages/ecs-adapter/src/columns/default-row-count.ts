/** Chooses how many rows a dense component has at first, if the storage has no `capacity`. */
import type { Arena } from '@ashlar/core'
import type { Field } from '../schema/schema.ts'

/** The greatest result. In an arena of usual size, ids up to this one have rows. */
const ROW_COUNT_MAX = 2 ** 20
/** The greatest share of the arena that a component may take at first. */
const SHARE = 1 / 32
/**
 * Once half of the arena is in use: the greatest share of the free memory that a component may
 * take.
 */
const LATE_SHARE = 1 / 128
/** The least result, however little memory is free. */
const ROW_COUNT_MIN = 256

/**
 * Returns a number of rows that an ordinary game never outgrows, because rows without entities cost
 * only address space. It is `ROW_COUNT_MAX`, halved until the component fits its share.
 */
export function defaultRowCount(fields: readonly Field[], arena: Arena): number {
  const { reservedByteLength, committedByteLength } = arena.stats()
  const free = reservedByteLength - committedByteLength
  const isLate = free < committedByteLength
  const limit = isLate ? free * LATE_SHARE : reservedByteLength * SHARE
  const least = isLate ? ROW_COUNT_MIN : 1
  const byteLength = fields.reduce((sum, { code }) => sum + code.array.BYTES_PER_ELEMENT, 0)
  let rowCount = ROW_COUNT_MAX
  while (rowCount > least && rowCount * byteLength > limit) rowCount /= 2
  return rowCount
}
