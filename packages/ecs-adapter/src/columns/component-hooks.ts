/**
 * This folder keeps the rows and values of each component in step with the storage's worlds. An
 * entity has a row in all columns of its components. But in a sparse store, a prefab gets its row
 * by the first write. Other rows may hold anything. Other threads read sparse rows by
 * `row-index.ts`. The folder may know worlds, lists and memory.
 */
import {
  And,
  addComponent,
  getAllEntities,
  hasComponent,
  observe,
  onGet,
  onSet,
  type Query,
  registerQuery,
  removeComponent,
  type World,
} from 'bitecs'
import { noRow, notOfThisWorld, worldWasReset } from '../base/errors.ts'
import type { GivenValues } from '../fields/staging.ts'
import { NO_ROW } from '../fields/variable-column.ts'
import type { Component } from '../schema/schema.ts'
import {
  hide,
  isMadeIn,
  isMember,
  isPair,
  isWorld,
  membersOf,
  onAddition,
  onEnter,
  onLeave,
} from '../world/bitecs-internals.ts'
import { BoundComponent, ComponentWatcher, uncover, watch } from '../world/component-watcher.ts'
import type { ComponentContext } from './component-context.ts'
import type { ComponentStore } from './component-store.ts'
import { PrefabDefaults } from './prefab-defaults.ts'

/**
 * A world, and its query for the entities with the component. The query leaves out prefabs. A dense
 * component of scalars has no query.
 */
interface HookedWorld {
  readonly world: World
  readonly owners: Query | undefined
}

export type HooksOptions = Omit<ComponentContext, 'component'>

/**
 * Observes one component: which entity gets it or loses it, and which values are set. These
 * observers run before the user's, because they are there before the user has the component.
 *
 * An addition makes an empty row. Removals are observed only for sparse components and for those
 * with lists or texts, by a query of their own. Their values stay while the user's onRemove
 * observers run. bitECS reports no additions to prefabs. So if a world has prefabs, dense columns
 * grow to cover every id when bitECS asks the component (see `ComponentWatcher`).
 *
 * bitECS reports an addition first, and its values later. But lists and texts need memory, and no
 * observer may see an addition that fails. So a component with such fields is hidden before other
 * queries see it. It is added again when there is memory for its values. Only then the user's onAdd
 * observers run. The values are written after that, as in bitECS.
 */
export class ComponentHooks extends ComponentWatcher {
  readonly name: string
  /** The object that users hold. */
  readonly component: Component
  readonly store: ComponentStore
  readonly #context: ComponentContext
  #hooked: readonly HookedWorld[] = []
  #unsubscribe: (() => void)[] = []
  /** The entity whose addition is hidden until there is memory for its values; 0 for none. */
  #arriving = 0
  #arrivingIn: HookedWorld | undefined
  /** Writes the defaults of prefabs. Only dense stores with defaults have it. */
  readonly #prefabDefaults: PrefabDefaults | undefined

  /** @throws ArenaError 'out-of-memory'; then worlds and arena are unchanged */
  constructor(options: HooksOptions, createStore: (context: ComponentContext) => ComponentStore) {
    super(options.worlds)
    const component = new BoundComponent(this) as object as Component
    const context = { ...options, component }
    this.name = context.name
    this.component = component
    this.store = createStore(context)
    this.#context = context
    if (this.store.hasDefaults && !context.isSparse) {
      this.#prefabDefaults = new PrefabDefaults(options.worlds, component, this.store)
    }
    this.subscribe()
  }

