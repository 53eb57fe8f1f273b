/**
 * Keeps the columns of one component in step with the worlds of its storage.
 *
 * One observer of additions in each world does it. It makes sure that the row is there and clears it (see
 * `store.ts`), so that nothing has to watch removals, and values stay while the user's onRemove observers
 * run. Only variable-length fields and sparse rows watch removals too.
 *
 * Prefabs take part in no query. In a world that has some, the columns come to cover every id there is when
 * bitECS asks the component something (see `bound-component.ts`).
 */
import { Prefab, removeComponent } from 'bitecs'
import { isPair } from '../base/relations.ts'
import { GivenFrames } from '../lists/given-values.ts'
import type { Component } from '../schema/schema.ts'
import { BoundComponent, type ComponentWatcher } from '../world/bound-component.ts'
import { UseTally } from '../world/use-tally.ts'
import { worldWasReset } from '../world/world-errors.ts'
import type { Worlds } from '../world/worlds.ts'
import type { ComponentStore, ComponentStoreOptions } from './component-store.ts'
import { DenseStore } from './dense-store.ts'
import { SparseStore } from './sparse-store.ts'
import { type Sets, WorldHooks } from './world-hooks.ts'

export type BindingOptions = Omit<ComponentStoreOptions, 'component'> & {
  /** Whether only those have rows that have the component. */
  isSparse: boolean
  sets: Sets
}

export class Binding implements ComponentWatcher {
  /** Of the component, for messages. */
  readonly name: string
  /** What users hold. */
  readonly component: Component
  readonly store: ComponentStore
  readonly #worlds: Worlds
  /** Of the first one. */
  readonly #context: Worlds['contexts'][number]
  readonly #hooks: readonly WorldHooks[]
  readonly #tally = new UseTally()
  #index: Worlds['entityIndex']
  #isDisposed = false
  /** The component, once it was asked, if it is no pair, has no lists or texts, and one world. */
  #usual: object | undefined
  /** Of the store, as it was then: it grows only. */
  #coveredIdCount = 0
  /** Components that the worlds knew when they were last looked at for prefabs. */
  #componentCount = 0
  #hasPrefabs = false

  /** @throws ArenaError 'out-of-memory'; worlds and arena are as they were then */
  constructor({ isSparse, sets, ...options }: BindingOptions) {
    const { worlds } = options
    const component = new BoundComponent(this) as object as Component
    const ComponentStore = isSparse ? SparseStore : DenseStore
    const store = new ComponentStore({ ...options, component })
    this.name = options.name
    this.component = component
    this.store = store
    this.#worlds = worlds
    this.#context = worlds.contexts[0]
    const frames = new GivenFrames(options.name, options.fields, options.memory.staging)
    const { cells } = options
    const shared = { worlds, component, store, cells, frames, sets, tally: this.#tally }
    this.#hooks = worlds.all.map((world) => new WorldHooks(world, shared))
    this.#index = worlds.entityIndex
    this.subscribe()
  }

  /** Begins anew with worlds that know nothing of the component. */
  subscribe(): void {
    this.#index = this.#worlds.entityIndex
    this.#componentCount = 0
    this.#hasPrefabs = false
    for (const hooks of this.#hooks) hooks.subscribe()
    this.#tally.reset()
    this.store.begin(this.#index.entityMask, this.#owns)
  }

  /** An entity whose removal was told of stays after all. */
  keep(eid: number): void {
    if (this.#worlds.has(eid, this.component)) this.store.keep(eid)
  }

  /** Frees what is not needed any more, and renews views whose buffer is gone. */
  sync(): void {
    this.store.sync()
  }

  /**
   * Whether another world has used the component since this was true last. What prefabs get, and what bitECS
   * asks of relations, is not told from that: where the worlds have such, nothing is known.
   */
  isUsedElsewhere(): boolean {
    let ownerCount = 0
    for (let i = 0; i < this.#hooks.length; i++) ownerCount += this.#hooks[i].ownerCount
    if (this.#worldsHavePrefabs() || this.#worlds.haveRelations) return false
    return this.#tally.isUsedElsewhere(ownerCount)
  }

  /** For `verifyStorage`: who has the component, but for prefabs. */
  get owners(): readonly number[] {
    return this.#hooks.flatMap((hooks) => hooks.owners)
  }

  /** Empties every row. */
  clearAll(): void {
    this.store.clearAll()
  }

  /** Leaves the worlds alone, and frees the columns. */
  dispose(): void {
    this.#isDisposed = true
    for (const hooks of this.#hooks) hooks.unsubscribe()
    this.store.dispose()
  }

  /**
   * bitECS asks whether a component is a pair: with each addition and each removal, so that a call that V8 does
   * not inline shows (add_remove took 1.06 times as long).
   * @throws StorageError 'world-was-reset'
   */
  onAsked(component: object): true | undefined {
    const index = this.#index
    const isUsual = component === this.#usual && this.#context.entityIndex === index
    if (!isUsual || index.maxId >= this.#coveredIdCount) return this.#onAskedSlow(component)
    this.#tally.balance++
    return undefined
  }

  #onAskedSlow(component: object): true | undefined {
    const wasReset = !this.#worlds.haveIndex(this.#index)
    const isOwn = component === this.component
    if (isOwn && !wasReset) {
      this.#tally.balance++
      if (this.store.fields !== undefined) {
        for (let i = 0; i < this.#hooks.length; i++) this.#hooks[i].onAdded()
      }
    }
    if (wasReset || this.#index.maxId >= this.store.coveredIdCount) this.#coverPrefabs(wasReset)
    this.#coveredIdCount = this.store.coveredIdCount
    if (isPair(component)) return true
    const isUsual = isOwn && this.store.fields === undefined && this.#worlds.all.length === 1
    if (isUsual) this.#usual = component
    return undefined
  }

  becamePair(): void {
    this.#usual = undefined
  }

  readonly #owns = (eid: number): boolean => {
    for (let i = 0; i < this.#hooks.length; i++) if (this.#hooks[i].owns(eid)) return true
    return false
  }

  #coverPrefabs(wasReset: boolean): void {
    if (this.#isDisposed) return
    if (wasReset) throw worldWasReset()
    if (this.#worldsHavePrefabs()) this.#coverAll()
  }

  #worldsHavePrefabs(): boolean {
    const count = this.#worlds.componentCount
    if (count !== this.#componentCount) {
      this.#componentCount = count
      this.#hasPrefabs = this.#worlds.know(Prefab)
    }
    return this.#hasPrefabs
  }

  #coverAll(): void {
    const { maxId, dense, aliveCount, entityMask } = this.#index
    try {
      this.store.cover(maxId)
    } catch (error) {
      // The rows of all others are there: who has none was half added just now, if anyone was.
      const half = dense
        .slice(0, aliveCount)
        .filter((eid) => (eid & entityMask) >= this.store.coveredIdCount)
        .filter((eid) => this.#worlds.has(eid, this.component))
      for (const eid of half) removeComponent(this.#worlds.of(eid)!, eid, this.component)
      if (half.length > 0) throw error
    }
  }
}
