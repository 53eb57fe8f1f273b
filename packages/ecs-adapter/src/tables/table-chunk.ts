/** A chunk of a table, as one thread sees it: typed arrays over one block. */
import { corrupt, invalidArgument, staleChunk } from '../base/errors.ts'
import type { Column, ScalarArray, ScalarType } from '../schema/schema.ts'
import { CHUNK_REMOVING, CHUNK_ROW_COUNT, ID_LIMIT, type TableLayout } from './table-layout.ts'

export type TableSchema = { readonly [field: string]: ScalarType }

/** A typed array for each field, indexed by row, and what follows. */
export type Chunk<S extends TableSchema = TableSchema> = ChunkRows & {
  readonly [K in keyof S]: Column<S[K]>
}

/** What chunks have besides their columns. */
export interface ChunkRows {
  /** Which of the table's chunks it is; the same in every thread. */
  readonly number: number
  /**
   * Rows in use: the first ones.
   * @throws StorageError 'stale-chunk' when the chunk is not in the table any more, or its columns are
   * those of before a WebAssembly.Memory has grown
   */
  readonly rowCount: number
  /** The id of each row; of those behind `rowCount` nothing. Not to be written. */
  readonly ids: Int32Array
  /** The id of a row, 0 where there is none. */
  idAt(row: number): number
  /** Adds a row of zeros: where it is; -1 when the chunk is full, or stale as of `rowCount`. */
  add(): number
  /**
   * Removes a row: the last one takes its place. Loops that remove go backwards.
   * @throws StorageError 'invalid-argument' when there is no such row; 'stale-chunk' as `rowCount`
   */
  remove(row: number): void
}

/** Names that no field of a table can have. */
export const CHUNK_MEMBERS: readonly string[] = [
  ...['number', 'rowCount', 'ids', 'idAt', 'add', 'remove'],
  ...['$offset', '$hasRoom', '$find', '$repair', '$bind', '$drop', '$generation'],
]

type ViewConstructor<A> = new (buffer: ArrayBufferLike, byteOffset: number, length: number) => A
const NOWHERE = new ArrayBuffer(0)

/**
 * Its members for the table alone begin with $: `owner` and `offset` are names that fields have.
 *
 * Columns are cleared and moved by the width of their elements, through one array for each width: by
 * the columns themselves, whose types differ, V8 takes 30 ns for each.
 */
export class TableChunk implements ChunkRows {
  readonly number: number
  ids: Int32Array
  readonly #layout: TableLayout
  readonly #offset: number
  readonly #capacity: number
  readonly #slotMask: number
  readonly #doubleCount: number
  readonly #wordCount: number
  readonly #halfCount: number
  readonly #byteCount: number
  #words: Int32Array
  #halves: Uint16Array
  #bytes: Uint8Array
  #rowBySlot: Uint16Array

  constructor(layout: TableLayout, buffer: ArrayBufferLike, offset: number, number: number) {
    this.number = number
    this.#layout = layout
    this.#offset = offset
    this.#capacity = layout.chunkCapacity
    this.#slotMask = 2 ** layout.slotBits - 1
    this.#doubleCount = layout.doubleCount
    this.#wordCount = layout.wordCount
    this.#halfCount = layout.halfCount
    this.#byteCount = layout.byteCount
    this.#words = new Int32Array(0)
    this.#halves = new Uint16Array(0)
    this.#bytes = new Uint8Array(0)
    this.#rowBySlot = this.#halves
    this.ids = this.#words
    this.$bind(buffer)
  }

  /** Of its block. */
  get $offset(): number {
    return this.#offset
  }

  /** Makes the views: of the buffer that has replaced another one's, too. */
  $bind(buffer: ArrayBufferLike): void {
    this.#place((array, byteOffset, length) => new array(buffer, this.#offset + byteOffset, length))
  }

  /** Lets go of the block, which may be somebody else's by now: of what the chunk has had, nothing is left. */
  $drop(): void {
    this.#place((array) => new array(NOWHERE, 0, 0))
  }

  #place(view: <A>(array: ViewConstructor<A>, byteOffset: number, length: number) => A): void {
    const { chunkByteLength, columns, idsByteOffset, rowsByteOffset } = this.#layout
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

  /** The row of an id, -1 where there is none. */
  $find(id: number): number {
    const row = this.#rowBySlot[id & this.#slotMask]
    return row < this.#words[CHUNK_ROW_COUNT] && this.ids[row] === id ? row : -1
  }

  /** Not where the views are of a buffer that is gone, either. */
  get $hasRoom(): boolean {
    return this.#words[CHUNK_ROW_COUNT] < this.#capacity
  }

  /** A thread that dies before the end added none. */
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
    // The order is what `$repair` goes by.
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

  /** The id that its slot has next. */
  #following(id: number): number {
    const step = this.#layout.generationStep
    const next = id + step
    return next < ID_LIMIT ? next : (id & (step - 1)) | step
  }

  #clear(row: number): void {
    const words = this.#words
    const capacity = this.#capacity
    let at = this.#layout.doublesFirst + 2 * row
    for (let i = this.#doubleCount; i > 0; i--) {
      words[at] = 0
      words[at + 1] = 0
      at += 2 * capacity
    }
    at = this.#layout.wordsFirst + row
    for (let i = this.#wordCount; i > 0; i--) {
      words[at] = 0
      at += capacity
    }
    at = this.#layout.halvesFirst + row
    for (let i = this.#halfCount; i > 0; i--) {
      this.#halves[at] = 0
      at += capacity
    }
    at = this.#layout.bytesFirst + row
    for (let i = this.#byteCount; i > 0; i--) {
      this.#bytes[at] = 0
      at += capacity
    }
  }

  #copy(from: number, to: number): void {
    const words = this.#words
    const capacity = this.#capacity
    const distance = from - to
    let at = this.#layout.doublesFirst + 2 * to
    for (let i = this.#doubleCount; i > 0; i--) {
      words[at] = words[at + 2 * distance]
      words[at + 1] = words[at + 2 * distance + 1]
      at += 2 * capacity
    }
    at = this.#layout.wordsFirst + to
    for (let i = this.#wordCount; i > 0; i--) {
      words[at] = words[at + distance]
      at += capacity
    }
    at = this.#layout.halvesFirst + to
    for (let i = this.#halfCount; i > 0; i--) {
      this.#halves[at] = this.#halves[at + distance]
      at += capacity
    }
    at = this.#layout.bytesFirst + to
    for (let i = this.#byteCount; i > 0; i--) {
      this.#bytes[at] = this.#bytes[at + distance]
      at += capacity
    }
  }

  /** Of a chunk without rows: the greatest generation that an id of it is to be given in. */
  get $generation(): number {
    let most = 0
    for (const id of this.ids) most = Math.max(most, id)
    return Math.floor(most / this.#layout.generationStep)
  }

  /**
   * Completes or undoes what a thread had begun that died, at whatever instruction. In `remove`, the last
   * id may be there twice: in its old place too, where the id that was removed is to be the next one.
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
        if (row < count) words[CHUNK_ROW_COUNT] = row // first: who repairs may die as well
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

/** Makes a block a chunk without rows, that nobody else knows of yet. */
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
