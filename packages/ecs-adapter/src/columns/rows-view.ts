/** What users have of the rows of a sparse component, in any thread: to look at. */
import type { ComponentRows } from '../shared/directory.ts'

export class RowsView implements ComponentRows {
  readonly #rows: ComponentRows
  readonly row: ComponentRows['row']

  constructor(rows: ComponentRows) {
    this.#rows = rows
    this.row = rows.row
    Object.freeze(this)
  }

  get count(): number {
    return this.#rows.count
  }

  get entities(): Int32Array {
    return this.#rows.entities
  }
}
