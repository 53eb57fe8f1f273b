/**
 * A row for those that have the component. The values of those that lost it go with the row, at `sync`,
 * or when the same entity gets the component again.
 */
import { Prefab } from 'bitecs'
import { noRow } from '../base/errors.ts'
import type { GivenValues } from '../lists/given-values.ts'
import { NO_ROW } from '../lists/variable-field.ts'
import { createVariableFields, type VariableFields } from '../lists/variable-fields.ts'
import { emptyValues } from '../schema/schema.ts'
import type { ComponentRows } from '../shared/directory.ts'
import { Columns } from './columns.ts'
import type { ComponentStore, ComponentStoreOptions } from './component-store.ts'
import { RowsView } from './rows-view.ts'
import { SparseRows } from './sparse-rows.ts'
import { hasVariable } from './variable-binding.ts'

export class SparseStore implements ComponentStore {
  readonly columns: Columns
  readonly fields: VariableFields | undefined
  readonly rows: ComponentRows
  readonly #options: ComponentStoreOptions
  readonly #rows: SparseRows
  /** Who got a row though nothing tells when it loses the component: prefabs. */
  readonly #strays = new Set<number>()

  /** @throws ArenaError 'out-of-memory'; nothing is allocated then */
  constructor(options: ComponentStoreOptions) {
    this.#options = options
    const rows = new SparseRows(options, {
      resize: (rowCount) => this.columns.cover(rowCount - 1),
      empty: (row) => this.#empty(row),
      move: (from, to) => this.columns.move(from, to),
    })
    this.#rows = rows
    this.rows = new RowsView(rows)
    const byEid = { row: rows.row, claim: (eid: number) => this.#claim(eid) }
    if (hasVariable(options.fields)) {
      this.fields = createVariableFields({ ...options, rows: byEid })
    }
    const [variable, rowCount, isSparse] = [this.fields?.byField, rows.rowCount, true]
    try {
      this.columns = new Columns({ ...options, variable, rowCount, isSparse })
    } catch (error) {
      rows.dispose()
      throw error
    }
  }

  get entry() {
    return { ...this.columns.entry, rows: this.#rows.entry }
  }

  get version() {
    return this.columns.version + this.#rows.version
  }

  get isTold() {
    return true
  }

  begin(): void {
    this.#strays.clear()
    this.#rows.begin()
  }

  add(eid: number): void {
    const row = this.#rows.row(eid)
    if (row >= 0) this.#renew(row, eid)
    else {
      const last = this.#rows.reserve()
      this.columns.cover(last)
      this.columns.clear(last)
      this.#rows.append(eid)
    }
  }

  lose(eid: number): void {
    this.#rows.lose(this.#rows.row(eid))
  }

  claim(eid: number): number {
    const row = this.#claim(eid)
    if (row < 0) throw noRow(eid)
    return row
  }

  find(eid: number): number {
    return this.#rows.row(eid)
  }

  read(eid: number): Record<string, unknown> {
    const row = this.#rows.row(eid)
    return row < 0 ? emptyValues(this.#options.fields) : this.columns.read(row)
  }

  keep(eid: number): void {
    const row = this.#rows.row(eid)
    if (row >= 0) this.#rows.keep(row, eid)
  }

  write(_eid: number, row: number, given: GivenValues): void {
    this.fields?.prepare(row, given)
    this.fields?.commit(row, given)
    this.columns.write(row, given)
  }

  prepare(given: GivenValues): void {
    this.fields?.prepare(NO_ROW, given)
  }

  commit(_eid: number, row: number, given: GivenValues): void {
    this.fields?.commit(row, given)
    this.columns.write(row, given)
  }

  isDeferred(row: number): boolean {
    return row < this.#rows.count
  }

  get heldRows() {
    return { ...this.#rows.held, strays: this.#strays }
  }

  get coveredIdCount(): number {
    return Number.POSITIVE_INFINITY
  }

  cover(): void {}

  sync(): void {
    this.columns.sync()
    this.#rows.sync()
    if (this.#strays.size > 0) this.#loseStrays()
    this.#rows.compact()
  }

  clearAll(): void {
    this.fields?.freeAll()
    this.columns.clearAll()
  }

  dispose(): void {
    this.fields?.freeAll()
    this.columns.dispose()
    this.#rows.dispose()
  }

  #claim(eid: number): number {
    const row = this.#rows.row(eid)
    return row >= 0 && !this.#rows.isLost(row) ? row : this.#claimSlow(eid, row)
  }

  /**
   * Of a prefab that has no row yet; or of one that is losing the component, and keeps its row. An entity
   * that an observer of its removal kept alive by throwing is one of whose end nothing tells either.
   */
  #claimSlow(eid: number, row: number): number {
    const { worlds, component } = this.#options
    if (!worlds.has(eid, component) || this.#rows.rowCount === 0) return row // 0 once disposed of
    if (row >= 0 && !worlds.has(eid, Prefab)) return row
    this.add(eid)
    this.#strays.add(eid)
    return this.#rows.row(eid)
  }

  #loseStrays(): void {
    const { worlds, component } = this.#options
    for (const eid of this.#strays) {
      if (worlds.has(eid, component)) continue
      this.#strays.delete(eid)
      this.lose(eid)
    }
  }

  /** A row for the same entity once more. */
  #renew(row: number, eid: number): void {
    const { checkIdle } = this.#options
    if (this.fields?.has(row)) checkIdle('an entity in the row of one that had lists or texts')
    this.#empty(row)
    this.#rows.keep(row, eid)
  }

  #empty(row: number): void {
    this.fields?.free(row)
    this.columns.clear(row)
  }
}
