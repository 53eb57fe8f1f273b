/**
 * A dense store has a row for every entity id. The row is the id without its version.
 *
 * If an entity has lost the component, its lists and texts are freed at `sync`, or earlier when
 * another entity gets the row. Until then, onRemove observers can read them.
 */
import { Prefab } from 'bitecs'
import type { RemovedLists } from '../fields/removed-lists.ts'
import type { ComponentContext } from './component-context.ts'
import { ComponentStore } from './component-store.ts'

export class DenseStore extends ComponentStore {
  readonly rows = undefined
  /** The rows that `sync` may free. Only a component with lists or texts has it. */
  readonly #removedLists: RemovedLists | undefined
  #entityMask = 0
  #owns: (eid: number) => boolean = () => true

  /** @throws ArenaError 'out-of-memory'; then nothing is allocated */
  constructor(context: ComponentContext) {
    super(context)
    this.resize(context.rowCount)
    this.#removedLists = this.variable
      .find((column) => column !== undefined)
      ?.$createRemovedLists((row) => this.freeRow(row), this.hasComponent, this.#byteLengthOf)
  }

  get coveredIdCount(): number {
    return this.rowCount
  }

  begin(entityMask: number, owns: (eid: number) => boolean): void {
    this.#entityMask = entityMask
    this.#owns = owns
    this.#removedLists?.clear()
  }

  readonly row = (eid: number): number => eid & this.#entityMask

  add(eid: number): void {
    const row = eid & this.#entityMask
    this.cover(row)
    const removedLists = this.#removedLists
    if (removedLists !== undefined) {
      this.freeForReuse(row)
      removedLists.renew(row)
    }
    this.clearRow(row)
    if (removedLists?.isLong()) this.context.growth.report(true)
  }

  lose(eid: number): void {
    this.#removedLists?.add(eid & this.#entityMask)
  }

  keep(eid: number): void {
    if (this.hasComponent(eid)) this.#removedLists?.takeLost(eid & this.#entityMask)
  }

  claim(eid: number): number {
    const row = eid & this.#entityMask
    this.cover(row)
    return row
  }

  override sync(): void {
    super.sync()
    this.#removedLists?.sync()
  }

  /** The inherited value, plus the bytes of lists and texts of entities that lost the component. */
  override get staleByteLength(): number {
    return super.staleByteLength + (this.#removedLists?.byteLength ?? 0)
  }

  isDeferred(row: number): boolean {
    return this.#removedLists?.has(row) ?? false
  }

  readonly #byteLengthOf = (row: number): number =>
    this.variable.reduce((sum, column) => sum + (column?.$byteLengthAt(row) ?? 0), 0)

  protected override beginWrite(eid: number, row: number): void {
    if (this.#removedLists === undefined) return
    // With versioned ids, the values in the row may belong to an earlier prefab.
    if (this.#removedLists.hasAnotherUntracked(eid, row)) this.freeRow(row)
    this.onFill(eid, row)
  }

  onFill(eid: number, row: number): void {
    if (this.#owns(eid)) return
    // A prefab may get the row of an entity that lost the component. The old values are freed now,
    // because otherwise `sync` would free the prefab's. If the entity itself is losing the
    // component, its values stay until `sync`.
    const isPrefab = this.hasComponent(eid) && this.context.worlds.has(eid, Prefab)
    if (isPrefab && this.#removedLists?.takeLost(row)) this.freeRow(row)
    this.#removedLists?.addUntracked(eid, row)
  }
}
