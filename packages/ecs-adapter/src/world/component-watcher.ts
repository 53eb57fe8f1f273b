/** Learns when any entity gets or loses a component, which bitECS does not report for prefabs. */
import { type ComponentData, Prefab, type Query, type World, type WorldContext } from 'bitecs'
import { contextOf, IS_PAIR, type WorldContexts } from './bitecs-internals.ts'

/**
 * Learns when any entity, prefabs included, gets or loses a component: `addComponent` and
 * `removeComponent` end by reading the component's getter `IS_PAIR`, which calls `onAsked`.
 */
export abstract class ComponentWatcher {
  /** See `isUsedElsewhere`. Subclasses change it: a method that is not inlined slows additions. */
  balance = 0
  /** A component for which `onAsked` only counts while all ids are below `coveredIdCount`. */
  usual: object | undefined
  protected coveredIdCount = 0
  protected index: WorldContext['entityIndex']
  readonly #context: WorldContext

  constructor({ contexts, entityIndex }: WorldContexts) {
    this.#context = contexts[0]
    this.index = entityIndex
  }

  /**
   * Runs at each addition and removal: one call that V8 did not inline made the benchmark
   * add_remove take 1.06 times as long.
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

/** Key of the watcher. Objects that inherit from a component would lack a private field. */
const WATCHER = Symbol('watcher')

/**
 * The component object that users hold. All are of one class: when each had its own prototype, the
 * properties that bitECS looks up in them cost V8 90 ns in each query.
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

/** bitECS's record of a component in a world. `addComponent` reads `queries` before `IS_PAIR`. */
class WatchedData implements ComponentData {
  declare id: number
  declare generationId: number
  declare bitflag: number
  declare ref: ComponentData['ref']
  declare setObservable: ComponentData['setObservable']
  declare getObservable: ComponentData['getObservable']
  readonly #queries: Set<Query>
  readonly #context: WorldContext
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

/** If a relation's store returned a component, an own `IS_PAIR` hides the getter: deletes it. */
export function uncover(component: ComponentData['ref']): void {
  if (!Object.hasOwn(component, IS_PAIR)) return
  delete component[IS_PAIR]
  component[WATCHER].usual = undefined
}

/** If a world has registered a component, makes each read of its `queries` uncover it. */
export function watch(world: World, component: object): void {
  const context = contextOf(world)
  const data = context.componentMap.get(component)
  if (data !== undefined) context.componentMap.set(component, new WatchedData(data, context))
}
