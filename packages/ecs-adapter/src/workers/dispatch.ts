/** A run of one group, of one system or several at once: handed out, waited for, and concluded. */

import { elapsedMs, nowMs, untilTrue, Waiter } from '../base/wait.ts'
import { noWorkers, RunError, runNotBegun, runTooLate } from '../storage/run-errors.ts'
import type { BegunRun } from '../storage/run-queue.ts'
import type { HeldByGroup, Storage } from '../storage/storage-api.ts'
import {
  CONTROL_CHUNK_COUNT,
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
import { RunResult } from './run-result.ts'
import type { Member, WorkerRegistry } from './worker-registry.ts'

/** Tickets are positive. */
const RUN_MAX = 2 ** 30

export class Dispatch implements BegunRun {
  /** Of the last run. */
  readonly #commands: RunCommands
  readonly #workers: WorkerRegistry
  readonly #storage: Storage
  /** By the numbers of calls. */
  readonly #allJobs: Job[] = []
  /** Of the last run. */
  readonly #jobs: Job[] = []
  readonly #outcome: RunResult
  readonly #waiter = new Waiter()
  #run = 0
  #startedAt = 0
  #participants: readonly Member[] = []
  #chunkCount = 0
  /** Whether tables may be as a worker has left them that died. */
  #mayBeTorn = false

  constructor(registry: WorkerRegistry, storage: Storage) {
    this.#workers = registry
    this.#storage = storage
    this.#commands = new RunCommands(registry, storage)
    this.#outcome = new RunResult(registry)
    registry.held = () => this.#held()
  }

  /** Of those that were applied last. */
  get skippedCommands(): number {
    return this.#commands.skippedCount
  }

  /** Of a run that is done: others work on no table until the next one begins. */
  repairTables(): void {
    if (!this.#mayBeTorn) return
    this.#mayBeTorn = false
    if (!this.#outcome.hasLostWorkers) return
    for (const table of Object.values(this.#storage.tables)) if (table.isAttached) table.takeOver()
    for (const job of this.#jobs) job.repair()
  }

  applyCommands(): void {
    this.repairTables()
    this.#commands.apply()
  }

  dropCommands(): void {
    this.#commands.drop()
  }

  /**
   * Starts a run of one system, or of several that have nothing to do with each other; the last one is
   * done. Nothing has begun when it throws.
   * @throws RunError 'timed-out' when it is the deadline; StorageError, ArenaError
   */
  begin(calls: readonly SystemCall[], deadline: number): void {
    const { words, controlBlock, members, systems } = this.#workers
    if (members.length === 0) throw noWorkers()
    const jobs = this.#jobs
    if (jobs.length > calls.length) jobs.length = calls.length
    for (let i = 0; i < calls.length; i++) {
      jobs[i] = this.#jobOf(calls[i].number)
      jobs[i].placeArgs(calls[i])
    }
    for (let i = 0; i < calls.length; i++) {
      jobs[i].check(calls[i], systems, calls.length, members.length)
    }
    if (remainingOf(deadline) <= 0) throw runTooLate(jobs)
    this.#storage.publish()
    let chunkCount = 0
    for (let i = 0; i < calls.length; i++) {
      jobs[i].place(calls[i], chunkCount, calls.length, members.length)
      chunkCount += jobs[i].chunkCount
    }

    for (let i = 0; i < jobs.length; i++) jobs[i].post(words, controlBlock, i)
    words[controlBlock + CONTROL_CHUNK_COUNT] = chunkCount
    words[controlBlock + CONTROL_IS_FOR_EACH] = jobs[0]?.isForEach ? 1 : 0
    this.#chunkCount = chunkCount
    this.#participants = members
    this.#run = (this.#run % RUN_MAX) + 1
    this.#mayBeTorn = true
    this.#commands.begin(this.#run, members)
    this.#outcome.begin(this.#run, members, jobs)
    Atomics.store(words, controlBlock + CONTROL_CURSOR, 0)
    for (let i = 0; i < members.length; i++) {
      words[this.#workers.word(members[i], WORKER_CURSOR)] = i
      Atomics.store(words, this.#workers.word(members[i], WORKER_ASSIGNED_RUN), this.#run)
    }
    this.#startedAt = nowMs()
    this.#workers.wake()
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

  #jobOf(number: number): Job {
    this.#allJobs[number] ??= new Job(this.#storage, number)
    return this.#allJobs[number]
  }

  /** Whether nobody works on the run any more. */
  isDone(): boolean {
    for (let i = 0; i < this.#participants.length; i++) {
      if (!this.#isDoneWith(this.#participants[i])) return false
    }
    return true
  }

  /** Blocks; false when it is the deadline, and workers are still at it. */
  waitUntilDone(deadline: number): boolean {
    const { words, controlBlock } = this.#workers
    for (;;) {
      const bell = Atomics.load(words, controlBlock + CONTROL_DONE_SIGNAL)
      if (this.isDone()) return true
      const remainingMs = remainingOf(deadline)
      if (remainingMs <= 0) return false
      this.#waiter.waitWhile(words, controlBlock + CONTROL_DONE_SIGNAL, bell, remainingMs)
    }
  }

  /** As `waitUntilDone`, without blocking. */
  async untilDone(deadline: number): Promise<boolean> {
    const { words, controlBlock } = this.#workers
    const isOver = () => this.isDone() || remainingOf(deadline) <= 0
    await untilTrue(words, controlBlock + CONTROL_DONE_SIGNAL, isOver)
    return this.isDone()
  }

  /** Lets nobody take any more of the run, and gives the error that tells what is left. */
  timedOut(): RunError {
    this.#stop()
    return this.#outcome.timedOut(elapsedMs(this.#startedAt, nowMs()))
  }

  holdsUp(system: string, entityCount: number): RunError {
    this.#stop()
    const unfinished = entityCount === 0 ? [] : [{ from: 0, to: entityCount }]
    return runNotBegun(system, this.#outcome.firstUndone, unfinished)
  }

  #stop(): void {
    const { words, controlBlock } = this.#workers
    Atomics.store(words, controlBlock + CONTROL_CURSOR, CURSOR_END)
  }

  /**
   * Of a run that is done: applies the commands of all chunks that are done, and of no worker that has
   * died; throws when the run did not end as it should.
   */
  conclude(): void {
    this.repairTables()
    const failure = this.#commands.tryApply()
    try {
      this.#outcome.check()
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
    const { words, controlBlock } = this.#workers
    if (Atomics.load(words, this.#workers.word(member, WORKER_DONE)) === this.#run) return true
    if (!this.#workers.has(member)) return true
    if (Atomics.load(words, this.#workers.word(member, WORKER_LEFT)) === 1) return true
    if (Atomics.load(words, controlBlock + CONTROL_CURSOR) < this.#chunkCount) return false
    // Nothing is left for one that has not even begun.
    const assignedRun = this.#workers.word(member, WORKER_ASSIGNED_RUN)
    const before = Atomics.compareExchange(words, assignedRun, this.#run, 0)
    return before === this.#run || before === 0
  }
}

/** Milliseconds until a deadline, which may be infinite. */
function remainingOf(deadline: number): number {
  return deadline === Number.POSITIVE_INFINITY ? deadline : elapsedMs(nowMs(), deadline)
}
