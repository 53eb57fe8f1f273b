/** The components of another thread's storage, as an attached thread has them. */

import { notSparse } from '../base/errors.ts'
import { defineColumns } from '../columns/column-properties.ts'
import { findRow, IndexPlace, RowsView } from '../columns/row-index.ts'
import type { Rows, VariableColumns } from '../lists/variable-column.ts'
import { createVariableColumns, type VariableMemory } from '../lists/variable-fields.ts'
import type { Cells } from '../memory/cells.ts'
import { ComponentRegistry } from '../schema/component-registry.ts'
import type { Component } from '../schema/schema.ts'
import type { ComponentEntry, ComponentRows, RowsEntry } from '../shared/directory.ts'

export class AttachedComponents {
  readonly byName: Record<string, Component> = Object.create(null)
  readonly registry = new ComponentRegistry()
  readonly #memory: VariableMemory
  readonly #denseRows: Rows
  readonly #all = new Map<string, AttachedComponent>()

  /** @param memory of this thread: lists and texts that grow move into it */
  constructor(memory: VariableMemory, denseRows: Rows) {
    this.#memory = memory
    this.#denseRows = denseRows
  }

  /** Adds new components, and gives all components the published columns. */
  follow(entries: readonly ComponentEntry[]): void {
    for (const entry of entries) {
      const { name, fields } = entry
      let one = this.#all.get(name)
      if (one === undefined) {
        one = new AttachedComponent(entry, this.#memory, this.#denseRows)
        this.#all.set(name, one)
        this.byName[name] = one.component
        this.registry.add(name, one.component, fields, undefined)
      }
      one.follow(entry, this.#memory.cells.buffer)
    }
  }

  /** @throws StorageError 'invalid-argument' */
  rows(component: Component | string): ComponentRows {
    const { name } = this.registry.find(component)
    const rows = this.#all.get(name)?.rows
    if (rows === undefined) throw notSparse(name)
    return rows
  }
}

class AttachedComponent {
  readonly component: Component = {}
  /** Undefined if the component is dense. */
  readonly rows: ComponentRows | undefined
  readonly #rows: AttachedRows | undefined
  readonly #variable: VariableColumns

  constructor(entry: ComponentEntry, memory: VariableMemory, denseRows: Rows) {
    const { name, fields } = entry
    this.#rows = entry.rows && new AttachedRows(memory.cells)
    this.rows = this.#rows && new RowsView(this.#rows)
    const rows = this.#rows ?? denseRows
    this.#variable = createVariableColumns({ name, fields, memory, rows })
  }

  /** Makes the columns those of an entry. */
  follow(entry: ComponentEntry, buffer: ArrayBufferLike): void {
    if (entry.rows) this.#rows?.follow(entry.rows)
    defineColumns(this.component, entry, buffer, this.#variable)
  }
}

/** The rows of a sparse component. */
class AttachedRows implements ComponentRows {
  readonly #cells: Cells
  #place = new IndexPlace({ index: 0, rowCount: 0 })
  #entities: Int32Array = new Int32Array(0)

  constructor(cells: Cells) {
    this.#cells = cells
  }

  /** Capped by the length of the columns: after `detach`, the block may hold something else. */
  get count(): number {
    return Math.min(this.#cells.signedWords[this.#place.head], this.#place.rowCount)
  }

  get entities(): Int32Array {
    return this.#entities
  }

  /** Bound: `RowsView` passes it on. */
  readonly row = (eid: number): number => {
    const row = findRow(this.#cells.signedWords, this.#place, eid)
    return row < this.#place.rowCount ? row : -1
  }

  follow(entry: RowsEntry): void {
    this.#place = new IndexPlace(entry)
    const { entities, rowCount } = this.#place
    this.#entities = new Int32Array(this.#cells.buffer, entities * 4, rowCount)
  }
}
