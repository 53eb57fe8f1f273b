/**
 * Begins, awaits and concludes the runs of one group. A run is of one system, or of several at the
 * same time.
 */
import { CommandsError } from '../base/errors.ts'
import { type RunError, runTooLate } from '../base/run-errors.ts'
import { nowMs, untilTrue, Waiter } from '../base/wait.ts'
import type { OpenGroup, Storage } from '../storage/storage-api.ts'
import type { BegunRun } from '../storage/world-state.ts'
import {
  CONTROL_BATCH_COUNT,
  CONTROL_CURSOR,
  CONTROL_DONE_SIGNAL,
  CONTROL_IS_FOR_EACH,
  CONTROL_RUN,
  WORKER_ASSIGNED_RUN,
  WORKER_COMMANDS,
  WORKER_CURSOR,
  WORKER_DONE,
  WORKER_SCRATCH,
} from './control-block.ts'
import { JobList, type SystemCall } from './job.ts'
import type { Member } from './member.ts'
import { Run } from './run.ts'
import { applyRunCommands, dropRunCommands } from './run-commands.ts'
import { heldUp, remainingMs, timedOut } from './run-timeout.ts'
import { lossOf, repairTables } from './worker-death.ts'
import type { WorkerRegistry } from './worker-registry.ts'

/**
 * The greatest run number. Run numbers are positive, because ~run is stored for a confirmed
 * assignment.
 */
const RUN_MAX = 2 ** 30

export class Dispatch implements BegunRun, OpenGroup {
  readonly #workers: WorkerRegistry
  readonly #storage: Storage
  readonly #jobs: JobList
  readonly run: Run
  readonly #waiter = new Waiter()

  constructor(workers: WorkerRegistry) {
    const { storage } = workers
    this.#workers = workers
    this.#storage = storage
    this.#jobs = new JobList(storage)
    this.run = new Run(workers.control)
    storage.openGroups.add(this)
  }

  get held(): OpenGroup['held'] {
    const { control, holders, workers } = this.#workers
    const offsetsOf = (members: readonly Member[], field: number) =>
      members.map((member) => member.load(field)).filter((offset) => offset !== 0)
    return {
      controlBlock: control.first * 4,
      reports: holders.map(({ report }) => report),
      scratches: offsetsOf(holders, WORKER_SCRATCH),
      commands: offsetsOf(workers, WORKER_COMMANDS), // the storage lists its own
      inputs: this.#jobs.heldOffsets,
    }
  }

  repairTables(): void {
    repairTables(this.run, this.#storage)
  }

  applyCommands(): void {
    this.repairTables()
    applyRunCommands(this.run, this.#storage)
  }

  dropCommands(): void {
    dropRunCommands(this.run, this.#storage)
  }

  /**
   * Starts a run of systems that do not conflict. The previous run must be done. Without workers,
   * the run is done when this method returns. If it throws, no run has begun. There is one
   * exception: systems may have run in this thread until the deadline.
   * @throws RunError 'timed-out' if the deadline has passed; StorageError, ArenaError
   */
  begin(calls: readonly SystemCall[], deadline: number): void {
    const workers = this.#workers
    const local = workers.prepare()
    const { members, control } = workers
    const run = this.run
    run.jobs = this.#jobs.prepare(calls, workers)
    if (remainingMs(deadline) <= 0) throw runTooLate(run.jobs)
    this.#storage.publish()

    const { isForEach, firstBatch, batchCount } = run.jobs[run.jobs.length - 1]
    run.batchCount = firstBatch + batchCount
    run.members = members
    run.number = (run.number % RUN_MAX) + 1
    run.mayBeTorn = true
    run.hasCommands = true
    control.store(CONTROL_BATCH_COUNT, run.batchCount)
    control.store(CONTROL_IS_FOR_EACH, isForEach ? 1 : 0) // such a job is the only one of its run
    control.store(CONTROL_CURSOR, 0)
    for (let i = 0; i < members.length; i++) {
      members[i].store(WORKER_CURSOR, i)
      members[i].store(WORKER_ASSIGNED_RUN, run.number)
    }
    run.startedAt = nowMs()
    control.raise(CONTROL_RUN)
    if (local === undefined) return
    const { runs } = this.#storage
    runs.isHere = true
    const isLate = local.run(deadline) // this call does not throw
    runs.isHere = false
    if (isLate) throw timedOut(run)
  }

  isDone(): boolean {
    const { members } = this.run
    for (let i = 0; i < members.length; i++) if (!this.#isDoneWith(members[i])) return false
    return true
  }

  waitUntilDone(deadline: number): boolean {
    const { words, first } = this.#workers.control
    const signal = first + CONTROL_DONE_SIGNAL
    for (;;) {
      const seen = Atomics.load(words, signal)
      if (this.isDone()) return true
      const timeoutMs = remainingMs(deadline)
      if (timeoutMs <= 0) return false
      this.#waiter.waitWhile(words, signal, seen, timeoutMs)
    }
  }

  async untilDone(deadline: number): Promise<boolean> {
    const { words, first } = this.#workers.control
    const isOver = () => this.isDone() || remainingMs(deadline) <= 0
    await untilTrue(words, first + CONTROL_DONE_SIGNAL, isOver)
    return this.isDone()
  }

  holdsUp(system: string, entityCount: number): RunError {
    return heldUp(this.run, system, entityCount)
  }

  /**
   * Concludes a run that is done: applies the commands of its finished batches, except those of
   * workers that have died.
   * @throws RunError 'system-failed', 'worker-died'; CommandsError
   */
  conclude(): void {
    let commandsError: CommandsError | undefined
    try {
      this.applyCommands()
    } catch (error) {
      if (!(error instanceof CommandsError)) throw error
      commandsError = error
    }
    const runError = this.run.failure ?? lossOf(this.run)
    if (runError !== undefined) runError.commandsError = commandsError
    const error = runError ?? commandsError
    if (error !== undefined) throw error
  }

  dispose(): void {
    const { runs, openGroups } = this.#storage
    if (runs.last === this) runs.last = undefined
    openGroups.delete(this)
    this.#jobs.dispose()
  }

  #isDoneWith(member: Member): boolean {
    const { number, batchCount, control } = this.run
    if (member.load(WORKER_DONE) === number || member.isGone || member.hasLeft) return true
    if (control.load(CONTROL_CURSOR) < batchCount) return false
    // All batches are taken. Revokes the assignment, unless the worker has confirmed it.
    const before = member.exchange(WORKER_ASSIGNED_RUN, number, 0)
    return before === number || before === 0
  }
}
