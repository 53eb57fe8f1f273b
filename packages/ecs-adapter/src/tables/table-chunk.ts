/** A chunk of a table, as one thread uses it: typed arrays over one block. */
import { corrupt, invalidArgument, staleChunk } from '../base/errors.ts'
import type { ScalarArray } from '../base/typed-arrays.ts'
import type { Checked, Column, ScalarType } from '../schema/schema.ts'
import { firstIdOf, idAfter } from './table-ids.ts'
import {
  CHUNK_HEAD_WORD_COUNT,
  CHUNK_REMOVING,
  CHUNK_ROW_COUNT,
  type TableLayout,
} from './table-layout.ts'

/** The fields of a table: the name of each field, and its type, which holds a number or boolean. */
export type TableSchema = { readonly [field: string]: ScalarType }

/**
 * The schema `S`, if a table can have it. If a field has a reserved name, or one that chunks need
 * themselves, its type here is `never`, so the call does not compile.
 */
export type CheckedTable<S extends TableSchema> = Checked<S> &
  (string extends keyof S ? unknown : { readonly [K in keyof S & keyof ChunkRows]: never })

/**
 * A chunk of a table: one block with some of its rows. It has a typed array for each field of the
 * schema `S`, indexed by row. Rows 0 to `rowCount - 1` are in use.
 *
 * ```ts
 * const { x, speedX } = chunk
 * for (let row = 0; row < chunk.rowCount; row++) x[row] += speedX[row]
 * ```
 */
export type Chunk<S extends TableSchema = TableSchema> = ChunkRows & {
  readonly [K in keyof S]: Column<S[K]>
}

/** The members of a chunk that do not depend on the schema of its table. */
export type ChunkRows = Readonly<
  Pick<TableChunk, 'number' | 'rowCount' | 'ids' | 'idAt' | 'addRow' | 'removeRow'>
>

const MEMBERS = 'number rowCount ids idAt addRow removeRow $offset $hasRoom $find $repair $bind'
/** Names that no field of a table can have, because chunks have members with these names. */
export const CHUNK_MEMBERS: readonly string[] = /* @__PURE__ */ MEMBERS.split(' ')

type ViewConstructor<A> = new (buffer: ArrayBufferLike, byteOffset: number, length: number) => A
const NOWHERE = new ArrayBuffer(0)

/**
 * A chunk of a table. Members that only the table uses begin with $, so that they do not collide
 * with a field, such as one named `bind`.
 *
 * Rows are cleared and copied through one typed array for each element width. Through the columns
 * themselves, V8 takes 30 ns for each column of a row, because the types of the columns differ.
 */
export class TableChunk {
  /** The number of the chunk in its table. It is the same in every thread. */
  readonly number: number
  /** The id of each row in use. Do not write to this array. */
  ids: Int32Array = new Int32Array(0)
  readonly #layout: TableLayout
  /** The byte offset of the block. */
  readonly #offset: number
  readonly #capacity: number
  readonly #slotMask: number
  readonly #hasDefaults: boolean
  readonly #wordsFirst: number
  readonly #wordsEnd: number
  readonly #halvesFirst: number
  readonly #halvesEnd: number
  readonly #bytesFirst: number
  readonly #bytesEnd: number
  #words: Int32Array = new Int32Array(0)
  #halves: Uint16Array = new Uint16Array(0)
  #bytes: Uint8Array = new Uint8Array(0)
  #rowBySlot: Uint16Array = new Uint16Array(0)

  constructor(layout: TableLayout, buffer: ArrayBufferLike, offset: number, number: number) {
    const { words, halves, bytes } = layout
    this.number = number
    this.#offset = offset
    this.#layout = layout
    this.#capacity = layout.chunkCapacity
    this.#slotMask = layout.slotMask
    this.#hasDefaults = layout.initials.length > 0
    this.#wordsFirst = words.first
    this.#wordsEnd = words.end
    this.#halvesFirst = halves.first
    this.#halvesEnd = halves.end
    this.#bytesFirst = bytes.first
    this.#bytesEnd = bytes.end
    this.$bind(buffer)
  }

