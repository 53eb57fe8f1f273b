/** The rows of a sparse component of another thread's storage. */
import type { Cells } from './cells.ts'
import type { ComponentRows, RowsEntry } from './directory.ts'
import { findRow, IndexPlace } from './row-index.ts'

export class AttachedRows implements ComponentRows {
  readonly #cells: Cells
  #words: Int32Array = new Int32Array(0)
  #place = new IndexPlace({ index: 0, rowCount: 0 })
  #entities: Int32Array = new Int32Array(0)

  constructor(cells: Cells) {
    this.#cells = cells
  }

  /** At most as many as the columns have: after `detach`, somebody else may have the block. */
  get count(): number {
    if (this.#words.length === 0) this.#renew()
    return Math.min(this.#words[this.#place.head], this.#place.rowCount)
  }

  get entities(): Int32Array {
    return this.#entities
  }

  /** Without a `this` of its own: `RowsView` hands it on. */
  readonly row = (eid: number): number => {
    if (this.#words.length === 0) this.#renew()
    const row = findRow(this.#words, this.#place, eid)
    return row < this.#place.rowCount ? row : -1
  }

  /** Makes the rows those of an entry. */
  follow(entry: RowsEntry): void {
    this.#renew()
    this.#place = new IndexPlace(entry)
    const { entities, rowCount } = this.#place
    this.#entities = new Int32Array(this.#words.buffer, entities * 4, rowCount)
  }

  /** Takes up the present buffer: a WebAssembly.Memory that grows leaves empty views behind. */
  #renew(): void {
    if (this.#cells.isDetached) this.#cells.renew()
    this.#words = this.#cells.signedWords
  }
}
