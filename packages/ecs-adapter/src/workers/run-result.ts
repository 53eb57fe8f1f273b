/** How a run ended: which batches are done, whose commands are lost, which systems threw. */
import { loadJson } from '../base/json.ts'
import {
  type Range,
  type RunError,
  runTimedOut,
  type SystemOutcome,
  type SystemOutcomes,
  systemFailed,
  workerDied,
} from '../base/run-errors.ts'
import {
  BATCH_COMMAND_WORKER,
  BATCH_RUN,
  batchWord,
  type SystemFailure,
  WORKER_ERROR,
  WORKER_ERROR_RUN,
} from './control-block.ts'
import type { Job } from './job.ts'
import type { Member, WorkerRegistry } from './worker-registry.ts'

/** The run that a group began last. */
export interface CurrentRun {
  number: number
  /** The workers that may take part. */
  members: readonly Member[]
  readonly jobs: Job[]
}

export class RunResult {
  readonly #workers: WorkerRegistry
  readonly #run: CurrentRun

  constructor(workers: WorkerRegistry, run: CurrentRun) {
    this.#workers = workers
    this.#run = run
  }

  /** Call it when no worker is at the run. @throws RunError 'system-failed', 'worker-died' */
  check(): void {
    const { members, jobs } = this.#run
    for (let i = 0; i < members.length; i++) if (this.#hasFailed(members[i])) throw this.#failed()
    let isWhole = true
    let hasLostCommands = false
    for (let i = 0; i < jobs.length; i++) {
      const { firstBatch, batchCount } = jobs[i]
      for (let batch = firstBatch; batch < firstBatch + batchCount; batch++) {
        if (this.#isKept(batch)) continue
        isWhole = false
        if (this.#isDone(batch)) hasLostCommands = true
      }
    }
    if (!isWhole) throw workerDied(this.#outcomes(), hasLostCommands)
  }

  /** Whether a worker of the run has died, or left. */
  get hasLostWorkers(): boolean {
    const { members } = this.#run
    for (let i = 0; i < members.length; i++) if (!this.#workers.has(members[i])) return true
    return false
  }

  timedOut(elapsedMs: number): RunError {
    return runTimedOut(elapsedMs, this.#outcomes())
  }

  /** The first system that is not done; if all are done, the first. */
  get firstUndone(): string {
    return this.#outcomes()[0].system
  }

  /** A worker that has died left no report. */
  #hasFailed(member: Member): boolean {
    return (
      this.#workers.has(member) && this.#workers.load(member, WORKER_ERROR_RUN) === this.#run.number
    )
  }

  #isDone(batch: number): boolean {
    const { words, controlBlock } = this.#workers
    return words[controlBlock + batchWord(batch, BATCH_RUN)] === this.#run.number
  }

  /** Whether a batch is done, and its commands did not die with their worker. */
  #isKept(batch: number): boolean {
    if (!this.#isDone(batch)) return false
    const { words, controlBlock } = this.#workers
    const index = words[controlBlock + batchWord(batch, BATCH_COMMAND_WORKER)] - 1
    if (index === -1) return true
    const { members } = this.#run
    for (let i = 0; i < members.length; i++) {
      if (members[i].index === index) return this.#workers.has(members[i])
    }
    return true
  }

  #unfinishedOf({ firstBatch, batchCount, batchLength, entityCount }: Job): Range[] {
    const ranges: Range[] = []
    for (let batch = 0; batch < batchCount; batch++) {
      if (this.#isKept(firstBatch + batch)) continue
      const from = batch * batchLength
      const to = Math.min(from + batchLength, entityCount)
      const last = ranges.at(-1)
      if (last?.to === from) ranges[ranges.length - 1] = { from: last.from, to }
      else ranges.push({ from, to })
    }
    return ranges
  }

  /**
   * The systems that threw or are not done. The system of the first failure comes first. If a late
   * worker has just ended the last system, the list holds the first system of all.
   */
  #outcomes(failures: readonly SystemFailure[] = []): SystemOutcomes {
    const all = this.#run.jobs.map((job, index): SystemOutcome => {
      const outcome = { system: job.name, unfinished: this.#unfinishedOf(job) }
      const failure = failures.find((one) => one.job === index)
      return failure === undefined ? outcome : { ...outcome, cause: causeOf(failure) }
    })
    const listed = all.filter(({ unfinished, cause }) => unfinished.length > 0 || cause)
    const first = failures.length > 0 ? all[failures[0].job] : (listed[0] ?? all[0])
    return [first, ...listed.filter((one) => one !== first)]
  }

  /** The failure in the first batch is thrown; of each system, its first failure is reported. */
  #failed(): RunError {
    const failures = this.#run.members
      .filter((member) => this.#hasFailed(member))
      .map((member) => this.#reportOf(member))
      .sort((a, b) => a.job - b.job || a.from - b.from)
    return systemFailed(failures[0].from, this.#outcomes(failures))
  }

  #reportOf(member: Member): SystemFailure {
    const byteLength = this.#workers.load(member, WORKER_ERROR + 1)
    return loadJson(this.#workers.words, member.report, byteLength) as SystemFailure
  }
}

const causeOf = ({ name, message, stack }: SystemFailure) =>
  Object.assign(new Error(message), { name, stack })
