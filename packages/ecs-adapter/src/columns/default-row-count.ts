/** How many rows a dense component has at first, if the storage has no `capacity`. */
import type { Arena } from '@ashlar/core'
import type { Field } from '../schema/schema.ts'

/** Ids up to this one have rows in an arena of any usual size. */
const ROW_COUNT_MAX = 2 ** 20
/** A component takes at most this share of the arena at first. */
const SHARE = 1 / 32
/** Once half of the arena is in use, a component takes at most this share of what is free. */
const LATE_SHARE = 1 / 128
/** However little is free then. */
const ROW_COUNT_MIN = 256

/**
 * So many rows that an ordinary game never outgrows them: rows without entities cost only address
 * space. `ROW_COUNT_MAX`, halved until the component takes little enough.
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
