/** Parallel systems: the side of a worker group that calls them. */
import { checkOptions } from '../base/arguments.ts'
import { invalidArgument, storageDisposed } from '../base/errors.ts'
import type { Port } from '../base/ports.ts'
import { mayBlock, nowMs, WAIT_MS_MAX } from '../base/wait.ts'
import { cannotBlock, groupClosed } from '../storage/run-errors.ts'
import type { BegunRun, RunQueue } from '../storage/run-queue.ts'
import type { Storage } from '../storage/storage-api.ts'
import { Dispatch } from './dispatch.ts'
import type { ChunkOptions } from './job.ts'
import type { RunEntities } from './run-entities.ts'
import { type RunPlan, SingleCallPlan } from './run-plan.ts'
import { WorkerRegistry } from './worker-registry.ts'

export interface WorkerGroupOptions {
  /** Of each worker's scratch, in bytes. Default 64 KiB; it overflows into more. */
  readonly scratchByteLength?: number
  /** How long a worker may take to start and join. Default 30,000. */
  readonly joinTimeoutMs?: number
}

export interface TimeoutOptions {
  /** Default 5000 of `runSync`; `run` waits for as long as it takes. */
  readonly timeoutMs?: number
}

export interface RunOptions extends ChunkOptions, TimeoutOptions {}

export interface WorkerGroup {
  /** Those that take part now: one that has died does not, from when that is known. */
  readonly workers: readonly Port[]
  /** The names that `run` takes. */
  readonly systems: readonly string[]
  /** How many commands of the last run were skipped, as the entity was gone. */
  readonly skippedCommands: number

  /**
   * RunQueue a system over entities on all workers, each of which takes chunks of them as it gets done,
   * and resolves when all are done. RunQueue that are called before that wait for it, in their order.
   * Workers see every column as it is now. Structure (entities, components) belongs to this thread:
   * wait with changes to it, and with `storage.sync()`, until the run is done. Then the commands that
   * systems gave are applied, as `storage.apply` does; also when the run fails, those of the chunks that
   * are done. Of a run that timed out, they are applied before the next one begins, which does not begin
   * when one of them throws, or at `close`.
   *
   * A world has one run at a time: those of other groups over it wait in the same queue, and
   * `timeoutMs` counts from its turn.
   *
   * @param entities ids, as `query` gives them: copied, unless they lie in the arena. In an array, each has
   * to be an id; typed arrays of whole numbers are taken as they are. Or a table of the
   * storage: its chunks with rows, as this thread knows them since its `sync`, by ascending numbers. Or
   * `EACH_WORKER`: the system is called once by each worker, with the worker's place among them
   * @param args plain values: what JSON can tell
   * @throws (the promise) RunError 'system-failed' with the worker's error as its `cause`; 'worker-died';
   * 'timed-out': each tells what was left undone. CommandsError 'commands-failed'. StorageError
   * 'no-workers', 'group-closed', 'invalid-argument'; ArenaError 'out-of-memory'
   */
  run(system: string, entities: RunEntities, args?: unknown, options?: RunOptions): Promise<void>

  /**
   * As `run`, but blocks meanwhile: for threads that may, which the main thread of a page may not. It
   * hears of no death before the deadline, as that needs events.
   * @throws as `run`; StorageError 'cannot-block', 'group-busy' while a `run` is not done, and in `entities`
   * and `args` of schedules
   */
  runSync(system: string, entities: RunEntities, args?: unknown, options?: RunOptions): void

  /** Lets another worker join. @throws (the promise) as `createWorkerGroup` */
  add(worker: Port): Promise<void>

  /**
   * Lets the workers go when the present run is done, and frees what the group took of the storage's
   * pool. RunQueue that wait are rejected. A worker may join another group by another `joinWorkerGroup`, when
   * the first has resolved; on Node one that has nothing else to do ends. Closing it again does nothing.
   */
  close(): Promise<void>
}

const DEFAULT_SCRATCH_BYTE_LENGTH = 64 * 1024
/** As core has it. */
const SCRATCH_BYTE_LENGTH_MIN = 64
const DEFAULT_JOIN_TIMEOUT_MS = 30_000
const DEFAULT_SYNC_TIMEOUT_MS = 5000

/**
 * Makes a group of workers that run systems over the columns of a storage. Each of them calls
 * `joinWorkerGroup` while it starts, and gets a pool and a scratch of its own; the arena needs a slot
 * for each.
 *
 * The storage cannot be disposed of until the group is closed.
 *
 * @throws (the promise) StorageError 'not-joined': also at once, for a worker that has ended already, where
 * the platform tells: Node and Bun do; 'invalid-argument', 'storage-disposed'; ArenaError 'no-free-slot',
 * 'not-shareable', 'out-of-memory'
 */
export async function createWorkerGroup(
  storage: Storage,
  workers: readonly Port[],
  options: WorkerGroupOptions = {},
): Promise<WorkerGroup> {
  if (typeof storage !== 'object' || storage === null || !('openGroups' in storage)) {
    throw invalidArgument('the storage', storage, 'what createStorage() gives')
  }
  checkOptions('the options', options, ['scratchByteLength', 'joinTimeoutMs'])
  const {
    scratchByteLength = DEFAULT_SCRATCH_BYTE_LENGTH,
    joinTimeoutMs = DEFAULT_JOIN_TIMEOUT_MS,
  } = options
  if (!Array.isArray(workers)) throw invalidArgument('the workers', workers, 'an array of workers')
  if (!(Number.isInteger(scratchByteLength) && scratchByteLength >= SCRATCH_BYTE_LENGTH_MIN)) {
    const expected = `a whole number of bytes from ${SCRATCH_BYTE_LENGTH_MIN} on`
    throw invalidArgument('scratchByteLength', scratchByteLength, expected)
  }
  if (typeof joinTimeoutMs !== 'number' || !(joinTimeoutMs > 0)) {
    throw invalidArgument('joinTimeoutMs', joinTimeoutMs, 'a number of milliseconds above 0')
  }
  if (storage.isDisposed) throw storageDisposed()
  void storage.pool.arena.handle // throws where it is not shared
  const registry = new WorkerRegistry({ storage, scratchByteLength, joinTimeoutMs })
  const joins = await Promise.allSettled(Array.from(workers, (worker) => registry.add(worker)))
  const failed = joins.find((join) => join.status === 'rejected')
  if (failed === undefined) return new Group(registry, storage)
  await registry.close()
  throw failed.reason
}

