/**
 * What the package knows about bitECS 0.4 beyond its public calls, with `component-watcher.ts` and
 * `prefabs.ts`: no other file touches its internals. `bitecs-internals.test.ts` checks each fact,
 * and fails first if bitECS changes.
 */
import {
  $internal,
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

/** Properties by which bitECS marks pairs, relations, the wildcard, and arrays of ids. */
const RELATION = Symbol.for('bitecs-relation')
const RELATION_DATA = Symbol.for('bitecs-relationData')
const WILDCARD = Symbol.for('bitecs-wildcard')
export const IS_PAIR = Symbol.for('bitecs-isPairComponent')
const REFERENCE = Symbol.for('bitecs-ref')

/** The relation of a pair; anything else is returned unchanged. */
export const pairToRelation = (what: object): object =>
  (what as { readonly [RELATION]?: object })[RELATION] ?? what

export const isPair = (what: object) => RELATION in what
export const isRelation = (what: object) => Object.hasOwn(what, RELATION_DATA)
export const isWildcard = (what: object) => Object.hasOwn(what, WILDCARD)

/** Marks an array of ids, as `ref()` does: the serializers of bitECS translate its ids. */
export const markReferences = (ids: object) =>
  Object.defineProperty(ids, REFERENCE, { value: true })

/** The context of a world; undefined after `deleteWorld`, and for anything that is no world. */
export const contextOf = (world: World): WorldContext => (world as InternalWorld)[$internal]

export const isWorld = (given: unknown): given is World =>
  typeof given === 'object' && given !== null && contextOf(given) !== undefined

export const shareIndex = (one: World, other: World) =>
  contextOf(one).entityIndex === contextOf(other).entityIndex

/** Worlds that share an entity index, each with the internal context that bitECS keeps for it. */
export class WorldContexts {
  /** New entities go into the first world if no other world is named. */
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

  /** Whether every world has this index: `resetWorld` gives a world a new one. */
  haveIndex(index: unknown): boolean {
    for (let i = 0; i < this.contexts.length; i++) {
      if (this.contexts[i].entityIndex !== index) return false
    }
    return true
  }

  /** The world that an entity is in. If there is only one world, it is returned without a check. */
  of(eid: number): World | undefined {
    if (this.all.length === 1) return this.all[0]
    for (let i = 0; i < this.all.length; i++) {
      if (this.contexts[i].entityComponents.has(eid)) return this.all[i]
    }
    return undefined
  }

  /** The Set of an entity's components. A later entity with the same id has another Set. */
  componentsOf(eid: number): Set<unknown> | undefined {
    for (let i = 0; i < this.contexts.length; i++) {
      const components = this.contexts[i].entityComponents.get(eid)
      if (components !== undefined) return components
    }
    return undefined
  }

  /**
   * Whether an entity has an id, in any world of the index. An entity that bitECS is removing is
   * still in the index, but counts as dead. bitECS loses some versioned ids from the index: such an
   * id counts as alive if a world has components for it.
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

  /** Whether words are what `storeIds` would write. */
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

  /** `resetWorld` gives each world its own index: afterwards all share the first world's again. */
  reset(): void {
    for (const world of this.all) resetWorld(world)
    for (const context of this.contexts) context.entityIndex = this.entityIndex
  }
}

export const isMadeIn = (world: World, eid: number) => contextOf(world).entityComponents.has(eid)

/** An entity that leaves a query stays in it, and in `toRemove`, until the world's next query. */
export const isMember = (query: Query, eid: number) => query.has(eid) && !query.toRemove.has(eid)
export const membersOf = (query: Query) => [...query.dense].filter((eid) => isMember(query, eid))
export const memberCount = (query: Query) => query.dense.length - query.toRemove.dense.length

/** bitECS calls the observers of a query in the order of their subscription. */
export const onEnter = (query: Query, observer: (eid: number) => void): (() => void) =>
  query.addObservable.subscribe(observer)
export const onLeave = (query: Query, observer: (eid: number) => void): (() => void) =>
  query.removeObservable.subscribe(observer)

/** A component that no entity has. */
const Nobody = {}

/** A query for all entities. bitECS leaves out prefabs that exist already: they are added here. */
export function registerEveryone(world: World): Query {
  const everyone = registerQuery(world, [Not(Nobody)])
  for (const eid of getAllEntities(world)) if (hasComponent(world, eid, Prefab)) everyone.add(eid)
  return everyone
}

/** Hides an entity's component: queries do not match it from now on. Calls no observers. */
export function hide(world: World, owners: Query, eid: number, component: object) {
  owners.remove(eid)
  const { componentMap, entityMasks } = contextOf(world)
  const { generationId, bitflag } = componentMap.get(component)!
  entityMasks[generationId][eid] &= ~bitflag
}

/**
 * Remembers which queries an entity is in. If an observer of the entity's removal throws, bitECS
 * keeps the entity, but has taken it out of its queries.
 * @returns puts the entity back, except into queries for a component that it got or lost since
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
