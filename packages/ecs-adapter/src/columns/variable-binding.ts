/**
 * Keeps the variable-length fields of one component in step with a bitECS world: frees the blocks of
 * those that lost the component, at `sync` or when a row is used again, and not before, so that
 * values stay readable in onRemove observers.
 */
import { Prefab } from 'bitecs'
import type { Rows } from '../lists/handle-column.ts'
import type { VariableField } from '../lists/variable-field.ts'
import { createVariableFields, type VariableFields } from '../lists/variable-fields.ts'
import type { VariableMemory } from '../lists/variable-memory.ts'
import type { Field } from '../schema/schema.ts'
import type { StaleReferences } from '../world/stale-references.ts'
import type { Worlds } from '../world/worlds.ts'
import { DeferredFrees } from './deferred-frees.ts'

export interface VariableBindingOptions {
  worlds: Worlds
  component: object
  /** Of the component, for messages. */
  name: string
  fields: readonly Field[]
  memory: VariableMemory
  row: Rows['row']
  /** For lists that drop removed entities. */
  removed?: StaleReferences | undefined
  /** Throws while systems of other threads may be at what is to be freed. */
  checkIdle(what: string): void
}

export class VariableBinding {
  readonly fields: VariableFields
  readonly #deferredFrees = new DeferredFrees()
  readonly #hasComponent: (eid: number) => boolean
  readonly #isPrefab: (eid: number) => boolean
  readonly #free: (row: number) => void
  readonly #checkIdle: (what: string) => void
  #owns: (eid: number) => boolean = () => true

  constructor(options: VariableBindingOptions) {
    const { worlds, component, name, fields, memory, row, removed } = options
    const rows: Rows = { row, onFill: (eid, row) => this.#onFill(eid, row) }
    this.fields = createVariableFields({ name, fields, memory, rows, removed })
    this.#hasComponent = (eid) => worlds.has(eid, component)
    this.#isPrefab = (eid) => this.#hasComponent(eid) && worlds.has(eid, Prefab)
    this.#free = (row) => this.fields.free(row)
    this.#checkIdle = options.checkIdle
  }

  /** By field of the component; undefined where that is a scalar. */
  get byField(): readonly (VariableField | undefined)[] {
    return this.fields.byField
  }

  /** Begins anew. @param owns whether an entity has the component, and is not just losing it */
  begin(owns: (eid: number) => boolean): void {
    this.#owns = owns
    this.#deferredFrees.clear()
  }

  /** The entity of a row has lost the component. */
  lose(row: number): void {
    this.#deferredFrees.add(row)
  }

  /** An entity gets the component in a row: frees what was there. */
  renew(row: number): void {
    if (this.fields.has(row)) this.#checkIdle('an entity in the row of one that had lists or texts')
    this.fields.free(row)
    this.#deferredFrees.renew(row)
  }

  /** What a row has is not to be freed for whoever lost the component. */
  keep(row: number): void {
    this.#deferredFrees.takeLost(row)
  }

  /** For `verifyStorage`: whether `sync` may free what a row has. */
  isDeferred(row: number): boolean {
    return this.#deferredFrees.has(row)
  }

  /** The values of a row are about to be written. */
  beginWrite(eid: number, row: number): void {
    // A prefab in the row of another one. Its id differs where ids have versions.
    if (this.#deferredFrees.hasAnotherStray(eid, row)) this.fields.free(row)
    this.#onFill(eid, row)
  }

  /** Frees the blocks of those that have the component no more. */
  sync(): void {
    this.#deferredFrees.sync(this.#free, this.#hasComponent)
  }

  #onFill(eid: number, row: number): void {
    if (this.#owns(eid)) return
    // A prefab's values outlast the sync that frees those of the one before. In onRemove observers,
    // one that is no prefab may yet write, and what it had is to stay readable.
    if (this.#isPrefab(eid) && this.#deferredFrees.takeLost(row)) this.fields.free(row)
    this.#deferredFrees.addStray(eid, row)
  }
}

/** Whether a component needs a `VariableBinding`. */
export const hasVariable = (fields: readonly Field[]) =>
  fields.some(({ type }) => type.kind !== 'scalar')
