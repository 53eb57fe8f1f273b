/**
 * The blocks that hold the columns of one component. Large ones are reserved: their rows cost
 * address space, and memory once they are touched, which they are as far as rows are in use.
 */
import type { Pool } from '@ashlar/core'
import { CLASS_BYTE_LENGTH_MAX, settleTouched } from '../memory/blocks.ts'
import type { MemoryViews } from '../memory/memory-views.ts'
import type { ScalarArrayConstructor } from '../schema/schema.ts'

/**
 * If its block has room, row 0 of a large column lies some cache lines into it, another number for
 * each column. Blocks of equal length often lie whole pages apart: processors take accesses at such
 * distances for the same address at first, and caches keep them in the same places. Without the
 * stagger, a loop over four columns of 40 KiB took 3 % longer. Short columns fit the cache.
 */
const STAGGER_STEP = 64
const STAGGER_COUNT = 16
const STAGGERED_BYTE_LENGTH = 16 * 1024

/** Rows that are touched first; the number doubles each time. */
const TOUCHED_AT_LEAST = 4096
/** No arena has as many bytes. */
const BYTE_LENGTH_MAX = 2 ** 32 - 1

/** Byte offsets of a column's row 0, and of the block around it. */
export interface Place {
  readonly byteOffset: number
  readonly blockOffset: number
}

export interface ColumnBlocksOptions {
  pool: Pool
  cells: MemoryViews
  /** The type of each column. */
  arrays: readonly ScalarArrayConstructor[]
  /** Columns that the storage had before. */
  columnCount: number
  /** A sparse component's: columns grow as far as is asked for, and all of them move. */
  isSparse: boolean
  /** Throws while systems of other threads may use what is to move. */
  checkIdle(what: string): void
}

export class ColumnBlocks {
  /** Rows that every column has. */
  rowCount = 0
  /** Rows below it may be used without `touch`. */
  touchedRowCount = 0
  readonly #options: ColumnBlocksOptions
  #places: readonly Place[] = []
  /** Blocks that columns moved out of. */
  readonly #staleOffsets: number[] = []

  constructor(options: ColumnBlocksOptions) {
    this.#options = options
  }

  /** The byte offset of a column's row 0; 0 once it is dropped. */
  byteOffsetOf(column: number): number {
    return this.#places[column]?.byteOffset ?? 0
  }

  /** For `verifyStorage`: where the columns are, and the blocks that they moved out of. */
  get held() {
    return { places: this.#places, staleOffsets: this.#staleOffsets }
  }

  /** A row comes into use. */
  touch(row: number): void {
    const wanted = Math.max(row + 1, 2 * this.touchedRowCount, TOUCHED_AT_LEAST)
    this.touchedRowCount = Math.min(wanted, this.rowCount)
    this.#touchRows()
  }

  #touchRows(): void {
    for (const [column, { blockOffset }] of this.#places.entries()) {
      const end = this.#rowOffset(column, this.touchedRowCount)
      this.#options.pool.touch(blockOffset, end - blockOffset)
    }
  }

  /**
   * Gives every column this many rows; new ones read zero.
   * @throws ArenaError 'out-of-memory'; every column is as it was then
   */
  resize(rowCount: number): void {
    const places = this.#extend(rowCount)
    for (const [column, place] of this.#places.entries()) {
      if (place !== places[column]) this.#moveRows(column, place, places[column])
      else {
        const first = this.#rowOffset(column, this.rowCount)
        this.#options.cells.zeroBytes(first, this.#rowOffset(column, rowCount))
      }
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

  /** Gives up every column: `releaseStale` frees them. */
  drop(): void {
    for (const { blockOffset } of this.#places) this.#staleOffsets.push(blockOffset)
    this.#places = []
    this.rowCount = 0
    this.touchedRowCount = 0
  }

  /** Frees the blocks that columns moved out of. */
  releaseStale(retire: (offset: number) => void): void {
    while (this.#staleOffsets.length > 0) retire(this.#staleOffsets.pop()!)
  }

  /** Each column's place: its present one if that can grow, otherwise a new one. All or none. */
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

  /** Rows of zeros. A block of a size class records the type of its elements. */
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

  /** Gives a column this many rows in its place, or returns false. Shrinking always succeeds. */
  #tryResize(column: number, rowCount: number): boolean {
    const { blockOffset } = this.#places[column]
    const end = this.#rowOffset(column, rowCount)
    return this.#options.pool.tryResize(blockOffset, end - blockOffset)
  }

  #rowOffset(column: number, row: number): number {
    return this.#places[column].byteOffset + row * this.#options.arrays[column].BYTES_PER_ELEMENT
  }

  /** Copies the bytes in use. */
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
