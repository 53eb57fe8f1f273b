/** A chunk of a table, as one thread sees it: typed arrays over one block. */
import { corrupt, invalidArgument, staleChunk } from '../base/errors.ts'
import type { Column, ScalarArray, ScalarType } from '../schema/schema.ts'
import { CHUNK_REMOVING, CHUNK_ROW_COUNT, ID_LIMIT, type TableLayout } from './table-layout.ts'

export type TableSchema = { readonly [field: string]: ScalarType }

/** A typed array for each field, indexed by row, and the members of every chunk. */
export type Chunk<S extends TableSchema = TableSchema> = ChunkRows & {
  readonly [K in keyof S]: Column<S[K]>
}

/** The members that a chunk has besides its columns. */
export interface ChunkRows {
  /** Identifies the chunk in its table; the same in every thread. */
  readonly number: number
  /**
   * The first `rowCount` rows are in use.
   * @throws StorageError 'stale-chunk' if the chunk is no longer in the table, or a
   * WebAssembly.Memory has grown since the last `table.sync()`
   */
  readonly rowCount: number
  /** The id of each row below `rowCount`. Do not write to it. */
  readonly ids: Int32Array
  /** The id of a row; 0 if there is no such row. */
  idAt(row: number): number
  /** Adds a row of zeros, and returns its index; -1 if the chunk is full or stale. */
  add(): number
  /**
   * Removes a row; the last row moves to its index. Loops that remove rows go backwards.
   * @throws StorageError 'invalid-argument' if there is no such row; 'stale-chunk' as `rowCount`
   */
  remove(row: number): void
}

const MEMBERS = 'number rowCount ids idAt add remove $offset $hasRoom $find $repair $bind'
/** Names that no field of a table can have. */
export const CHUNK_MEMBERS: readonly string[] = MEMBERS.split(' ')

type ViewConstructor<A> = new (buffer: ArrayBufferLike, byteOffset: number, length: number) => A
const NOWHERE = new ArrayBuffer(0)

/**
 * Members that begin with $ are for the table: fields of users may be called `owner` or `offset`.
 *
 * Columns are cleared and moved by the width of their elements, through one array for each width.
 * Through the columns themselves, whose types differ, V8 takes 30 ns for each.
 */
export class TableChunk implements ChunkRows {
  readonly number: number
  ids: Int32Array = new Int32Array(0)
  readonly #layout: TableLayout
  readonly #offset: number
  readonly #capacity: number
  readonly #slotMask: number
  readonly #doubleCount: number
  readonly #doublesFirst: number
  readonly #wordCount: number
  readonly #wordsFirst: number
  readonly #halfCount: number
  readonly #halvesFirst: number
  readonly #byteCount: number
  readonly #bytesFirst: number
  #words: Int32Array = new Int32Array(0)
  #halves: Uint16Array = new Uint16Array(0)
  #bytes: Uint8Array = new Uint8Array(0)
  #rowBySlot: Uint16Array = new Uint16Array(0)

  constructor(layout: TableLayout, buffer: ArrayBufferLike, offset: number, number: number) {
    this.number = number
    this.#layout = layout
    this.#offset = offset
    this.#capacity = layout.chunkCapacity
    this.#slotMask = 2 ** layout.slotBits - 1
    this.#doubleCount = layout.doubles.count
    this.#doublesFirst = layout.doubles.first
    this.#wordCount = layout.words.count
    this.#wordsFirst = layout.words.first
    this.#halfCount = layout.halves.count
    this.#halvesFirst = layout.halves.first
    this.#byteCount = layout.bytes.count
    this.#bytesFirst = layout.bytes.first
    this.$bind(buffer)
  }

  get $offset(): number {
    return this.#offset
  }

  /** Makes the views of a buffer; without one, empty views: another block may lie there now. */
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

