/**
 * Everything that the package knows about bitECS 0.4 beyond its public calls; no other file touches its
 * internals. `bitecs-internals.test.ts` checks each fact through public calls, so that a new version of
 * bitECS fails there first.
 */
import {
  $internal,
  type ComponentData,
  type ComponentRef,
  getAllEntities,
  hasComponent,
  type InternalWorld,
  Not,
  Prefab,
  type Query,
  registerQuery,
  resetWorld,
  type World,
  type WorldContext,
} from 'bitecs'

/** A hidden property of a pair: its relation. */
const RELATION = Symbol.for('bitecs-relation')
/** Hidden properties of relations; the second marks the wildcard. */
const RELATION_DATA = Symbol.for('bitecs-relationData')
const WILDCARD = Symbol.for('bitecs-wildcard')
/** bitECS reads this property of a component to learn whether it is a pair. */
const IS_PAIR = Symbol.for('bitecs-isPairComponent')
/** The serializers look for it in arrays of entity ids, as `ref()` defines it, and translate such ids. */
const REFERENCE = Symbol.for('bitecs-ref')

/** The relation of a pair; anything else as it is. */
export const pairToRelation = (what: object): object =>
  (what as { readonly [RELATION]?: object })[RELATION] ?? what

export const isPair = (what: object) => RELATION in what
export const isRelation = (what: object) => Object.hasOwn(what, RELATION_DATA)
export const isWildcard = (what: object) => Object.hasOwn(what, WILDCARD)

/** Marks an array as one of entity ids, for bitECS's serializers. */
export const markReferences = (ids: object) =>
  Object.defineProperty(ids, REFERENCE, { value: true })

/** Undefined for anything but a world, and for a world after `deleteWorld`. */
const contextOf = (world: World): WorldContext => (world as InternalWorld)[$internal]

export const isWorld = (given: unknown): given is World =>
  typeof given === 'object' && given !== null && contextOf(given) !== undefined

export const shareIndex = (one: World, other: World) =>
  contextOf(one).entityIndex === contextOf(other).entityIndex

/** Several worlds that share an entity index, as bitECS has them. */
export class WorldContexts {
  readonly all: readonly World[]
  /** The objects stay the same for the life of a world. */
  readonly contexts: readonly WorldContext[]
  /** The state in which `havePrefabs` was last found out. */
  #knownIndex: unknown
  #componentCount = 0
  #havePrefabs = false

  constructor(all: readonly World[]) {
    this.all = all
    this.contexts = all.map(contextOf)
  }

  get entityIndex(): WorldContext['entityIndex'] {
    return this.contexts[0].entityIndex
  }

  /** The bits of an id that are a row. */
  get entityMask(): number {
    return this.entityIndex.entityMask
  }

  get isVersioned(): boolean {
    return this.entityIndex.versioning
  }

  /** Whether every world has this index: `resetWorld` gives a world a new one. */
  haveIndex(index: unknown): boolean {
    for (let i = 0; i < this.contexts.length; i++) {
      if (this.contexts[i].entityIndex !== index) return false
    }
    return true
  }

  /** The world that an entity is in. A single world is returned without asking it. */
  of(eid: number): World | undefined {
    if (this.all.length === 1) return this.all[0]
    for (let i = 0; i < this.all.length; i++) {
      if (this.contexts[i].entityComponents.has(eid)) return this.all[i]
    }
    return undefined
  }

  /** The components of an entity: another Set once the id is given to another entity. */
  componentsOf(eid: number): Set<unknown> | undefined {
    for (let i = 0; i < this.contexts.length; i++) {
      const components = this.contexts[i].entityComponents.get(eid)
      if (components !== undefined) return components
    }
    return undefined
  }

  /**
   * Whether an entity has an id, also in another world of the index. While bitECS removes an entity, onRemove
   * observers find it in the index still; it counts as dead here. bitECS loses some versioned ids from the
   * index, though their world has the entity; it counts as alive.
   * @param everyone by world: its `registerEveryone`
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

  /** How many ids the index has given out that are in use. */
  get aliveCount(): number {
    return this.entityIndex.aliveCount
  }

  /** Copies the ids in use to words. */
  storeIds(words: Int32Array, first: number): void {
    const { dense, aliveCount } = this.entityIndex
    for (let i = 0; i < aliveCount; i++) words[first + i] = dense[i]
  }

  /** Whether words are the ids in use, as `storeIds` would write them. */
  areIds(words: Int32Array, first: number): boolean {
    const { dense, aliveCount } = this.entityIndex
    for (let i = 0; i < aliveCount; i++) if (words[first + i] !== (dense[i] | 0)) return false
    return true
  }

  /** Whether an entity of any world has, or has had, a relation to another one. */
  get haveRelations(): boolean {
    for (let i = 0; i < this.contexts.length; i++) {
      if (this.contexts[i].entitiesWithRelations.size > 0) return true
    }
    return false
  }

  /** Whether any world has, or has had, a prefab. Searched again when a world registers a component. */
  get havePrefabs(): boolean {
    let count = 0
    for (let i = 0; i < this.contexts.length; i++) count += this.contexts[i].componentCount
    if (count !== this.#componentCount || this.entityIndex !== this.#knownIndex) {
      this.#componentCount = count
      this.#knownIndex = this.entityIndex
      this.#havePrefabs = this.contexts.some(({ componentMap }) => componentMap.has(Prefab))
    }
    return this.#havePrefabs
  }

