/** The rows of a sparse component of another thread's storage. */

import { findRow, IndexPlace } from '../columns/row-index.ts'
import type { Cells } from '../memory/cells.ts'
import type { ComponentRows, RowsEntry } from '../shared/directory.ts'

export class AttachedRows implements ComponentRows {
  readonly #cells: Cells
  #place = new IndexPlace({ index: 0, rowCount: 0 })
  #entities: Int32Array = new Int32Array(0)

  constructor(cells: Cells) {
    this.#cells = cells
  }

  /** At most as many as the columns have: after `detach`, somebody else may have the block. */
  get count(): number {
    return Math.min(this.#cells.signedWords[this.#place.head], this.#place.rowCount)
  }

  get entities(): Int32Array {
    return this.#entities
  }

  /** Without a `this` of its own: `RowsView` hands it on. */
  readonly row = (eid: number): number => {
    const row = findRow(this.#cells.signedWords, this.#place, eid)
    return row < this.#place.rowCount ? row : -1
  }

  /** Makes the rows those of an entry. */
  follow(entry: RowsEntry): void {
    this.#place = new IndexPlace(entry)
    const { entities, rowCount } = this.#place
    this.#entities = new Int32Array(this.#cells.buffer, entities * 4, rowCount)
  }
}
