/**
 * What one world tells of one component: who gets it, what is set, who loses it.
 *
 * bitECS calls these observers before any of the user's, because the query that they hang on is made before
 * the user has the component.
 *
 * bitECS tells of an addition first, and of the values that come with it later. But values may need memory:
 * lists and texts do. So that nobody is told of an addition that fails, a component with such fields is taken
 * away again at once, before other queries look, and given once more when there is room for the values: the
 * user's onAdd observers are called then, before the values are written, as they are by bitECS.
 */
import {
  And,
  addComponent,
  hasComponent,
  observe,
  onGet,
  onSet,
  type Query,
  registerQuery,
  removeComponent,
  type World,
} from 'bitecs'
import { noRow } from '../base/errors.ts'
import type { GivenFrames, GivenValues } from '../lists/given-values.ts'
import type { Cells } from '../memory/cells.ts'
import { uncover, watch } from '../world/bound-component.ts'
import type { UseTally } from '../world/use-tally.ts'
import { notOfThisWorld } from '../world/world-errors.ts'
import { clearBit, contextOf, type Worlds } from '../world/worlds.ts'
import type { ComponentStore } from './component-store.ts'

/** Told of what reads values, so that no getter among them moves or frees rows. */
export interface Sets {
  beginSet(): void
  endSet(): void
}

export interface HooksOptions {
  worlds: Worlds
  component: object
  store: ComponentStore
  cells: Cells
  frames: GivenFrames
  sets: Sets
  tally: UseTally
}

export class WorldHooks {
  readonly #world: World
  readonly #options: HooksOptions
  #owners: Query | undefined
  #unsubscribe: (() => void)[] = []
  /** Who is just getting the component, of which nobody else has been told; 0 is none. */
  #arriving = 0

  constructor(world: World, options: HooksOptions) {
    this.#world = world
    this.#options = options
  }

  /** Begins anew with a world that knows nothing of the component. */
  subscribe(): void {
    const world = this.#world
    const { component, store } = this.#options
    // Its own where additions wait: the user's observers hang on the query of the component alone.
    const owners = registerQuery(world, [store.fields === undefined ? component : And(component)])
    watch(contextOf(world), component)
    this.#owners = owners
    this.#arriving = 0
    this.#unsubscribe = [
      owners.addObservable.subscribe((eid) => this.#add(eid)),
      observe(world, onSet(component), (eid, values) => this.#set(eid, values)),
      observe(world, onGet(component), (eid) => store.read(eid)),
    ]
    if (store.isTold) {
      this.#unsubscribe.push(owners.removeObservable.subscribe((eid) => store.lose(eid)))
    }
  }

  unsubscribe(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    this.#unsubscribe = []
    this.#owners = undefined
    this.#arriving = 0
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

  /** For `verifyStorage`: the same, one by one. */
  get owners(): readonly number[] {
    const owners = this.#owners
    return owners === undefined
      ? []
      : Array.from(owners.dense).filter((eid) => !owners.toRemove.has(eid))
  }

  /** bitECS is done with an addition: no values came with it, if it waits still. */
  onAdded(): void {
    const eid = this.#arriving
    if (eid === 0) return
    this.#arriving = 0
    this.#tell(eid)
  }

  #add(eid: number): void {
    const { store, tally } = this.#options
    try {
      this.#checkWorld(eid)
      store.add(eid)
    } catch (error) {
      this.#hide(eid) // nobody has been told of it, so nobody shall be told that it goes
      throw error
    }
    if (store.fields === undefined) {
      tally.balance -= 2
      return
    }
    uncover(this.#options.component) // a pair too is asked when bitECS is done
    this.#hide(eid)
    this.#arriving = eid
  }

  #hide(eid: number): void {
    this.#owners?.remove(eid)
    clearBit(this.#world, eid, this.#options.component)
  }

  /** Tells everybody of an addition that nobody knew; unless a getter has given it to the entity. */
  #tell(eid: number): void {
    const { component, tally } = this.#options
    if (hasComponent(this.#world, eid, component)) return
    this.#owners?.add(eid) // the storage is not told again
    tally.balance -= 2
    addComponent(this.#world, eid, component)
    tally.balance--
  }

  #set(eid: number, values: unknown): void {
    const { frames, store } = this.#options
    const isNew = this.#arriving !== 0 && this.#arriving === eid
    this.#arriving = 0
    const given = frames.enter()
    try {
      if (isNew) this.#setNew(eid, values, given)
      else this.#setOwn(eid, values, given)
    } finally {
      store.fields?.abort(given)
      frames.leave(given)
    }
  }

  #setOwn(eid: number, values: unknown, given: GivenValues): void {
    this.#read(values, given)
    const { store } = this.#options
    store.write(eid, this.#claim(eid), given)
  }

  #setNew(eid: number, values: unknown, given: GivenValues): void {
    const { store } = this.#options
    const { entityComponents } = contextOf(this.#world)
    const own = entityComponents.get(eid) // another Set for whoever has the id later
    try {
      this.#read(values, given)
      if (entityComponents.get(eid) !== own) throw noRow(eid)
      store.prepare(given)
    } catch (error) {
      this.#takeOff(eid, own)
      throw error
    }
    this.#tell(eid)
    this.#renew()
    const isThere = this.owns(eid) && entityComponents.get(eid) === own
    if (isThere) store.commit(eid, store.claim(eid), given)
  }

  #read(values: unknown, given: GivenValues): void {
    const { frames, store, sets } = this.#options
    sets.beginSet()
    try {
      frames.read(values, given)
    } finally {
      sets.endSet()
    }
    this.#renew()
    store.fields?.settle(given)
  }

  /** The user's code may have made the memory grow. */
  #renew(): void {
    const { cells } = this.#options
    if (cells.isDetached) cells.renew()
  }

  /** An entity does not get a component of which nobody has been told. */
  #takeOff(eid: number, own: Set<unknown> | undefined): void {
    const { component, store } = this.#options
    if (hasComponent(this.#world, eid, component)) return // a getter has given it to the entity
    own?.delete(component)
    store.lose(eid)
  }

  #claim(eid: number): number {
    try {
      return this.#options.store.claim(eid)
    } catch (error) {
      this.#owners?.remove(eid)
      removeComponent(this.#world, eid, this.#options.component)
      throw error
    }
  }

  /**
   * bitECS itself throws later: when the row is cleared that the entity has in its own world, and with an
   * addition that waits for ever.
   */
  #checkWorld(eid: number): void {
    const { worlds, store } = this.#options
    if (worlds.all.length === 1 && store.fields === undefined) return
    if (!contextOf(this.#world).entityComponents.has(eid)) throw notOfThisWorld(eid)
  }
}
