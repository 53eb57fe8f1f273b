/** What an attached thread has for a component: the columns of another one's storage. */

import { publishColumns } from '../columns/column-array.ts'
import { RowsView } from '../columns/rows-view.ts'
import type { Rows } from '../lists/handle-column.ts'
import { createVariableField, type VariableField } from '../lists/variable-field.ts'
import type { VariableMemory } from '../lists/variable-memory.ts'
import type { Component } from '../schema/schema.ts'
import type { ComponentEntry, ComponentRows } from '../shared/directory.ts'
import { AttachedRows } from './attached-rows.ts'

export class AttachedComponent {
  /** What users hold. */
  readonly component: Component = {}
  /** What users hold of its rows; undefined of a component that has one for every entity. */
  readonly rows: ComponentRows | undefined
  readonly #rows: AttachedRows | undefined
  /** By field; undefined where that is a scalar. */
  readonly #variable: readonly (VariableField | undefined)[]

  /** @param memory of this thread: what grows moves into it */
  constructor(entry: ComponentEntry, memory: VariableMemory, flatRows: Rows) {
    const { name, fields } = entry
    this.#rows = entry.rows && new AttachedRows(memory.cells)
    this.rows = this.#rows && new RowsView(this.#rows)
    const rows = this.#rows ?? flatRows
    this.#variable = fields.map((field) =>
      createVariableField(field.type, { name: `${name}.${field.name}`, memory, rows }),
    )
  }

  /** Makes the columns those of an entry. */
  follow(entry: ComponentEntry, buffer: ArrayBufferLike): void {
    if (entry.rows) this.#rows?.follow(entry.rows)
    publishColumns(this.component, entry, buffer, this.#variable)
  }
}
