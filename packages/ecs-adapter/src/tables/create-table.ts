/** Makes a table and its root, or attaches to a table by its root. */
import type { Pool } from '@ashlar/core'
import { checkOptions, checkPool, isRecord } from '../base/arguments.ts'
import { corrupt, invalidArgument } from '../base/errors.ts'
import { encodeJson, loadJson, storeBytes } from '../base/json.ts'
import { nameWithDefault, scalarCode } from '../schema/code-names.ts'
import { readSchema } from '../schema/read-schema.ts'
import { Field } from '../schema/schema.ts'
import { newSerial, ROOT_SERIAL } from '../shared/attachments.ts'
import { Table, type TableOwner } from './table.ts'
import { CHUNK_MEMBERS, type TableSchema } from './table-chunk.ts'
import { layOut, type TableLayout, type TableOptions } from './table-layout.ts'
import * as rootLayout from './table-root.ts'

/**
 * Makes a table in the arena of a pool.
 *
 * @param schema field names to scalar types of `t`
 * @throws StorageError 'invalid-argument'; ArenaError 'out-of-memory'
 */
export function createTable<const S extends TableSchema>(
  pool: Pool,
  schema: S,
  options?: TableOptions,
): Table<S>
/** @internal For the tables of a storage. */
export function createTable<const S extends TableSchema>(
  pool: Pool,
  schema: S,
  options: TableOptions,
  owner: TableOwner,
): Table<S>
export function createTable<const S extends TableSchema>(
  pool: Pool,
  schema: S,
  options: TableOptions = {},
  owner: TableOwner = { checkIdle() {}, onDispose() {} },
): Table<S> {
  checkPool(pool)
  checkOptions('the options', options, ['name', 'chunkByteLength', 'chunkLimit'])
  const { name = 'table' } = options
  const fields = readTableSchema(name, schema)
  const layout = layOut(fields, { ...options, name })
  return new Table(pool, layout, writeRoot(pool, layout, fields), owner)
}

/**
 * Attaches a thread to a table that another thread made.
 *
 * @param handle `table.handle` of that thread
 * @param pool of this thread, in the same arena; a pool can attach to a table once
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

/** @throws StorageError 'invalid-argument' */
export function readTableSchema(name: string, schema: TableSchema): readonly Field[] {
  return checkTableFields(readSchema(name, schema, 'table'), name, schema)
}

/** @throws StorageError 'invalid-argument' */
function checkTableFields(
  fields: readonly Field[],
  table: string,
  given: unknown,
): readonly Field[] {
  const of = `of ${rootLayout.shownTable(table)}`
  if (fields.length === 0) throw invalidArgument(`the schema ${of}`, given, 'at least one field')
  for (const { name, code } of fields) {
    if (CHUNK_MEMBERS.includes(name)) {
      throw invalidArgument(`a field name ${of}`, name, 'a name that no member of chunks has')
    }
    if (code.createColumn !== undefined || code.createObject !== undefined) {
      const expected = 'a number such as t.f32. Keep lists, texts and weak ids in a component'
      throw invalidArgument(`the type of field ${name} ${of}`, `t.${code.name}`, expected)
    }
  }
  return fields
}

/** @throws ArenaError 'out-of-memory' */
export function writeRoot(
  pool: Pool,
  layout: TableLayout,
  fields: readonly Field[],
): rootLayout.TableHandle {
  const { name, chunkByteLength, chunkLimit } = layout
  const types = fields.map(({ name, code }) => [name, nameWithDefault(code)])
  const text = encodeJson({ name, chunkByteLength, types: Object.fromEntries(types) })
  const textOffset = rootLayout.entryWord(chunkLimit) * 4
  const offset = pool.allocZeroed(textOffset + text.length)
  const words = pool.arena.i32
  const root = offset >> 2
  words[root + rootLayout.CHUNK_LIMIT] = chunkLimit
  words[root + rootLayout.TEXT_BYTE_LENGTH] = text.length
  storeBytes(words, offset + textOffset, text)
  const serial = newSerial()
  words[root + ROOT_SERIAL] = serial
  words[root] = rootLayout.MAGIC
  return { offset, serial }
}

/** The layout of a table that another thread made. @throws StorageError 'invalid-argument' */
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
    if (code === undefined) throw corrupt(`the type of field ${field} of a table`, type, 'a number')
    return new Field(field, code)
  })
  checkTableFields(fields, name, types)
  return layOut(fields, { name, chunkByteLength, chunkLimit })
}