  get $offset(): number {
    return this.#offset
  }

  /**
   * Makes the typed arrays over the block, in a buffer. Without a buffer, it makes empty ones: the
   * block was freed.
   */
  $bind(buffer?: ArrayBufferLike): void {
    const { chunkByteLength, columns, idsByteOffset, rowsByteOffset } = this.#layout
    const view = <A>(array: ViewConstructor<A>, byteOffset: number, length: number): A =>
      buffer === undefined
        ? new array(NOWHERE, 0, 0)
        : new array(buffer, this.#offset + byteOffset, length)
    this.#words = view(Int32Array, 0, chunkByteLength >> 2)
    this.#halves = view(Uint16Array, 0, chunkByteLength >> 1)
    this.#bytes = view(Uint8Array, 0, chunkByteLength)
    this.#rowBySlot = view(Uint16Array, rowsByteOffset, this.#capacity)
    this.ids = view(Int32Array, idsByteOffset, this.#capacity)
    for (const { name, array, byteOffset } of columns) {
      const value = view<ScalarArray>(array, byteOffset, this.#capacity)
      const attributes = { configurable: true, enumerable: true, writable: false }
      Object.defineProperty(this, name, { value, ...attributes })
    }
  }

  /**
   * How many rows are in use. Their indices are 0 to `rowCount - 1`.
   * @throws StorageError 'stale-chunk' if the chunk was freed, or if a `WebAssembly.Memory` has
   * grown since the last `table.sync()`
   */
  get rowCount(): number {
    const count: number | undefined = this.#words[CHUNK_ROW_COUNT]
    if (count >= 0 && count <= this.#capacity) return count
    throw this.#noCount(count)
  }

  /**
   * Returns the id of a row. Returns 0 if there is no such row.
   * @throws StorageError 'stale-chunk', as `rowCount`
   */
  idAt(row: number): number {
    const isRow = typeof row === 'number' && row >= 0 && row < this.rowCount
    return isRow ? (this.ids[row] ?? 0) : 0
  }

  /** Returns the row of an id. Returns -1 if there is no such row. */
  $find(id: number): number {
    const row = this.#rowBySlot[id & this.#slotMask]
    return row < this.#words[CHUNK_ROW_COUNT] && this.ids[row] === id ? row : -1
  }

  /** Whether another row fits into the chunk. It is false if the chunk is stale: see `rowCount`. */
  get $hasRoom(): boolean {
    return this.#words[CHUNK_ROW_COUNT] < this.#capacity
  }

  /**
   * Adds a row with the defaults of its fields, and returns its index. Returns -1 if the chunk is
   * full or stale.
   */
  addRow(): number {
    const words = this.#words
    const row = words[CHUNK_ROW_COUNT]
    if (!(row < this.#capacity)) return -1 // the chunk is full or stale
    if (row < 0) throw this.#noCount(row)
    this.#clear(row)
    if (this.#hasDefaults) this.#writeDefaults(row)
    words[CHUNK_ROW_COUNT] = row + 1 // last: a thread that dies before this line has added no row
    return row
  }

  /**
   * Removes a row. The last row of the chunk moves to its index. So a loop that removes rows must
   * go backwards.
   * @throws StorageError 'invalid-argument' if there is no such row; 'stale-chunk', as `rowCount`
   */
  removeRow(row: number): void {
    const words = this.#words
    const last = words[CHUNK_ROW_COUNT] - 1
    if (typeof row !== 'number' || !(row >= 0 && row <= last) || (row | 0) !== row) {
      const expected = `that of a row: a whole number below its rowCount, ${this.rowCount}`
      throw invalidArgument(`the row of chunk ${this.number}`, row, expected)
    }
    if (last >= this.#capacity) throw this.#noCount(last + 1)
    const { ids } = this
    const rowBySlot = this.#rowBySlot
    const step = this.#layout.generationStep
    const id = ids[row]
    // `$repair` relies on the order of these writes.
    words[CHUNK_REMOVING] = id
    if (row !== last) {
      this.#copy(last, row)
      const lastId = ids[last]
      ids[row] = lastId
      rowBySlot[lastId & this.#slotMask] = row
    }
    words[CHUNK_ROW_COUNT] = last
    ids[last] = idAfter(id, step)
    rowBySlot[id & this.#slotMask] = last
  }

  #clear(row: number): void {
    const words = this.#words
    const capacity = this.#capacity
    let at = CHUNK_HEAD_WORD_COUNT + 2 * row
    for (const end = this.#wordsFirst; at < end; at += 2 * capacity) {
      words[at] = 0
      words[at + 1] = 0
    }
    at = this.#wordsFirst + row
    for (const end = this.#wordsEnd; at < end; at += capacity) words[at] = 0
    at = this.#halvesFirst + row
    for (const end = this.#halvesEnd; at < end; at += capacity) this.#halves[at] = 0
    at = this.#bytesFirst + row
    for (const end = this.#bytesEnd; at < end; at += capacity) this.#bytes[at] = 0
  }

  #writeDefaults(row: number): void {
    const { initials } = this.#layout
    for (let i = 0; i < initials.length; i++) {
      const { width, first, low, high } = initials[i]
      if (width === 4) this.#words[first + row] = low
      else if (width === 2) this.#halves[first + row] = low
      else if (width === 1) this.#bytes[first + row] = low
      else {
        this.#words[first + 2 * row] = low
        this.#words[first + 2 * row + 1] = high
      }
    }
  }

  #copy(from: number, to: number): void {
    const capacity = this.#capacity
    const distance = from - to
    const words = this.#words
    let at = CHUNK_HEAD_WORD_COUNT + 2 * to
    for (const end = this.#wordsFirst; at < end; at += 2 * capacity) {
      words[at] = words[at + 2 * distance]
      words[at + 1] = words[at + 2 * distance + 1]
    }
    at = this.#wordsFirst + to
    for (const end = this.#wordsEnd; at < end; at += capacity) words[at] = words[at + distance]
    const halves = this.#halves
    at = this.#halvesFirst + to
    for (const end = this.#halvesEnd; at < end; at += capacity) halves[at] = halves[at + distance]
    const bytes = this.#bytes
    at = this.#bytesFirst + to
    for (const end = this.#bytesEnd; at < end; at += capacity) bytes[at] = bytes[at + distance]
  }

  /**
   * Completes or undoes an `add` or `remove` during which a thread died, at any instruction. A
   * half-done `remove` may leave one id in two rows. Then the later row gets the next id of the
   * removed slot.
   */
  $repair(): void {
    const words = this.#words
    const { ids } = this
    const count = words[CHUNK_ROW_COUNT]
    const removed = words[CHUNK_REMOVING]
    const next = idAfter(removed, this.#layout.generationStep)
    const rowBySlot = this.#rowBySlot.fill(0xffff)
    for (let row = 0; row < this.#capacity; row++) {
      const isTwice = rowBySlot[ids[row] & this.#slotMask] !== 0xffff
      if (isTwice) {
        if (row < count) words[CHUNK_ROW_COUNT] = row // first: this thread may die too
        ids[row] = next
      } else if (row >= count && ids[row] === removed) ids[row] = next
      rowBySlot[ids[row] & this.#slotMask] = row
    }
  }

  #noCount(given: number | undefined): Error {
    if (given === undefined) return staleChunk(this.number)
    return corrupt(`the rowCount of chunk ${this.number}`, given, `0 to ${this.#capacity}`)
  }
}

/** Writes an empty chunk into a block that no other thread knows yet. */
export function writeChunk(
  layout: TableLayout,
  words: Int32Array,
  offset: number,
  number: number,
  generation: number,
): void {
  const { chunkCapacity, idsByteOffset, rowsByteOffset } = layout
  const first = offset >> 2
  words.fill(0, first, first + 16)
  const id = firstIdOf(layout, generation, number)
  const ids = (offset + idsByteOffset) >> 2
  const rows = new Uint16Array(words.buffer, offset + rowsByteOffset, chunkCapacity)
  for (let slot = 0; slot < chunkCapacity; slot++) {
    words[ids + slot] = id + slot
    rows[slot] = slot
  }
}
