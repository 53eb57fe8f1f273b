/** The rows of a sparse component of another thread's storage. */
import type { Cells } from './cells.ts'
import type { ComponentRows, RowsEntry } from './directory.ts'
import { findRow, rowCountOf } from './row-index.ts'

export class AttachedRows implements ComponentRows {
  readonly #cells: Cells
  readonly #key: (eid: number) => number
  #entry: RowsEntry = { index: 0, entities: 0, keys: 0, rowCount: 0 }
  #entities: Int32Array = new Int32Array(0)

  /** @param key what the rows of an entity are found by */
  constructor(cells: Cells, key: (eid: number) => number) {
    this.#cells = cells
    this.#key = key
  }

  get count(): number {
    return rowCountOf(this.#words, this.#entry.index >> 2)
  }

  get entities(): Int32Array {
    return this.#entities
  }

  row(eid: number): number {
    const { index, keys } = this.#entry
    return findRow(this.#words, index >> 2, keys >> 2, this.#key(eid))
  }

  /** Makes the rows those of an entry. */
  follow(entry: RowsEntry): void {
    this.#entry = entry
    this.#entities = new Int32Array(this.#words.buffer, entry.entities, entry.rowCount)
  }

  get #words(): Int32Array {
    if (this.#cells.isDetached) this.#cells.renew()
    return this.#cells.signedWords
  }
}
