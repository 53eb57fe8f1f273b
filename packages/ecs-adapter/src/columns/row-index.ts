/**
 * The rows of a sparse component by their entities: open addressing in one block, which any thread can
 * look things up in. By 32-bit words, n rows being what it has room for:
 *
 *     0          how many rows there are
 *     1..        keys: whose each row is, or was until it was lost
 *     1 + n..    entities: the same, but 0 of a row that was lost
 *     1 + 2n..   slots: row + 1, 0 of an empty one
 *
 * A key is the whole id: that of an entity that is gone never finds the row of one that has the same
 * index in a later version. A slot has no key of its own, so that it costs 4 bytes, and a row 5.3 to 8. A
 * flat array of rows by id costs 4 bytes for every id there is; pages of it, 256 ids each, are all in use
 * as soon as 1 % of the entities, at random, have the component: as much again. A bitmap with counts is
 * 40 KiB for a million ids, but has to move all rows behind a new one.
 *
 * Linear probing; who is removed leaves no grave, those behind move up. It never grows in place, and the
 * columns of the component move with it: a thread that still looks at the block, and the columns, of
 * before sees all of them as they were together.
 */
import type { Pool } from '@ashlar/core'
import { corrupt } from '../base/errors.ts'
import type { Cells } from '../memory/cells.ts'
import type { RowsEntry } from '../shared/directory.ts'

const INDEX_ROW_COUNT = 0
const INDEX_KEYS = 1

/**
 * Rows are 3/4 or 1/2 of the slots, less a few, so that they grow by a third or a half, and fill the size
 * classes of blocks: those are powers of two and 3/4 of them, less a header. With 8 rows less, columns of
 * any type fit, and so does the index.
 */
const SPARE_ROW_COUNT = 8
const FIRST_ROW_COUNT = 48 - SPARE_ROW_COUNT
const isPowerOfTwo = (count: number) => (count & (count - 1)) === 0

/** By shifts: a quotient is a box to V8, and so is from then on what any columns keep for a row count. */
function nextRowCount(rowCount: number): number {
  const before = rowCount + SPARE_ROW_COUNT
  return (isPowerOfTwo(before) ? (before >> 1) * 3 : (before / 3) << 2) - SPARE_ROW_COUNT
}

/** 32 - log2 of the number of slots. */
const shiftOf = (rowCount: number) =>
  Math.clz32(Math.ceil(((rowCount + SPARE_ROW_COUNT) * 4) / 3) - 1)

/** 2^32 / the golden ratio: ids that follow each other come to lie far apart. */
const spread = (key: number) => Math.imul(key, 0x9e3779b1)

/** Where an index has what, by word indices: in any thread. */
export class IndexPlace {
  readonly rowCount: number
  readonly head: number
  readonly keys: number
  readonly entities: number
  readonly slots: number
  readonly shift: number

  constructor({ index, rowCount }: RowsEntry) {
    this.rowCount = rowCount
    this.head = (index >> 2) + INDEX_ROW_COUNT
    this.keys = (index >> 2) + INDEX_KEYS
    this.entities = this.keys + rowCount
    this.slots = this.entities + rowCount
    this.shift = shiftOf(rowCount)
  }

  get wordCount(): number {
    return this.slots + (1 << (32 - this.shift)) - this.head
  }
}

