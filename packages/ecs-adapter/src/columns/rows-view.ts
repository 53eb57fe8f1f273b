/** The rows of a sparse component as users see them, read-only, in any thread. */
import type { ComponentRows } from '../shared/manifest.ts'

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
