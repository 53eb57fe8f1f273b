/**
 * The last run that a group began: its jobs, its workers, its finished batches, and what each
 * system has not done.
 */
import {
  type RunError,
  type SystemOutcome,
  type SystemOutcomes,
  systemFailed,
  type UnfinishedRange,
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
  /** The number of the run; 0 before the first run. */
  number = 0
  /** The time, by `nowMs`, when the run began. */
  startedAt = 0
  batchCount = 0
  jobs: readonly Job[] = []
  /** The workers that may take part. */
  members: readonly Member[] = []
  /**
   * Whether tables may be half changed, because a worker died in the run. `repairTables` sets it to
   * false.
   */
  mayBeTorn = false
  /** Whether the run may have commands that are not applied yet. */
  hasCommands = false
  /** The members that have commands to apply. The array is kept, to make no garbage. */
  readonly commandSources: Member[] = []
  /** How many commands were skipped since the group last set this to 0. */
  skippedCommandCount = 0

  constructor(control: ControlWords) {
    this.control = control
  }

  isDone(batch: number): boolean {
    return this.control.load(batchWord(batch, BATCH_RUN)) === this.number
  }

  /** Returns whether a batch is done, and its commands are not lost with a dead worker. */
  isKept(batch: number): boolean {
    if (!this.isDone(batch)) return false
    const index = this.control.load(batchWord(batch, BATCH_COMMAND_WORKER)) - 1
    if (index === -1) return true
    const { members } = this
    for (let i = 0; i < members.length; i++)
      if (members[i].index === index) return !members[i].isGone
    return true
  }

  /** The error if systems threw; undefined if none threw. Read it when the run is done. */
  get failure(): RunError | undefined {
    const { members } = this
    for (let i = 0; i < members.length; i++) if (this.#hasFailed(members[i])) return this.#failed()
    return undefined
  }

  /**
   * Returns whether a system threw in a worker. False for a dead worker, because its report is
   * freed.
   */
  #hasFailed(member: Member): boolean {
    return !member.isGone && member.load(WORKER_ERROR_RUN) === this.number
  }

  /**
   * Returns the error for the failure in the first batch. It lists the first failure of each
   * system.
   */
  #failed(): RunError {
    const failures = this.members
      .filter((member) => this.#hasFailed(member))
      .map((member) => readFailure(member, member.report))
      .sort((a, b) => a.job - b.job || a.from - b.from)
    return systemFailed(failures[0].from, this.outcomes(failures))
  }

  /**
   * Returns the systems that threw or are not done. The system of the first failure comes first. A
   * late worker may have just done the last batch. Then all systems are done, and the first system
   * of the run is listed.
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

  #unfinishedOf({ firstBatch, batchCount, batchLength, entityCount }: Job): UnfinishedRange[] {
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
