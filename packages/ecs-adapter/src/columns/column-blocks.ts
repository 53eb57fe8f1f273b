/**
 * The blocks that the columns of one component lie in. Of large ones, rows cost address space until they
 * are handed out: they are reserved, and touched as far as rows are in use.
 */
import type { Pool } from '@ashlar/core'
import type { Cells } from '../memory/cells.ts'
import { CLASS_BYTE_LENGTH_MAX, settleTouched } from '../memory/reserved.ts'
import type { ScalarArrayConstructor } from '../schema/schema.ts'

/**
 * Row 0 of a large column lies a few cache lines into its block, for each column another number of
 * them, where the block has the room to spare. Blocks of equal length often lie whole pages apart;
 * processors take accesses at such distances for the same address at first, and caches keep them in
 * the same places: a loop over four columns of 40 KiB took 3 % longer. Short columns fit the cache.
 */
const STAGGER_STEP = 64
const STAGGER_COUNT = 16
const STAGGERED_BYTE_LENGTH = 16 * 1024

/** Rows are touched in steps that double: so many at first. */
const TOUCHED_AT_LEAST = 4096
/** No arena has as many bytes. */
const BYTE_LENGTH_MAX = 2 ** 32 - 1

/** Where a column is, in bytes: row 0, and the block around it, whose beginning users free. */
interface Place {
  readonly byteOffset: number
  readonly blockOffset: number
}

export interface ColumnBlocksOptions {
  pool: Pool
  cells: Cells
  /** Of each column. */
  arrays: readonly ScalarArrayConstructor[]
  /** Columns that the storage has already. */
  columnCount: number
  /** All of them always move to other blocks. */
  isSparse: boolean
  /** Throws while systems of other threads may be at what is to move. */
  checkIdle(what: string): void
}

export class ColumnBlocks {
  /** Rows that every column has. */
  rowCount = 0
  /** The first rows, which are in use or may be at once. */
  touchedRowCount = 0
  readonly #options: ColumnBlocksOptions
  #places: readonly Place[] = []
  /** Blocks that columns moved out of. */
  readonly #staleOffsets: number[] = []

  constructor(options: ColumnBlocksOptions) {
    this.#options = options
  }

  /** Of a column's row 0; 0 once it is dropped. */
  byteOffsetOf(column: number): number {
    return this.#places[column]?.byteOffset ?? 0
  }

  /** For `verifyStorage`: where the columns are, and the blocks that they moved out of. */
  get held() {
    return { places: this.#places, staleOffsets: this.#staleOffsets }
  }

  /** Says that a row is in use from now on. */
  touch(row: number): void {
    const wanted = Math.max(row + 1, 2 * this.touchedRowCount, TOUCHED_AT_LEAST)
    this.touchedRowCount = Math.min(wanted, this.rowCount)
    this.#touchRows()
  }

  #touchRows(): void {
    const { pool, arrays } = this.#options
    for (const [column, { blockOffset, byteOffset }] of this.#places.entries()) {
      const end = byteOffset + this.touchedRowCount * arrays[column].BYTES_PER_ELEMENT
      pool.touch(blockOffset, end - blockOffset)
    }
  }

  /**
   * Gives every column so many rows; new ones read zero.
   * @throws ArenaError 'out-of-memory'; every column is as it was then
   */
  resize(rowCount: number): void {
    const before = this.#places
    const places = this.#extend(rowCount)
    for (const [column, place] of before.entries()) {
      if (place === places[column]) this.#zeroRows(column, this.rowCount, rowCount)
      else this.#moveRows(column, place, places[column])
    }
    this.#places = places
    this.rowCount = rowCount
    this.#touchRows()
  }

  /** Zeroes every row. */
  clear(): void {
    const { pool, cells } = this.#options
    for (const { blockOffset, byteOffset } of this.#places) {
      cells.zeroBytes(byteOffset, blockOffset + settleTouched(pool, blockOffset))
    }
  }

  /** Gives up every column: they are to be freed as those that were moved out of. */
  drop(): void {
    for (const { blockOffset } of this.#places) this.#staleOffsets.push(blockOffset)
    this.#places = []
    this.rowCount = 0
    this.touchedRowCount = 0
  }

  /** Gives the blocks that are in use no more to who frees them. */
  releaseStale(retire: (offset: number) => void): void {
    while (this.#staleOffsets.length > 0) retire(this.#staleOffsets.pop()!)
  }

  /** Each column's place: the one it has where that can grow, else a new one. Or none. */
  #extend(rowCount: number): Place[] {
    const { pool, arrays, isSparse, checkIdle } = this.#options
    const places: Place[] = []
    try {
      for (const column of arrays.keys()) {
        const isNew = column >= this.#places.length
        const stays = !isNew && !isSparse && this.#tryResize(column, rowCount)
        if (!isNew && !stays) checkIdle('columns that grow and have to move')
        places.push(stays ? this.#places[column] : this.#allocate(column, rowCount))
      }
    } catch (error) {
      for (const [column, place] of places.entries()) {
        if (place !== this.#places[column]) pool.free(place.blockOffset)
        else this.#tryResize(column, this.rowCount)
      }
      throw error
    }
    return places
  }

  /** So many rows of zeros. Of a size class the block says of which type its elements are. */
  #allocate(column: number, rowCount: number): Place {
    const { pool, cells, arrays, columnCount } = this.#options
    const byteLength = rowCount * arrays[column].BYTES_PER_ELEMENT
    const stagger = ((columnCount + column) % STAGGER_COUNT) * STAGGER_STEP
    if (byteLength > CLASS_BYTE_LENGTH_MAX) {
      const blockOffset = pool.reserve(Math.min(byteLength + stagger, BYTE_LENGTH_MAX))
      return { blockOffset, byteOffset: blockOffset + stagger }
    }
    const { byteOffset: blockOffset } = pool.allocArray(arrays[column], rowCount)
    const isLong = byteLength >= STAGGERED_BYTE_LENGTH
    const isStaggered = isLong && pool.tryResize(blockOffset, byteLength + stagger)
    const byteOffset = blockOffset + (isStaggered ? stagger : 0)
    cells.zeroBytes(byteOffset, byteOffset + byteLength)
    return { blockOffset, byteOffset }
  }

  /** Whether a column has so many rows now, in its place. Shrinking always succeeds. */
  #tryResize(column: number, rowCount: number): boolean {
    const { pool, arrays } = this.#options
    const { blockOffset, byteOffset } = this.#places[column]
    const end = byteOffset + rowCount * arrays[column].BYTES_PER_ELEMENT
    return pool.tryResize(blockOffset, end - blockOffset)
  }

  #zeroRows(column: number, from: number, to: number): void {
    const { cells, arrays } = this.#options
    const { byteOffset } = this.#places[column]
    const step = arrays[column].BYTES_PER_ELEMENT
    cells.zeroBytes(byteOffset + from * step, byteOffset + to * step)
  }

  /** Copies what is in use. */
  #moveRows(column: number, from: Place, to: Place): void {
    const { pool, cells, arrays } = this.#options
    const end = from.blockOffset + settleTouched(pool, from.blockOffset)
    cells.copyBytes(from.byteOffset, to.byteOffset, end - from.byteOffset)
    // As an integer: a quotient is a box to V8.
    const lastRow = ((end - from.byteOffset) / arrays[column].BYTES_PER_ELEMENT) | 0
    this.touchedRowCount = Math.max(this.touchedRowCount, Math.min(lastRow + 1, this.rowCount))
    this.#staleOffsets.push(from.blockOffset)
  }
}
