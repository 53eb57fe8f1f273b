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
export const SPARSE_GROWTH_SHIFT = 1

/** By `entity`, loops see whose a row is: 0 where the one who had it has lost the component. */
const schema = { entity: t.eid, key: t.i32 }
const fields = [
  { name: 'entity', type: schema.entity },
  { name: 'key', type: schema.key },
]

export type SparseRowsOptions = Pick<ColumnsOptions, 'name' | 'pool' | 'cells' | 'columnCount'> & {
  retire(offset: number): void
  checkIdle(what: string): void
}

/** What is done to the values of rows. */
export interface RowMover {
  /** Frees and zeroes what a row has. */
  empty(row: number): void
  /** Moves what a row has into another one, which is empty. */
  move(from: number, to: number): void
}

export class SparseRows {
  /** As the index has it for other threads: loops read it, and V8 takes 5 ns for it from there. */
  count = 0
  readonly #columns: Columns
  readonly #component: Component<typeof schema>
  readonly #index: RowIndex
  readonly #cells: Cells
  #entityMask = 0
  /** Word indices of the entity and the key of row 0, in this version of the columns. */
  #entityWord = 0
  #keyWord = 0
  #boundVersion = -1
  /** Rows that were lost since the last `compact`. */
  #lostCount = 0

  /** @throws ArenaError 'out-of-memory'; nothing is allocated then */
  constructor(options: SparseRowsOptions) {
    const component = {}
    this.#component = component as Component<typeof schema>
    this.#cells = options.cells
    this.#index = new RowIndex(options)
    try {
      const [rowCount, growthShift] = [SPARSE_ROW_COUNT, SPARSE_GROWTH_SHIFT]
      this.#columns = new Columns({ ...options, component, fields, rowCount, growthShift })
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

  get entities(): Int32Array {
    return this.#component.entity
  }

  /** Begins anew, without rows. */
  begin(entityMask: number): void {
    this.#entityMask = entityMask
    this.#lostCount = 0
    this.#index.clear()
    this.#setCount(0)
  }

  /** -1 of an entity that has none. */
  readonly row = (eid: number): number =>
    this.#columns.rowCount === 0 ? -1 : this.#index.find(eid & this.#entityMask)

  /** Whether a row, found by this id, is its own: not that of one that was lost, or had it before. */
  isOf(eid: number, row: number): boolean {
    return this.#words[this.#entityWord + row] === (eid | 0)
  }

  isLost(row: number): boolean {
    return this.#words[this.#entityWord + row] === 0
  }

  /** Makes room for one more row. @throws ArenaError 'out-of-memory'; the rows are as they were then */
  reserve(): number {
    const row = this.count
    this.#columns.cover(row)
    this.#bind()
    this.#index.reserve(row + 1)
    return row
  }

  /** Gives an entity the row that `reserve` made. */
  append(eid: number): void {
    const row = this.count
    this.#words[this.#entityWord + row] = eid
    this.#words[this.#keyWord + row] = eid & this.#entityMask
    this.#index.insert(row)
    this.#setCount(row + 1) // last: other threads look at rows below it
  }

  /** Gives a row to another entity of the same key, or to the same one again. */
  take(eid: number, row: number): void {
    if (this.isLost(row)) this.#lostCount--
    this.#words[this.#entityWord + row] = eid
  }

  lose(row: number): void {
    if (row < 0 || this.isLost(row)) return
    this.#words[this.#entityWord + row] = 0
    this.#lostCount++
  }

  /** Gives back the rows that were lost. A look at all rows, 1 ns each, when any was. */
  compact(mover: RowMover): void {
    for (let row = 0; this.#lostCount > 0; row++) {
      if (!this.isLost(row)) continue
      while (this.isLost(this.count - 1) && this.#lostCount > 0) this.#dropLast(mover)
      if (row < this.count) this.#fill(row, mover)
    }
  }

  sync(): void {
    this.#columns.sync()
    this.#bind()
  }

  dispose(): void {
    this.count = 0
    this.#columns.dispose()
    this.#index.dispose()
  }

  #dropLast(mover: RowMover): void {
    const row = this.count - 1
    mover.empty(row)
    this.#index.remove(row)
    this.#setCount(row)
    this.#lostCount--
  }

  /** Moves the last row into one that was lost. */
  #fill(row: number, mover: RowMover): void {
    const words = this.#words
    const last = this.count - 1
    mover.empty(row)
    this.#index.remove(row)
    mover.move(last, row)
    this.#index.move(last, row)
    words[this.#keyWord + row] = words[this.#keyWord + last]
    words[this.#entityWord + row] = words[this.#entityWord + last]
    this.#setCount(last)
    this.#lostCount--
  }

  #setCount(count: number): void {
    this.count = count
    this.#index.rowCount = count
  }

  get #words(): Int32Array {
    if (this.#cells.isDetached) this.#cells.renew()
    return this.#cells.signedWords
  }

  /** Not by the views, which may be detached: a WebAssembly.Memory has grown, and no `sync` was yet. */
  #bind(): void {
    if (this.#boundVersion === this.#columns.version) return
    this.#boundVersion = this.#columns.version
    const { entities, keys } = this.entry
    this.#entityWord = entities >> 2
    this.#keyWord = keys >> 2
    this.#index.bind(this.#keyWord)
  }
}
