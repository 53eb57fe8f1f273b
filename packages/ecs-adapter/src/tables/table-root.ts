/** The block that tells of a table: its schema, who is attached, which chunks there are. */
import type { Pool } from '@ashlar/core'
import { isRecord } from '../base/arguments.ts'
import { alreadyAttached, corrupt, invalidArgument, stillAttached } from '../base/errors.ts'
import { encodeJson, loadJson, storeBytes } from '../base/json.ts'
import { liveByteLength } from '../memory/blocks.ts'
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
  attachedSlots,
  detachAt,
  isAttachedAt,
  newSerial,
} from '../shared/attachments.ts'
import type { TableHandle } from './table-api.ts'
import { CHUNK_MEMBERS, type TableSchema } from './table-chunk.ts'
import {
  attachmentWord,
  entryWord,
  layOut,
  TABLE_CHUNK_LIMIT,
  TABLE_MAGIC,
  TABLE_SERIAL,
  TABLE_TEXT_BYTE_LENGTH,
  type TableLayout,
} from './table-layout.ts'

/** @throws StorageError 'invalid-argument' */
export function readTableSchema(name: string, schema: TableSchema): Field[] {
  checkName(name, 'table')
  const of = `of table ${JSON.stringify(name)}`
  const fields = readSchema(name, schema, 'table')
  if (fields.length === 0) throw invalidArgument(`the schema ${of}`, schema, 'at least one field')
  for (const field of fields) {
    if (CHUNK_MEMBERS.includes(field.name)) {
      throw invalidArgument(`a field name ${of}`, field.name, 'a name that no member of chunks has')
    }
    if (field.type.kind !== 'scalar') {
      const expected =
        'a number such as t.f32: tables have neither lists nor texts. Keep those in a component'
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
  words[root + TABLE_SERIAL] = serial
  words[root] = TABLE_MAGIC
  return { offset, serial }
}

/** The layout of a table that another thread made. @throws StorageError 'invalid-argument' */
export function readRoot(pool: Pool, handle: TableHandle): TableLayout {
  const offset = checkedRoot(pool, handle)
  const words = pool.arena.i32
  const root = offset >> 2
  const chunkLimit = words[root + TABLE_CHUNK_LIMIT]
  const textByteLength = words[root + TABLE_TEXT_BYTE_LENGTH]
  const told = loadJson(words, offset + entryWord(chunkLimit) * 4, textByteLength)
  if (!isDescription(told)) throw corrupt('the description of a table', told, 'that of one')
  const { name, chunkByteLength, types } = told
  const schema: Record<string, ScalarType> = {}
  for (const [field, type] of types) schema[field] = t[type]
  return layOut(readTableSchema(name, schema), { name, chunkByteLength, chunkLimit })
}

/** What the root says of a table, as JSON. */
interface Description {
  readonly name: string
  readonly chunkByteLength: number
  readonly types: readonly (readonly [name: string, type: ScalarName])[]
}

function isDescription(told: unknown): told is Description {
  if (!isRecord(told) || !Array.isArray(told.types)) return false
  const isType = (one: unknown) =>
    Array.isArray(one) && typeof one[0] === 'string' && isScalarName(one[1])
  const { name, chunkByteLength } = told
  return typeof name === 'string' && typeof chunkByteLength === 'number' && told.types.every(isType)
}

/** The root of a table that is not disposed of. @throws StorageError 'invalid-argument' */
export function checkedRoot(pool: Pool, handle: TableHandle): number {
  if (isThere(pool, handle)) return handle.offset
  throw invalidArgument('the handle', handle, 'table.handle of a table in the arena of this pool')
}

/** Whether a handle, or what is given for one, is that of a table that is not disposed of. */
export function isThere(pool: Pool, handle: TableHandle): boolean {
  const { offset, serial } = handle ?? {}
  if (typeof offset !== 'number') return false
  const byteLength = liveByteLength(pool, offset)
  const words = pool.arena.i32
  const root = offset >> 2
  if (byteLength < entryWord(1) * 4) return false
  if (words[root] !== TABLE_MAGIC || words[root + TABLE_SERIAL] !== serial) return false
  const limit = words[root + TABLE_CHUNK_LIMIT]
  return limit > 0 && byteLength === entryWord(limit) * 4 + words[root + TABLE_TEXT_BYTE_LENGTH]
}

/** @throws StorageError 'already-attached' */
export function enter(pool: Pool, root: number, name: string): void {
  const word = wordOf(pool, root)
  const words = pool.arena.i32
  if (isAttachedAt(words, word, pool))
    throw alreadyAttached(pool.slot, shownTable(name), 'attachTable')
  attachAt(words, word, pool)
}

export function leave(pool: Pool, root: number): void {
  detachAt(pool.arena.i32, wordOf(pool, root), pool)
}

/** Throws while others are attached whose pools are open. @throws StorageError 'still-attached' */
export function checkAlone(pool: Pool, root: number, name: string): void {
  const { arena } = pool
  const slots = attachedSlots(arena.i32, (slot) => (root >> 2) + attachmentWord(slot), arena)
  const others = slots.filter((slot) => slot !== pool.slot)
  if (others.length > 0) throw stillAttached(others, shownTable(name), 'arena.adopt(slot)')
}

const wordOf = (pool: Pool, root: number) => (root >> 2) + attachmentWord(pool.slot)
const shownTable = (name: string) => `table ${JSON.stringify(name)}`
