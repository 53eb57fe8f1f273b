/** Attaches to a table by its root. */
import type { Pool } from '@ashlar/core'
import { checkPool, isRecord } from '../base/arguments.ts'
import { corrupt, invalidArgument } from '../base/errors.ts'
import { loadJson } from '../base/json.ts'
import { scalarCode } from '../schema/code-names.ts'
import { Field } from '../schema/schema.ts'
import { Table } from './table.ts'
import { CHUNK_MEMBERS, type TableSchema } from './table-chunk.ts'
import {
  capacityFor,
  isCapacity,
  layOut,
  rowByteLengthOf,
  type TableLayout,
} from './table-layout.ts'
import * as rootLayout from './table-root.ts'

/**
 * Attaches this thread to a table that another thread made by `createTable(pool, schema)`.
 * @param handle `table.handle` of that thread
 * @param pool a pool of this thread, in the same arena. A pool can attach to a table once
 * @throws StorageError 'invalid-argument', 'already-attached'
 */
export function attachTable<const S extends TableSchema = TableSchema>(
  handle: rootLayout.TableHandle,
  pool: Pool,
): Table<S> {
  checkPool(pool)
  const layout = readRoot(pool, handle)
  const { offset, serial } = handle
  return new Table(pool, layout, { offset, serial })
}

/**
 * Returns the layout of a table that another thread made.
 * @throws StorageError 'invalid-argument' if there is no such table
 */
export function readRoot(pool: Pool, handle: rootLayout.TableHandle): TableLayout {
  if (!rootLayout.isThere(pool, handle)) {
    const expected = 'table.handle of a table in the arena of this pool'
    throw invalidArgument('the handle', handle, expected)
  }
  const { offset } = handle
  const words = pool.arena.i32
  const root = offset >> 2
  const chunkLimit = words[root + rootLayout.CHUNK_LIMIT]
  const textByteLength = words[root + rootLayout.TEXT_BYTE_LENGTH]
  const read = loadJson(words, offset + rootLayout.entryWord(chunkLimit) * 4, textByteLength)
  const { name, chunkByteLength, types } = isRecord(read) ? read : {}
  const isName = typeof name === 'string' && typeof chunkByteLength === 'number'
  if (!isName || !isRecord(types)) throw corrupt('the description of a table', read, 'that of one')
  const fields = Object.entries(types).map(([field, type]) => {
    const code = scalarCode(type)
    const isField = code !== undefined && !CHUNK_MEMBERS.includes(field)
    if (!isField) throw corrupt(`field ${field} of a table`, type, 'a number')
    return new Field(field, code)
  })
  if (!isCapacity(capacityFor(chunkByteLength, rowByteLengthOf(fields)))) {
    throw corrupt('the chunkByteLength of a table', chunkByteLength, 'room for rows')
  }
  return layOut(fields, { name, chunkByteLength, chunkLimit })
}
