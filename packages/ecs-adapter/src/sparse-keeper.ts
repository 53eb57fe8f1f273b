/**
 * A row for those that have the component. The values of those that lost it go with the row, at `sync`,
 * or when the same entity gets the component again.
 */
import { hasComponent, Prefab, type Query } from 'bitecs'
import { Columns } from './columns.ts'
import { noRow } from './errors.ts'
import type { Keeper, KeeperOptions } from './keeper.ts'
import { type RowMover, SPARSE_GROWTH_SHIFT, SPARSE_ROW_COUNT, SparseRows } from './sparse-rows.ts'
import { hasVariable } from './variable-binding.ts'
import { createVariableFields, type VariableFields } from './variable-fields.ts'

export class SparseKeeper implements Keeper {
  readonly columns: Columns
  readonly fields: VariableFields | undefined
  readonly rows: SparseRows
  readonly #options: KeeperOptions
  readonly #mover: RowMover
  /** Who got a row though nothing tells when it loses the component: prefabs. */
  readonly #strays = new Set<number>()

  /** @throws ArenaError 'out-of-memory'; nothing is allocated then */
  constructor(options: KeeperOptions) {
    this.#options = options
    const columnCount = options.columnCount + options.fields.length
    const rows = new SparseRows({ ...options, columnCount })
    this.rows = rows
    const byEid = { row: rows.row, claim: (eid: number) => this.#claim(eid) }
    if (hasVariable(options.fields)) {
      this.fields = createVariableFields({ ...options, rows: byEid })
    }
    const [rowCount, growthShift] = [SPARSE_ROW_COUNT, SPARSE_GROWTH_SHIFT]
    try {
      const variable = this.fields?.byField
      this.columns = new Columns({ ...options, variable, rowCount, growthShift })
    } catch (error) {
      rows.dispose()
      throw error
    }
    this.#mover = {
      empty: (row) => this.#empty(row),
      move: (from, to) => this.columns.move(from, to),
    }
  }

  get entry() {
    return { ...this.columns.entry, rows: this.rows.entry }
  }

  get version() {
    return this.columns.version + this.rows.version
  }

  begin(owners: Query, entityMask: number) {
    this.#strays.clear()
    this.rows.begin(entityMask)
    return owners.removeObservable.subscribe((eid: number) => this.rows.lose(this.rows.row(eid)))
  }

  add(eid: number): void {
    const row = this.rows.row(eid)
    if (row >= 0) {
      this.#empty(row)
      this.rows.take(eid, row)
      return
    }
    const last = this.rows.reserve()
    this.columns.cover(last)
    this.columns.clear(last)
    this.rows.append(eid)
  }

  claim(eid: number): number {
    const row = this.#claim(eid)
    if (row < 0) throw noRow(eid)
    return row
  }

  write(_eid: number, row: number, values: Record<string, unknown>): void {
    this.fields?.write(row, values)
    this.columns.write(row, values)
  }

  covers(): boolean {
    return true
  }

  cover(): void {}

  sync(): void {
    this.columns.sync()
    this.rows.sync()
    if (this.#strays.size > 0) this.#loseStrays()
    this.rows.compact(this.#mover)
  }

  clearAll(): void {
    this.fields?.freeAll()
    this.columns.clearAll()
  }

  dispose(): void {
    this.fields?.freeAll()
    this.columns.dispose()
    this.rows.dispose()
  }

  #claim(eid: number): number {
    const row = this.rows.row(eid)
    return row >= 0 && this.rows.isOf(eid, row) ? row : this.#claimSlow(eid, row)
  }

  /** Of a prefab that has no row yet; or of one that is losing the component, and keeps its row. */
  #claimSlow(eid: number, row: number): number {
    const { world, component } = this.#options
    const isPrefab = hasComponent(world, eid, component) && hasComponent(world, eid, Prefab)
    if (!isPrefab) return row
    this.add(eid)
    this.#strays.add(eid)
    return this.rows.row(eid)
  }

  #loseStrays(): void {
    const { world, component } = this.#options
    for (const eid of this.#strays) {
      if (hasComponent(world, eid, component)) continue
      this.#strays.delete(eid)
      const row = this.rows.row(eid)
      if (row >= 0 && this.rows.isOf(eid, row)) this.rows.lose(row)
    }
  }

  #empty(row: number): void {
    this.fields?.free(row)
    this.columns.clear(row)
  }
}
