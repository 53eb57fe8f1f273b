/**
 * A sparse store has rows only for the entities that have the component.
 *
 * An entity has its row from the addition of the component until the first `sync` after its loss.
 * That `sync` moves the last rows into the places of lost rows, which are called tombstones. At no
 * other time does a row move. So onRemove observers can read values, and a loop over rows may
 * remove entities. If a loop adds entities, columns may move.
 */
import { Prefab } from 'bitecs'
import { corrupt, noRow } from '../base/errors.ts'
import { freeReserved } from '../memory/blocks.ts'
import type { ComponentRows } from '../schema/fields.ts'
import type { ComponentEntry } from '../shared/manifest.ts'
import type { ComponentContext } from './component-context.ts'
import { ComponentStore } from './component-store.ts'
import { FIRST_ROW_COUNT, RowIndex, RowsView } from './row-index.ts'

export class SparseStore extends ComponentStore implements ComponentRows {
  readonly row = (eid: number): number => this.index.find(eid)
  readonly indexOf = this.row
  readonly rows = new RowsView(this)
  readonly coveredIdCount = Number.POSITIVE_INFINITY
  /**
   * How many rows are in use. The row index has a copy for other threads; V8 takes 5 ns to read it.
   */
  count = 0
  readonly index: RowIndex
  /** How many rows have lost their entity since the last `sync`. */
  tombstoneCount = 0
  /** Entities for which bitECS does not report the loss of the component: see `#claimSlow`. */
  readonly untracked = new Set<number>()

  /** @throws ArenaError 'out-of-memory'; then nothing is allocated */
  constructor(context: ComponentContext) {
    super(context)
    this.resize(FIRST_ROW_COUNT)
    Object.defineProperty(context.component, 'rows', { value: this.rows, enumerable: true })
    try {
      this.index = new RowIndex(this.views, context.checkIdle, this.staleOffsets)
    } catch (error) {
      // Freed now, because no attached thread has seen these blocks. `dispose` would wait for these
      // threads.
      for (const { blockOffset } of this.columns) freeReserved(this.views.pool, blockOffset)
      throw error
    }
  }

  override get entry(): ComponentEntry {
    return { ...super.entry, rows: this.index.entry }
  }

  get entities(): Int32Array {
    return this.index.entities
  }

  begin(): void {
    this.untracked.clear()
    this.tombstoneCount = 0
    this.index.clear()
    this.count = 0
  }

  add(eid: number): void {
    const row = this.row(eid)
    if (row >= 0) {
      this.freeForReuse(row)
      this.clearRow(row)
      this.#keepRow(row, eid)
    } else {
      const last = this.count
      const isFull = last === this.index.rowCount
      if (isFull) this.index.grow(last, this.#resize)
      this.cover(last)
      this.clearRow(last)
      this.index.insert(last, eid)
      this.#setCount(last + 1) // last, because other threads read the rows below the count
      if (isFull) this.#reportGrowthFor(eid)
    }
  }

  /**
   * Reports growth. If a hook throws, the entity does not get the component, and `sync` removes its
   * row.
   */
  #reportGrowthFor(eid: number): void {
    try {
      this.context.growth.report()
    } catch (error) {
      this.lose(eid)
      throw error
    }
  }

  lose(eid: number): void {
    const row = this.row(eid)
    if (row < 0 || this.#isLost(row)) return
    this.index.setEntity(row, 0)
    this.tombstoneCount++
  }

  keep(eid: number): void {
    const row = this.row(eid)
    if (row >= 0 && this.hasComponent(eid)) this.#keepRow(row, eid)
  }

  claim(eid: number): number {
    const row = this.rowToFill(eid)
    if (row < 0) throw noRow(eid)
    return row
  }

  override find(eid: number): number {
    const row = this.row(eid)
    // A prefab without a row may have the id of an entity that has just lost its row.
    const isOther = row >= 0 && this.#isLost(row) && this.context.worlds.has(eid, Prefab)
    return isOther ? -1 : row
  }

  override sync(): void {
    super.sync()
    this.index.sync()
    if (this.untracked.size > 0) this.#loseUntracked()
    this.#compact()
  }

  override dispose(): void {
    this.index.dispose()
    super.dispose()
    this.count = 0
  }

  /** The inherited value, plus the bytes of rows whose entities lost the component. */
  override get staleByteLength(): number {
    const { columnByteLength, rowCount, tombstoneCount } = this
    return super.staleByteLength + (tombstoneCount * columnByteLength) / rowCount
  }

  isDeferred(row: number): boolean {
    return row < this.count
  }

  readonly #resize = (rowCount: number): void => this.cover(rowCount - 1)

  #isLost(row: number): boolean {
    return this.index.entityOf(row) === 0
  }

  rowToFill(eid: number): number {
    const row = this.row(eid)
    return row >= 0 && !this.#isLost(row) ? row : this.#claimSlow(eid, row)
  }

  /**
   * Returns the row of an entity that has no row, or a lost row. A prefab gets its row here, on the
   * first write. So does an entity that stayed because an observer of its removal threw. bitECS
   * does not report when such entities lose the component. An entity that is losing the component
   * keeps its lost row.
   */
  #claimSlow(eid: number, row: number): number {
    if (!this.hasComponent(eid) || this.index.rowCount === 0) return row // 0 after `dispose`
    if (row >= 0 && !this.context.worlds.has(eid, Prefab)) return row
    this.add(eid)
    this.untracked.add(eid)
    return this.row(eid)
  }

  #loseUntracked(): void {
    for (const eid of this.untracked) {
      if (this.hasComponent(eid)) continue
      this.untracked.delete(eid)
      this.lose(eid)
    }
  }

  #keepRow(row: number, eid: number): void {
    if (!this.#isLost(row)) return
    this.tombstoneCount--
    this.index.setEntity(row, eid)
  }

  /** Removes tombstones. It goes from the last row back to the first tombstone, at 1 ns a row. */
  #compact(): void {
    for (let row = this.count - 1; this.tombstoneCount > 0; row--) {
      if (row < 0) {
        // Other threads have overwritten the 0 of tombstones. Those rows stay.
        const lost = String(this.tombstoneCount)
        this.tombstoneCount = 0
        throw corrupt('the number of rows that were lost', 'less', lost)
      }
      if (this.#isLost(row)) this.#removeRow(row)
    }
  }

  /** Removes a tombstone. The last row moves to its index, with its handles. */
  #removeRow(row: number): void {
    const last = this.count - 1
    this.freeRow(row)
    this.index.remove(row)
    for (let i = 0; row !== last && i < this.columns.length; i++) {
      // Copies bytes, because V8 allocates memory for each fraction that `load` returns if it does
      // not inline `load`.
      const { array, byteOffset } = this.columns[i]
      const step = array.BYTES_PER_ELEMENT
      this.views.copyBytes(byteOffset + last * step, byteOffset + row * step, step)
    }
    if (row !== last) this.index.move(last, row)
    this.clearRow(last)
    this.#setCount(last)
    this.tombstoneCount--
  }

  #setCount(count: number): void {
    this.count = count
    this.index.count = count
  }
}
