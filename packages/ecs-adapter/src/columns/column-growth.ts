/**
 * The blocks of a component's columns, and their growth.
 *
 * If a row beyond the end of the columns is needed, all columns of the component grow, or none
 * does. If the block of a column can be extended, the column stays in its place. Otherwise it
 * moves. Dense columns double. Sparse columns get as many rows as `row-index.ts` asks for, and
 * always move with the row index.
 *
 * Large blocks are reserved: they cost address space, but only the touched part takes memory.
 */

import type { ScalarArrayConstructor } from '../base/typed-arrays.ts'
import { CLASS_BYTE_LENGTH_MAX, settleTouched } from '../memory/blocks.ts'
import { type MemoryViews, typeIdOf } from '../memory/memory-views.ts'
import type { Field } from '../schema/schema.ts'
import type { GrowthContext } from './component-context.ts'

/**
 * If the block of a large column is long enough, row 0 lies up to 16 cache lines into the block,
 * one more for each column. Otherwise, blocks of equal length often lie whole pages apart.
 * Processors at first confuse addresses at such distances, and caches keep them in the same places.
 * Without these offsets, a loop over four columns of 40 KiB took 3 % longer. Short columns fit into
 * the cache, so they need no offset.
 */
const STAGGER_STEP = 64
const STAGGER_COUNT = 16
const STAGGERED_BYTE_LENGTH = 16 * 1024

/** If there is no memory to double columns, they grow to the needed row plus this many rows. */
const ROWS_AT_LEAST = 256
/** How many rows are touched the first time. Each later time, the number at least doubles. */
const TOUCHED_AT_LEAST = 4096
/** The greatest byte length that a pool accepts. No arena has this many bytes. */
const BYTE_LENGTH_MAX = 2 ** 32 - 1

/** The byte offset of a column's row 0, and that of the block that holds the column. */
interface Place {
  byteOffset: number
  blockOffset: number
}

/** The column of a field. The column of a list or text field holds handles. */
interface Column extends Place {
  readonly field: Field
  readonly array: ScalarArrayConstructor
  readonly typeId: number
  /** The index of row 0 in the memory view for the column's type. */
  firstIndex: number
}

const byteLengthOf = ({ array }: Column, rowCount: number) => rowCount * array.BYTES_PER_ELEMENT
const byteOffsetOf = (column: Column, row: number) => column.byteOffset + byteLengthOf(column, row)

export abstract class GrowingColumns<C extends GrowthContext = GrowthContext> {
  /** A number that increments whenever columns move, grow or are freed. */
  version = 0
  /** How many rows each column has. It is 0 after the blocks were freed. */
  rowCount = 0
  /** The column of each field, in the order of the fields. */
  readonly columns: readonly Column[]
  protected readonly views: MemoryViews
  protected readonly context: C
  /** The rows below this number may be written without another `pool.touch`. */
  #touchedRowCount = 0
  /** The offsets of the blocks that columns or the row index have left. */
  readonly staleOffsets: number[] = []

  constructor(context: C) {
    this.context = context
    this.views = context.memory.views
    this.columns = context.fields.map((field) => {
      const { array } = field.code
      const typeId = typeIdOf(array)
      return { field, array, typeId, byteOffset: 0, blockOffset: 0, firstIndex: 0 }
    })
  }

  /** Defines the columns as properties of the component: as views of this buffer. */
  protected abstract publish(buffer: ArrayBufferLike): void

  /** Called when the columns have grown. */
  protected noteGrowth(_movedColumnCount: number): void {}

  /** Called at the end of `cover` if it has grown or touched columns. May throw. */
  protected reportGrowth(): void {}

