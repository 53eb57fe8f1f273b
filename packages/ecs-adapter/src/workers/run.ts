/**
 * The run that a group began last: its jobs, its workers, which batches are done, and what is left
 * of which systems.
 */
import {
  type Range,
  type RunError,
  type SystemOutcome,
  type SystemOutcomes,
  systemFailed,
} from '../base/run-errors.ts'
import {
  BATCH_COMMAND_WORKER,
  BATCH_RUN,
  batchWord,
  type ControlWords,
  WORKER_ERROR_RUN,
} from './control-block.ts'
import type { Job } from './job.ts'
import type { Member } from './member.ts'
import { readFailure, type SystemFailure } from './system-failure.ts'

export class Run {
  readonly control: ControlWords
  /** 0 before the first run. */
  number = 0
  /** See `nowMs`. */
  startedAt = 0
  batchCount = 0
  jobs: readonly Job[] = []
  /** The workers that may take part. */
  members: readonly Member[] = []
  /** Whether a worker that died may have left tables half changed. */
  mayBeTorn = false
  /** Whether commands of the run may not be applied yet. */
  hasCommands = false
  /** The members that have commands to apply. Kept, to make no garbage. */
  readonly commandSources: Member[] = []
  /** How many commands were skipped since the group set it to 0. */
  skippedCommands = 0

  constructor(control: ControlWords) {
    this.control = control
  }

  isDone(batch: number): boolean {
    return this.control.load(batchWord(batch, BATCH_RUN)) === this.number
  }

  /** Whether a batch is done, and its commands did not die with their worker. */
  isKept(batch: number): boolean {
    if (!this.isDone(batch)) return false
    const index = this.control.load(batchWord(batch, BATCH_COMMAND_WORKER)) - 1
    if (index === -1) return true
    const { members } = this
    for (let i = 0; i < members.length; i++)
      if (members[i].index === index) return !members[i].isGone
    return true
  }

  /** The error if systems threw. Call it when the run is done. */
  get failure(): RunError | undefined {
    const { members } = this
    for (let i = 0; i < members.length; i++) if (this.#hasFailed(members[i])) return this.#failed()
    return undefined
  }

  /** A worker that has died left no report. */
  #hasFailed(member: Member): boolean {
    return !member.isGone && member.load(WORKER_ERROR_RUN) === this.number
  }

  /** The failure in the first batch is thrown; of each system, its first failure is reported. */
  #failed(): RunError {
    const failures = this.members
      .filter((member) => this.#hasFailed(member))
      .map((member) => readFailure(member, member.report))
      .sort((a, b) => a.job - b.job || a.from - b.from)
    return systemFailed(failures[0].from, this.outcomes(failures))
  }

  /**
   * The systems that threw or are not done. The system of the first failure comes first. If a late
   * worker has just ended the last system, the list holds the first system of all.
   */
  outcomes(failures: readonly SystemFailure[] = []): SystemOutcomes {
    const all = this.jobs.map((job, index): SystemOutcome => {
      const outcome = { system: job.name, unfinished: this.#unfinishedOf(job) }
      const failure = failures.find((one) => one.job === index)
      if (failure === undefined) return outcome
      const { name, message, stack } = failure
      return { ...outcome, cause: Object.assign(new Error(message), { name, stack }) }
    })
    const listed = all.filter(({ unfinished, cause }) => unfinished.length > 0 || cause)
    const first = failures.length > 0 ? all[failures[0].job] : (listed[0] ?? all[0])
    return [first, ...listed.filter((one) => one !== first)]
  }

  #unfinishedOf({ firstBatch, batchCount, batchLength, entityCount }: Job): Range[] {
    const ranges: { from: number; to: number }[] = []
    for (let batch = 0; batch < batchCount; batch++) {
      if (this.isKept(firstBatch + batch)) continue
      const from = batch * batchLength
      const to = Math.min(from + batchLength, entityCount)
      const last = ranges.at(-1)
      if (last?.to === from) last.to = to
      else ranges.push({ from, to })
    }
    return ranges
  }
}
