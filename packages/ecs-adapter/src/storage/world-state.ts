/**
 * The storages of the same worlds. They have in common what bitECS tells nobody of: resets, runs, and entities
 * that stay because their removal failed.
 */
import { removeEntity, type World } from 'bitecs'
import { packIsBusy, setIsBusy } from '../base/errors.ts'
import { rememberQueries } from '../world/bitecs-internals.ts'
import { otherWorlds } from '../world/world-errors.ts'
import type { Worlds } from '../world/worlds.ts'
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
    const putBack = rememberQueries(world, eid)
    const own = this.worlds.componentsOf(eid) // another Set for whoever has the id later
    this.#removalCount++
    try {
      removeEntity(world, eid)
    } catch (error) {
      if (this.worlds.componentsOf(eid) === own) {
        putBack()
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
interface Context {
  [SIBLINGS]?: WorldState
}

/** @throws StorageError 'invalid-argument' where another storage serves some of the worlds, and others */
export function worldStateOf(worlds: Worlds): WorldState {
  const contexts = worlds.contexts as readonly Context[]
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
