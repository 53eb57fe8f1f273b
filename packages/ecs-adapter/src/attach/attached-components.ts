/** The components of another thread's storage, in an attached thread. */
import { defineColumns } from '../columns/column-properties.ts'
import { findRow, IndexPlace, RowsView } from '../columns/row-index.ts'
import type { FieldMemory } from '../fields/field-memory.ts'
import { createFieldObjects, type FieldObjects } from '../fields/field-objects.ts'
import type { Rows } from '../fields/variable-column.ts'
import type { MemoryViews } from '../memory/memory-views.ts'
import { ComponentRegistry } from '../schema/component-registry.ts'
import type { ComponentRows } from '../schema/fields.ts'
import { createNamed } from '../schema/named.ts'
import type { AnyComponent } from '../schema/schema.ts'
import type { ComponentEntry, RowsEntry } from '../shared/manifest.ts'

interface Attached {
  readonly objects: FieldObjects['objects']
  /** The rows of a sparse component; undefined if the component is dense. */
  readonly rows: AttachedRows | undefined
}

export class AttachedComponents {
  readonly byName = createNamed<AnyComponent>('component')
  readonly registry = new ComponentRegistry()
  readonly #memory: FieldMemory
  readonly #denseRows: Rows
  /** The components. The index is the component's number. */
  readonly #all: Attached[] = []

  /**
   * @param memory the memory of this thread: lists and texts that grow move into its pool
   * @param denseRows finds the rows of dense components
   */
  constructor(memory: FieldMemory, denseRows: Rows) {
    this.#memory = memory
    this.#denseRows = denseRows
  }

  /** Adds new components, and gives all components the published columns. */
  follow(entries: readonly ComponentEntry[]): void {
    for (const [number, entry] of entries.entries()) {
      if (number === this.#all.length) this.#add(entry)
      const { objects, rows } = this.#all[number]
      if (entry.rows) rows?.follow(entry.rows)
      const { component } = this.registry.at(number)
      defineColumns(component, entry, this.#memory.views.buffer, objects, rows?.view)
    }
  }

  #add({ name, fields, rows: isSparse }: ComponentEntry): void {
    const memory = this.#memory
    const rows = isSparse && new AttachedRows(memory.views)
    const options = { name, memory, rows: rows ?? this.#denseRows }
    this.#all.push({ objects: createFieldObjects(fields, options).objects, rows })
    const component = rows ? { rows: rows.view } : {}
    this.byName[name] = component as AnyComponent
    this.registry.add(name, this.byName[name], fields, undefined)
  }
}

/** The rows of a sparse component. */
class AttachedRows implements ComponentRows, Rows {
  entities: Int32Array = new Int32Array(0)
  readonly #views: MemoryViews
  #place = new IndexPlace({ index: 0, rowCount: 0 })

  constructor(views: MemoryViews) {
    this.#views = views
  }

  /**
   * How many rows are in use. Limited to the capacity of the columns, because after `detach` other
   * data may be in the block.
   */
  get count(): number {
    return Math.min(this.#views.i32[this.#place.head], this.#place.rowCount)
  }

  /** An arrow function, because `RowsView` passes it to users without its object. */
  readonly row = (eid: number): number => {
    const row = findRow(this.#views.i32, this.#place, eid)
    return row < this.#place.rowCount ? row : -1
  }

  readonly indexOf = this.row

  /** The read-only object that users get. */
  readonly view = new RowsView(this)

  follow(entry: RowsEntry): void {
    this.#place = new IndexPlace(entry)
    const { entities, rowCount } = this.#place
    this.entities = new Int32Array(this.#views.buffer, entities * 4, rowCount)
  }
}
