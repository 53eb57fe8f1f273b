/**
 * The rows of a sparse component by their entities: open addressing in one block, which any thread
 * can read. By 32-bit words, where n is the number of rows it has room for:
 *
 *     0          row count
 *     1..        keys: the entity of each row, also after it was lost
 *     1 + n..    entities: the same, but 0 for a lost row
 *     1 + 2n..   slots: row + 1, or 0 if empty
 *
 * A key is the whole id, so that a former version of an id finds no row of a later one. A slot has
 * no key of its own: it costs 4 bytes, and a row 5.3 to 8. A flat array of rows costs 4 bytes for
 * every id, as do pages of 256 ids once 1 % of the entities, at random, have the component. A
 * bitmap with counts takes 40 KiB for a million ids, but has to move all rows behind a new one.
 *
 * Linear probing; a removal leaves no tombstone, as the slots behind it move up. The block never
 * grows in place, and the columns move with it: a thread that still reads the former block reads
 * the former columns.
 */
import { corrupt } from '../base/errors.ts'
import type { MemoryViews } from '../memory/memory-views.ts'
import type { ComponentRows, RowsEntry } from '../shared/manifest.ts'
import type { ComponentContext } from './component-context.ts'

/**
 * Rows are 3/4 or 1/2 of the slots, minus 8. So they grow by a third or a half, and columns of any
 * type, and the index, fill the size classes of blocks: powers of two and 3/4 of them, minus a
 * header.
 */
const SPARE_ROW_COUNT = 8
export const FIRST_ROW_COUNT = 48 - SPARE_ROW_COUNT
const isPowerOfTwo = (count: number) => (count & (count - 1)) === 0

/** By shifts: V8 boxes a quotient, and would box the row counts of all columns from then on. */
function nextRowCount(rowCount: number): number {
  const before = rowCount + SPARE_ROW_COUNT
  return (isPowerOfTwo(before) ? (before >> 1) * 3 : (before / 3) << 2) - SPARE_ROW_COUNT
}

/** 32 - log2 of the number of slots. */
const shiftOf = (rowCount: number) =>
  Math.clz32(Math.ceil(((rowCount + SPARE_ROW_COUNT) * 4) / 3) - 1)

/** 2^32 / the golden ratio: neighbouring ids get distant slots. */
const spread = (key: number) => Math.imul(key, 0x9e3779b1)

/** The word indices of the parts of an index, in any thread. */
export class IndexPlace {
  /** Byte offset. */
  readonly index: number
  readonly rowCount: number
  readonly head: number
  readonly keys: number
  readonly entities: number
  readonly slots: number
  readonly shift: number

  constructor({ index, rowCount }: RowsEntry) {
    this.rowCount = rowCount
    this.index = index
    this.head = index >> 2
    this.keys = this.head + 1
    this.entities = this.keys + rowCount
    this.slots = this.entities + rowCount
    this.shift = shiftOf(rowCount)
  }

  get wordCount(): number {
    return this.slots + (1 << (32 - this.shift)) - this.head
  }
}

const NO_PLACE = new IndexPlace({ index: 0, rowCount: 0 })

/** The row of an entity, or -1. It ends on any bytes: the block may have another owner by now. */
export function findRow(words: Int32Array, place: IndexPlace, eid: number): number {
  if (typeof eid !== 'number') return -1
  const { keys, slots, shift, rowCount } = place
  const mask = -1 >>> shift
  let slot = spread(eid) >>> shift
  for (let left = mask; left >= 0; left--) {
    const row = words[slots + slot] - 1
    if (row < 0) return -1
    if (words[keys + row] === eid) return row < rowCount ? row : -1
    slot = (slot + 1) & mask
  }
  return -1
}

export class RowIndex {
  /** The entity of each row, as users have them. */
  entities: Int32Array = new Int32Array(0)
  readonly #views: MemoryViews
  readonly #checkIdle: ComponentContext['checkIdle']
  readonly #staleOffsets: number[]
  #place = NO_PLACE

  /**
   * @param staleOffsets gets former blocks: users may still hold views of them
   * @throws ArenaError 'out-of-memory'
   */
  constructor(
    views: MemoryViews,
    checkIdle: ComponentContext['checkIdle'],
    staleOffsets: number[],
  ) {
    this.#views = views
    this.#checkIdle = checkIdle
    this.#staleOffsets = staleOffsets
    this.#setBlock(this.#allocate(FIRST_ROW_COUNT), FIRST_ROW_COUNT)
  }

  get entry(): RowsEntry {
    const { index, rowCount } = this.#place
    return { index, rowCount }
  }

