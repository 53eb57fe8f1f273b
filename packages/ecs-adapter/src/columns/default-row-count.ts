/** How many rows the columns of a dense component have at first, if the storage has no `capacity`. */
import type { Field } from '../schema/schema.ts'

/** Ids up to this one have rows in an arena of any usual size. */
const ROW_COUNT_MAX = 2 ** 20
/** A component takes at most this share of the arena at first. */
const SHARE = 1 / 32

/**
 * So many rows that an ordinary game never outgrows them: rows without entities cost only address
 * space. `ROW_COUNT_MAX`, halved until the component takes at most `SHARE` of the arena.
 */
export function defaultRowCount(fields: readonly Field[], arenaByteLength: number): number {
  let byteLength = 0
  for (const { type } of fields)
    byteLength += type.kind === 'scalar' ? type.array.BYTES_PER_ELEMENT : 4
  let rowCount = ROW_COUNT_MAX
  while (rowCount > 1 && rowCount * byteLength > arenaByteLength * SHARE) rowCount /= 2
  return rowCount
}
