/**
 * The row index of a sparse component: a hash table with open addressing, in one block that any
 * thread can read. By 32-bit words, where n is the number of rows that the block has room for:
 *
 *     0          how many rows are in use
 *     1..        keys: the entity of each row, also after the row was lost
 *     1 + n..    entities: the same, but 0 for a lost row
 *     1 + 2n..   slots of the hash table: row + 1, or 0 if empty
 *
 * A key is the whole id, so that an old version of an id does not find the row of a later version.
 * A slot of 4 bytes holds no key: slots cost 5.3 to 8 bytes for each row. A flat array of rows
 * costs 4 bytes for every id, as do pages of 256 ids once 1 % of the entities, at random, have the
 * component. A bitmap with counts would have to move all rows behind a new one.
 *
 * Probing is linear. A removal leaves no mark: entries of later slots move back. The block never
 * grows in place, and the columns move with it: a thread that still reads the old block reads the
 * old columns.
 */
import { corrupt } from '../base/errors.ts'
import type { MemoryViews } from '../memory/memory-views.ts'
import type { ComponentRows } from '../schema/fields.ts'
import type { RowsEntry } from '../shared/manifest.ts'
import type { ComponentContext } from './component-context.ts'

/**
 * `rowCount`, the room for rows, is 3/4 or 1/2 of the slot count, minus 8: it grows by a third or a
 * half. So a column with its header just fits a power of two bytes, or 3/4 of one; a row index fits
 * a power of two bytes, or 5/4 of one. Size classes have these lengths.
 */
const SPARE_ROW_COUNT = 8
export const FIRST_ROW_COUNT = 48 - SPARE_ROW_COUNT
const isPowerOfTwo = (count: number) => (count & (count - 1)) === 0

/** `rowCount` after growth. By shifts: a quotient makes V8 box the `rowCount` of all columns. */
function nextRowCount(rowCount: number): number {
  const before = rowCount + SPARE_ROW_COUNT
  return (isPowerOfTwo(before) ? (before >> 1) * 3 : (before / 3) << 2) - SPARE_ROW_COUNT
}

/** How far to shift a hash, to get a slot: 32 - log2 of the number of slots. */
const shiftOf = (rowCount: number) =>
  Math.clz32(Math.ceil(((rowCount + SPARE_ROW_COUNT) * 4) / 3) - 1)

/** The hash of a key. The factor is 2^32 / the golden ratio: neighbouring ids get distant slots. */
const spread = (key: number) => Math.imul(key, 0x9e3779b1)

/** Where the parts of a row index begin: word indices, the same in all threads. */
export class IndexPlace {
  /** Byte offset of the block. */
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

const NO_PLACE = /* @__PURE__ */ new IndexPlace({ index: 0, rowCount: 0 })

/** The row of an entity, or -1. No words make it loop forever: the block may be reused already. */
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
  /** The entity of each row, 0 for a lost row: the array that users read. */
  entities: Int32Array = new Int32Array(0)
  readonly #views: MemoryViews
  readonly #checkIdle: ComponentContext['checkIdle']
  readonly #staleOffsets: number[]
  #place = NO_PLACE

  /**
   * @param staleOffsets gets the blocks that the index has left: users may still hold views of them
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

  /** How many rows the index has room for. */
  get rowCount(): number {
    return this.#place.rowCount
  }

  /** How many rows are in use, as other threads read it. */
  set count(count: number) {
    this.#words[this.#place.head] = count
  }

  find(eid: number): number {
    return this.rowCount === 0 ? -1 : findRow(this.#words, this.#place, eid)
  }

  /** The entity of a row; 0 if the row is lost. */
  entityOf(row: number): number {
    return this.#words[this.#place.entities + row]
  }

  setEntity(row: number, eid: number): void {
    this.#words[this.#place.entities + row] = eid
  }

  /**
   * Makes room for more rows than the `count` rows in use.
   * @param resize gives all columns `rowCount` rows, or throws and changes none
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

  /** Enters a row for an entity that has none. The index must have room for it. */
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
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue // `hole` is before `home`
      words[slots + hole] = words[slots + slot]
      hole = slot
    }
    words[slots + hole] = 0
  }

  /** Gives a row the number of a row that was removed. */
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

  /** Renews `entities` if the arena has another buffer. */
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

  /** The first slot with this content. The search begins at the home slot of the row's key. */
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

/** `rows` of a sparse component, in any thread: has its columns, too (see `defineColumns`). */
export class RowsView implements ComponentRows {
  readonly #rows: ComponentRows
  declare readonly indexOf: ComponentRows['indexOf']

  constructor(rows: ComponentRows) {
    this.#rows = rows
    Object.defineProperty(this, 'indexOf', { value: rows.indexOf }) // users cannot overwrite it
  }

  get count(): number {
    return this.#rows.count
  }

  get entities(): Int32Array {
    return this.#rows.entities
  }
}
