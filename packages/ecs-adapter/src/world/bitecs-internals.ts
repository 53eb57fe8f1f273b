/**
 * What the package knows about bitECS 0.4 beyond its public calls. Only this file,
 * `component-watcher.ts` and `prefabs.ts` use internals of bitECS. `bitecs-internals.test.ts`
 * checks each fact. If bitECS changes, this test fails first.
 */
import {
  $internal,
  type ComponentData,
  getAllEntities,
  hasComponent,
  type InternalWorld,
  Not,
  Prefab,
  type Query,
  registerQuery,
  removeQuery,
  resetWorld,
  type World,
  type WorldContext,
} from 'bitecs'

/** Properties by which bitECS marks pairs, relations, the wildcard, and arrays of ids. */
const RELATION = Symbol.for('bitecs-relation')
const RELATION_DATA = Symbol.for('bitecs-relationData')
const WILDCARD = Symbol.for('bitecs-wildcard')
export const IS_PAIR = Symbol.for('bitecs-isPairComponent')
const REFERENCE = Symbol.for('bitecs-ref')

/** Returns the relation of a pair. Returns anything else unchanged. */
export const pairToRelation = (what: object): object =>
  (what as { readonly [RELATION]?: object })[RELATION] ?? what

export const isPair = (what: object) => RELATION in what
export const isRelation = (what: object) => Object.hasOwn(what, RELATION_DATA)
export const isWildcard = (what: object) => Object.hasOwn(what, WILDCARD)

/**
 * Marks an array of ids, as `ref()` of bitECS does. The serializers of bitECS then translate its
 * ids.
 */
export const markReferences = (ids: object) =>
  Object.defineProperty(ids, REFERENCE, { value: true })

/**
 * Returns the context of a world. Returns undefined after `deleteWorld`, and for a value that is no
 * world.
 */
export const contextOf = (world: World): WorldContext => (world as InternalWorld)[$internal]

export const isWorld = (given: unknown): given is World =>
  typeof given === 'object' && given !== null && contextOf(given) !== undefined

export const shareIndex = (one: World, other: World) =>
  contextOf(one).entityIndex === contextOf(other).entityIndex

/**
 * Worlds that share an entity index, and the internal context that bitECS keeps for each of them.
 */
export class WorldContexts {
  /** The worlds. A new entity gets into the first world, unless the caller names another world. */
  readonly all: readonly World[]
  readonly contexts: readonly WorldContext[]

  constructor(all: readonly World[]) {
    this.all = all
    this.contexts = all.map(contextOf)
  }

  get entityIndex(): WorldContext['entityIndex'] {
    return this.contexts[0].entityIndex
  }

  get entityMask(): number {
    return this.entityIndex.entityMask
  }

  get isVersioned(): boolean {
    return this.entityIndex.versioning
  }

  /** Returns whether every world has this index. (`resetWorld` gives a world a new index.) */
  haveIndex(index: unknown): boolean {
    for (let i = 0; i < this.contexts.length; i++) {
      if (this.contexts[i].entityIndex !== index) return false
    }
    return true
  }

  /** Returns the world of an entity. If there is only one world, it is returned without a check. */
  of(eid: number): World | undefined {
    if (this.all.length === 1) return this.all[0]
    for (let i = 0; i < this.all.length; i++) {
      if (this.contexts[i].entityComponents.has(eid)) return this.all[i]
    }
    return undefined
  }

  /**
   * Returns the Set of an entity's components. If a later entity gets the same id, it has another
   * Set.
   */
  componentsOf(eid: number): Set<unknown> | undefined {
    for (let i = 0; i < this.contexts.length; i++) {
      const components = this.contexts[i].entityComponents.get(eid)
      if (components !== undefined) return components
    }
    return undefined
  }

  /**
   * Returns whether an entity has this id, in any world of the index. An entity that bitECS is
   * removing counts as dead, although it is still in the index. bitECS loses some versioned ids
   * from the index. So an id also counts as alive if a world has components for it.
   * @param everyone for each world, its query from `registerEveryone`
   */
  isAlive(eid: number, everyone: readonly Query[]): boolean {
    for (let i = 0; i < this.contexts.length; i++) {
      const isGoing = everyone[i]?.toRemove.has(eid) === true
      if (isGoing && this.contexts[i].entityComponents.has(eid)) return false
    }
    const { sparse, dense, aliveCount, entityMask } = this.entityIndex
    const place = sparse[eid & entityMask]
    return (place < aliveCount && dense[place] === eid) || this.componentsOf(eid) !== undefined
  }

  get aliveCount(): number {
    return this.entityIndex.aliveCount
  }

  storeIds(words: Int32Array, first: number): void {
    const { dense, aliveCount } = this.entityIndex
    for (let i = 0; i < aliveCount; i++) words[first + i] = dense[i]
  }

  /** Returns whether the words from index `first` on are exactly what `storeIds` would write. */
  areIds(words: Int32Array, first: number): boolean {
    const { dense, aliveCount } = this.entityIndex
    for (let i = 0; i < aliveCount; i++) if (words[first + i] !== (dense[i] | 0)) return false
    return true
  }

