/** How many rows the columns of a dense component have at first, if the storage has no `capacity`. */
import type { Arena } from '@ashlar/core'
import type { Field } from '../schema/schema.ts'

/** Ids up to this one have rows in an arena of any usual size. */
const ROW_COUNT_MAX = 2 ** 20
/** A component takes at most these shares of the arena, and of what is free in it, at first. */
const SHARE = 1 / 32
const FREE_SHARE = 1 / 8

/**
 * So many rows that an ordinary game never outgrows them: rows without entities cost only address
 * space. `ROW_COUNT_MAX`, halved until the component takes little enough. The share of what is free
 * leaves room for lists and tables, however many components there are.
 */
export function defaultRowCount(fields: readonly Field[], arena: Arena): number {
  const { reservedBytes, committedBytes } = arena.stats()
  const most = Math.min(arena.byteLength * SHARE, (reservedBytes - committedBytes) * FREE_SHARE)
  let byteLength = 0
  for (const { type } of fields)
    byteLength += type.kind === 'scalar' ? type.array.BYTES_PER_ELEMENT : 4
  let rowCount = ROW_COUNT_MAX
  while (rowCount > 1 && rowCount * byteLength > most) rowCount /= 2
  return rowCount
}
