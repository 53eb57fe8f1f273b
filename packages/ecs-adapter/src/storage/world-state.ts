/**
 * What storages of the same worlds share, as bitECS reports none of it: resets, runs of systems,
 * and entities that stay because an observer of their removal threw.
 */
import { commandsBusy, moveIsBusy, otherWorlds, setIsBusy } from '../base/errors.ts'
import { groupBusy, type RunError, systemsAtWork } from '../base/run-errors.ts'
import type { Worlds } from '../world/worlds.ts'

/** A run that has begun, for the runs and storages that wait for it. */
export interface BegunRun {
  /** Whether no worker works on the run, or will. */
  isDone(): boolean
  /** Resolves to true when the run is done; to false at the deadline. */
  untilDone(deadline: number): Promise<boolean>
  /** As `untilDone`, but blocks. */
  waitUntilDone(deadline: number): boolean
  /** Call it once the run is done: repairs tables that dead workers left half changed. */
  repairTables(): void
  /** Applies the commands of the run, unless they are applied already. */
  applyCommands(): void
  /** Forgets the commands of the run that are not applied yet. */
  dropCommands(): void
  /** Stops this run, and returns the error for a run that it has kept from beginning. */
  holdsUp(system: string, entityCount: number): RunError
}

/**
 * Lets the runs over the storages of the same worlds begin one at a time, whichever group begins
 * them, and none while commands are applied.
 */
export class RunQueue {
  /** The run that began last. If it timed out, workers may still work on it. */
  last: BegunRun | undefined
  /** Whether commands are being applied: then no run may begin. */
  isApplying = false
  /** Whether the systems of a run are running in this thread. */
  isHere = false
  /** Resolves when all runs that are enqueued so far have ended. */
  #queue: Promise<void> = Promise.resolve()
  #queueLength = 0

  /**
   * Calls `run` when all runs enqueued before have ended; at once if there are none. `run` calls
   * the user's `entities` and `args`: runs that these enqueue wait until it has ended.
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
   * Call it when a blocking run begins: runs that are enqueued from now on wait for `endSync`.
   * @throws StorageError 'group-busy' if a run is enqueued or has not ended
   */
  beginSync(): void {
    if (this.#queueLength > 0) throw groupBusy()
    this.#queueLength++
  }

  /** Runs that were enqueued since `beginSync` begin in microtasks after the code that runs now. */
  endSync(): void {
    this.#queueLength--
  }

  /** Whether no worker works on a run, or will. */
  isDone(): boolean {
    return this.last?.isDone() ?? true
  }

  /** @throws StorageError 'commands-busy' while commands are applied */
  checkApplied(): void {
    if (this.isApplying) throw commandsBusy()
  }

  /** Call it before you free memory that systems use. @throws StorageError 'group-busy' */
  checkDone(what: string): void {
    if (!this.isDone()) throw systemsAtWork(what)
  }

  /**
   * `checkDone` for calls that free chunks of tables, or take over chunks of dead threads. Also
   * repairs the tables of a run that is done but not concluded. `add` and `remove` of tables do
   * without this check, because they are called often: they move one row, and free nothing.
   */
  readonly checkTables = (what: string): void => {
    this.checkDone(what)
    this.last?.repairTables()
  }
}

/** A storage as other storages of the same worlds see it. */
export interface StorageState {
  $beginAnew(): void
  /** Call it if an entity stays though its removal was reported. */
  $keep(eid: number): void
  sync(): void
}

export class WorldState {
  readonly worlds: Worlds
  readonly runs = new RunQueue()
  readonly all = new Set<StorageState>()
  /** How many removals are running whose failure would bring an entity's values back. */
  removalCount = 0
  #setCount = 0

  constructor(worlds: Worlds) {
    this.worlds = worlds
  }

  /** Between `beginSet` and `endSet`, values are read by getters, which run code of the user. */
  beginSet(): void {
    this.#setCount++
  }

  endSet(): void {
    this.#setCount--
  }

  /**
   * Call it before anything that moves or frees rows.
   * @throws StorageError 'group-busy', 'move-busy', 'set-busy'
   */
  checkRest(what: string): void {
    this.runs.checkDone(what)
    if (this.removalCount > 0) throw moveIsBusy(what)
    if (this.#setCount > 0) throw setIsBusy(what)
  }
}

/** The key in the context of each world: the ESM and CommonJS copies of this package share it. */
const WORLD_STATE = Symbol.for('@ashlar/ecs-adapter/worldState')
interface Context {
  [WORLD_STATE]?: WorldState
}

/** @throws StorageError 'invalid-argument' if a storage of one of the worlds serves other worlds */
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
