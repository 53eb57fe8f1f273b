/**
 * The row index of a sparse component is a hash table with open addressing, in one block that any
 * thread can read. It has these 32-bit words, where n is the capacity of the block in rows:
 *
 *     0          how many rows are in use
 *     1..        keys: the entity of each row, also after the row was lost
 *     1 + n..    entities: the same, but 0 for a lost row
 *     1 + 2n..   slots of the hash table: row + 1, or 0 if empty
 *
 * A key is the whole id, so that an old version of an id does not find the row of a later version.
 * A slot has 4 bytes and holds no key. So slots cost 5.3 to 8 bytes for each row. An array with a
 * row for each id would cost 4 bytes for every id. Pages of 256 ids would cost as much once 1 % of
 * the entities, at random, have the component. A bitmap with counts would have to move all rows
 * behind a new row.
 *
 * Probing is linear. A removal leaves no mark, because entries of later slots move back. The block
 * never grows in place, and the columns move with it. So a thread that still reads the old block
 * reads the old columns.
 */
import { corrupt } from '../base/errors.ts'
import type { MemoryViews } from '../memory/memory-views.ts'
import type { ComponentRows } from '../schema/fields.ts'
import type { RowsEntry } from '../shared/manifest.ts'
import type { ComponentContext } from './component-context.ts'

/**
 * `rowCount`, the capacity in rows, is 3/4 or 1/2 of the slot count, minus 8. It grows by a third
 * or a half. So a column with its header just fits a power of two bytes, or 3/4 of such a power. A
 * row index fits a power of two bytes, or 5/4 of such a power. There are size classes of these
 * lengths.
 */
const SPARE_ROW_COUNT = 8
export const FIRST_ROW_COUNT = 48 - SPARE_ROW_COUNT
const isPowerOfTwo = (count: number) => (count & (count - 1)) === 0

/**
 * Returns `rowCount` after growth. It uses shifts, because a quotient would make V8 allocate memory
 * for the `rowCount` of all columns.
 */
function nextRowCount(rowCount: number): number {
  const before = rowCount + SPARE_ROW_COUNT
  return (isPowerOfTwo(before) ? (before >> 1) * 3 : (before / 3) << 2) - SPARE_ROW_COUNT
}

/** Returns how far to shift a hash to get a slot: 32 - log2 of the number of slots. */
const shiftOf = (rowCount: number) =>
  Math.clz32(Math.ceil(((rowCount + SPARE_ROW_COUNT) * 4) / 3) - 1)

/**
 * Returns the hash of a key. The factor is 2^32 / the golden ratio, which puts neighbouring ids
 * into distant slots.
 */
const spread = (key: number) => Math.imul(key, 0x9e3779b1)

/** The word indices where the parts of a row index begin. They are the same in all threads. */
export class IndexPlace {
  /** The byte offset of the block. */
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

/**
 * Returns the row of an entity, or -1. It ends whatever the words are, because the block may be
 * reused already.
 */
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
  /** The entity of each row, or 0 for a lost row. Users read this array. */
  entities: Int32Array = new Int32Array(0)
  readonly #views: MemoryViews
  readonly #checkIdle: ComponentContext['checkIdle']
  readonly #staleOffsets: number[]
  #place = NO_PLACE

  /**
   * @param staleOffsets gets the offsets of blocks that the index has left: users may still hold
   * views of them
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

  /** The capacity of the index in rows. */
  get rowCount(): number {
    return this.#place.rowCount
  }

  /** How many rows are in use. Other threads read this number. */
  set count(count: number) {
    this.#words[this.#place.head] = count
  }

  find(eid: number): number {
    return this.rowCount === 0 ? -1 : findRow(this.#words, this.#place, eid)
  }

  /** Returns the entity of a row. Returns 0 if the row is lost. */
  entityOf(row: number): number {
    return this.#words[this.#place.entities + row]
  }

  setEntity(row: number, eid: number): void {
    this.#words[this.#place.entities + row] = eid
  }

  /**
   * Grows the capacity of the index and of the columns.
   * @param count how many rows are in use
   * @param resize gives all columns `rowCount` rows, or throws and changes none
   * @throws ArenaError 'out-of-memory'; then the index is unchanged
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

  /** Enters a row for an entity that has none. The index must have capacity for the row. */
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

  /** Gives the last row the number of a removed row. */
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

  /** Replaces `entities` if the arena has another buffer. */
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

  /**
   * Returns the first slot with this content. The search begins at the home slot of the row's key.
   */
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

/**
 * The object `rows` of a sparse component, in any thread. It also has the columns (see
 * `defineColumns`).
 */
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
