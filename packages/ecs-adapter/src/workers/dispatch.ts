/** The runs of one group, each of one system or of several at once: begun, awaited, concluded. */

import { noWorkers, RunError, runNotBegun, runTooLate } from '../base/run-errors.ts'
import { elapsedMs, nowMs, untilTrue, Waiter } from '../base/wait.ts'
import type { HeldByGroup, Storage } from '../storage/storage-api.ts'
import type { BegunRun } from '../storage/world-state.ts'
import {
  CONTROL_BATCH_COUNT,
  CONTROL_CURSOR,
  CONTROL_DONE_SIGNAL,
  CONTROL_IS_FOR_EACH,
  CURSOR_END,
  WORKER_ASSIGNED_RUN,
  WORKER_COMMANDS,
  WORKER_CURSOR,
  WORKER_DONE,
  WORKER_LEFT,
  WORKER_SCRATCH,
} from './control-block.ts'
import { Job, type SystemCall } from './job.ts'
import { RunCommands } from './run-commands.ts'
import { EACH_WORKER } from './run-input.ts'
import { type CurrentRun, RunResult } from './run-result.ts'
import type { Member, WorkerRegistry } from './worker-registry.ts'

/** A confirmed assignment is ~run, so runs are positive. */
const RUN_MAX = 2 ** 30

export class Dispatch implements BegunRun {
  readonly commands: RunCommands
  readonly #workers: WorkerRegistry
  readonly #storage: Storage
  /** By number of the call. */
  readonly #allJobs: Job[] = []
  readonly #run: CurrentRun = { number: 0, members: [], jobs: [] }
  readonly #result: RunResult
  readonly #waiter = new Waiter()
  #startedAt = 0
  #batchCount = 0
  /** Whether a worker that died may have left tables half changed. */
  #mayBeTorn = false