/** What `createWorkerGroup` gives, as schedules know it. */
export class Group implements WorkerGroup {
  readonly storage: Storage
  readonly #workers: WorkerRegistry
  readonly #dispatch: Dispatch
  readonly #runs: RunQueue
  readonly #syncCall: SingleCallPlan
  /** Ends when the runs of this group so far are over. */
  #lastRun: Promise<void> = Promise.resolve()
  #closing: Promise<void> | undefined
  #skippedCommands = 0

  constructor(registry: WorkerRegistry, storage: Storage) {
    this.storage = storage
    this.#workers = registry
    this.#syncCall = new SingleCallPlan(storage.tables)
    this.#dispatch = new Dispatch(registry, storage)
    this.#runs = storage.runs
  }

  get workers(): readonly Port[] {
    return this.#workers.members.map(({ worker }) => worker)
  }

  get systems(): readonly string[] {
    return this.#workers.systems
  }

  get skippedCommands(): number {
    return this.#skippedCommands
  }

  async run(
    system: string,
    entities: RunEntities,
    args?: unknown,
    options: RunOptions = NO_OPTIONS,
  ): Promise<void> {
    checkOptions('the options', options, RUN_OPTIONS)
    const call = new SingleCallPlan(this.storage.tables)
    return this.$runStages(call.set(system, entities, args, options.chunkLength), options)
  }

  runSync(
    system: string,
    entities: RunEntities,
    args?: unknown,
    options: RunOptions = NO_OPTIONS,
  ): void {
    checkOptions('the options', options, RUN_OPTIONS)
    const call = this.#syncCall.set(system, entities, args, options.chunkLength)
    this.$runStagesSync(call, options)
  }

  /** For schedules: stage after stage, with no other run in between; none after one that did not end well. */
  $runStages(stages: RunPlan, options: TimeoutOptions): Promise<void> {
    // At once where nothing is waited for: the caller may change what it passes afterwards.
    const result = this.#runs.enqueue(() => this.#runStages(stages, options))
    const others = this.#lastRun // also those that the run itself has enqueued
    const end = () => others
    this.#lastRun = result.then(end, end)
    return result
  }

  async #runStages(stages: RunPlan, options: TimeoutOptions): Promise<void> {
    const dispatch = this.#dispatch
    const { last = dispatch } = this.#runs
    this.#checkOpen()
    this.#runs.checkApplied()
    const { timeoutMs = Number.POSITIVE_INFINITY } = options
    const deadline = deadlineOf(timeoutMs)
    // Not by an `await` that has nothing to wait for: see `$runStages`.
    if (!last.isDone() && !(await last.untilDone(deadline))) throw stages.heldUpBy(last)
    this.#takeOver(last)
    for (let stage = 0; stage < stages.stageCount; stage++) {
      dispatch.begin(stages.callsOf(stage), deadline)
      if (!(await dispatch.untilDone(deadline))) throw dispatch.timedOut()
      this.#conclude()
    }
  }

  $runStagesSync(stages: RunPlan, options: TimeoutOptions): void {
    const dispatch = this.#dispatch
    const { last = dispatch } = this.#runs
    this.#checkOpen()
    this.#runs.checkApplied()
    const { timeoutMs = DEFAULT_SYNC_TIMEOUT_MS } = options
    const deadline = deadlineOf(timeoutMs)
    this.#runs.beginSync()
    try {
      if (!mayBlock(this.#workers.words)) throw cannotBlock()
      if (!last.waitUntilDone(deadline)) throw stages.heldUpBy(last)
      this.#takeOver(last)
      for (let stage = 0; stage < stages.stageCount; stage++) {
        dispatch.begin(stages.callsOf(stage), deadline)
        if (!dispatch.waitUntilDone(deadline)) throw dispatch.timedOut()
        this.#conclude()
      }
    } finally {
      this.#runs.endSync()
    }
  }

  /** After the last run over the world, which is done. */
  #takeOver(last: BegunRun): void {
    last.applyCommands()
    this.#runs.last = this.#dispatch
    this.#skippedCommands = 0
  }

  #conclude(): void {
    try {
      this.#dispatch.conclude()
    } finally {
      this.#skippedCommands += this.#dispatch.skippedCommands
    }
  }

  async add(worker: Port): Promise<void> {
    this.#checkOpen()
    await this.#workers.add(worker)
    this.#checkOpen() // closed meanwhile: the registry has let it go
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    let last: Promise<void> | undefined
    while (last !== this.#lastRun) {
      last = this.#lastRun
      await last // a run that calls this from `entities` is the last one only when it has returned
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
const RUN_OPTIONS = ['chunkLength', 'timeoutMs'] as const

function deadlineOf(timeoutMs: number): number {
  if (typeof timeoutMs !== 'number' || !(timeoutMs > 0)) {
    throw invalidArgument('timeoutMs', timeoutMs, 'a number of milliseconds above 0')
  }
  return timeoutMs > WAIT_MS_MAX ? Number.POSITIVE_INFINITY : nowMs() + Math.ceil(timeoutMs)
}