  get rowCount(): number {
    const count: number | undefined = this.#words[CHUNK_ROW_COUNT]
    if (count >= 0 && count <= this.#capacity) return count
    throw this.#noCount(count)
  }

  idAt(row: number): number {
    const isRow = typeof row === 'number' && row >= 0 && row < this.rowCount
    return isRow ? (this.ids[row] ?? 0) : 0
  }

  /** The row of an id; -1 if there is no such row. */
  $find(id: number): number {
    const row = this.#rowBySlot[id & this.#slotMask]
    return row < this.#words[CHUNK_ROW_COUNT] && this.ids[row] === id ? row : -1
  }

  /** False, too, if the buffer of the views is gone. */
  get $hasRoom(): boolean {
    return this.#words[CHUNK_ROW_COUNT] < this.#capacity
  }

  /** The last store adds the row: a thread that dies before it has added none. */
  add(): number {
    const words = this.#words
    const row = words[CHUNK_ROW_COUNT]
    if (!(row < this.#capacity)) return -1 // full, or stale
    if (row < 0) throw this.#noCount(row)
    this.#clear(row)
    words[CHUNK_ROW_COUNT] = row + 1
    return row
  }

  remove(row: number): void {
    const words = this.#words
    const last = words[CHUNK_ROW_COUNT] - 1
    if (typeof row !== 'number' || !(row >= 0 && row <= last) || (row | 0) !== row) {
      throw this.#noRow(row)
    }
    if (last >= this.#capacity) throw this.#noCount(last + 1)
    const { ids } = this
    const rowBySlot = this.#rowBySlot
    const id = ids[row]
    // `$repair` relies on this order.
    words[CHUNK_REMOVING] = id
    if (row !== last) {
      this.#copy(last, row)
      const lastId = ids[last]
      ids[row] = lastId
      rowBySlot[lastId & this.#slotMask] = row
    }
    words[CHUNK_ROW_COUNT] = last
    ids[last] = this.#following(id)
    rowBySlot[id & this.#slotMask] = last
  }

  /** The next id of the same slot. */
  #following(id: number): number {
    const step = this.#layout.generationStep
    const next = id + step
    return next < ID_LIMIT ? next : (id & (step - 1)) | step
  }

  #clear(row: number): void {
    const words = this.#words
    const capacity = this.#capacity
    let at = this.#doublesFirst + 2 * row
    for (let i = this.#doubleCount; i > 0; i--) {
      words[at] = 0
      words[at + 1] = 0
      at += 2 * capacity
    }
    at = this.#wordsFirst + row
    for (let i = this.#wordCount; i > 0; i--) {
      words[at] = 0
      at += capacity
    }
    at = this.#halvesFirst + row
    for (let i = this.#halfCount; i > 0; i--) {
      this.#halves[at] = 0
      at += capacity
    }
    at = this.#bytesFirst + row
    for (let i = this.#byteCount; i > 0; i--) {
      this.#bytes[at] = 0
      at += capacity
    }
  }

  #copy(from: number, to: number): void {
    const words = this.#words
    const capacity = this.#capacity
    const distance = from - to
    let at = this.#doublesFirst + 2 * to
    for (let i = this.#doubleCount; i > 0; i--) {
      words[at] = words[at + 2 * distance]
      words[at + 1] = words[at + 2 * distance + 1]
      at += 2 * capacity
    }
    at = this.#wordsFirst + to
    for (let i = this.#wordCount; i > 0; i--) {
      words[at] = words[at + distance]
      at += capacity
    }
    at = this.#halvesFirst + to
    for (let i = this.#halfCount; i > 0; i--) {
      this.#halves[at] = this.#halves[at + distance]
      at += capacity
    }
    at = this.#bytesFirst + to
    for (let i = this.#byteCount; i > 0; i--) {
      this.#bytes[at] = this.#bytes[at + distance]
      at += capacity
    }
  }

  /**
   * Completes or undoes the `add` or `remove` of a thread that died, at whatever instruction. After
   * half a `remove`, the last id may be there twice; its old row then gets the successor of the
   * removed id.
   */
  $repair(): void {
    const words = this.#words
    const { ids } = this
    const removed = words[CHUNK_REMOVING]
    const count = words[CHUNK_ROW_COUNT]
    const rowBySlot = this.#rowBySlot.fill(0xffff)
    for (let row = 0; row < this.#capacity; row++) {
      const isTwice = rowBySlot[ids[row] & this.#slotMask] !== 0xffff
      if (isTwice) {
        if (row < count) words[CHUNK_ROW_COUNT] = row // first: the repairing thread may die as well
        ids[row] = this.#following(removed)
      } else if (row >= count && ids[row] === removed) {
        ids[row] = this.#following(removed)
      }
      rowBySlot[ids[row] & this.#slotMask] = row
    }
  }

  #noCount(given: number | undefined): Error {
    if (given === undefined) return staleChunk(this.number)
    return corrupt(`the rowCount of chunk ${this.number}`, given, `0 to ${this.#capacity}`)
  }

  #noRow(row: unknown): Error {
    const expected = `that of a row: a whole number below its rowCount, ${this.rowCount}`
    return invalidArgument(`the row of chunk ${this.number}`, row, expected)
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
  const { chunkCapacity, slotBits, generationStep, idsByteOffset, rowsByteOffset } = layout
  const first = offset >> 2
  words.fill(0, first, first + 16)
  const id = generation * generationStep + number * 2 ** slotBits
  const ids = (offset + idsByteOffset) >> 2
  for (let slot = 0; slot < chunkCapacity; slot++) words[ids + slot] = id + slot
  const rows = new Uint16Array(words.buffer, offset + rowsByteOffset, chunkCapacity)
  for (let slot = 0; slot < chunkCapacity; slot++) rows[slot] = slot
}
