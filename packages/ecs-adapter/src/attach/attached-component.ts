/** What an attached thread has for a component: the columns of another one's storage. */

import { createColumnArray } from '../columns/column-array.ts'
import { RowsView } from '../columns/rows-view.ts'
import type { Rows } from '../lists/handle-column.ts'
import {
  type VariableField,
  VariableFields,
  type VariableMemory,
} from '../lists/variable-fields.ts'
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
    this.#variable = new VariableFields({ name, fields, memory, rows }).byField
  }

  /**
   * Makes the columns those of an entry. As `Columns` has it in the world's thread: nobody overwrites
   * them, and the object stays fast.
   */
  follow(entry: ComponentEntry, buffer: ArrayBufferLike): void {
    const { fields, byteOffsets, rowCount } = entry
    if (entry.rows) this.#rows?.follow(entry.rows)
    for (const [field, { name, type }] of fields.entries()) {
      const byteOffset = byteOffsets[field]
      const variable = this.#variable[field]
      variable?.handles.bind(byteOffset / 4, rowCount)
      const value =
        type.kind === 'scalar'
          ? createColumnArray(type, buffer, byteOffset, rowCount)
          : variable?.column
      const attributes = { configurable: true, enumerable: true, writable: false }
      Object.defineProperty(this.component, name, { value, ...attributes })
    }
  }
}
