/**
 * The rows of a sparse component, in the world's thread: which entity has which.
 *
 * A row is an entity's from when it gets the component until the `compact` after it lost it: then the
 * last rows move into the places of those that were lost. Nothing moves before, so that values can be
 * read in onRemove observers, and loops over rows can add and remove as they like.
 */
import type { Cells } from './cells.ts'
import { Columns, type ColumnsOptions } from './columns.ts'
import type { RowsEntry } from './directory.ts'
import { RowIndex } from './row-index.ts'
import { type Component, t } from './schema.ts'

/** Rows that a sparse component begins with: `capacity` is for what has a row for every id. */
export const SPARSE_ROW_COUNT = 64
/** By how much it grows: by half, not by two, for it is there to save memory. */
export const SPARSE_GROWTH = 1.5

/** By `entity`, loops see whose a row is: 0 where the one who had it has lost the component. */
const schema = { entity: t.eid, key: t.i32 }
const fields = [
  { name: 'entity', type: schema.entity },
  { name: 'key', type: schema.key },
]

export type SparseRowsOptions = Pick<ColumnsOptions, 'name' | 'pool' | 'cells' | 'columnCount'> & {
  retire(offset: number): void
  checkMove(): void
}

/** What is done to the values of rows. */
export interface RowMover {
  /** Frees and zeroes what a row has. */
  empty(row: number): void
  /** Moves what a row has into another one, which is empty. */
  move(from: number, to: number): void
}

export class SparseRows {
  readonly #columns: Columns
  readonly #component: Component<typeof schema>
  readonly #index: RowIndex
  readonly #cells: Cells
  #entityMask = 0
  /** Rows that were lost since the last `compact`. */
  #lostCount = 0

  /** @throws ArenaError 'out-of-memory'; nothing is allocated then */
  constructor(options: SparseRowsOptions) {
    const component = {}
    this.#component = component as Component<typeof schema>
    this.#cells = options.cells
    this.#index = new RowIndex(options)
    try {
      const [rowCount, growth] = [SPARSE_ROW_COUNT, SPARSE_GROWTH]
      this.#columns = new Columns({ ...options, component, fields, rowCount, growth })
    } catch (error) {
      this.#index.dispose()
      throw error
    }
    this.#bind()
  }

  get version(): number {
    return this.#columns.version + this.#index.version
  }

  get entry(): RowsEntry {
    const [entities, keys] = this.#columns.entry.byteOffsets
    return { index: this.#index.offset, entities, keys, rowCount: this.#columns.rowCount }
  }

  get count(): number {
    return this.#columns.rowCount === 0 ? 0 : this.#index.rowCount
  }

  get entities(): Int32Array {
    return this.#component.entity
  }

  /** Begins anew, without rows. */
  begin(entityMask: number): void {
    this.#entityMask = entityMask
    this.#lostCount = 0
    this.#index.clear()
  }

  /** -1 of an entity that has none. */
  readonly row = (eid: number): number =>
    this.#columns.rowCount === 0 ? -1 : this.#index.find(eid & this.#entityMask)

  /** Whether a row, found by this id, is its own: not that of one that was lost, or had it before. */
  isOf(eid: number, row: number): boolean {
    return this.#component.entity[row] === (eid | 0)
  }

  isLost(row: number): boolean {
    return this.#component.entity[row] === 0
  }

  /** Makes room for one more row. @throws ArenaError 'out-of-memory'; the rows are as they were then */
  reserve(): number {
    const row = this.#index.rowCount
    this.#columns.cover(row)
    this.#bind()
    this.#index.reserve(row + 1)
    return row
  }

  /** Gives an entity the row that `reserve` made. */
  append(eid: number): void {
    const row = this.#index.rowCount
    this.#component.entity[row] = eid
    this.#component.key[row] = eid & this.#entityMask
    this.#index.insert(row)
    this.#index.rowCount = row + 1 // last: other threads look at rows below it
  }

  /** Gives a row to another entity of the same key, or to the same one again. */
  take(eid: number, row: number): void {
    if (this.isLost(row)) this.#lostCount--
    this.#component.entity[row] = eid
  }

  lose(row: number): void {
    if (row < 0 || this.isLost(row)) return
    this.#component.entity[row] = 0
    this.#lostCount++
  }

  /** Gives back the rows that were lost. A look at all rows, 1 ns each, when any was. */
  compact(mover: RowMover): void {
    const { entity } = this.#component
    for (let row = 0; this.#lostCount > 0; row++) {
      if (entity[row] !== 0) continue
      while (this.isLost(this.#index.rowCount - 1) && this.#lostCount > 0) this.#dropLast(mover)
      if (row < this.#index.rowCount) this.#fill(row, mover)
    }
  }

  sync(): void {
    this.#columns.sync()
    this.#bind()
  }

  dispose(): void {
    this.#columns.dispose()
    this.#index.dispose()
  }

  #dropLast(mover: RowMover): void {
    const row = this.#index.rowCount - 1
    mover.empty(row)
    this.#index.remove(row)
    this.#index.rowCount = row
    this.#lostCount--
  }

  /** Moves the last row into one that was lost. */
  #fill(row: number, mover: RowMover): void {
    const { entity, key } = this.#component
    const last = this.#index.rowCount - 1
    mover.empty(row)
    this.#index.remove(row)
    mover.move(last, row)
    this.#index.move(last, row)
    key[row] = key[last]
    entity[row] = entity[last]
    this.#index.rowCount = last
    this.#lostCount--
  }

  #bind(): void {
    if (this.#cells.isDetached) this.#cells.renew()
    this.#index.bind(this.#component.key.byteOffset >> 2)
  }
}