  /** Whether an entity of any world has, or has had, a relation to another entity. */
  get haveRelations(): boolean {
    return this.contexts.some(({ entitiesWithRelations }) => entitiesWithRelations.size > 0)
  }

  /** Whether any world has, or has had, a prefab. */
  get havePrefabs(): boolean {
    for (let i = 0; i < this.contexts.length; i++) {
      if (this.contexts[i].componentMap.has(Prefab)) return true
    }
    return false
  }

  /**
   * Gives all worlds the index of the first world again. (`resetWorld` has given each world its
   * own.)
   */
  reset(): void {
    for (const world of this.all) resetWorld(world)
    for (const context of this.contexts) context.entityIndex = this.entityIndex
  }
}

export const isMadeIn = (world: World, eid: number) => contextOf(world).entityComponents.has(eid)

/**
 * Returns whether a query contains an entity. When an entity leaves a query, bitECS keeps it in the
 * query and in `toRemove` until the world's next query.
 */
export const isMember = (query: Query, eid: number) => query.has(eid) && !query.toRemove.has(eid)
export const membersOf = (query: Query) => [...query.dense].filter((eid) => isMember(query, eid))

/**
 * Calls the observer for each entity that enters a query, and returns a function that ends this.
 * bitECS calls the observers of a query in the order of their subscription.
 */
export const onEnter = (query: Query, observer: (eid: number) => void): (() => void) =>
  query.addObservable.subscribe(observer)
export const onLeave = (query: Query, observer: (eid: number) => void): (() => void) =>
  query.removeObservable.subscribe(observer)

/**
 * Calls the observer for each entity that gets the component, before any query of the component
 * sees the entity. Returns a function that ends this. Call it before the component has a query.
 *
 * The function puts a query among those of the component that matches no entity. At each addition
 * and each removal, bitECS calls its `has`. At a removal, bitECS first calls `toRemove.remove`. So
 * a call of `has` without that call before it is an addition.
 *
 * With an observer of a real query, an addition and a removal take 2 times as long. With a query
 * that matches and has a `notify` of its own, they take 1.1 times as long.
 */
export function onAddition(
  world: World,
  component: ComponentData['ref'],
  observer: (eid: number) => void,
): () => void {
  const standIn = registerQuery(world, [component])
  removeQuery(world, [component]) // now bitECS knows it only by the component
  let isRemoval = false
  standIn.toRemove.remove = () => {
    isRemoval = true
  }
  const has = (eid: number) => {
    if (!isRemoval) observer(eid)
    isRemoval = false
    return false
  }
  // An `Or` that no entity meets, so the query never matches. (If the key were a number, bitECS's
  // `Object.keys` would be slow.)
  Object.assign(standIn, { generations: [], orMasks: { none: 0 }, has })
  return () => contextOf(world)?.componentMap.get(component)?.queries.delete(standIn)
}

/**
 * Saves a new query the calls of its observers while it has none. bitECS copies the observers to an
 * array at each addition and each removal, even if there are none.
 */
export function skipNoObservers({ addObservable, removeObservable }: Query): void {
  for (const observable of [addObservable, removeObservable]) {
    const { subscribe, notify } = observable
    observable.notify = () => {}
    observable.subscribe = (observer) => {
      Object.assign(observable, { subscribe, notify })
      return subscribe(observer)
    }
  }
}

/** A component that no entity has. */
const Nobody = {}

/**
 * Returns a query for all entities of a world. For such a query, bitECS leaves out prefabs that
 * exist already. This function adds them.
 */
export function registerEveryone(world: World): Query {
  const everyone = registerQuery(world, [Not(Nobody)])
  for (const eid of getAllEntities(world)) if (hasComponent(world, eid, Prefab)) everyone.add(eid)
  return everyone
}

/**
 * Hides a component of an entity from bitECS: from now on, queries do not match it. Calls no
 * observers.
 * @param owners a query for the component, if there is one
 */
export function hide(world: World, owners: Query | undefined, eid: number, component: object) {
  owners?.remove(eid)
  const { componentMap, entityMasks } = contextOf(world)
  const { generationId, bitflag } = componentMap.get(component)!
  entityMasks[generationId][eid] &= ~bitflag
}

/**
 * If an observer throws while bitECS removes an entity, bitECS keeps the entity, but no longer in
 * its queries. This function remembers the queries beforehand.
 * @returns a function that puts the entity back into its queries. It skips a query if the entity
 * has since got or lost one of its components.
 */
export function rememberQueries(world: World, eid: number): () => void {
  const has = (component: object) => hasComponent(world, eid, component)
  const places = [...contextOf(world).queries]
    .filter((query) => isMember(query, eid))
    .map((query) => ({ query, before: query.allComponents.map(has) }))
  return () => {
    for (const { query, before } of places) {
      if (!query.allComponents.every((one, i) => has(one) === before[i])) continue
      query.toRemove.remove(eid)
      query.add(eid)
    }
  }
}
