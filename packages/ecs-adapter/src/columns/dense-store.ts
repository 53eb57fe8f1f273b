/**
 * A row for every id: ids index the columns.
 *
 * The lists and texts of entities that lost the component are freed at `sync` or when the row is
 * used again, so that onRemove observers can read them.
 */
import { Prefab } from 'bitecs'
import type { VariableFields } from '../lists/variable-fields.ts'
import { Columns } from './columns.ts'
import { ComponentStore, type ComponentStoreOptions, variableFieldsOf } from './component-store.ts'
import { DeferredFrees } from './deferred-frees.ts'

export class DenseStore extends ComponentStore {
  readonly columns: Columns
  readonly fields: VariableFields | undefined
  readonly rows = undefined
  readonly heldRows = undefined
  readonly #options: ComponentStoreOptions
  readonly #deferredFrees: DeferredFrees
  #entityMask = 0
  #owns: (eid: number) => boolean = () => true

  /** @throws ArenaError 'out-of-memory'; nothing is allocated then */
  constructor(options: ComponentStoreOptions) {
    super()
    this.#options = options
    this.fields = variableFieldsOf(options, {
      row: (eid) => eid & this.#entityMask,
      onFill: (eid, row) => this.#onFill(eid, row),
    })
    this.#deferredFrees = new DeferredFrees(this.#free, this.#hasComponent)
    this.columns = new Columns({ ...options, isSparse: false, variable: this.fields?.byField })
  }

  get coveredIdCount(): number {
    return this.columns.rowCount
  }

  begin(entityMask: number, owns: (eid: number) => boolean): void {
    this.#entityMask = entityMask
    this.#owns = owns
    this.#deferredFrees.clear()
  }

  add(eid: number): void {
    const row = eid & this.#entityMask
    this.columns.cover(row)
    if (this.fields !== undefined) this.#renew(row, this.fields)
    this.columns.clear(row)
  }

  lose(eid: number): void {
    if (this.fields !== undefined) this.#deferredFrees.add(eid & this.#entityMask)
  }

  keep(eid: number): void {
    this.#deferredFrees.takeLost(eid & this.#entityMask)
  }

  claim(eid: number): number {
    const row = eid & this.#entityMask
    this.columns.cover(row)
    return row
  }

  find(eid: number): number {
    return this.claim(eid)
  }

  sync(): void {
    this.columns.sync()
    this.#deferredFrees.sync()
  }

  isDeferred(row: number): boolean {
    return this.#deferredFrees.has(row)
  }

  protected beginWrite(eid: number, row: number): void {
    if (this.fields === undefined) return
    // A prefab may take the row of another one: versioned ids differ.
    if (this.#deferredFrees.hasAnotherUntracked(eid, row)) this.fields.free(row)
    this.#onFill(eid, row)
  }

  /** Frees what the row's former entity left. */
  #renew(row: number, fields: VariableFields): void {
    if (fields.has(row)) this.#options.checkIdle(ROW_REUSE)
    fields.free(row)
    this.#deferredFrees.renew(row)
  }

  #onFill(eid: number, row: number): void {
    if (this.#owns(eid)) return
    // A prefab's values outlast the sync that frees those of the former entity. An entity that an
    // onRemove observer writes to is losing the component: its values stay readable until then.
    const isPrefab = this.#hasComponent(eid) && this.#options.worlds.has(eid, Prefab)
    if (isPrefab && this.#deferredFrees.takeLost(row)) this.#free(row)
    this.#deferredFrees.addUntracked(eid, row)
  }

  readonly #free = (row: number): void => this.fields?.free(row)

  readonly #hasComponent = (eid: number): boolean =>
    this.#options.worlds.has(eid, this.#options.component)
}

/** What must wait while systems run, for the error. */
export const ROW_REUSE = 'an entity in the row of one that had lists or texts'
