/**
 * The room of columns: the rows and values of each component, in step with the storage's worlds.
 * An entity that has a component has a row in every column of it; other rows may hold anything.
 * The storage uses hooks and stores; other threads read sparse rows by `row-index.ts`. The room may
 * know worlds, lists and memory.
 */
import { getAllEntities, hasComponent, removeComponent } from 'bitecs'
import type { Component } from '../schema/schema.ts'
import { BoundComponent, ComponentWatcher, isPair, isWorld } from '../world/bitecs-internals.ts'
import { worldWasReset } from '../world/world-errors.ts'
import type { Worlds } from '../world/worlds.ts'
import type { ComponentContext } from './component-context.ts'
import type { ComponentStore } from './component-store.ts'
import { DenseStore } from './dense-store.ts'
import { SparseStore } from './sparse-store.ts'
import { WorldHooks } from './world-hooks.ts'

/**
 * An observer of additions in each world makes rows and clears them. Only lists, texts and sparse
 * rows watch removals too: values stay while the user's onRemove observers run. Prefabs are in no
 * query: if a world has some, columns cover every id when bitECS asks about the component.
 */
export class ComponentHooks extends ComponentWatcher {
  /** The component's, for messages. */
  readonly name: string
  /** What users hold. */
  readonly component: Component
  readonly store: ComponentStore
  readonly #worlds: Worlds
  readonly #byWorld: readonly WorldHooks[]
  #isDisposed = false
  /** Uses by other worlds that were reported. */
  #reportedCount = 0

  /** @throws ArenaError 'out-of-memory'; worlds and arena are as they were then */
  constructor(options: Omit<ComponentContext, 'component'>) {
    const { name, worlds, isSparse } = options
    super(worlds)
    const component = new BoundComponent(this) as object as Component
    const context = { ...options, component }
    const store = isSparse ? new SparseStore(context) : new DenseStore(context)
    this.name = name
    this.component = component
    this.store = store
    this.#worlds = worlds
    const shared = { ...context, store, watcher: this }
    this.#byWorld = worlds.all.map((world) => new WorldHooks(world, shared))
    this.subscribe()
  }

  /** Starts over with worlds that know nothing of the component. */
  subscribe(): void {
    this.index = this.#worlds.entityIndex
    for (const hooks of this.#byWorld) hooks.subscribe()
    this.balance = 0
    this.#reportedCount = 0
    this.store.begin(this.#worlds.entityMask, this.#owns)
  }

  /**
   * Whether another world has used the component since this was true last. bitECS reports nothing
   * of such a world, but asks the component about each addition and each `removeComponent` there.
   * In the storage's worlds,
   *
   *     times asked <= additions + losses = 2 * additions - entities that have it
   *
   * at any time. `balance` is times asked - 2 * additions: what goes beyond comes from another
   * world. bitECS does not ask when an entity is removed whole, which hides one use each: some uses
   * are missed, none is made up. Prefabs and relations are asked about more often: if the worlds
   * have any, the answer is false.
   */
  isUsedElsewhere(): boolean {
    let count = this.balance
    for (let i = 0; i < this.#byWorld.length; i++) count += this.#byWorld[i].ownerCount
    if (count <= this.#reportedCount) return false
    if (this.#worlds.havePrefabs || this.#worlds.haveRelations) return false
    this.#reportedCount = count
    return true
  }

  /** For `verifyStorage`: the entities that have the component, without prefabs. */
  get owners(): readonly number[] {
    return this.#byWorld.flatMap((hooks) => hooks.owners)
  }

  /** Leaves the worlds alone, and frees the columns. */
  dispose(): void {
    this.#isDisposed = true
    for (const hooks of this.#byWorld) hooks.unsubscribe()
    this.store.dispose()
  }

  /** @throws StorageError 'world-was-reset' */
  protected override onAskedSlow(component: object): true | undefined {
    const wasReset = !this.#worlds.haveIndex(this.index)
    const isOwn = component === this.component
    const isPlain = this.store.isPlain
    if (isOwn && !wasReset) {
      this.balance++
      if (!isPlain) for (let i = 0; i < this.#byWorld.length; i++) this.#byWorld[i].onAdded()
    }
    if (wasReset || this.index.maxId >= this.store.coveredIdCount) this.#coverPrefabs(wasReset)
    this.coveredIdCount = this.store.coveredIdCount
    if (isPair(component)) return true
    if (isOwn && isPlain && this.#worlds.all.length === 1) this.usual = component
    return undefined
  }

  readonly #owns = (eid: number): boolean => {
    for (let i = 0; i < this.#byWorld.length; i++) if (this.#byWorld[i].owns(eid)) return true
    return false
  }

  #coverPrefabs(wasReset: boolean): void {
    if (this.#isDisposed) return
    if (wasReset) throw worldWasReset()
    if (!this.#worlds.havePrefabs) return
    try {
      this.store.cover(this.index.maxId)
    } catch (error) {
      if (this.#takeOffUncovered()) throw error
    }
  }

  /** An entity without a row was half added just now: all others have theirs. */
  #takeOffUncovered(): boolean {
    const { component, store } = this
    const { all, entityMask } = this.#worlds
    let isAny = false
    for (const world of all.filter(isWorld)) {
      for (const eid of getAllEntities(world)) {
        if ((eid & entityMask) < store.coveredIdCount) continue
        if (!hasComponent(world, eid, component)) continue
        removeComponent(world, eid, component)
        isAny = true
      }
    }
    return isAny
  }
}
