/**
 * Worker groups begin runs in the thread of the world. Invariant: a world has one run at a time,
 * even if it has several groups. The commands of a run are applied before the next run begins.
 */
import { checkOptions } from '../base/arguments.ts'
import type { Port } from '../base/ports.ts'
import { cannotBlock, groupClosed, type RunError } from '../base/run-errors.ts'
import { mayBlock } from '../base/wait.ts'
import type { Storage } from '../storage/storage-api.ts'
import type { BegunRun, RunQueue } from '../storage/world-state.ts'
import type { BatchOptions } from './batch-size.ts'
import { Dispatch } from './dispatch.ts'
import type { SystemCall } from './job.ts'
import { countOf, type RunEntities } from './run-input.ts'
import {
  DEFAULT_SYNC_TIMEOUT_MS,
  deadlineOf,
  type TimeoutOptions,
  timedOut,
} from './run-timeout.ts'
import type { AnySystems, ArgsOf, Systems } from './system.ts'
import type { WorkerRegistry } from './worker-registry.ts'

/** Options of `group.run` and `group.runSync`. */
export interface RunOptions extends BatchOptions, TimeoutOptions {}

/** The parameters of `run` after the entities: the arguments of the system, if it declares any. */
export type RunArguments<A> = unknown extends A
  ? [args?: undefined, options?: RunOptions] // otherwise, options could be given as arguments
  : undefined extends A
    ? [args?: A, options?: RunOptions]
    : [args: A, options?: RunOptions]

/**
 * `RunArguments` for the system `K`. A wrong name counts as all names. So any arguments are allowed
 * with it, and the compile error is about the name.
 */
type ArgumentsFor<S, K extends keyof S> = string extends keyof S
  ? [args?: unknown, options?: RunOptions]
  : keyof S & string extends K
    ? K extends K
      ? RunArguments<ArgsOf<S[K]>>
      : never
    : RunArguments<ArgsOf<S[K]>>

/**
 * Workers that run the same systems over one storage. `createWorkerGroup` makes a group. `S` is the
 * type of the systems, which gives `run` its names and arguments.
 */
export interface WorkerGroup<S extends AnySystems = Systems> {
  /**
   * The workers of the group. It is empty if systems run in this thread. A worker that died is
   * listed until the platform has confirmed its death.
   */
  readonly workers: readonly Port[]
  /** The names of the systems that `run` takes. It is empty as long as they are not known. */
  readonly systems: readonly string[]
  /** How many commands of the last run were skipped because their entity was gone. */
  readonly skippedCommandCount: number

  /**
   * Runs a system over entities on all workers: each takes one batch after another. The promise
   * resolves when all batches are done. Earlier runs over the same world come first, also those of
   * other groups. Without workers, the system runs in this thread, batch by batch, usually before
   * `run` returns.
   *
   * ```ts
   * await group.run('move', query(world, [Position]), { dt: 0.016 }, { batchSize: 100 })
   * ```
   *
   * Workers see every column as it is now. Until the run is done, this thread must not add or
   * remove entities or components, nor call `storage.sync()`.
   *
   * When the run is done, the commands of its systems are applied. If it fails, only the commands
   * of finished batches are applied. If it times out, commands are applied before the next run, or
   * when the group closes. If a command throws then, the next run does not begin.
   * @param system the name of the system
   * @param entities ids in an array, a table of the storage, or `EACH_WORKER`: see `RunEntities`
   * @param argsAndOptions first the arguments of the system: plain values, as JSON can hold them.
   * Then `RunOptions`
   * @throws The promise rejects with RunError 'system-failed', 'worker-died' or 'timed-out', which
   * says what is not done. CommandsError 'commands-failed'. StorageError 'no-workers',
   * 'group-closed', 'invalid-argument'. ArenaError 'out-of-memory'
   */
  run<K extends keyof S & string>(
    system: K,
    entities: RunEntities,
    ...argsAndOptions: ArgumentsFor<S, K>
  ): Promise<void>

  /**
   * Does the same as `run`, but blocks this thread until the run is done. The main thread of a page
   * may not block, unless the systems run in it. If a worker dies, the call throws 'timed-out' at
   * its deadline.
   * @throws as {@link WorkerGroup.run}; StorageError 'cannot-block'; 'group-busy' while a `run` is
   * not done, and in `entities` and `args` of a schedule
   */
  runSync<K extends keyof S & string>(
    system: K,
    entities: RunEntities,
    ...argsAndOptions: ArgumentsFor<S, K>
  ): void

  /**
   * Adds a worker to the group. From then on, no system runs in this thread.
   * @throws The promise rejects as that of {@link createWorkerGroup}, or with ArenaError
   * 'not-shareable'
   */
  add(worker: Port): Promise<void>

  /**
   * Closes the group after the present run: releases its workers, and frees its memory. Runs that
   * still wait for their turn are rejected. A worker may then join another group by another
   * `joinWorkerGroup`. On Node, a worker that has nothing else to do ends. A second call does
   * nothing.
   */
  close(): Promise<void>
}

/** The stages of a run. Each stage lists the systems that run at the same time. */
export type RunPlan = readonly (readonly SystemCall[])[]

/** The group that `createWorkerGroup` returns, with the members that schedules use. */
export class Group implements WorkerGroup {
  readonly storage: Storage
  readonly #workers: WorkerRegistry
  readonly #dispatch: Dispatch
  readonly #runs: RunQueue
  /** The call of each `runSync`. It is changed and reused, to make no garbage. */
  readonly #syncCall: SystemCall = { name: '', system: '', entities: [], number: 0 }
  readonly #syncPlan: RunPlan = [[this.#syncCall]]
  /** Resolves when all runs of this group so far have ended. */
  #lastRun: Promise<void> = Promise.resolve()
  #closing: Promise<void> | undefined

