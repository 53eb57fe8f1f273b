/**
 * What one world reports about one component: who gets it, what is set, who loses it. Its observers
 * run before any of the user's, as their query is made before the user has the component.
 *
 * bitECS reports an addition first, and later the values that come with it. But lists and texts
 * need memory, and nobody may see an addition that fails. So a component with such fields is hidden
 * at once, before other queries look, and added again when there is room for the values. The user's
 * onAdd observers run then, and the values are written afterwards, as bitECS has it.
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
import { NO_ROW } from '../lists/variable-fields.ts'
import type { MemoryViews } from '../memory/memory-views.ts'
import {
  type ComponentWatcher,
  hide,
  isMadeIn,
  isMember,
  memberCount,
  membersOf,
  onEnter,
  onLeave,
  uncover,
  watch,
} from '../world/bitecs-internals.ts'
import { notOfThisWorld } from '../world/world-errors.ts'
import type { Worlds } from '../world/worlds.ts'
import type { ComponentStore } from './component-store.ts'

/** Learns when values are read, so that no getter among them moves or frees rows. */
export interface Sets {
  beginSet(): void
  endSet(): void
}

export interface HooksOptions {
  worlds: Worlds
  component: object
  store: ComponentStore
  cells: MemoryViews
  frames: GivenFrames
  sets: Sets
  watcher: ComponentWatcher
}

export class WorldHooks {
  readonly #world: World
  readonly #options: HooksOptions
  #owners: Query | undefined
  #unsubscribe: (() => void)[] = []
  /** An entity whose addition is hidden until its values are there, or 0. */
  #arriving = 0

  constructor(world: World, options: HooksOptions) {
    this.#world = world
    this.#options = options
  }

  /** Starts over with a world that knows nothing of the component. */
  subscribe(): void {
    const world = this.#world
    const { component, store } = this.#options
    // `And` makes a query of its own: the user's observers are on the query without it.
    const owners = registerQuery(world, [store.fields === undefined ? component : And(component)])
    watch(world, component)
    this.#owners = owners
    this.#arriving = 0
    this.#unsubscribe = [
      onEnter(owners, (eid) => this.#add(eid)),
      observe(world, onSet(component), (eid, values) => this.#set(eid, values)),
      observe(world, onGet(component), (eid) => store.read(eid)),
    ]
    if (store.rows !== undefined || store.fields !== undefined) {
      this.#unsubscribe.push(onLeave(owners, (eid) => store.lose(eid)))
    }
  }

  unsubscribe(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    this.#unsubscribe = []
    this.#owners = undefined
    this.#arriving = 0
  }

  /** Whether an entity has the component, and is not losing it; false for prefabs. */
  owns(eid: number): boolean {
    return this.#owners !== undefined && isMember(this.#owners, eid)
  }

  /** Entities that have the component, without prefabs. */
  get ownerCount(): number {
    return this.#owners === undefined ? 0 : memberCount(this.#owners)
  }

  /** For `verifyStorage`: those entities. */
  get owners(): readonly number[] {
    return this.#owners === undefined ? [] : membersOf(this.#owners)
  }

  /** bitECS is done with an addition: if it is hidden still, it came without values. */
  onAdded(): void {
    const eid = this.#arriving
    this.#arriving = 0
    if (eid !== 0) this.#reveal(eid)
  }

  #add(eid: number): void {
    const { store, watcher } = this.#options
    try {
      this.#checkWorld(eid)
      store.add(eid)
    } catch (error) {
      this.#hide(eid) // nobody has seen the addition, so nobody shall see a removal
      throw error
    }
    if (store.fields === undefined) {
      watcher.balance -= 2
      return
    }
    uncover(this.#options.component) // so that `onAdded` is called for a pair too
    this.#hide(eid)
    this.#arriving = eid
  }

  #hide(eid: number): void {
    hide(this.#world, this.#owners, eid, this.#options.component)
  }

  /** Makes a hidden addition known, unless a getter has added the component meanwhile. */
  #reveal(eid: number): void {
    const { component, watcher } = this.#options
    if (hasComponent(this.#world, eid, component)) return
    this.#owners?.add(eid) // so that `#add` does not run again
    watcher.balance -= 2
    addComponent(this.#world, eid, component)
    watcher.balance--
  }

  #set(eid: number, values: unknown): void {
    const { frames, store } = this.#options
    const isNew = this.#arriving !== 0 && this.#arriving === eid
    this.#arriving = 0
    const given = frames.enter()
    try {
      if (isNew) this.#setNew(eid, values, given)
      else {
        this.#read(values, given)
        store.write(eid, this.#claim(eid), given)
      }
    } finally {
      store.fields?.abort(given)
      frames.leave(given)
    }
  }

  #setNew(eid: number, values: unknown, given: GivenValues): void {
    const { component, store, worlds } = this.#options
    const own = worlds.componentsOf(eid)
    try {
      this.#read(values, given)
      if (worlds.componentsOf(eid) !== own) throw noRow(eid)
      store.fields?.prepare(NO_ROW, given)
    } catch (error) {
      // Unless a getter has added the component: it stays then.
      if (!hasComponent(this.#world, eid, component)) {
        own?.delete(component)
        store.lose(eid)
      }
      throw error
    }
    this.#reveal(eid)
    this.#renew()
    if (this.owns(eid) && worlds.componentsOf(eid) === own)
      store.commit(eid, store.claim(eid), given)
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

  #claim(eid: number): number {
    try {
      return this.#options.store.claim(eid)
    } catch (error) {
      this.#owners?.remove(eid)
      removeComponent(this.#world, eid, this.#options.component)
      throw error
    }
  }

  /** bitECS throws too late: the entity's row is cleared by then, or its addition is hidden. */
  #checkWorld(eid: number): void {
    const { worlds, store } = this.#options
    if (worlds.all.length === 1 && store.fields === undefined) return
    if (!isMadeIn(this.#world, eid)) throw notOfThisWorld(eid)
  }
}
