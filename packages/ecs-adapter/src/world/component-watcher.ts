/** Detects when an entity gets or loses a component. (bitECS does not report this for prefabs.) */
import { type ComponentData, Prefab, type Query, type World, type WorldContext } from 'bitecs'
import { contextOf, IS_PAIR, skipNoObservers, type WorldContexts } from './bitecs-internals.ts'

/**
 * Detects when an entity, prefabs included, gets or loses a component. At their end, `addComponent`
 * and `removeComponent` read the component's getter `IS_PAIR`. The getter calls `onAsked`.
 */
export abstract class ComponentWatcher {
  /**
   * How often bitECS asked the component, minus how often the storage's worlds read its queries.
   * See `ComponentHooks.isUsedElsewhere`.
   */
  balance = 0
  /** A component for which `onAsked` only counts, if all ids are below `coveredIdCount`. */
  usual: object | undefined
  protected coveredIdCount = 0
  protected index: WorldContext['entityIndex']
  readonly #context: WorldContext

  constructor({ contexts, entityIndex }: WorldContexts) {
    this.#context = contexts[0]
    this.index = entityIndex
  }

  /**
   * Runs at each addition and removal. Its speed matters: one call that V8 did not inline made the
   * benchmark add_remove take 1.06 times as long.
   * @param component the watched component, or an object that inherits from it
   * @returns whether the component is a pair
   */
  onAsked(component: object): true | undefined {
    const index = this.index
    const isUsual = component === this.usual && this.#context.entityIndex === index
    if (!isUsual || index.maxId >= this.coveredIdCount) return this.onAskedSlow(component)
    this.balance++
    return undefined
  }

  protected abstract onAskedSlow(component: object): true | undefined
}

/**
 * The property of a component that holds its watcher. A private field would be missing in objects
 * that inherit from a component.
 */
const WATCHER = Symbol('watcher')

/**
 * The component object that users hold. All components are of this one class. When each had its own
 * prototype, bitECS's reads of their properties took V8 90 ns in each query.
 */
export class BoundComponent {
  declare readonly [WATCHER]: ComponentWatcher

  constructor(watcher: ComponentWatcher) {
    Object.defineProperty(this, WATCHER, { value: watcher }) // not enumerable
  }

  get [IS_PAIR](): true | undefined {
    return this[WATCHER].onAsked(this)
  }
}

/** The queries of a component. To add one, bitECS reads them, which is no use of the component. */
class QuerySet extends Set<Query> {
  readonly #watcher: ComponentWatcher

  constructor(watcher: ComponentWatcher) {
    super()
    this.#watcher = watcher
  }

  override add(query: Query): this {
    this.#watcher.balance++
    skipNoObservers(query)
    return super.add(query)
  }
}

/**
 * bitECS's record of a component in a world. `addComponent` reads its `queries` before it reads
 * `IS_PAIR`, so this class can act in between.
 */
class WatchedData implements ComponentData {
  declare id: number
  declare generationId: number
  declare bitflag: number
  declare ref: ComponentData['ref']
  declare setObservable: ComponentData['setObservable']
  declare getObservable: ComponentData['getObservable']
  readonly #queries: Set<Query>
  readonly #context: WorldContext
  readonly #watcher: ComponentWatcher
  #componentCount = -1
  #hasPrefabs = false

  constructor({ queries, ...data }: ComponentData, context: WorldContext) {
    Object.assign(this, data)
    this.#context = context
    this.#watcher = data.ref[WATCHER]
    this.#queries = new QuerySet(this.#watcher)
    queries.forEach((query) => {
      this.#queries.add(query)
    })
  }

  get queries(): Set<Query> {
    this.#watcher.balance--
    if (this.#context.componentCount !== this.#componentCount) {
      this.#componentCount = this.#context.componentCount
      this.#hasPrefabs = this.#context.componentMap.has(Prefab)
    }
    if (this.#hasPrefabs) uncover(this.ref)
    return this.#queries
  }
}

/**
 * Deletes an own `IS_PAIR` of a component, because it hides the getter. bitECS sets one if a
 * relation's store returns a component.
 */
export function uncover(component: ComponentData['ref']): void {
  if (!Object.hasOwn(component, IS_PAIR)) return
  delete component[IS_PAIR]
  component[WATCHER].usual = undefined
}

/**
 * bitECS's records of a world's components. If the user registers a watched component again, the
 * record stays. With a new record, bitECS would forget which entities have the component.
 */
class WatchedMap extends Map<ComponentData['ref'], ComponentData> {
  override set(component: ComponentData['ref'], data: ComponentData): this {
    return this.get(component) instanceof WatchedData ? this : super.set(component, data)
  }
}

/**
 * Makes a world's record of a component a `WatchedData`, if the world has registered the component.
 */
export function watch(world: World, component: object): void {
  const context = contextOf(world)
  const data = context.componentMap.get(component)
  if (data === undefined || data instanceof WatchedData) return
  if (!(context.componentMap instanceof WatchedMap)) {
    context.componentMap = new WatchedMap(context.componentMap)
  }
  context.componentMap.set(component, new WatchedData(data, context))
}
