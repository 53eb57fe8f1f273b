/** What a storage publishes, as blocks: a directory is written, and read with every check; the ids likewise. */
import type { Arena, Pool } from '@ashlar/core'
import { isRecord } from '../base/arguments.ts'
import { corrupt } from '../base/errors.ts'
import { encodeJson, loadJson, storeBytes } from '../base/json.ts'
import { IndexPlace } from '../columns/row-index.ts'
import { liveByteLength } from '../memory/blocks.ts'
import { type Field, type FieldType, type ScalarType, t } from '../schema/schema.ts'
import {
  type ComponentEntry,
  type Directory,
  PUBLISHED_COUNT,
  PUBLISHED_HEAD_BYTE_LENGTH,
  type RowsEntry,
  type TableEntry,
} from '../shared/directory.ts'

/** Columns have fewer rows: see `createStorage`. */
const ROW_COUNT_LIMIT = 2 ** 30

const { list, text, ...scalars } = t
/** The types of fields, by the names that they are published by. */
const TYPES = new Map<unknown, FieldType>(
  [
    ...Object.values<ScalarType>(scalars).flatMap((type) => [type, list(type)]),
    list(t.eid, { dropRemoved: true }),
    ...[text, text.interned],
  ].map((type) => [nameOf(type), type]),
)

function nameOf(type: FieldType): string {
  if (type.kind === 'scalar') return type.name
  if (type.kind === 'text') return type.isInterned ? 'interned text' : 'text'
  return `list ${type.element.name}${type.dropRemoved ? ' dropRemoved' : ''}`
}

export function encodeDirectory(directory: Directory): Uint8Array {
  const components = directory.components.map(({ fields, ...rest }) => {
    return { ...rest, fields: fields.map(({ name, type }) => ({ name, type: nameOf(type) })) }
  })
  return encodeJson({ ...directory, components })
}

/** Writes what `encodeDirectory` gave, and its head, into a block that is not yet published. */
export function storeDirectory(words: Int32Array, offset: number, bytes: Uint8Array): void {
  words[(offset >> 2) + PUBLISHED_COUNT] = bytes.length
  storeBytes(words, offset + PUBLISHED_HEAD_BYTE_LENGTH, bytes)
}

/**
 * Everything that a directory says of memory lies in the arena.
 * @throws StorageError 'corrupt'
 */
export function readDirectory(pool: Pool, words: Int32Array, offset: number): Directory {
  const byteLength = checkedCount(pool, words, offset, 1)
  const told = loadJson(words, offset + PUBLISHED_HEAD_BYTE_LENGTH, byteLength)
  if (!isRecord(told) || !isList(told.components) || !isList(told.tables)) throw damaged(told)
  if (!Number.isInteger(told.entityMask)) throw damaged(told.entityMask)
  return {
    entityMask: told.entityMask as number,
    components: told.components.map((one) => componentOf(one, pool.arena)),
    tables: told.tables.map(tableOf),
  }
}

/** The ids that are published. @throws StorageError 'corrupt' */
export function readEntities(pool: Pool, words: Int32Array, offset: number): Int32Array {
  const count = checkedCount(pool, words, offset, 4)
  return new Int32Array(words.buffer, offset + PUBLISHED_HEAD_BYTE_LENGTH, count)
}

/** How much a published block says that it holds, of so many bytes each: as much as it has room for. */
function checkedCount(pool: Pool, words: Int32Array, offset: number, step: number): number {
  const byteLength = liveByteLength(pool, offset)
  if (byteLength < PUBLISHED_HEAD_BYTE_LENGTH) {
    throw corrupt('what a storage has published', offset, 'the offset of a block')
  }
  const count = words[(offset >> 2) + PUBLISHED_COUNT]
  const most = (byteLength - PUBLISHED_HEAD_BYTE_LENGTH) / step
  if (count >= 0 && count <= most) return count
  throw corrupt('the length of what a storage has published', count, `at most ${most}`)
}

function componentOf(told: unknown, arena: Arena): ComponentEntry {
  if (!isRecord(told)) throw damaged(told)
  const { name, fields: toldFields, rowCount, byteOffsets, rows } = told
  if (typeof name !== 'string' || !isRowCount(rowCount)) throw damaged(name)
  if (!isList(toldFields) || !isList(byteOffsets)) throw damaged(name)
  const fields = toldFields.map(fieldOf)
  if (byteOffsets.length !== fields.length) throw damaged(name)
  const places = byteOffsets.map((byteOffset, i) => {
    const step = widthOf(fields[i].type)
    if (isPlace(arena, byteOffset, rowCount * step, step)) return byteOffset
    throw corrupt(`a column of component ${JSON.stringify(name)}`, byteOffset, 'one in the arena')
  })
  const entry = { name, fields, rowCount, byteOffsets: places }
  return rows === undefined ? entry : { ...entry, rows: rowsOf(rows, arena) }
}

function fieldOf(told: unknown): Field {
  const type = isRecord(told) ? TYPES.get(told.type) : undefined
  if (!isRecord(told) || typeof told.name !== 'string') throw damaged(told)
  if (type !== undefined) return { name: told.name, type }
  throw corrupt(`the type of field ${told.name} in this storage`, told.type, 'one that there is')
}

/** Of a column's elements: those of lists and texts are handles. */
const widthOf = (type: FieldType) => (type.kind === 'scalar' ? type.array.BYTES_PER_ELEMENT : 4)

function rowsOf(told: unknown, arena: Arena): RowsEntry {
  const { index, rowCount } = isRecord(told) ? told : {}
  if (isPlace(arena, index, 0, 4) && isRowCount(rowCount)) {
    const { wordCount } = new IndexPlace({ index, rowCount })
    if (isPlace(arena, index, wordCount * 4, 4)) return { index, rowCount }
  }
  throw corrupt('the rows of a sparse component', index, 'the offset of an index in the arena')
}

function tableOf(told: unknown): TableEntry {
  const { name, offset, serial } = isRecord(told) ? told : {}
  if (typeof name !== 'string' || typeof offset !== 'number' || typeof serial !== 'number') {
    throw damaged(told)
  }
  return { name, offset, serial }
}

function isPlace(arena: Arena, given: unknown, byteLength: number, step: number): given is number {
  if (typeof given !== 'number' || !Number.isInteger(given / step)) return false
  const end = arena.byteOffset + arena.byteLength
  return given >= arena.byteOffset && given + byteLength <= end
}

const isRowCount = (given: unknown): given is number =>
  typeof given === 'number' && Number.isInteger(given) && given >= 0 && given < ROW_COUNT_LIMIT

const isList = (given: unknown): given is readonly unknown[] => Array.isArray(given)

const damaged = (given: unknown) => corrupt('the directory of a storage', given, 'that of one')
