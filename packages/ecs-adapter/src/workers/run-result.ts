/** What became of a run: which chunks are done, whose commands are lost, which systems threw. */

import { loadJson } from '../base/json.ts'
import {
  type Range,
  type RunError,
  runTimedOut,
  type SystemOutcome,
  systemFailed,
  workerDied,
} from '../storage/run-errors.ts'
import {
  CHUNK_COMMAND_WORKER,
  CHUNK_RUN,
  chunkWord,
  type SystemFailure,
  WORKER_ERROR,
  WORKER_ERROR_BYTE_LENGTH,
  WORKER_ERROR_RUN,
} from './control-block.ts'
import type { Job } from './job.ts'
import type { Member, WorkerRegistry } from './worker-registry.ts'

export class RunResult {
  readonly #workers: WorkerRegistry
  #run = 0
  #participants: readonly Member[] = []
  #jobs: readonly Job[] = []

  constructor(registry: WorkerRegistry) {
    this.#workers = registry
  }

  begin(run: number, participants: readonly Member[], jobs: readonly Job[]): void {
    this.#run = run
    this.#participants = participants
    this.#jobs = jobs
  }

  /** Of a run that nobody works on any more. @throws RunError when it did not end as it should */
  check(): void {
    for (let i = 0; i < this.#participants.length; i++) {
      if (this.#hasFailed(this.#participants[i])) throw this.#failed()
    }
    let isWhole = true
    let hasLostCommands = false
    for (let i = 0; i < this.#jobs.length; i++) {
      const { firstChunk, chunkCount } = this.#jobs[i]
      for (let chunk = firstChunk; chunk < firstChunk + chunkCount; chunk++) {
        if (this.#isKept(chunk)) continue
        isWhole = false
        if (this.#isDone(chunk)) hasLostCommands = true
      }
    }
    if (!isWhole) throw workerDied(this.#outcomes(), hasLostCommands)
  }

  /** Whether one that took part has died, or left. */
  get hasLostWorkers(): boolean {
    for (let i = 0; i < this.#participants.length; i++) {
      if (!this.#workers.has(this.#participants[i])) return true
    }
    return false
  }

  timedOut(elapsedMs: number): RunError {
    return runTimedOut(elapsedMs, this.#outcomes())
  }

  /** The first system that is not done; the first of all when every one is. */
  get firstUndone(): string {
    return this.#outcomes()[0].system
  }

  /** Of one who is dead, no report is left. */
  #hasFailed(member: Member): boolean {
    const { words } = this.#workers
    const isAlive = this.#workers.has(member)
    return isAlive && words[this.#workers.word(member, WORKER_ERROR_RUN)] === this.#run
  }

  #isDone(chunk: number): boolean {
    return (
      this.#workers.words[this.#workers.controlBlock + chunkWord(chunk, CHUNK_RUN)] === this.#run
    )
  }

  /** Whether a chunk is done, and the commands that it gave are not gone with its worker. */
  #isKept(chunk: number): boolean {
    const { words, controlBlock } = this.#workers
    if (!this.#isDone(chunk)) return false
    const line = words[controlBlock + chunkWord(chunk, CHUNK_COMMAND_WORKER)] - 1
    if (line === -1) return true
    for (let i = 0; i < this.#participants.length; i++) {
      const member = this.#participants[i]
      if (member.line === line) return this.#workers.has(member)
    }
    return true
  }

  #unfinishedOf({ firstChunk, chunkCount, chunkLength, entityCount }: Job): Range[] {
    const ranges: Range[] = []
    for (let chunk = 0; chunk < chunkCount; chunk++) {
      if (this.#isKept(firstChunk + chunk)) continue
      const from = chunk * chunkLength
      const to = Math.min(from + chunkLength, entityCount)
      const last = ranges.at(-1)
      if (last?.to === from) ranges[ranges.length - 1] = { from: last.from, to }
      else ranges.push({ from, to })
    }
    return ranges
  }

  /** Of each system that is not done; of the first when every one is, as a late worker may end it just now. */
  #outcomes(): [SystemOutcome, ...SystemOutcome[]] {
    const all = this.#jobs.map((job) => ({ system: job.name, unfinished: this.#unfinishedOf(job) }))
    const [first = all[0], ...others] = all.filter(({ unfinished }) => unfinished.length > 0)
    return [first, ...others]
  }

  /** Of several failures, the one in the first chunk comes first; of each system, its first is told. */
  #failed(): RunError {
    const failures = this.#failures().sort((a, b) => a.job - b.job || a.from - b.from)
    const [{ job: failedJob, from }] = failures
    const all: SystemOutcome[] = this.#jobs.map((job, index) => {
      const outcome = { system: job.name, unfinished: this.#unfinishedOf(job) }
      const failure = failures.find((one) => one.job === index)
      return failure === undefined ? outcome : { ...outcome, cause: causeOf(failure) }
    })
    const others = all.filter(
      ({ unfinished, cause }, index) =>
        index !== failedJob && (unfinished.length > 0 || cause !== undefined),
    )
    return systemFailed(from, [all[failedJob], ...others])
  }

  #failures(): SystemFailure[] {
    const { words } = this.#workers
    const failed = this.#participants.filter((member) => this.#hasFailed(member))
    return failed.map((member) => {
      const byteLength = words[this.#workers.word(member, WORKER_ERROR_BYTE_LENGTH)]
      const report = words[this.#workers.word(member, WORKER_ERROR)]
      return loadJson(words, report, byteLength) as SystemFailure
    })
  }
}

const causeOf = ({ name, message, stack }: SystemFailure) =>
  Object.assign(new Error(message), { name, stack })
