/**
 * What the storages of the same worlds share, as bitECS reports none of it: resets, runs, and
 * entities that stay because their removal failed.
 */
import { removeEntity, type World } from 'bitecs'
import { commandsBusy, otherWorlds, packIsBusy, setIsBusy } from '../base/errors.ts'
import { groupBusy, type RunError, systemsAtWork } from '../base/run-errors.ts'
import { rememberQueries } from '../world/bitecs-internals.ts'
import type { Worlds } from '../world/worlds.ts'

/** A run that has begun, as far as others wait for it. */
export interface BegunRun {
  /** Whether no worker is at it, or will be. */
  isDone(): boolean
  /** Resolves when the run is done; at the deadline with false. */
  untilDone(deadline: number): Promise<boolean>
  /** The same, but blocks. */
  waitUntilDone(deadline: number): boolean
  /** Once the run is done: repairs the tables that workers left half changed when they died. */
  repairTables(): void
  /** Applies its commands if they are not applied yet. */
  applyCommands(): void
  /** Forgets its commands that are not applied yet. */
  dropCommands(): void
  /** Workers take no more of it. Returns the error for a run that it holds up. */
  holdsUp(system: string, entityCount: number): RunError
}

/**
 * The runs of systems over the storages of some worlds: one at a time, whichever group begins it,
 * and none while commands are applied.
 */
export class RunQueue {
  /** The run that began last. If it timed out, workers may be at it still. */
  last: BegunRun | undefined
  /** Whether commands are being applied: no run begins. */
  isApplying = false
  /** Ends when all runs so far are over. */
  #queue: Promise<void> = Promise.resolve()
  #queueLength = 0

  /**
   * Calls `run` when all that were enqueued before are over; at once if there are none. Runs that
   * are enqueued by `run` itself, whose `entities` and `args` are the user's code, wait for it.
   */
  enqueue(run: () => Promise<void>): Promise<void> {
    const before = this.#queue
    const isFree = this.#queueLength++ === 0
    let end = () => {}
    this.#queue = new Promise((resolve) => {
      end = () => {
        this.#queueLength--
        resolve()
      }
    })
    const result = isFree ? run() : before.then(run)
    result.then(end, end)
    return result
  }

  /**
   * A run that blocks begins: runs that are enqueued wait for `endSync`.
   * @throws StorageError 'group-busy'
   */
  beginSync(): void {
    if (this.#queueLength > 0) throw groupBusy()
    this.#queueLength++
  }

  /** Runs that were enqueued meanwhile begin when the caller has returned. */
  endSync(): void {
    this.#queueLength--
  }

  /** @throws StorageError 'commands-busy' while commands are applied */
  checkApplied(): void {
    if (this.isApplying) throw commandsBusy()
  }

  /** Call it before anything that frees memory systems use. @throws StorageError 'group-busy' */
  checkDone(what: string): void {
    if (this.last !== undefined && !this.last.isDone()) throw systemsAtWork(what)
  }

  /**
   * `checkDone` for calls that free chunks of tables, or repair chunks of dead threads. Repairs the
   * tables of a run that is done but not concluded. `add` and `remove` are too hot for a check:
   * they move one row, and free nothing.
   */
  readonly checkTables = (what: string): void => {
    this.checkDone(what)
    this.last?.repairTables()
  }
}

/** A storage as the others of its worlds see it. */
export interface StorageState {
  $beginAnew(): void
  /** An entity stays though its removal was reported. */
  $keep(eid: number): void
  sync(): void
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
   * Removes an entity. If an observer throws, the entity keeps all it had: by then bitECS has taken
   * it out of its queries, and storages would free its rows.
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
        for (const storage of this.all) storage.$keep(eid)
      }
      throw error
    } finally {
      this.#removalCount--
    }
  }

  /** Between these two, values are read and written: their getters run the user's code. */
  beginSet(): void {
    this.#setCount++
  }

  endSet(): void {
    this.#setCount--
  }

  /**
   * Call it before anything that moves or frees rows.
   * @throws StorageError 'group-busy', 'pack-busy', 'set-busy'
   */
  checkRest(what: string): void {
    this.runs.checkDone(what)
    if (this.#removalCount > 0) throw packIsBusy(what)
    if (this.#setCount > 0) throw setIsBusy(what)
  }
}

/** Kept with each world, for the ESM and the CommonJS copy of this package to share it. */
const WORLD_STATE = Symbol.for('@ashlar/ecs-adapter/worldState')
interface Context {
  [WORLD_STATE]?: WorldState
}

/**
 * @throws StorageError 'invalid-argument' if another storage serves some of the worlds, and others
 */
export function worldStateOf(worlds: Worlds): WorldState {
  const contexts = worlds.contexts as readonly Context[]
  const found = contexts.map((context) => context[WORLD_STATE])
  const before = found.find((state) => state !== undefined && state.all.size > 0)
  if (before !== undefined) {
    const isSame = before.worlds.all.length === found.length
    if (!isSame || found.some((state) => state !== before)) throw otherWorlds()
    return before
  }
  const state = new WorldState(worlds)
  for (const context of contexts) context[WORLD_STATE] = state
  return state
}