  /** Starts over in worlds that have not registered the component: new ones, or after a reset. */
  subscribe(): void {
    const { worlds } = this.#context
    this.index = worlds.entityIndex
    this.#unsubscribe = []
    this.#hooked = worlds.all.map((world) => this.#hook(world))
    this.#arriving = 0
    this.#prefabDefaults?.forget()
    this.balance = 0
    this.store.begin(worlds.entityMask, this.#owns)
  }

  /**
   * Whether a world that is not the storage's has used the component since the last call that
   * returned true. bitECS does not report such a use. But it asks the component at each addition
   * and each `removeComponent` (see `onAsked`). In the storage's worlds, it reads the queries of
   * the component before. So if it asks more often than it reads, another world has asked. An
   * addition or removal that throws is a read without a question, and hides one use. In worlds with
   * relations, bitECS asks more often, and the result is false.
   */
  isUsedElsewhere(): boolean {
    if (this.balance <= 0 || this.#context.worlds.haveRelations) return false
    this.balance = 0
    return true
  }

  /**
   * The entities that have the component, without prefabs; undefined if there is no query for them.
   * `verifyStorage` reads them.
   */
  get owners(): readonly number[] | undefined {
    const queries = this.#hooked.flatMap(({ owners }) => owners ?? [])
    return queries.length === 0 ? undefined : queries.flatMap(membersOf)
  }

  /** Unsubscribes from the worlds, and frees the columns. */
  dispose(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    this.#arriving = 0
    this.store.dispose()
  }

  /** @throws StorageError 'world-was-reset' if `resetWorld` was called */
  protected override onAskedSlow(component: object): true | undefined {
    const { store } = this
    const { worlds } = this.#context
    const wasReset = !worlds.haveIndex(this.index)
    const isOwn = component === this.component
    if (isOwn && !wasReset) {
      this.balance++
      const eid = this.#arriving
      this.#arriving = 0
      if (eid !== 0) this.#reveal(this.#arrivingIn!, eid) // here, the addition came without values
    }
    if (wasReset || this.index.maxId >= store.coveredIdCount) this.#coverPrefabs(wasReset)
    this.coveredIdCount = store.coveredIdCount
    if (isOwn) this.#prefabDefaults?.look()
    if (isPair(component)) return true
    const isUsual = store.isPlain && this.#prefabDefaults === undefined
    if (isOwn && isUsual && worlds.all.length === 1) this.usual = component
    return undefined
  }

  #hook(world: World): HookedWorld {
    const { component, store } = this
    // `And` makes a separate query: the user's observers are on the query without `And`.
    const isDenseScalar = store.isPlain && store.rows === undefined
    const owners = isDenseScalar ? undefined : registerQuery(world, [And(component)])
    const hooked = { world, owners }
    const add = (eid: number) => this.#add(hooked, eid)
    if (owners === undefined) {
      this.#unsubscribe.push(onAddition(world, component, add))
      watch(world, component)
    } else {
      watch(world, component) // before its query has observers: see `skipNoObservers`
      this.#unsubscribe.push(onEnter(owners, add))
      this.#unsubscribe.push(onLeave(owners, (eid) => store.lose(eid)))
    }
    this.#unsubscribe.push(
      observe(world, onSet(component), (eid, values) => this.#set(hooked, eid, values)),
      observe(world, onGet(component), (eid) => store.read(eid)),
    )
    return hooked
  }

  /** Whether an entity is in the query, if there is one, and is not losing the component. */
  readonly #owns = (eid: number): boolean => {
    for (let i = 0; i < this.#hooked.length; i++) {
      const { owners } = this.#hooked[i]
      if (owners !== undefined && isMember(owners, eid)) return true
    }
    return false
  }

  #add(hooked: HookedWorld, eid: number): void {
    const { store } = this
    try {
      this.#checkWorld(hooked, eid)
      store.add(eid)
    } catch (error) {
      hide(hooked.world, hooked.owners, eid, this.component) // no observer has seen the addition
      throw error
    }
    if (store.isPlain) {
      this.#prefabDefaults?.add(eid)
      return
    }
    uncover(this.component) // if the component is a pair, bitECS asks it only after this
    hide(hooked.world, hooked.owners, eid, this.component)
    this.#arriving = eid
    this.#arrivingIn = hooked
  }

  /** Adds a hidden component visibly, unless a getter of its values has added it already. */
  #reveal({ world, owners }: HookedWorld, eid: number): void {
    if (hasComponent(world, eid, this.component)) return
    owners?.add(eid) // so that `#add` does not run again
    addComponent(world, eid, this.component)
  }

  #set(hooked: HookedWorld, eid: number, values: unknown): void {
    const { store } = this
    const { staging } = this.#context.memory
    const isNew = this.#arriving !== 0 && this.#arriving === eid
    this.#arriving = 0
    const given = staging.enter(this.#context.fields.length)
    try {
      if (isNew) this.#setNew(hooked, eid, values, given)
      else {
        store.take(values, given)
        this.#prefabDefaults?.write(eid)
        store.write(eid, this.#claim(hooked, eid), given, false)
      }
    } finally {
      store.abort(given)
      staging.leave(given)
    }
  }

  #setNew(hooked: HookedWorld, eid: number, values: unknown, given: GivenValues): void {
    const { component, store } = this
    const { worlds } = this.#context
    const own = worlds.componentsOf(eid)
    try {
      store.take(values, given)
      if (worlds.componentsOf(eid) !== own) throw noRow(eid)
      store.prepare(NO_ROW, given)
    } catch (error) {
      // If a getter has added the component, the entity keeps it.
      if (!hasComponent(hooked.world, eid, component)) {
        own?.delete(component)
        store.lose(eid)
      }
      throw error
    }
    this.#reveal(hooked, eid)
    if (!this.#owns(eid) || worlds.componentsOf(eid) !== own) return
    store.write(eid, store.claim(eid), given, true)
  }

  #claim({ world, owners }: HookedWorld, eid: number): number {
    try {
      return this.store.claim(eid)
    } catch (error) {
      owners?.remove(eid)
      removeComponent(world, eid, this.component)
      throw error
    }
  }

  /** Throws for an entity of another world. bitECS does so only after `add` has cleared a row. */
  #checkWorld({ world }: HookedWorld, eid: number): void {
    if (this.#context.worlds.all.length === 1 && this.store.isPlain) return
    if (!isMadeIn(world, eid)) throw notOfThisWorld(eid)
  }

  #coverPrefabs(wasReset: boolean): void {
    const { store } = this
    if (store.rowCount === 0) return // after `dispose`
    if (wasReset) throw worldWasReset()
    if (!this.#context.worlds.havePrefabs) return
    try {
      store.cover(this.index.maxId)
    } catch (error) {
      const isOfHook = this.index.maxId < store.coveredIdCount
      if (isOfHook) this.#prefabDefaults?.look()
      if (isOfHook || this.#takeOffUncovered()) throw error
    }
  }

  /** Removes the component from entities that got it just now, without a row. False if none. */
  #takeOffUncovered(): boolean {
    const { component, store } = this
    const { all, entityMask } = this.#context.worlds
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
