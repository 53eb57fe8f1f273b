/** A run of one group, of one system or several at once: handed out, waited for, and concluded. */

import { elapsedMs, nowMs, untilTrue, Waiter } from '../base/wait.ts'
import { noWorkers, RunError, runNotBegun, runTooLate } from '../storage/run-errors.ts'
import type { BegunRun } from '../storage/runs.ts'
import type { Storage } from '../storage/storage-api.ts'
import {
  BOARD_BELL,
  BOARD_CHUNK_COUNT,
  BOARD_CURSOR,
  BOARD_IS_FOR_EACH,
  CURSOR_END,
  LINE_CURSOR,
  LINE_DONE,
  LINE_LEFT,
  LINE_TICKET,
} from './board.ts'
import type { Crew, Member } from './crew.ts'
import { Job, type SystemCall } from './job.ts'
import { Outcome } from './outcome.ts'
import { RunCommands } from './run-commands.ts'

/** Tickets are positive. */
const RUN_MAX = 2 ** 30

export class Dispatch implements BegunRun {
  /** Of the last run. */
  readonly #commands: RunCommands
  readonly #crew: Crew
  readonly #storage: Storage
  /** By the numbers of calls. */
  readonly #allJobs: Job[] = []
  /** Of the last run. */
  readonly #jobs: Job[] = []
  readonly #outcome: Outcome
  readonly #waiter = new Waiter()
  #run = 0
  #startedAt = 0
  #participants: readonly Member[] = []
  #chunkCount = 0
  /** Whether tables may be as a worker has left them that died. */
  #mayBeTorn = false

  constructor(crew: Crew, storage: Storage) {
    this.#crew = crew
    this.#storage = storage
    this.#commands = new RunCommands(crew, storage)
    this.#outcome = new Outcome(crew)
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
    const { words, board, members, systems } = this.#crew
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

    for (let i = 0; i < jobs.length; i++) jobs[i].post(words, board, i)
    words[board + BOARD_CHUNK_COUNT] = chunkCount
    words[board + BOARD_IS_FOR_EACH] = jobs[0]?.isForEach ? 1 : 0
    this.#chunkCount = chunkCount
    this.#participants = members
    this.#run = (this.#run % RUN_MAX) + 1
    this.#mayBeTorn = true
    this.#commands.begin(this.#run, members)
    this.#outcome.begin(this.#run, members, jobs)
    Atomics.store(words, board + BOARD_CURSOR, 0)
    for (let i = 0; i < members.length; i++) {
      words[this.#crew.word(members[i], LINE_CURSOR)] = i
      Atomics.store(words, this.#crew.word(members[i], LINE_TICKET), this.#run)
    }
    this.#startedAt = nowMs()
    this.#crew.wake()
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
    const { words, board } = this.#crew
    for (;;) {
      const bell = Atomics.load(words, board + BOARD_BELL)
      if (this.isDone()) return true
      const remainingMs = remainingOf(deadline)
      if (remainingMs <= 0) return false
      this.#waiter.waitWhile(words, board + BOARD_BELL, bell, remainingMs)
    }
  }

  /** As `waitUntilDone`, without blocking. */
  async untilDone(deadline: number): Promise<boolean> {
    const { words, board } = this.#crew
    const isOver = () => this.isDone() || remainingOf(deadline) <= 0
    await untilTrue(words, board + BOARD_BELL, isOver)
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
    const { words, board } = this.#crew
    Atomics.store(words, board + BOARD_CURSOR, CURSOR_END)
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
    const { words, board } = this.#crew
    if (Atomics.load(words, this.#crew.word(member, LINE_DONE)) === this.#run) return true
    if (!this.#crew.has(member)) return true
    if (Atomics.load(words, this.#crew.word(member, LINE_LEFT)) === 1) return true
    if (Atomics.load(words, board + BOARD_CURSOR) < this.#chunkCount) return false
    // Nothing is left for one that has not even begun.
    const ticket = this.#crew.word(member, LINE_TICKET)
    const before = Atomics.compareExchange(words, ticket, this.#run, 0)
    return before === this.#run || before === 0
  }
}

/** Milliseconds until a deadline, which may be infinite. */
function remainingOf(deadline: number): number {
  return deadline === Number.POSITIVE_INFINITY ? deadline : elapsedMs(nowMs(), deadline)
}
