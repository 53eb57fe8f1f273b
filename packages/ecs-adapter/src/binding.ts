/**
 * Keeps the columns of one component in step with a bitECS world.
 *
 * One observer of additions does it: bitECS calls it before any of the user's, because the query
 * it hangs on is made before the user has the component. It makes sure that the row is there and
 * clears it, so that nothing has to watch removals, and values stay while the user's onRemove
 * observers run. Only variable-length fields want an observer of removals too.
 *
 * Prefabs take part in no query: a component put on one without values fires nothing. But
 * addComponent ends by asking the component, through a property, whether it is a pair. In a world
 * that has prefabs, that is when the columns come to cover every id there is.
 */
import {
  $internal,
  hasComponent,
  type InternalWorld,
  observe,
  onGet,
  onSet,
  Prefab,
  registerQuery,
  removeComponent,
  type World,
  type WorldContext,
} from 'bitecs'
import { Columns, type ColumnsOptions } from './columns.ts'
import { worldWasReset } from './errors.ts'
import type { Component } from './schema.ts'
import { hasVariable, VariableBinding, type VariableBindingOptions } from './variable-binding.ts'

/** The property by which bitECS asks; it is undefined of all but pairs. */
const IS_PAIR = Symbol.for('bitecs-isPairComponent')

/** Where a component keeps its binding: not by a private name, for what inherits from one has it too. */
const BINDING = Symbol('binding')

/**
 * What users hold. All components are made by one class, and so those of equal fields have one shape
 * to the engine, as literals have: with a prototype for each, what bitECS looks up in them cost
 * V8 90 ns in each query.
 */
class BoundComponent {
  declare readonly [BINDING]: Binding

  constructor(binding: Binding) {
    Object.defineProperty(this, BINDING, { value: binding }) // hidden
  }

  get [IS_PAIR](): undefined {
    this[BINDING].coverPrefabs()
    return undefined
  }
}

/** What bitECS knows of a world; undefined of what is no world. */
export const contextOf = (world: World): WorldContext => (world as InternalWorld)[$internal]

export type BindingOptions = Omit<ColumnsOptions, 'component' | 'variable' | 'checkIdle'> &
  Pick<VariableBindingOptions, 'memory' | 'admit' | 'checkIdle'>

export class Binding {
  /** What users hold. */
  readonly component: Component
  readonly columns: Columns
  /** Undefined of a component that has scalar fields only. */
  readonly variable: VariableBinding | undefined
  readonly #world: World
  readonly #context: WorldContext
  #index: WorldContext['entityIndex']
  #unsubscribe: (() => void)[] = []
  /** Components that the world knew when it was last looked at for prefabs. */
  #componentCount = 0
  #hasPrefabs = false

  /** @throws ArenaError 'out-of-memory'; world and arena are as they were then */
  constructor(world: World, options: BindingOptions) {
    const component = new BoundComponent(this) as object as Component
    this.component = component
    this.#world = world
    this.#context = contextOf(world)
    if (hasVariable(options.fields)) {
      const row = (eid: number) => eid & this.#context.entityIndex.entityMask
      this.variable = new VariableBinding({ ...options, world, component, row })
    }
    this.columns = new Columns({ ...options, component, variable: this.variable?.byField })
    this.#index = this.#context.entityIndex
    this.subscribe()
  }

  /** Begins anew with a world that knows nothing of the component. */
  subscribe(): void {
    const { component, variable } = this
    const columns: Columns = this.columns // named, for `check` tells TypeScript a type
    const world = this.#world
    const { entityIndex } = this.#context
    const { entityMask } = entityIndex
    this.#index = entityIndex
    this.#componentCount = 0
    this.#hasPrefabs = false

    const owners = registerQuery(world, [component])
    const cover = (eid: number, isNew = false) => {
      try {
        columns.cover(eid & entityMask)
        if (isNew) variable?.renew(eid & entityMask)
      } catch (error) {
        // Half added: no event has told of it, so none shall tell that it goes.
        owners.remove(eid)
        removeComponent(world, eid, component)
        throw error
      }
    }
    this.#unsubscribe = [
      owners.addObservable.subscribe((eid) => {
        cover(eid, true)
        columns.clear(eid & entityMask)
      }),
      observe(world, onSet(component), (eid, values) => {
        cover(eid)
        columns.check(values)
        variable?.write(eid, eid & entityMask, values)
        columns.write(eid & entityMask, values)
      }),
      observe(world, onGet(component), (eid) => {
        cover(eid)
        return columns.read(eid & entityMask)
      }),
    ]
    if (variable === undefined) return
    this.#unsubscribe.push(variable.subscribe(owners, (eid) => eid & entityMask))
  }

  /** The row of an entity that has the component, which is there from now on. @throws as the constructor */
  rowOf(eid: number): number {
    const row = eid & this.#context.entityIndex.entityMask
    this.columns.cover(row)
    return row
  }

  /** Frees what is not needed any more, and renews views whose buffer is gone. */
  sync(): void {
    this.columns.sync()
    this.variable?.sync()
  }

  /** Empties every row. */
  clearAll(): void {
    this.variable?.fields.freeAll()
    this.columns.clearAll()
  }

  /** Leaves the world alone, and frees the columns. */
  dispose(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    this.#unsubscribe = []
    this.variable?.fields.freeAll()
    this.columns.dispose()
  }

  /** @throws StorageError 'world-was-reset' */
  coverPrefabs(): void {
    const { entityIndex } = this.#context
    if (entityIndex === this.#index && entityIndex.maxId < this.columns.rowCount) return
    this.#coverPrefabsSlow()
  }

  #coverPrefabsSlow(): void {
    if (this.#unsubscribe.length === 0) return
    if (this.#context.entityIndex !== this.#index) throw worldWasReset()
    if (this.#worldHasPrefabs()) this.#coverAll()
  }

  #worldHasPrefabs(): boolean {
    if (this.#context.componentCount !== this.#componentCount) {
      this.#componentCount = this.#context.componentCount
      this.#hasPrefabs = this.#context.componentMap.has(Prefab)
    }
    return this.#hasPrefabs
  }

  #coverAll(): void {
    const { maxId, dense, aliveCount, entityMask } = this.#index
    try {
      this.columns.cover(maxId)
    } catch (error) {
      // The rows of all others are there: who has none was half added just now, if anyone was.
      const half = dense
        .slice(0, aliveCount)
        .filter((eid) => (eid & entityMask) >= this.columns.rowCount)
        .filter((eid) => hasComponent(this.#world, eid, this.component))
      for (const eid of half) removeComponent(this.#world, eid, this.component)
      if (half.length > 0) throw error
    }
  }
}