  constructor(workers: WorkerRegistry, storage: Storage) {
    this.#workers = workers
    this.#storage = storage
    this.commands = new RunCommands(workers, storage, this.#run)
    this.#result = new RunResult(workers, this.#run)
    workers.held = () => this.#held()
  }

  #held(): HeldByGroup {
    const { words, controlBlock, members } = this.#workers
    const wordsOf = (field: number) =>
      members.map((member) => words[this.#workers.word(member, field)]).filter((at) => at !== 0)
    return {
      controlBlock: controlBlock * 4,
      reports: members.map(({ report }) => report),
      scratches: wordsOf(WORKER_SCRATCH),
      commands: wordsOf(WORKER_COMMANDS),
      inputs: this.#allJobs.flatMap((job) => job.heldOffsets).filter((offset) => offset !== 0),
    }
  }

  /** Until the next run begins, no other thread works on a table. */
  repairTables(): void {
    if (!this.#mayBeTorn) return
    this.#mayBeTorn = false
    if (!this.#result.hasLostWorkers) return
    for (const table of Object.values(this.#storage.tables)) if (table.isAttached) table.takeOver()
    for (const job of this.#run.jobs) job.repair()
  }

  applyCommands(): void {
    this.repairTables()
    this.commands.apply()
  }

  dropCommands(): void {
    this.commands.drop()
  }

  /**
   * Starts a run of systems that do not conflict; the run before is done. If it throws, nothing has
   * begun.
   * @throws RunError 'timed-out' if the deadline has passed; StorageError, ArenaError
   */
  begin(calls: readonly SystemCall[], deadline: number): void {
    const { members, words, controlBlock } = this.#workers
    const run = this.#run
    if (members.length === 0) throw noWorkers()
    const batchCount = this.#prepare(calls)
    if (remainingOf(deadline) <= 0) throw runTooLate(run.jobs)
    this.#storage.publish()

    words[controlBlock + CONTROL_BATCH_COUNT] = batchCount
    words[controlBlock + CONTROL_IS_FOR_EACH] = calls[0].entities === EACH_WORKER ? 1 : 0
    this.#batchCount = batchCount
    this.#mayBeTorn = true
    run.members = members
    run.number = (run.number % RUN_MAX) + 1
    this.commands.begin()
    Atomics.store(words, controlBlock + CONTROL_CURSOR, 0)
    for (let i = 0; i < members.length; i++) {
      words[this.#workers.word(members[i], WORKER_CURSOR)] = i
      this.#workers.store(members[i], WORKER_ASSIGNED_RUN, run.number)
    }
    this.#startedAt = nowMs()
    this.#workers.wake()
  }

  /** Returns how many batches there are. All code of the caller runs here. */
  #prepare(calls: readonly SystemCall[]): number {
    const { jobs } = this.#run
    const { length } = calls
    if (jobs.length > length) jobs.length = length
    for (let i = 0; i < length; i++) {
      const { number } = calls[i]
      this.#allJobs[number] ??= new Job(this.#storage, number)
      jobs[i] = this.#allJobs[number]
      jobs[i].placeArgs(calls[i])
    }
    let batchCount = 0
    for (let i = 0; i < length; i++) {
      batchCount = jobs[i].prepare(calls[i], i, batchCount, length, this.#workers)
    }
    return batchCount
  }

  isDone(): boolean {
    const { members } = this.#run
    for (let i = 0; i < members.length; i++) if (!this.#isDoneWith(members[i])) return false
    return true
  }

  waitUntilDone(deadline: number): boolean {
    const { words, controlBlock } = this.#workers
    const signal = controlBlock + CONTROL_DONE_SIGNAL
    for (;;) {
      const seen = Atomics.load(words, signal)
      if (this.isDone()) return true
      const remainingMs = remainingOf(deadline)
      if (remainingMs <= 0) return false
      this.#waiter.waitWhile(words, signal, seen, remainingMs)
    }
  }

  async untilDone(deadline: number): Promise<boolean> {
    const { words, controlBlock } = this.#workers
    const isOver = () => this.isDone() || remainingOf(deadline) <= 0
    await untilTrue(words, controlBlock + CONTROL_DONE_SIGNAL, isOver)
    return this.isDone()
  }

  /** Ends a run whose time is up, and returns the error that lists what is not done. */
  timedOut(): RunError {
    this.#stop()
    return this.#result.timedOut(elapsedMs(this.#startedAt, nowMs()))
  }

  holdsUp(system: string, entityCount: number): RunError {
    this.#stop()
    return runNotBegun(system, this.#result.firstUndone, entityCount)
  }

  /** Workers take no more batches. */
  #stop(): void {
    const { words, controlBlock } = this.#workers
    Atomics.store(words, controlBlock + CONTROL_CURSOR, CURSOR_END)
  }

  /**
   * Ends a run that is done: applies the commands of its finished batches, but for those of workers
   * that have died.
   * @throws RunError 'system-failed', 'worker-died'; CommandsError
   */
  conclude(): void {
    this.repairTables()
    const failure = this.commands.tryApply()
    try {
      this.#result.check()
    } catch (error) {
      if (error instanceof RunError) error.commandsError = failure
      throw error
    }
    if (failure !== undefined) throw failure
  }

  dispose(): void {
    const { runs } = this.#storage
    if (runs.last === this) runs.last = undefined
    for (const job of this.#allJobs) job?.dispose()
  }

  #isDoneWith(member: Member): boolean {
    const workers = this.#workers
    const { number } = this.#run
    if (workers.load(member, WORKER_DONE) === number) return true
    if (!workers.has(member) || workers.load(member, WORKER_LEFT) === 1) return true
    const { words, controlBlock } = workers
    if (Atomics.load(words, controlBlock + CONTROL_CURSOR) < this.#batchCount) return false
    // No batch is left for a worker that has not begun.
    const assignedRun = workers.word(member, WORKER_ASSIGNED_RUN)
    const before = Atomics.compareExchange(words, assignedRun, number, 0)
    return before === number || before === 0
  }
}

/** Milliseconds until a deadline, which may be infinite. */
function remainingOf(deadline: number): number {
  return deadline === Number.POSITIVE_INFINITY ? deadline : elapsedMs(nowMs(), deadline)
}