  constructor(workers: WorkerRegistry) {
    this.storage = workers.storage
    this.#workers = workers
    this.#dispatch = new Dispatch(workers)
    this.#runs = this.storage.runs
  }

  get workers(): readonly Port[] {
    return this.#workers.workers.map(({ worker }) => worker)
  }

  get systems(): readonly string[] {
    return this.#workers.systems
  }

  get skippedCommandCount(): number {
    return this.#dispatch.run.skippedCommandCount
  }

  async run(
    system: string,
    entities: RunEntities,
    args?: unknown,
    options: RunOptions = NO_OPTIONS,
  ): Promise<void> {
    checkOptions('the options', options, RUN_OPTIONS)
    const { batchSize } = options
    return this.$run([[{ name: system, system, entities, args, batchSize, number: 0 }]], options)
  }

  runSync(
    system: string,
    entities: RunEntities,
    args?: unknown,
    options: RunOptions = NO_OPTIONS,
  ): void {
    checkOptions('the options', options, RUN_OPTIONS)
    const call = this.#syncCall
    call.name = system
    call.system = system
    call.entities = entities
    call.args = args
    call.batchSize = options.batchSize
    this.$runSync(this.#syncPlan, options)
  }

  /** Runs the stages in order, until one fails. No other run begins between two stages. */
  $run(plan: RunPlan, options: TimeoutOptions): Promise<void> {
    // If there is no run to wait for, this run begins now: the caller may change its arguments
    // afterwards.
    const result = this.#runs.enqueue(() => this.#runStages(plan, options))
    const others = this.#lastRun // these include runs that this run enqueued
    const end = () => others
    this.#lastRun = result.then(end, end)
    return result
  }

  async #runStages(plan: RunPlan, options: TimeoutOptions): Promise<void> {
    const { timeoutMs = Number.POSITIVE_INFINITY } = options
    const deadline = this.#checkedDeadline(timeoutMs)
    const dispatch = this.#dispatch
    const { last = dispatch } = this.#runs
    // There is no `await` if the last run is done: see `$run`.
    if (!last.isDone() && !(await last.untilDone(deadline))) throw this.#heldUp(plan, last)
    this.#succeed(last)
    for (let stage = 0; stage < plan.length; stage++) {
      dispatch.begin(plan[stage], deadline)
      if (!(await dispatch.untilDone(deadline))) throw timedOut(dispatch.run)
      dispatch.conclude()
    }
  }

  $runSync(plan: RunPlan, options: TimeoutOptions): void {
    const { timeoutMs = DEFAULT_SYNC_TIMEOUT_MS } = options
    const deadline = this.#checkedDeadline(timeoutMs)
    const dispatch = this.#dispatch
    const { last = dispatch } = this.#runs
    this.#runs.beginSync()
    try {
      if (!this.#mayBlock(last)) throw cannotBlock()
      if (!last.waitUntilDone(deadline)) throw this.#heldUp(plan, last)
      this.#succeed(last)
      for (let stage = 0; stage < plan.length; stage++) {
        dispatch.begin(plan[stage], deadline)
        if (!dispatch.waitUntilDone(deadline)) throw timedOut(dispatch.run)
        dispatch.conclude()
      }
    } finally {
      this.#runs.endSync()
    }
  }

  /**
   * Returns whether `runSync` may go on. A run in this thread that waits for no other run does not
   * block. Any other run needs a thread that may block.
   */
  #mayBlock(last: BegunRun): boolean {
    return (this.#workers.isLocal && last.isDone()) || mayBlock(this.#workers.control.words)
  }

  /**
   * Checks a new run, and returns its deadline.
   * @throws StorageError 'group-closed', 'commands-busy', 'invalid-argument'
   */
  #checkedDeadline(timeoutMs: number): number {
    this.#checkOpen()
    this.#runs.checkApplied()
    return deadlineOf(timeoutMs)
  }

  /**
   * Stops the last run, because time is up. Returns the error; for a schedule, it lists no
   * entities.
   */
  #heldUp(plan: RunPlan, last: BegunRun): RunError {
    const { name, entities } = plan[0]?.[0] ?? { name: '', entities: [] }
    return last.holdsUp(name, countOf(entities, this.storage, 0))
  }

  /** Replaces the world's last run, which is done, by the run that begins now. */
  #succeed(last: BegunRun): void {
    last.applyCommands()
    this.#runs.last = this.#dispatch
    this.#dispatch.run.skippedCommandCount = 0
  }

  async add(worker: Port): Promise<void> {
    this.#checkOpen()
    await this.#workers.add(worker)
    this.#checkOpen() // if the group was closed since, the registry has released it
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    let last: Promise<void> | undefined
    while (last !== this.#lastRun) {
      last = this.#lastRun
      await last // `entities` of a run may call `close`: `$run` sets `#lastRun` afterwards
    }
    try {
      await this.#dispatch.untilDone(Number.POSITIVE_INFINITY)
      this.#dispatch.applyCommands()
    } finally {
      await this.#workers.close()
      this.#dispatch.dispose()
    }
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw groupClosed()
  }
}

const NO_OPTIONS: RunOptions = {}
const RUN_OPTIONS = ['batchSize', 'timeoutMs'] as const
