/**
 * The state that storages of the same worlds share, because bitECS does not report it: resets, runs
 * of systems, and entities that stay because an observer of their removal threw.
 */
import { commandsBusy, moveIsBusy, otherWorlds, setIsBusy } from '../base/errors.ts'
import { groupBusy, type RunError, systemsAtWork } from '../base/run-errors.ts'
import type { Worlds } from '../world/worlds.ts'

/** A run that has begun. Other runs and the storages wait for it by these methods. */
export interface BegunRun {
  /** Returns whether no worker works on the run, or will work on it. */
  isDone(): boolean
  /** Resolves to true when the run is done, or to false at the deadline. */
  untilDone(deadline: number): Promise<boolean>
  /** Does the same as `untilDone`, but blocks. */
  waitUntilDone(deadline: number): boolean
  /** Repairs tables that dead workers left half changed. Call it when the run is done. */
  repairTables(): void
  /** Applies the commands of the run, unless they have been applied already. */
  applyCommands(): void
  /** Drops the commands of the run that have not been applied yet. */
  dropCommands(): void
  /**
   * Stops this run. Returns the error for another run, which could not begin because of this one.
   * @param system the system of that other run
   * @param entityCount how many entities that other run has
   */
  holdsUp(system: string, entityCount: number): RunError
}

/**
 * Lets the runs on the same worlds begin one at a time, even if different groups and storages begin
 * them. While commands are applied, no run begins.
 */
export class RunQueue {
  /** The run that began last. If it timed out, workers may still work on it. */
  last: BegunRun | undefined
  /** Whether commands are being applied. If so, no run may begin. */
  isApplying = false
  /** Whether this thread itself is running the systems of a run. */
  isHere = false
  /** Resolves when all runs that have been enqueued so far have ended. */
  #queue: Promise<void> = Promise.resolve()
  #queueLength = 0

  /**
   * Calls `run` when all earlier runs have ended. If there are none, it calls `run` before it
   * returns. `run` calls the user's functions `entities` and `args`. Runs that these functions
   * enqueue wait until `run` has ended.
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
   * Marks the start of a blocking run, by `runSync`. Runs that are enqueued after this call wait
   * for `endSync`.
   * @throws StorageError 'group-busy' if an earlier run is enqueued or has not ended
   */
  beginSync(): void {
    if (this.#queueLength > 0) throw groupBusy()
    this.#queueLength++
  }

  /**
   * Ends a blocking run. Runs that were enqueued since `beginSync` begin in microtasks, so after
   * the code that runs now.
   */
  endSync(): void {
    this.#queueLength--
  }

  /** Returns whether no worker works on a run, or will work on one. */
  isDone(): boolean {
    return this.last?.isDone() ?? true
  }

  /**
   * Checks that no commands are being applied.
   * @throws StorageError 'commands-busy' if some are
   */
  checkApplied(): void {
    if (this.isApplying) throw commandsBusy()
  }

  /**
   * Checks that no system runs. Call it before you free memory that systems use.
   * @throws StorageError 'group-busy' if one runs
   */
  checkDone(what: string): void {
    if (!this.isDone()) throw systemsAtWork(what)
  }

  /**
   * Does the same as `checkDone`, for calls that free chunks of tables, or adopt chunks of dead
   * threads. It also repairs the tables of a run that is done but not concluded. `add` and `remove`
   * of tables do not call this method, because they are called often, move only one row, and free
   * nothing.
   */
  readonly checkTables = (what: string): void => {
    this.checkDone(what)
    this.last?.repairTables()
  }
}

/** The methods of a storage that other storages of the same worlds call. */
export interface StorageState {
  $beginAnew(): void
  /** Keeps the rows of an entity. Called if the entity stays although its removal was reported. */
  $keep(eid: number): void
  sync(): void
}

export class WorldState {
  readonly worlds: Worlds
  readonly runs = new RunQueue()
  readonly all = new Set<StorageState>()
  /** How many removals are running that would restore an entity's values if they fail. */
  removalCount = 0
  #setCount = 0

  constructor(worlds: Worlds) {
    this.worlds = worlds
  }

  /**
   * Begins a `set`. Between `beginSet` and `endSet`, values are read by getters, which run code of
   * the user.
   */
  beginSet(): void {
    this.#setCount++
  }

  endSet(): void {
    this.#setCount--
  }

  /**
   * Checks that rows may move now. Call it before anything that moves or frees rows.
   * @throws StorageError 'group-busy', 'move-busy' or 'set-busy' if they may not
   */
  checkRest(what: string): void {
    this.runs.checkDone(what)
    if (this.removalCount > 0) throw moveIsBusy(what)
    if (this.#setCount > 0) throw setIsBusy(what)
  }
}

/**
 * The key of this state in the context of each world. It is a registered symbol, so that the ESM
 * and the CommonJS copy of this package share the state.
 */
const WORLD_STATE = Symbol.for('@ashlar/ecs-adapter/worldState')
interface Context {
  [WORLD_STATE]?: WorldState
}

/**
 * Returns the state that the worlds share, and makes it at the first call.
 * @throws StorageError 'invalid-argument' if a storage of one of the worlds serves other worlds
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
