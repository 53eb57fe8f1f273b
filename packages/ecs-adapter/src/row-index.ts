/**
 * The rows of a sparse component by the ids of their entities: open addressing in one block, which
 * any thread can look things up in.
 *
 *     0   how many rows there are
 *     1   shift: 32 - log2 of the number of slots
 *     2.. the slots: row + 1, 0 of an empty one
 *
 * A slot has no key of its own: `keys`, a column of the rows, has it. So a slot costs 4 bytes, and a
 * row 5.3 to 10.7. A flat array of rows by id costs 4 bytes for every id there is; pages of it, 256 ids
 * each, are all in use as soon as 1 % of the entities, at random, have the component: as much again.
 * A bitmap with counts is 40 KiB for a million ids, but has to move all rows behind a new one.
 *
 * Linear probing; who is removed leaves no grave, those behind move up. At most three of four slots are
 * in use, so that a search always ends: also in another thread, of an index that changes meanwhile.
 */
import type { Pool } from '@ashlar/core'
import type { Cells } from './cells.ts'

const INDEX_ROW_COUNT = 0
const INDEX_SHIFT = 1
const INDEX_SLOTS = 2
const SHIFT_START = 26 // 64 slots

/** 2^32 / the golden ratio: ids that follow each other come to lie far apart. */
const spread = (key: number) => Math.imul(key, 0x9e3779b1)

/**
 * The row of a key; -1 of none.
 * @param index word index of the block
 * @param keys word index of the key of row 0
 */
export function findRow(words: Int32Array, index: number, keys: number, key: number): number {
  const slots = index + INDEX_SLOTS
  const shift = words[index + INDEX_SHIFT]
  const mask = -1 >>> shift
  for (let slot = spread(key) >>> shift; ; slot = (slot + 1) & mask) {
    const row = words[slots + slot] - 1
    if (row < 0 || words[keys + row] === key) return row
  }
}

export const rowCountOf = (words: Int32Array, index: number) => words[index + INDEX_ROW_COUNT]

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
  readonly #options: RowIndexOptions
  #offset = 0
  #shift = 0
  /** Rows that there is room for. */
  #capacity = 0
  /** Word index of the key of row 0. */
  #keys = 0

  /** @throws ArenaError 'out-of-memory' */
  constructor(options: RowIndexOptions) {
    this.#options = options
    this.#setBlock(this.#allocate(SHIFT_START), SHIFT_START)
  }

  /** Byte offset of the block. */
  get offset(): number {
    return this.#offset
  }

  get rowCount(): number {
    return this.#words[this.#head + INDEX_ROW_COUNT]
  }

  set rowCount(rowCount: number) {
    this.#words[this.#head + INDEX_ROW_COUNT] = rowCount
  }

  /** Tells where the keys are. */
  bind(keys: number): void {
    this.#keys = keys
  }

  find(key: number): number {
    return findRow(this.#words, this.#head, this.#keys, key)
  }

  /** Makes room for so many rows. @throws ArenaError 'out-of-memory'; the index is as it was then */
  reserve(rowCount: number): void {
    if (rowCount > this.#capacity) this.#grow(rowCount)
  }

  /** Enters a row, for which there is room, and whose key nobody has. */
  insert(row: number): void {
    const words = this.#words
    const slots = this.#head + INDEX_SLOTS
    const shift = this.#shift
    const mask = -1 >>> shift
    let slot = spread(words[this.#keys + row]) >>> shift
    while (words[slots + slot] !== 0) slot = (slot + 1) & mask
    words[slots + slot] = row + 1
  }

  /** Strikes a row out. Its key is there still. */
  remove(row: number): void {
    const words = this.#words
    const slots = this.#head + INDEX_SLOTS
    const shift = this.#shift
    const mask = -1 >>> shift
    let hole = this.#slotOf(row)
    for (let slot = (hole + 1) & mask; words[slots + slot] !== 0; slot = (slot + 1) & mask) {
      const home = spread(words[this.#keys + words[slots + slot] - 1]) >>> shift
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue // it would come before its home
      words[slots + hole] = words[slots + slot]
      hole = slot
    }
    words[slots + hole] = 0
  }

  /** A row is another one from now on. The key of the former is there still. */
  move(from: number, to: number): void {
    const slot = this.#slotOf(from)
    this.#words[this.#head + INDEX_SLOTS + slot] = to + 1
  }

  /** Forgets every row. */
  clear(): void {
    const slots = this.#head + INDEX_SLOTS
    const mask = -1 >>> this.#shift
    this.rowCount = 0
    this.#words.fill(0, slots, slots + mask + 1)
  }

  dispose(): void {
    if (this.#offset !== 0) this.#options.retire(this.#offset)
    this.#offset = 0
    this.version++
  }

  get #words(): Int32Array {
    const { cells } = this.#options
    if (cells.isDetached) cells.renew()
    return cells.signedWords
  }

  get #head(): number {
    return this.#offset >> 2
  }

  #slotOf(row: number): number {
    const words = this.#words
    const slots = this.#head + INDEX_SLOTS
    const shift = this.#shift
    const mask = -1 >>> shift
    let slot = spread(words[this.#keys + row]) >>> shift
    while (words[slots + slot] !== row + 1) slot = (slot + 1) & mask
    return slot
  }

  #grow(rowCount: number): void {
    let shift = this.#shift
    while (capacityOf(shift) < rowCount) shift--
    this.#options.checkIdle('an index that grows and has to move')
    const before = this.#offset
    const count = this.rowCount
    this.#setBlock(this.#allocate(shift), shift)
    for (let row = 0; row < count; row++) this.insert(row)
    this.rowCount = count
    this.#options.retire(before)
  }

  #setBlock(offset: number, shift: number): void {
    this.#offset = offset
    this.#shift = shift
    this.#capacity = capacityOf(shift)
    this.#words[this.#head + INDEX_SHIFT] = shift
    this.version++
  }

  #allocate(shift: number): number {
    return this.#options.pool.allocZeroed((INDEX_SLOTS + slotCountOf(shift)) * 4)
  }
}

const slotCountOf = (shift: number) => 2 ** (32 - shift)
const capacityOf = (shift: number) => slotCountOf(shift) * 0.75
