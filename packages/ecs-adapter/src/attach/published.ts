/**
 * Reads and writes the blocks that a storage publishes: the manifest and the entity ids. Both are
 * checked when they are read.
 */
import type { Arena, Pool } from '@ashlar/core'
import { isArray, isRecord } from '../base/arguments.ts'
import { corrupt, noSuchType } from '../base/errors.ts'
import { encodeJson, loadJson, storeBytes } from '../base/json.ts'
import { IndexPlace } from '../columns/row-index.ts'
import type { GenerationsPlace } from '../fields/field-memory.ts'
import { liveByteLength } from '../memory/blocks.ts'
import { codeByName } from '../schema/code-names.ts'
import { Field } from '../schema/schema.ts'
import { kindOf } from '../schema/type-codes.ts'
import type { ComponentEntry, Manifest, RowsEntry, TableEntry } from '../shared/manifest.ts'
import * as rootLayout from '../shared/storage-root.ts'

/** The kinds of types whose code a bundle may lack. */
const KINDS: readonly string[] = ['list', 'text', 'eid']
const ROW_COUNT_LIMIT = 2 ** 30 // more than the option `capacity` allows

export function encodeManifest(manifest: Manifest): Uint8Array {
  const components = manifest.components.map(({ fields, ...rest }) => {
    return { ...rest, fields: fields.map(({ name, code }) => ({ name, type: code.name })) }
  })
  return encodeJson({ ...manifest, components })
}

/** Writes the result of `encodeManifest` into a block that is not yet published. */
export function storeManifest(words: Int32Array, offset: number, bytes: Uint8Array): void {
  words[(offset >> 2) + rootLayout.PUBLISHED_COUNT] = bytes.length
  storeBytes(words, offset + rootLayout.PUBLISHED_HEAD_BYTE_LENGTH, bytes)
}

/**
 * Reads a manifest, and checks that all its columns lie in the arena.
 * @throws StorageError 'corrupt' if the manifest is wrong
 */
export function readManifest(pool: Pool, words: Int32Array, offset: number): Manifest {
  const byteLength = checkedCount(pool, words, offset, 1)
  const read = loadJson(words, offset + rootLayout.PUBLISHED_HEAD_BYTE_LENGTH, byteLength)
  const { entityMask, components, tables, generations } = isRecord(read) ? read : {}
  check(isArray(components) && isArray(tables), read)
  check(Number.isInteger(entityMask), entityMask)
  const manifest = {
    entityMask: entityMask as number,
    components: components.map((one) => componentOf(one, pool.arena)),
    tables: tables.map(tableOf),
  }
  if (generations === undefined) return manifest
  return { ...manifest, generations: generationsOf(generations, pool.arena) }
}

/**
 * Returns a view of the published entity ids.
 * @throws StorageError 'corrupt' if the ids do not fit into their block
 */
export function readEntities(pool: Pool, words: Int32Array, offset: number): Int32Array {
  const count = checkedCount(pool, words, offset, 4)
  return new Int32Array(words.buffer, offset + rootLayout.PUBLISHED_HEAD_BYTE_LENGTH, count)
}

/**
 * Returns the count in a published block. Checks that this many elements of `step` bytes fit into
 * the block.
 */
function checkedCount(pool: Pool, words: Int32Array, offset: number, step: number): number {
  const room = liveByteLength(pool, offset) - rootLayout.PUBLISHED_HEAD_BYTE_LENGTH
  check(room >= 0, offset)
  const count = words[(offset >> 2) + rootLayout.PUBLISHED_COUNT]
  if (count >= 0 && count <= room / step) return count
  throw corrupt('the length of what a storage has published', count, `at most ${room / step}`)
}

function componentOf(read: unknown, arena: Arena): ComponentEntry {
  const { name, fields: readFields, rowCount, byteOffsets, rows } = isRecord(read) ? read : {}
  check(typeof name === 'string', read)
  check(isRowCount(rowCount) && isArray(readFields) && isArray(byteOffsets), name)
  const fields = readFields.map((field) => fieldOf(field, name))
  check(byteOffsets.length === fields.length, name)
  const places = byteOffsets.map((byteOffset, i) => {
    const step = fields[i].code.array.BYTES_PER_ELEMENT
    check(isPlace(arena, byteOffset, rowCount * step, step), byteOffset)
    return byteOffset
  })
  const entry = { name, fields, rowCount, byteOffsets: places }
  return rows === undefined ? entry : { ...entry, rows: rowsOf(rows, arena) }
}

/**
 * Reads a field of the manifest.
 * @param component the name of its component, for messages
 * @throws StorageError 'invalid-argument' if this thread has no code for the type of the field
 */
function fieldOf(read: unknown, component: string): Field {
  const { name, type } = isRecord(read) ? read : {}
  check(typeof name === 'string' && typeof type === 'string', read)
  const code = codeByName(type)
  if (code !== undefined) return new Field(name, code)
  const [kind] = type.split(' ')
  check(KINDS.includes(kind) && kindOf(kind) === undefined, type)
  throw noSuchType(`${component}.${name}`, kind)
}

function rowsOf(read: unknown, arena: Arena): RowsEntry {
  const { index, rowCount } = isRecord(read) ? read : {}
  check(isRowCount(rowCount) && isPlace(arena, index, 0, 4), index)
  const { wordCount } = new IndexPlace({ index, rowCount })
  check(isPlace(arena, index, wordCount * 4, 4), index)
  return { index, rowCount }
}

function generationsOf(read: unknown, arena: Arena): GenerationsPlace {
  const { firstIndex, count, entityMask } = isRecord(read) ? read : {}
  check(typeof firstIndex === 'number' && isRowCount(count), read)
  check(isPlace(arena, firstIndex * 8, count * 8, 8), firstIndex)
  check(Number.isInteger(entityMask), entityMask)
  return { firstIndex, count, entityMask: entityMask as number }
}

function tableOf(read: unknown): TableEntry {
  const { name, offset, serial } = isRecord(read) ? read : {}
  check(typeof name === 'string' && typeof offset === 'number' && typeof serial === 'number', read)
  return { name, offset, serial }
}

function isPlace(arena: Arena, given: unknown, byteLength: number, step: number): given is number {
  if (typeof given !== 'number' || !Number.isInteger(given / step)) return false
  const end = arena.byteOffset + arena.byteLength
  return given >= arena.byteOffset && given + byteLength <= end
}

const isRowCount = (given: unknown): given is number =>
  typeof given === 'number' && Number.isInteger(given) && given >= 0 && given < ROW_COUNT_LIMIT

function check(holds: boolean, given: unknown): asserts holds {
  if (!holds)
    throw corrupt('the manifest of a storage, or a part of it,', given, 'one in the arena')
}
