/** Makes a table and its root. */
import type { Pool } from '@ashlar/core'
import { checkOptions, checkPool } from '../base/arguments.ts'
import { invalidArgument } from '../base/errors.ts'
import { encodeJson, storeBytes } from '../base/json.ts'
import { nameWithDefault } from '../schema/code-names.ts'
import { readSchema } from '../schema/read-schema.ts'
import type { Field } from '../schema/schema.ts'
import { newSerial, ROOT_SERIAL } from '../shared/attachments.ts'
import { Table, type TableOwner } from './table.ts'
import { CHUNK_MEMBERS, type TableSchema } from './table-chunk.ts'
import { layOut, type TableLayout } from './table-layout.ts'
import { chooseChunks, type TableOptions } from './table-options.ts'
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
/** @internal Makes a table of a storage. */
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
  owner: TableOwner = { checkIdle() {}, checkOwn() {}, onDispose() {} },
): Table<S> {
  checkPool(pool)
  checkOptions('the options', options, ['name', 'chunkByteLength', 'chunkLimit'])
  const { name = 'table' } = options
  const fields = readTableSchema(name, schema)
  const layout = layOut(fields, { ...chooseChunks(fields, options), name })
  return new Table(pool, layout, writeRoot(pool, layout, fields), owner)
}

/**
 * Checks the schema of a table, and returns its fields.
 * @param table the name of the table, for messages
 * @throws StorageError 'invalid-argument' if the schema is wrong
 */
export function readTableSchema(table: string, schema: TableSchema): readonly Field[] {
  const fields = readSchema(table, schema, 'table')
  const of = `of ${rootLayout.shownTable(table)}`
  if (fields.length === 0) throw invalidArgument(`the schema ${of}`, schema, 'at least one field')
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

/**
 * Writes the root block of a new table, and returns its handle.
 * @throws ArenaError 'out-of-memory' if there is no memory for the block
 */
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
