/**
 * What one world tells of one component: who gets it, what is set, who loses it.
 *
 * bitECS calls these observers before any of the user's, because the query that they hang on is made before
 * the user has the component.
 */
import {
  observe,
  onGet,
  onSet,
  type Query,
  registerQuery,
  removeComponent,
  type World,
} from 'bitecs'
import type { Columns } from './columns.ts'
import type { Keeper } from './keeper.ts'
import type { UseTally } from './use-tally.ts'
import { notOfThisWorld } from './world-errors.ts'
import { clearBit, contextOf, type Worlds } from './worlds.ts'

/** Told of what reads values, so that no getter among them moves the row that they go to. */
export interface Sets {
  beginSet(): void
  endSet(): void
}

export interface HooksOptions {
  worlds: Worlds
  component: object
  keeper: Keeper
  sets: Sets
  tally: UseTally
}

export class WorldHooks {
  readonly #world: World
  readonly #options: HooksOptions
  #owners: Query | undefined
  #unsubscribe: (() => void)[] = []

  constructor(world: World, options: HooksOptions) {
    this.#world = world
    this.#options = options
  }

  /** Begins anew with a world that knows nothing of the component. */
  subscribe(): void {
    const world = this.#world
    const { component, keeper } = this.#options
    const owners = registerQuery(world, [component])
    this.#owners = owners
    this.#unsubscribe = [
      owners.addObservable.subscribe((eid) => this.#add(eid)),
      observe(world, onSet(component), (eid, values) => this.#set(eid, values)),
      observe(world, onGet(component), (eid) => keeper.read(eid)),
    ]
    if (keeper.isTold) {
      this.#unsubscribe.push(owners.removeObservable.subscribe((eid) => keeper.lose(eid)))
    }
  }

  unsubscribe(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    this.#unsubscribe = []
    this.#owners = undefined
  }

  /** Whether an entity has the component, and is not just losing it. Prefabs are in no query. */
  owns(eid: number): boolean {
    const owners = this.#owners
    return owners?.has(eid) === true && !owners.toRemove.has(eid)
  }

  /** Entities that have it, but for prefabs. */
  get ownerCount(): number {
    const owners = this.#owners
    return owners === undefined ? 0 : owners.dense.length - owners.toRemove.dense.length
  }

  #add(eid: number): void {
    const { keeper, tally } = this.#options
    try {
      this.#checkWorld(eid)
      keeper.add(eid)
      tally.added()
    } catch (error) {
      // Half added: no event has told of it, so none shall tell that it goes.
      this.#owners?.remove(eid)
      clearBit(this.#world, eid, this.#options.component)
      throw error
    }
  }

  #set(eid: number, values: unknown): void {
    const { keeper, sets } = this.#options
    const columns: Columns = keeper.columns // named, for `check` tells TypeScript a type
    const row = this.#claim(eid)
    sets.beginSet()
    try {
      columns.check(values)
      keeper.write(eid, row, values)
    } finally {
      sets.endSet()
    }
  }

  #claim(eid: number): number {
    try {
      return this.#options.keeper.claim(eid)
    } catch (error) {
      this.#owners?.remove(eid)
      removeComponent(this.#world, eid, this.#options.component)
      throw error
    }
  }

  /** bitECS itself throws later, when the row is cleared that the entity has in its own world. */
  #checkWorld(eid: number): void {
    if (this.#options.worlds.all.length === 1) return
    if (!contextOf(this.#world).entityComponents.has(eid)) throw notOfThisWorld(eid)
  }
}
