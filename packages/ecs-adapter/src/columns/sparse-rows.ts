/**
 * The rows of a sparse component, in the world's thread: which entity has which.
 *
 * A row is an entity's from when it gets the component until the `compact` after it lost it: then the
 * last rows move into the places of those that were lost. Nothing moves before, so that values can be
 * read in onRemove observers, and a loop over rows may remove as it likes; what it adds may move columns.
 */

import { corrupt } from '../base/errors.ts'
import type { RowsEntry } from '../shared/directory.ts'
import { RowIndex, type RowIndexOptions } from './row-index.ts'

/** What is done to the values of rows. */
export interface RowMover {
  /** Makes room for so many: all of it or nothing. @throws ArenaError 'out-of-memory' */
  resize(rowCount: number): void
  /** Frees and zeroes what a row has. */
  empty(row: number): void
  /** Moves what a row has into another one, which is empty. */
  move(from: number, to: number): void
}

export class SparseRows {
  /** As the index has it for other threads: loops read it, and V8 takes 5 ns for it from there. */
  count = 0
  readonly #index: RowIndex
  readonly #mover: RowMover
  /** Rows that were lost since the last `compact`. */
  #lostCount = 0

  /** @throws ArenaError 'out-of-memory' */
  constructor(options: RowIndexOptions, mover: RowMover) {
    this.#index = new RowIndex(options)
    this.#mover = mover
  }

  get version(): number {
    return this.#index.version
  }

  get entry(): RowsEntry {
    return this.#index.entry
  }

  /** For `verifyStorage`. */
  get held() {
    const { entry, staleOffsets } = this.#index
    return { entry, staleOffsets, lostCount: this.#lostCount }
  }

  get entities(): Int32Array {
    return this.#index.entities
  }

  /** Rows that there is room for. */
  get rowCount(): number {
    return this.#index.rowCount
  }

  /** Begins anew, without rows. */
  begin(): void {
    this.#lostCount = 0
    this.#index.clear()
    this.count = 0
  }

  /** -1 of an entity that has none. */
  readonly row = (eid: number): number => this.#index.find(eid)

  isLost(row: number): boolean {
    return this.#index.entityOf(row) === 0
  }

  /** Makes room for one more row, and tells which. @throws as the constructor; nothing is other then */
  reserve(): number {
    if (this.count === this.rowCount) this.#index.grow(this.count, this.#mover.resize)
    return this.count
  }

  /** Gives an entity the row that `reserve` made. */
  append(eid: number): void {
    const row = this.count
    this.#index.insert(row, eid)
    this.#setCount(row + 1) // last: other threads look at rows below it
  }

  /** A row is that of its entity, also if it was lost. */
  keep(row: number, eid: number): void {
    if (!this.isLost(row)) return
    this.#lostCount--
    this.#index.setEntity(row, eid)
  }

  lose(row: number): void {
    if (row < 0 || this.isLost(row)) return
    this.#index.setEntity(row, 0)
    this.#lostCount++
  }

  /** Gives back the rows that were lost. A look at all rows, 1 ns each, when any was. */
  compact(): void {
    for (let row = 0; this.#lostCount > 0; row++) {
      if (row >= this.count) this.#throwLost()
      if (!this.isLost(row)) continue
      while (this.count > 0 && this.isLost(this.count - 1) && this.#lostCount > 0) this.#dropLast()
      if (row < this.count) this.#fill(row)
    }
  }

  sync(): void {
    this.#index.sync()
  }

  dispose(): void {
    this.count = 0
    this.#index.dispose()
  }

  /** Rows that were lost are not to be found: whoever has overwritten their entities keeps them. */
  #throwLost(): never {
    const count = this.#lostCount
    this.#lostCount = 0
    throw corrupt('the number of rows that were lost', 'less', String(count))
  }

  #dropLast(): void {
    const row = this.count - 1
    this.#mover.empty(row)
    this.#index.remove(row)
    this.#setCount(row)
    this.#lostCount--
  }

  /** Moves the last row into one that was lost. */
  #fill(row: number): void {
    const last = this.count - 1
    this.#mover.empty(row)
    this.#index.remove(row)
    this.#mover.move(last, row)
    this.#index.move(last, row)
    this.#setCount(last)
    this.#lostCount--
  }

  #setCount(count: number): void {
    this.count = count
    this.#index.count = count
  }
}