  /** `resetWorld` gives each world an index of its own: they share one again afterwards. */
  reset(): void {
    for (const world of this.all) resetWorld(world)
    for (const context of this.contexts) context.entityIndex = this.entityIndex
  }
}

/** Whether an entity was made in this world. */
export const isMadeIn = (world: World, eid: number) => contextOf(world).entityComponents.has(eid)

/** An entity that leaves a query stays in it, and in its `toRemove`, until the next query is run. */
export const isMember = (query: Query, eid: number) => query.has(eid) && !query.toRemove.has(eid)
export const memberCount = (query: Query) => query.dense.length - query.toRemove.dense.length

/** bitECS calls the observers of a query in the order in which they subscribed. */
export const onEnter = (query: Query, observer: (eid: number) => void): (() => void) =>
  query.addObservable.subscribe(observer)
export const onLeave = (query: Query, observer: (eid: number) => void): (() => void) =>
  query.removeObservable.subscribe(observer)

/** A component that no entity has. */
const Nobody = {}

/** A query of all entities; bitECS leaves existing prefabs out of a new query, but not those made later. */
export function registerEveryone(world: World): Query {
  const everyone = registerQuery(world, [Not(Nobody)])
  for (const eid of getAllEntities(world)) if (hasComponent(world, eid, Prefab)) everyone.add(eid)
  return everyone
}

/** Takes a component from an entity without a notice: queries do not match it from then on. */
export function hideComponent(
  world: World,
  owners: Query | undefined,
  eid: number,
  component: object,
): void {
  owners?.remove(eid)
  const { componentMap, entityMasks } = contextOf(world)
  const { generationId, bitflag } = componentMap.get(component)!
  entityMasks[generationId][eid] &= ~bitflag
}

/**
 * Remembers which queries an entity is in.
 * @returns puts it back into those whose components it has, or lacks, as before: when an observer of its
 * removal throws, bitECS keeps the entity, but has taken it out of all queries
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

/**
 * Learns when an entity gets or loses a component, also one that takes part in no query. `addComponent` and
 * `removeComponent` end by reading `IS_PAIR` of the component, where a getter asks the watcher.
 */
export abstract class ComponentWatcher {
  /** Changed in place: a call that V8 does not inline shows in every addition. */
  balance = 0
  /** A component for which only the balance changes while all ids are below `coveredIdCount`. */
  protected usual: object | undefined
  protected coveredIdCount = 0
  protected index: WorldContext['entityIndex']
  readonly #context: WorldContext

  constructor({ contexts, entityIndex }: WorldContexts) {
    this.#context = contexts[0]
    this.index = entityIndex
  }

  /**
   * Runs with each addition and each removal, so that a call that V8 does not inline shows (add_remove took
   * 1.06 times as long).
   * @param component its own, or one that inherits from it
   * @returns what bitECS asks for: whether the component is a pair
   */
  onAsked(component: object): true | undefined {
    const index = this.index
    const isUsual = component === this.usual && this.#context.entityIndex === index
    if (!isUsual || index.maxId >= this.coveredIdCount) return this.onAskedSlow(component)
    this.balance++
    return undefined
  }

  protected abstract onAskedSlow(component: object): true | undefined

  /** A relation has made the component a pair: `usual` may have changed. */
  becamePair(): void {
    this.usual = undefined
  }
}

/** A component's watcher. A property, not a private name, so that what inherits from it has it too. */
const WATCHER = Symbol('watcher')

/**
 * What users hold. All components are made by one class: with a prototype for each, what bitECS looks up in
 * them cost V8 90 ns in each query.
 */
export class BoundComponent {
  declare readonly [WATCHER]: ComponentWatcher

  constructor(watcher: ComponentWatcher) {
    Object.defineProperty(this, WATCHER, { value: watcher }) // hidden
  }

  get [IS_PAIR](): true | undefined {
    return this[WATCHER].onAsked(this)
  }
}

/** A world's record of a component. `addComponent` reads `queries` before it asks whether it is a pair. */
class WatchedData implements ComponentData {
  declare readonly id: number
  declare readonly generationId: number
  declare readonly bitflag: number
  declare readonly ref: ComponentRef
  declare readonly setObservable: ComponentData['setObservable']
  declare readonly getObservable: ComponentData['getObservable']
  readonly #queries: Set<Query>
  readonly #context: WorldContext
  /** The count when the world was last searched for prefabs. */
  #componentCount = -1
  #hasPrefabs = false

  constructor({ queries, ...data }: ComponentData, context: WorldContext) {
    Object.assign(this, data)
    this.#queries = queries
    this.#context = context
  }

  get queries(): Set<Query> {
    if (this.#context.componentCount !== this.#componentCount) {
      this.#componentCount = this.#context.componentCount
      this.#hasPrefabs = this.#context.componentMap.has(Prefab)
    }
    if (this.#hasPrefabs) uncover(this.ref)
    return this.#queries
  }
}

/** A relation defines `IS_PAIR` on what its store returns, and so hides the getter: takes that off again. */
export function uncover(component: ComponentRef): void {
  if (!Object.hasOwn(component, IS_PAIR)) return
  delete component[IS_PAIR]
  component[WATCHER].becamePair()
}

/** Lets the watcher see a component in a world that has registered it. */
export function watch(world: World, component: object): void {
  const context = contextOf(world)
  const data = context.componentMap.get(component)
  if (data !== undefined) context.componentMap.set(component, new WatchedData(data, context))
}