  /**
   * Makes sure that every column has this row. New rows are 0.
   * @throws ArenaError 'out-of-memory'; then every column is unchanged
   */
  cover(row: number): void {
    if (row >= this.#touchedRowCount || this.views.isDetached) this.#coverSlow(row)
  }

  /** Frees every block, and leaves the component with empty columns. */
  dispose(): void {
    for (const column of this.columns) {
      this.staleOffsets.push(column.blockOffset)
      column.byteOffset = 0
    }
    this.rowCount = 0
    this.#touchedRowCount = 0
    this.version++
    this.publish(new ArrayBuffer(0))
    this.freeStale()
  }

  /** The total byte length of the blocks in `staleOffsets`. */
  get staleByteLength(): number {
    const { pool } = this.views
    return this.staleOffsets.reduce((sum, offset) => sum + pool.byteLengthOf(offset), 0)
  }

  /** The total byte length of the columns, including untouched rows. */
  get columnByteLength(): number {
    return this.columns.reduce((sum, column) => sum + byteLengthOf(column, this.rowCount), 0)
  }

  /**
   * Retires the blocks in `staleOffsets`. Each block is freed when no thread can read it any more.
   */
  protected freeStale(): void {
    while (this.staleOffsets.length > 0) this.context.retire(this.staleOffsets.pop()!)
  }

  /** Gives every column this many rows. @throws as `cover` */
  protected resize(rowCount: number): void {
    const places = this.#extend(rowCount)
    const isNew = this.rowCount === 0
    let movedCount = 0
    for (const [i, column] of this.columns.entries()) {
      const { blockOffset, byteOffset } = places[i]
      if (column === places[i]) {
        const end = byteOffsetOf(column, rowCount)
        this.views.zeroBytes(byteOffsetOf(column, this.rowCount), end)
        continue
      }
      if (!isNew) {
        this.#moveRows(column, byteOffset)
        movedCount++
      }
      column.blockOffset = blockOffset
      column.byteOffset = byteOffset
    }
    this.rowCount = rowCount
    this.#touchRows()
    this.version++
    this.publish(this.views.buffer)
    if (!isNew) this.noteGrowth(movedCount)
  }

  #coverSlow(row: number): void {
    this.views.renew()
    if (row >= this.rowCount) this.#grow(row)
    if (row < this.#touchedRowCount) return
    const wanted = Math.max(row + 1, 2 * this.#touchedRowCount, TOUCHED_AT_LEAST)
    this.#touchedRowCount = Math.min(wanted, this.rowCount)
    this.#touchRows()
    this.reportGrowth()
  }

  #grow(row: number): void {
    let grown = this.context.isSparse ? row + 1 : this.rowCount
    while (grown <= row) grown += grown
    try {
      this.resize(grown)
    } catch (error) {
      const least = row + ROWS_AT_LEAST
      if (least >= grown) throw error
      this.resize(least)
    }
  }

  /**
   * Returns the place of each column: the same place if its block was extended, otherwise a new
   * one. Extends all columns or none.
   */
  #extend(rowCount: number): Place[] {
    const { isSparse, checkIdle } = this.context
    const isNew = this.rowCount === 0
    const places: Place[] = []
    try {
      for (const [i, column] of this.columns.entries()) {
        const stays = !isNew && !isSparse && this.#tryResize(column, rowCount)
        if (!isNew && !stays) checkIdle('columns that grow and have to move')
        places.push(stays ? column : this.#allocate(column, i, rowCount))
      }
    } catch (error) {
      for (const [i, place] of places.entries()) {
        if (place !== this.columns[i]) this.views.pool.free(place.blockOffset)
        else this.#tryResize(this.columns[i], this.rowCount)
      }
      throw error
    }
    return places
  }

  /** Allocates rows that are 0. The block of a size class records the type of its elements. */
  #allocate({ array }: Column, i: number, rowCount: number): Place {
    const { pool } = this.views
    const byteLength = rowCount * array.BYTES_PER_ELEMENT
    let stagger = ((this.context.columnCount + i) % STAGGER_COUNT) * STAGGER_STEP
    if (byteLength >= CLASS_BYTE_LENGTH_MAX) {
      stagger += STAGGER_STEP // the block is then longer than any size class
      const blockOffset = pool.reserve(Math.min(byteLength + stagger, BYTE_LENGTH_MAX))
      return { blockOffset, byteOffset: blockOffset + stagger }
    }
    const { byteOffset: blockOffset } = pool.allocArray(array, rowCount)
    const isLong = byteLength >= STAGGERED_BYTE_LENGTH
    const isStaggered = isLong && pool.tryResize(blockOffset, byteLength + stagger)
    const byteOffset = blockOffset + (isStaggered ? stagger : 0)
    this.views.zeroBytes(byteOffset, byteOffset + byteLength)
    return { blockOffset, byteOffset }
  }

  /**
   * Gives a column this many rows in its place. Returns false if it cannot grow. Shrinking never
   * fails.
   */
  #tryResize(column: Column, rowCount: number): boolean {
    const { blockOffset } = column
    return this.views.pool.tryResize(blockOffset, byteOffsetOf(column, rowCount) - blockOffset)
  }

  #touchRows(): void {
    for (const column of this.columns) {
      const { blockOffset } = column
      const end = byteOffsetOf(column, this.#touchedRowCount)
      this.views.pool.touch(blockOffset, end - blockOffset)
    }
  }

  /** Copies the touched bytes of a column to its new place. */
  #moveRows({ blockOffset, byteOffset, array }: Column, to: number): void {
    const end = blockOffset + settleTouched(this.views.pool, blockOffset)
    this.views.copyBytes(byteOffset, to, end - byteOffset)
    // `| 0` makes an integer: V8 would allocate memory for the quotient.
    const lastRow = ((end - byteOffset) / array.BYTES_PER_ELEMENT) | 0
    this.#touchedRowCount = Math.max(this.#touchedRowCount, Math.min(lastRow + 1, this.rowCount))
    this.staleOffsets.push(blockOffset)
  }
}
