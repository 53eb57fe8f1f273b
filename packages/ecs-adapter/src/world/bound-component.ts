/**
 * What users hold of a component that has columns, and how bitECS tells it that it is on an entity.
 *
 * Prefabs take part in no query: a component put on one without values fires nothing. But `addComponent`
 * ends by asking the component, through a property, whether it is a pair. A getter answers.
 *
 * What a relation's store has made is a pair: the relation gives it a property of its own of that name, which
 * hides the getter. Before it asks, `addComponent` reads `queries` from its record of the component. A getter
 * there takes the property off, in worlds that have prefabs.
 */
import {
  type ComponentData,
  type ComponentRef,
  Prefab,
  type Query,
  type WorldContext,
} from 'bitecs'
import { IS_PAIR } from '../base/relations.ts'

/** Told of its component. */
export interface ComponentWatcher {
  /**
   * An entity may have got it, also one that takes part in no query, or lost it.
   * @param component this one, or what inherits from it
   * @returns whether it is a pair, as bitECS wants to know it
   */
  onAsked(component: object): true | undefined
  /** A relation's store has given it out: what was answered before may be other. */
  becamePair(): void
}

/** Where a component keeps it: not by a private name, for what inherits from one has it too. */
const WATCHER = Symbol('watcher')

/**
 * All components are made by one class, and so those of equal fields have one shape to the engine, as
 * literals have: with a prototype for each, what bitECS looks up in them cost V8 90 ns in each query.
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

/** In the place of what a world knows of a component. */
class WatchedData implements ComponentData {
  readonly id: number
  readonly generationId: number
  readonly bitflag: number
  readonly ref: ComponentRef
  readonly setObservable: ComponentData['setObservable']
  readonly getObservable: ComponentData['getObservable']
  readonly #queries: Set<Query>
  readonly #context: WorldContext
  /** That the world knew when it was last looked at for prefabs. */
  #componentCount = -1
  #hasPrefabs = false

  constructor(data: ComponentData, context: WorldContext) {
    this.#context = context
    this.id = data.id
    this.generationId = data.generationId
    this.bitflag = data.bitflag
    this.ref = data.ref
    this.setObservable = data.setObservable
    this.getObservable = data.getObservable
    this.#queries = data.queries
  }

  /** With each addition and each removal: without prefabs, nothing is looked for that takes time. */
  get queries(): Set<Query> {
    if (this.#context.componentCount !== this.#componentCount) this.#lookForPrefabs()
    if (this.#hasPrefabs) uncover(this.ref)
    return this.#queries
  }

  #lookForPrefabs(): void {
    this.#componentCount = this.#context.componentCount
    this.#hasPrefabs = this.#context.componentMap.has(Prefab)
  }
}

/** Takes off what a relation has made known by: from then on, bitECS asks the getter. */
export function uncover(component: ComponentRef): void {
  if (!Object.hasOwn(component, IS_PAIR)) return
  delete component[IS_PAIR]
  component[WATCHER].becamePair()
}

/** Lets the watcher of a component know in a world that has the component registered. */
export function watch(context: WorldContext, component: object): void {
  const data = context.componentMap.get(component)
  if (data !== undefined) context.componentMap.set(component, new WatchedData(data, context))
}