  /** Rows that it has room for. */
  get rowCount(): number {
    return this.#place.rowCount
  }

  /** The number of rows, for other threads. */
  set count(count: number) {
    this.#words[this.#place.head] = count
  }

  find(eid: number): number {
    return this.rowCount === 0 ? -1 : findRow(this.#words, this.#place, eid)
  }

  /** The entity of a row; 0 if it was lost. */
  entityOf(row: number): number {
    return this.#words[this.#place.entities + row]
  }

  setEntity(row: number, eid: number): void {
    this.#words[this.#place.entities + row] = eid
  }

  /**
   * Makes room for more rows.
   * @param resize makes all columns as long, or none
   * @throws ArenaError 'out-of-memory'; the index is unchanged
   */
  grow(count: number, resize: (rowCount: number) => void): void {
    this.#checkIdle('rows that grow and have to move')
    const before = this.#place
    const rowCount = nextRowCount(before.rowCount)
    const grown = this.#allocate(rowCount)
    try {
      resize(rowCount)
    } catch (error) {
      this.#views.pool.free(grown)
      throw error
    }
    this.#staleOffsets.push(before.index)
    this.#setBlock(grown, rowCount)
    const words = this.#words
    for (let row = 0; row < count; row++) {
      this.insert(row, words[before.keys + row])
      this.setEntity(row, words[before.entities + row])
    }
    this.count = count
  }

  /** Enters a row for an entity that has none. There must be room. */
  insert(row: number, eid: number): void {
    const words = this.#words
    const { keys, entities, slots } = this.#place
    words[keys + row] = eid
    words[entities + row] = eid
    words[slots + this.#slotWith(0, row)] = row + 1
  }

  remove(row: number): void {
    const words = this.#words
    const { keys, slots, shift } = this.#place
    const mask = -1 >>> shift
    let hole = this.#slotWith(row + 1, row)
    let slot = (hole + 1) & mask
    for (let left = mask; left > 0 && words[slots + slot] !== 0; left--, slot = (slot + 1) & mask) {
      const home = spread(words[keys + words[slots + slot] - 1]) >>> shift
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue // before its home
      words[slots + hole] = words[slots + slot]
      hole = slot
    }
    words[slots + hole] = 0
  }

  /** Renumbers a row to one that was removed. */
  move(from: number, to: number): void {
    const words = this.#words
    const { keys, entities, slots } = this.#place
    words[slots + this.#slotWith(from + 1, from)] = to + 1
    words[keys + to] = words[keys + from]
    words[entities + to] = words[entities + from]
  }

  clear(): void {
    const { slots, shift } = this.#place
    this.count = 0
    this.#words.fill(0, slots, slots + (1 << (32 - shift)))
  }

  /** Renews a view whose buffer is gone. */
  sync(): void {
    if (this.entities.buffer !== this.#words.buffer) this.#publish()
  }

  dispose(): void {
    if (this.#place !== NO_PLACE) this.#staleOffsets.push(this.#place.index)
    this.entities = new Int32Array(0)
    this.#place = NO_PLACE
  }

  get #words(): Int32Array {
    return this.#views.i32
  }

  /** The first slot with this content, from the home of a row's key on. */
  #slotWith(content: number, row: number): number {
    const words = this.#words
    const { keys, slots, shift } = this.#place
    const mask = -1 >>> shift
    let slot = spread(words[keys + row]) >>> shift
    for (let left = mask; words[slots + slot] !== content; left--) {
      if (left === 0) throw corrupt(`the slot of row ${row} of a sparse component`, 'none', 'one')
      slot = (slot + 1) & mask
    }
    return slot
  }

  #setBlock(index: number, rowCount: number): void {
    this.#place = new IndexPlace({ index, rowCount })
    this.#publish()
  }

  #publish(): void {
    const { entities, rowCount } = this.#place
    this.entities = new Int32Array(this.#words.buffer, entities * 4, rowCount)
  }

  #allocate(rowCount: number): number {
    return this.#views.pool.allocZeroed(new IndexPlace({ index: 0, rowCount }).wordCount * 4)
  }
}

/** The rows of a sparse component as users see them, read-only, in any thread. */
export class RowsView implements ComponentRows {
  readonly #rows: ComponentRows
  readonly row: ComponentRows['row']

  constructor(rows: ComponentRows) {
    this.#rows = rows
    this.row = rows.row
    Object.freeze(this)
  }

  get count(): number {
    return this.#rows.count
  }

  get entities(): Int32Array {
    return this.#rows.entities
  }
}
