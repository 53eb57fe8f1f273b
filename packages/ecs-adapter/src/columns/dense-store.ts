/**
 * A row for every id: ids index the columns.
 *
 * The lists and texts of entities that lost the component are freed at `sync` or when the row is
 * used again, so that onRemove observers can read them.
 */
import { Prefab } from 'bitecs'
import type { ComponentContext } from './component-context.ts'
import { ComponentStore } from './component-store.ts'
import { RemovedLists } from './free-removed-lists.ts'

export class DenseStore extends ComponentStore {
  readonly rows = undefined
  readonly #removedLists: RemovedLists
  #entityMask = 0
  #owns: (eid: number) => boolean = () => true

  constructor(context: ComponentContext) {
    super(context, context.rowCount)
    this.#removedLists = new RemovedLists((row) => this.freeRow(row), this.hasComponent)
  }

  get coveredIdCount(): number {
    return this.rowCount
  }

  begin(entityMask: number, owns: (eid: number) => boolean): void {
    this.#entityMask = entityMask
    this.#owns = owns
    this.#removedLists.clear()
  }

  readonly row = (eid: number): number => eid & this.#entityMask

  add(eid: number): void {
    const row = eid & this.#entityMask
    this.cover(row)
    if (!this.isPlain) {
      this.freeForReuse(row)
      this.#removedLists.renew(row)
    }
    this.clearRow(row)
  }

  lose(eid: number): void {
    if (!this.isPlain) this.#removedLists.add(eid & this.#entityMask)
  }

  keep(eid: number): void {
    if (this.hasComponent(eid)) this.#removedLists.takeLost(eid & this.#entityMask)
  }

  claim(eid: number): number {
    const row = eid & this.#entityMask
    this.cover(row)
    return row
  }

  override sync(): void {
    super.sync()
    this.#removedLists.sync()
  }

  isDeferred(row: number): boolean {
    return this.#removedLists.has(row)
  }

  protected override beginWrite(eid: number, row: number): void {
    if (this.isPlain) return
    // A prefab may take the row of another one: versioned ids differ.
    if (this.#removedLists.hasAnotherUntracked(eid, row)) this.freeRow(row)
    this.onFill(eid, row)
  }

  onFill(eid: number, row: number): void {
    if (this.#owns(eid)) return
    // A prefab's values outlast the sync that frees those of the former entity. An entity that an
    // onRemove observer writes to is losing the component: its values stay readable until then.
    const isPrefab = this.hasComponent(eid) && this.context.worlds.has(eid, Prefab)
    if (isPrefab && this.#removedLists.takeLost(row)) this.freeRow(row)
    this.#removedLists.addUntracked(eid, row)
  }
}
