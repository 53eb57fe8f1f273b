/**
 * Keeps the columns of one component in step with a bitECS world.
 *
 * One observer of additions does it: bitECS calls it before any of the user's, because the query
 * it hangs on is made before the user has the component. It makes sure that the row is there and
 * clears it (see `keeper.ts`), so that nothing has to watch removals, and values stay while the
 * user's onRemove observers run. Only variable-length fields and sparse rows watch removals too.
 *
 * Prefabs take part in no query. In a world that has some, the columns come to cover every id there is when
 * bitECS asks the component something (see `bound-component.ts`).
 */
import {
  hasComponent,
  observe,
  onGet,
  onSet,
  Prefab,
  registerQuery,
  removeComponent,
  type World,
  type WorldContext,
} from 'bitecs'
import { BoundComponent, type ComponentWatcher, watch } from './bound-component.ts'
import type { Columns } from './columns.ts'
import { worldWasReset } from './errors.ts'
import { FlatKeeper } from './flat-keeper.ts'
import type { Keeper, KeeperOptions } from './keeper.ts'
import type { Component } from './schema.ts'
import { SparseKeeper } from './sparse-keeper.ts'
import { contextOf, stillHas } from './world.ts'

export type BindingOptions = Omit<KeeperOptions, 'world' | 'component'> & {
  /** Whether only those have rows that have the component. */
  isSparse: boolean
  sets: Sets
}

/** Told of what reads values, so that no getter among them moves the row that they go to. */
export interface Sets {
  beginSet(): void
  endSet(): void
}

export class Binding implements ComponentWatcher {
  /** What users hold. */
  readonly component: Component
  readonly keeper: Keeper
  readonly #world: World
  readonly #context: WorldContext
  readonly #sets: Sets
  #index: WorldContext['entityIndex']
  #unsubscribe: (() => void)[] = []
  /** Components that the world knew when it was last looked at for prefabs. */
  #componentCount = 0
  #hasPrefabs = false

  /** @throws ArenaError 'out-of-memory'; world and arena are as they were then */
  constructor(world: World, { isSparse, sets, ...options }: BindingOptions) {
    const component = new BoundComponent(this) as object as Component
    this.component = component
    this.#world = world
    this.#context = contextOf(world)
    const Keeper = isSparse ? SparseKeeper : FlatKeeper
    this.#sets = sets
    this.keeper = new Keeper({ ...options, world, component })
    this.#index = this.#context.entityIndex
    this.subscribe()
  }

  /** Begins anew with a world that knows nothing of the component. */
  subscribe(): void {
    const { component, keeper } = this
    const columns: Columns = keeper.columns // named, for `check` tells TypeScript a type
    const world = this.#world
    const sets = this.#sets
    const { entityIndex } = this.#context
    this.#index = entityIndex
    this.#componentCount = 0
    this.#hasPrefabs = false

    const owners = registerQuery(world, [component])
    watch(this.#context, component)
    /** Half added: no event has told of it, so none shall tell that it goes. */
    const undo = (eid: number) => {
      owners.remove(eid)
      removeComponent(world, eid, component)
    }
    const claim = (eid: number): number => {
      try {
        return keeper.claim(eid)
      } catch (error) {
        undo(eid)
        throw error
      }
    }
    this.#unsubscribe = [
      owners.addObservable.subscribe((eid) => {
        try {
          keeper.add(eid)
        } catch (error) {
          undo(eid)
          throw error
        }
      }),
      observe(world, onSet(component), (eid, values) => {
        const row = claim(eid)
        sets.beginSet()
        try {
          columns.check(values)
          keeper.write(eid, row, values)
        } finally {
          sets.endSet()
        }
      }),
      observe(world, onGet(component), (eid) => keeper.read(eid)),
    ]
    const unsubscribe = keeper.begin(owners, entityIndex.entityMask)
    if (unsubscribe !== undefined) this.#unsubscribe.push(unsubscribe)
  }

  /** An entity whose removal was told of stays after all. */
  keep(eid: number): void {
    if (stillHas(this.#world, eid, this.component)) this.keeper.keep(eid)
  }

  /** Frees what is not needed any more, and renews views whose buffer is gone. */
  sync(): void {
    this.keeper.sync()
  }

  /** Empties every row. */
  clearAll(): void {
    this.keeper.clearAll()
  }

  /** Leaves the world alone, and frees the columns. */
  dispose(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    this.#unsubscribe = []
    this.keeper.dispose()
  }

  /** @throws StorageError 'world-was-reset' */
  coverPrefabs(): void {
    const { entityIndex } = this.#context
    if (entityIndex === this.#index && this.keeper.covers(entityIndex.maxId)) return
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
      this.keeper.cover(maxId)
    } catch (error) {
      // The rows of all others are there: who has none was half added just now, if anyone was.
      const half = dense
        .slice(0, aliveCount)
        .filter((eid) => !this.keeper.covers(eid & entityMask))
        .filter((eid) => hasComponent(this.#world, eid, this.component))
      for (const eid of half) removeComponent(this.#world, eid, this.component)
      if (half.length > 0) throw error
    }
  }
}
