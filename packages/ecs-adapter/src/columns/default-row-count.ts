/** How many rows a dense component has at first, if the storage has no `capacity`. */
import type { Arena } from '@ashlar/core'
import type { Field } from '../schema/schema.ts'

/** Ids up to this one have rows in an arena of any usual size. */
const ROW_COUNT_MAX = 2 ** 20
/** A component takes at most this share of the arena at first. */
const SHARE = 1 / 32
/** This share of the arena is left to lists, tables and growth. */
const SPARED_SHARE = 1 / 4
/** A component takes at most this share of what else is free. */
const FREE_SHARE = 1 / 8
/** However little is free. */
const ROW_COUNT_MIN = 256

/**
 * So many rows that an ordinary game never outgrows them: rows without entities cost only address
 * space. `ROW_COUNT_MAX`, halved until the component takes little enough.
 */
export function defaultRowCount(fields: readonly Field[], arena: Arena): number {
  const { reservedByteLength, committedByteLength } = arena.stats()
  const free = (reservedByteLength * (1 - SPARED_SHARE) - committedByteLength) * FREE_SHARE
  const byteLength = fields.reduce((sum, { code }) => sum + code.array.BYTES_PER_ELEMENT, 0)
  let rowCount = ROW_COUNT_MAX
  while (rowCount > 1 && rowCount * byteLength > arena.byteLength * SHARE) rowCount /= 2
  while (rowCount > ROW_COUNT_MIN && rowCount * byteLength > free) rowCount /= 2
  return rowCount
}
