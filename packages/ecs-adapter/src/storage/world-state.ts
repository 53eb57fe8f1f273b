/**
 * The storages of the same worlds. They have in common what bitECS tells nobody of: resets, runs, and entities
 * that stay because their removal failed.
 */
import { hasComponent, type Query, removeEntity, type World, type WorldContext } from 'bitecs'
import { packIsBusy, setIsBusy } from '../base/errors.ts'
import { otherWorlds } from '../world/world-errors.ts'
import { contextOf, type Worlds } from '../world/worlds.ts'
import { RunQueue } from './run-queue.ts'

export interface StorageState {
  beginAnew(): void
  sync(): void
  /** An entity whose removal was told of stays after all. */
  keep(eid: number): void
}

export class WorldState {
  readonly worlds: Worlds
  readonly runs = new RunQueue()
  readonly all = new Set<StorageState>()
  #removalCount = 0
  #setCount = 0

  constructor(worlds: Worlds) {
    this.worlds = worlds
  }

  /**
   * Removes an entity. Where an observer throws, it stays with all it had: bitECS has it in no query any
   * more by then, and storages would free its rows.
   * @throws what observers throw
   */
  remove(world: World, eid: number): void {
    const places = placesOf(world, eid)
    const { entityComponents } = contextOf(world)
    const own = entityComponents.get(eid) // another Set for whoever has the id later
    this.#removalCount++
    try {
      removeEntity(world, eid)
    } catch (error) {
      if (entityComponents.get(eid) === own) {
        for (const { query, isUnchanged } of places) if (isUnchanged()) putBack(query, eid)
        for (const sibling of this.all) sibling.keep(eid)
      }
      throw error
    } finally {
      this.#removalCount--
    }
  }

  /** Values are read and written from now on: their getters run the user's code. */
  beginSet(): void {
    this.#setCount++
  }

  endSet(): void {
    this.#setCount--
  }

  /** Before what moves or frees rows. @throws StorageError 'group-busy', 'pack-busy', 'set-busy' */
  checkRest(what: string): void {
    this.runs.checkDone(what)
    if (this.#removalCount > 0) throw packIsBusy(what)
    if (this.#setCount > 0) throw setIsBusy(what)
  }
}

/** Kept with each world, for the ESM and the CommonJS copy of this package to share it. */
const SIBLINGS = Symbol.for('@ashlar/ecs-adapter/worldState')
type Context = WorldContext & { [SIBLINGS]?: WorldState }

/** @throws StorageError 'invalid-argument' where another storage serves some of the worlds, and others */
export function worldStateOf(worlds: Worlds): WorldState {
  const contexts: readonly Context[] = worlds.contexts
  const found = contexts.map((context) => context[SIBLINGS])
  const before = found.find((worldState) => worldState !== undefined && worldState.all.size > 0)
  if (before !== undefined) {
    const isSame = before.worlds.all.length === found.length
    if (!isSame || found.some((worldState) => worldState !== before)) throw otherWorlds()
    return before
  }
  const worldState = new WorldState(worlds)
  for (const context of contexts) context[SIBLINGS] = worldState
  return worldState
}

/** The queries that an entity is in, and whether it has still what it is there for. */
function placesOf(world: World, eid: number) {
  const queries = [...contextOf(world).queries]
  const has = (component: object) => hasComponent(world, eid, component)
  return queries
    .filter((query) => query.has(eid) && !query.toRemove.has(eid))
    .map((query) => {
      const before = query.allComponents.map(has)
      const isUnchanged = () => query.allComponents.every((one, i) => has(one) === before[i])
      return { query, isUnchanged }
    })
}

function putBack(query: Query, eid: number): void {
  query.toRemove.remove(eid)
  query.add(eid)
}
