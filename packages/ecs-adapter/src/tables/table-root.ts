/** The root block of a table: its schema, the attached slots, and the list of its chunks. */
import type { Pool } from '@ashlar/core'
import { isRecord } from '../base/arguments.ts'
import { alreadyAttached, corrupt, invalidArgument } from '../base/errors.ts'
import { encodeJson, loadJson, storeBytes } from '../base/json.ts'
import {
  checkName,
  type Field,
  isScalarName,
  readSchema,
  type ScalarName,
  type ScalarType,
  t,
} from '../schema/schema.ts'
import {
  attachAt,
  checkDetached,
  detachAt,
  isAttachedAt,
  newSerial,
  ROOT_SERIAL,
  rootByteLength,
} from '../shared/attachments.ts'
import type { TableHandle } from './table-api.ts'
import { CHUNK_MEMBERS, type TableSchema } from './table-chunk.ts'
import {
  attachmentWord,
  entryWord,
  layOut,
  TABLE_CHUNK_LIMIT,
  TABLE_MAGIC,
  TABLE_TEXT_BYTE_LENGTH,
  type TableLayout,
} from './table-layout.ts'

/** @throws StorageError 'invalid-argument' */
export function readTableSchema(name: string, schema: TableSchema): Field[] {
  checkName(name, 'table')
  const of = `of ${shownTable(name)}`
  const fields = readSchema(name, schema, 'table')
  if (fields.length === 0) throw invalidArgument(`the schema ${of}`, schema, 'at least one field')
  for (const field of fields) {
    if (CHUNK_MEMBERS.includes(field.name)) {
      throw invalidArgument(`a field name ${of}`, field.name, 'a name that no member of chunks has')
    }
    if (field.type.kind !== 'scalar') {
      const expected = 'a number such as t.f32. Keep lists and texts in a component'
      throw invalidArgument(`the type of field ${field.name} ${of}`, field.type.kind, expected)
    }
  }
  return fields
}

/** @throws ArenaError 'out-of-memory' */
export function writeRoot(pool: Pool, layout: TableLayout, fields: readonly Field[]): TableHandle {
  const { name, chunkByteLength, chunkLimit } = layout
  const types = fields.map((field) => [field.name, (field.type as ScalarType).name])
  const text = encodeJson({ name, chunkByteLength, types })
  const textOffset = entryWord(chunkLimit) * 4
  const offset = pool.allocZeroed(textOffset + text.length)
  const words = pool.arena.i32
  const root = offset >> 2
  words[root + TABLE_CHUNK_LIMIT] = chunkLimit
  words[root + TABLE_TEXT_BYTE_LENGTH] = text.length
  storeBytes(words, offset + textOffset, text)
  const serial = newSerial()
  words[root + ROOT_SERIAL] = serial
  words[root] = TABLE_MAGIC
  return { offset, serial }
}

/** The layout of a table that another thread made. @throws StorageError 'invalid-argument' */
export function readRoot(pool: Pool, handle: TableHandle): TableLayout {
  if (!isThere(pool, handle)) {
    const expected = 'table.handle of a table in the arena of this pool'
    throw invalidArgument('the handle', handle, expected)
  }
  const { offset } = handle
  const words = pool.arena.i32
  const root = offset >> 2
  const chunkLimit = words[root + TABLE_CHUNK_LIMIT]
  const textByteLength = words[root + TABLE_TEXT_BYTE_LENGTH]
  const read = loadJson(words, offset + entryWord(chunkLimit) * 4, textByteLength)
  if (!isDescription(read)) throw corrupt('the description of a table', read, 'that of one')
  const { name, chunkByteLength, types } = read
  const schema: Record<string, ScalarType> = {}
  for (const [field, type] of types) schema[field] = t[type]
  return layOut(readTableSchema(name, schema), { name, chunkByteLength, chunkLimit })
}

interface Description {
  readonly name: string
  readonly chunkByteLength: number
  readonly types: readonly (readonly [name: string, type: ScalarName])[]
}

function isDescription(read: unknown): read is Description {
  if (!isRecord(read) || !Array.isArray(read.types)) return false
  const isType = (one: unknown) =>
    Array.isArray(one) && typeof one[0] === 'string' && isScalarName(one[1])
  const { name, chunkByteLength } = read
  return typeof name === 'string' && typeof chunkByteLength === 'number' && read.types.every(isType)
}

/** Whether a handle, or whatever is given, is that of a table that is not disposed of. */
export function isThere(pool: Pool, handle: TableHandle): boolean {
  const byteLength = rootByteLength(pool, handle, TABLE_MAGIC)
  if (byteLength < entryWord(1) * 4) return false
  const words = pool.arena.i32
  const root = handle.offset >> 2
  const limit = words[root + TABLE_CHUNK_LIMIT]
  return limit > 0 && byteLength === entryWord(limit) * 4 + words[root + TABLE_TEXT_BYTE_LENGTH]
}

/** @throws StorageError 'already-attached' */
export function enter(pool: Pool, root: number, name: string): void {
  const { i32 } = pool.arena
  const word = wordOf(root, pool.slot)
  if (isAttachedAt(i32, word, pool)) {
    throw alreadyAttached(pool.slot, shownTable(name), 'attachTable')
  }
  attachAt(i32, word, pool)
}

export function leave(pool: Pool, root: number): void {
  detachAt(pool.arena.i32, wordOf(root, pool.slot), pool)
}

/** Throws while other pools that are open are attached. @throws StorageError 'still-attached' */
export function checkAlone(pool: Pool, root: number, name: string): void {
  const word = (slot: number) => wordOf(root, slot)
  checkDetached(pool, word, shownTable(name), 'arena.adopt(slot)', pool.slot)
}

const wordOf = (root: number, slot: number) => (root >> 2) + attachmentWord(slot)
const shownTable = (name: string) => `table ${JSON.stringify(name)}`
