/** The typed array that users have for a column. */
import type { ScalarArray, ScalarType } from '../schema/schema.ts'

/**
 * What bitECS's serializers look for in an array of entity ids, as its own `ref()` defines it: they write
 * such ids as those of the other world.
 */
const REFERENCE = Symbol.for('bitecs-ref')

export function createColumnArray(
  { name, array }: ScalarType,
  buffer: ArrayBufferLike,
  byteOffset: number,
  rowCount: number,
): ScalarArray {
  const column = new array(buffer, byteOffset, rowCount)
  if (name === 'eid') Object.defineProperty(column, REFERENCE, { value: true })
  return column
}