/** The row of an entity; -1 of none. Ends wherever it looks: the block may be somebody else's by now. */
export function findRow(words: Int32Array, place: IndexPlace, eid: number): number {
  if (typeof eid !== 'number') return -1 // as of every other thing that is no entity
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

const noSlot = (row: number) =>
  corrupt(`the slot of row ${row} of a sparse component`, 'none', 'one')

export interface RowIndexOptions {
  pool: Pool
  cells: Cells
  /** Frees what other threads may still look at. */
  retire(offset: number): void
  /** Throws while the block must not move. */
  checkIdle(what: string): void
}

export class RowIndex {
  /** Another number whenever the block is another. */
  version = 0
  /** The entities, as users have them. */
  entities: Int32Array = new Int32Array(0)
  readonly #options: RowIndexOptions
  #offset = 0
  #place = new IndexPlace({ index: 0, rowCount: 0 })
  /** Blocks that users may still hold views of. */
  readonly #staleOffsets: number[] = []

  /** @throws ArenaError 'out-of-memory' */
  constructor(options: RowIndexOptions) {
    this.#options = options
    this.#setBlock(this.#allocate(FIRST_ROW_COUNT), FIRST_ROW_COUNT)
  }

  get entry(): RowsEntry {
    return { index: this.#offset, rowCount: this.rowCount }
  }

  /** For `verifyStorage`. */
  get staleOffsets(): readonly number[] {
    return this.#staleOffsets
  }

  /** Rows that there is room for. */
  get rowCount(): number {
    return this.#place.rowCount
  }

  /** How many rows there are, for other threads. */
  set count(count: number) {
    this.#words[this.#place.head] = count
  }

  find(eid: number): number {
    return this.rowCount === 0 ? -1 : findRow(this.#words, this.#place, eid)
  }

  /** Whose a row is; 0 of one that was lost. */
  entityOf(row: number): number {
    return this.#words[this.#place.entities + row]
  }

  setEntity(row: number, eid: number): void {
    this.#words[this.#place.entities + row] = eid
  }

  /**
   * Makes room for more rows.
   * @param resize makes the columns as long: all of them or none
   * @throws ArenaError 'out-of-memory'; the index is as it was then
   */
  grow(count: number, resize: (rowCount: number) => void): void {
    const { checkIdle, pool } = this.#options
    checkIdle('rows that grow and have to move')
    const before = this.#place
    const offset = this.#offset
    const rowCount = nextRowCount(before.rowCount)
    const grown = this.#allocate(rowCount)
    try {
      resize(rowCount)
    } catch (error) {
      pool.free(grown)
      throw error
    }
    this.#staleOffsets.push(offset)
    this.#setBlock(grown, rowCount)
    const words = this.#words
    for (let row = 0; row < count; row++) {
      this.insert(row, words[before.keys + row])
      this.setEntity(row, words[before.entities + row])
    }
    this.count = count
  }

  /** Enters a row, for which there is room, for an entity that has none. */
  insert(row: number, eid: number): void {
    const words = this.#words
    const { keys, slots, shift } = this.#place
    const mask = -1 >>> shift
    words[keys + row] = eid
    words[this.#place.entities + row] = eid
    let slot = spread(eid) >>> shift
    for (let left = mask; words[slots + slot] !== 0; left--) {
      if (left === 0) throw noSlot(row)
      slot = (slot + 1) & mask
    }
    words[slots + slot] = row + 1
  }

  /** Strikes a row out. */
  remove(row: number): void {
    const words = this.#words
    const { keys, slots, shift } = this.#place
    const mask = -1 >>> shift
    let hole = this.#slotOf(row)
    let slot = (hole + 1) & mask
    for (let left = mask; left > 0 && words[slots + slot] !== 0; left--, slot = (slot + 1) & mask) {
      const home = spread(words[keys + words[slots + slot] - 1]) >>> shift
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue // it would come before its home
      words[slots + hole] = words[slots + slot]
      hole = slot
    }
    words[slots + hole] = 0
  }

  /** Makes a row another one, which was struck out. */
  move(from: number, to: number): void {
    const words = this.#words
    const { keys, entities, slots } = this.#place
    words[slots + this.#slotOf(from)] = to + 1
    words[keys + to] = words[keys + from]
    words[entities + to] = words[entities + from]
  }

  /** Forgets every row. */
  clear(): void {
    const { slots, shift } = this.#place
    this.count = 0
    this.#words.fill(0, slots, slots + (1 << (32 - shift)))
  }

  /** Frees the blocks of before, and renews a view whose buffer is gone. */
  sync(): void {
    if (this.entities.buffer !== this.#words.buffer) this.#publish()
    while (this.#staleOffsets.length > 0) this.#options.retire(this.#staleOffsets.pop()!)
  }

  dispose(): void {
    if (this.#offset !== 0) this.#staleOffsets.push(this.#offset)
    this.sync()
    this.entities = new Int32Array(0)
    this.#offset = 0
    this.#place = new IndexPlace({ index: 0, rowCount: 0 })
    this.version++
  }

  get #words(): Int32Array {
    return this.#options.cells.signedWords
  }

  #slotOf(row: number): number {
    const words = this.#words
    const { keys, slots, shift } = this.#place
    const mask = -1 >>> shift
    let slot = spread(words[keys + row]) >>> shift
    for (let left = mask; words[slots + slot] !== row + 1; left--) {
      if (left === 0) throw noSlot(row)
      slot = (slot + 1) & mask
    }
    return slot
  }

  #setBlock(offset: number, rowCount: number): void {
    this.#offset = offset
    this.#place = new IndexPlace({ index: offset, rowCount })
    this.version++
    this.#publish()
  }

  #publish(): void {
    const { entities, rowCount } = this.#place
    this.entities = new Int32Array(this.#words.buffer, entities * 4, rowCount)
  }

  #allocate(rowCount: number): number {
    const { wordCount } = new IndexPlace({ index: 0, rowCount })
    return this.#options.pool.allocZeroed(wordCount * 4)
  }
}
