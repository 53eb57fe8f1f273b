/**
 * Rows for the entities that have the component.
 *
 * A row belongs to an entity from when it gets the component until the `sync` after it lost it,
 * which moves the last rows into the places of lost ones, the tombstones. No row moves before, so
 * that onRemove observers can read values, and a loop over rows may remove entities; if it adds
 * some, columns may move.
 */
import { Prefab } from 'bitecs'
import { corrupt, noRow } from '../base/errors.ts'
import type { VariableFields } from '../lists/variable-fields.ts'
import type { ComponentEntry, ComponentRows } from '../shared/manifest.ts'
import { Columns } from './columns.ts'
import {
  ComponentStore,
  type ComponentStoreOptions,
  type HeldRows,
  variableFieldsOf,
} from './component-store.ts'
import { ROW_REUSE } from './dense-store.ts'
import { RowIndex } from './row-index.ts'
import { RowsView } from './rows-view.ts'

export class SparseStore extends ComponentStore implements ComponentRows {
  readonly columns: Columns
  readonly fields: VariableFields | undefined
  readonly rows: ComponentRows
  readonly coveredIdCount = Number.POSITIVE_INFINITY
  /** The index has it too, for other threads; V8 takes 5 ns to read it there, and loops read it. */
  count = 0
  readonly #options: ComponentStoreOptions
  readonly #index: RowIndex
  #tombstoneCount = 0
  /** Prefabs and others whose loss of the component is not reported. */
  readonly #untracked = new Set<number>()

  /** @throws ArenaError 'out-of-memory'; nothing is allocated then */
  constructor(options: ComponentStoreOptions) {
    super()
    this.#options = options
    const index = new RowIndex(options)
    this.#index = index
    this.rows = new RowsView(this)
    this.fields = variableFieldsOf(options, { row: this.row, claim: (eid) => this.#claim(eid) })
    const [variable, { rowCount }] = [this.fields?.byField, index]
    try {
      this.columns = new Columns({ ...options, variable, rowCount, isSparse: true })
    } catch (error) {
      index.dispose()
      throw error
    }
  }

  override get entry(): ComponentEntry {
    return { ...this.columns.entry, rows: this.#index.entry }
  }

  get heldRows(): HeldRows {
    const { entry, staleOffsets } = this.#index
    return { entry, staleOffsets, lostCount: this.#tombstoneCount, untracked: this.#untracked }
  }

  get entities(): Int32Array {
    return this.#index.entities
  }

  readonly row = (eid: number): number => this.#index.find(eid)

  begin(): void {
    this.#untracked.clear()
    this.#tombstoneCount = 0
    this.#index.clear()
    this.count = 0
  }

  add(eid: number): void {
    const row = this.row(eid)
    if (row >= 0) this.#renew(row, eid)
    else {
      const last = this.count
      if (last === this.#index.rowCount) this.#index.grow(last, this.#resize)
      this.columns.cover(last)
      this.columns.clear(last)
      this.#index.insert(last, eid)
      this.#setCount(last + 1) // last: other threads look at rows below it
    }
  }

  lose(eid: number): void {
    const row = this.row(eid)
    if (row < 0 || this.#isLost(row)) return
    this.#index.setEntity(row, 0)
    this.#tombstoneCount++
  }

  keep(eid: number): void {
    const row = this.row(eid)
    if (row >= 0) this.#keepRow(row, eid)
  }

  claim(eid: number): number {
    const row = this.#claim(eid)
    if (row < 0) throw noRow(eid)
    return row
  }

  find(eid: number): number {
    return this.row(eid)
  }

  sync(): void {
    this.columns.sync()
    this.#index.sync()
    if (this.#untracked.size > 0) this.#loseUntracked()
    this.#compact()
  }

  override dispose(): void {
    super.dispose()
    this.count = 0
    this.#index.dispose()
  }

  isDeferred(row: number): boolean {
    return row < this.count
  }

  protected beginWrite(): void {}

  readonly #resize = (rowCount: number): void => this.columns.cover(rowCount - 1)

  #isLost(row: number): boolean {
    return this.#index.entityOf(row) === 0
  }

  #claim(eid: number): number {
    const row = this.row(eid)
    return row >= 0 && !this.#isLost(row) ? row : this.#claimSlow(eid, row)
  }

  /**
   * A prefab gets its row on the first write. One that is losing the component keeps its row. If an
   * observer of an entity's removal throws, the entity stays, and bitECS does not report its loss
   * later.
   */
  #claimSlow(eid: number, row: number): number {
    const { worlds, component } = this.#options
    if (!worlds.has(eid, component) || this.#index.rowCount === 0) return row // 0 once disposed of
    if (row >= 0 && !worlds.has(eid, Prefab)) return row
    this.add(eid)
    this.#untracked.add(eid)
    return this.row(eid)
  }

  #loseUntracked(): void {
    const { worlds, component } = this.#options
    for (const eid of this.#untracked) {
      if (worlds.has(eid, component)) continue
      this.#untracked.delete(eid)
      this.lose(eid)
    }
  }

  /** The same entity gets its row again. */
  #renew(row: number, eid: number): void {
    if (this.fields?.has(row)) this.#options.checkIdle(ROW_REUSE)
    this.#empty(row)
    this.#keepRow(row, eid)
  }

  #keepRow(row: number, eid: number): void {
    if (!this.#isLost(row)) return
    this.#tombstoneCount--
    this.#index.setEntity(row, eid)
  }

  #empty(row: number): void {
    this.fields?.free(row)
    this.columns.clear(row)
  }

  /** Gives tombstones back. If there are any, it looks at all rows, at 1 ns each. */
  #compact(): void {
    for (let row = 0; this.#tombstoneCount > 0; row++) {
      if (row >= this.count) {
        // Other threads have overwritten entities of rows: those rows stay.
        const lost = String(this.#tombstoneCount)
        this.#tombstoneCount = 0
        throw corrupt('the number of rows that were lost', 'less', lost)
      }
      if (!this.#isLost(row)) continue
      while (this.count > 0 && this.#isLost(this.count - 1) && this.#tombstoneCount > 0) {
        this.#removeRow(this.count - 1)
      }
      if (row < this.count) this.#removeRow(row)
    }
  }

  /** Removes a lost row, and moves the last one into its place. */
  #removeRow(row: number): void {
    const last = this.count - 1
    this.#empty(row)
    this.#index.remove(row)
    if (row !== last) {
      this.columns.move(last, row)
      this.#index.move(last, row)
    }
    this.#setCount(last)
    this.#tombstoneCount--
  }

  #setCount(count: number): void {
    this.count = count
    this.#index.count = count
  }
}
