/** How a run ended: which systems threw, and which parts of their entities are not done. */
import {
  type Range,
  type RunError,
  type SystemOutcome,
  type SystemOutcomes,
  systemFailed,
} from '../base/run-errors.ts'
import { WORKER_ERROR_RUN } from './control-block.ts'
import type { Job } from './job.ts'
import type { Member } from './member.ts'
import type { RunState } from './run-state.ts'
import { readFailure, type SystemFailure } from './system-failure.ts'

/** The error of a run that is done, if systems threw. A worker that has died left no report. */
export function failureOfSystems(run: RunState): RunError | undefined {
  const { members } = run
  for (let i = 0; i < members.length; i++) if (hasFailed(run, members[i])) return systemsFailed(run)
}

const hasFailed = ({ number }: RunState, member: Member) =>
  !member.isGone && member.load(WORKER_ERROR_RUN) === number

/** The failure in the first batch is thrown; of each system, its first failure is reported. */
function systemsFailed(run: RunState): RunError {
  const failures = run.members
    .filter((member) => hasFailed(run, member))
    .map((member) => readFailure(member, member.report))
    .sort((a, b) => a.job - b.job || a.from - b.from)
  return systemFailed(failures[0].from, outcomesOf(run, failures))
}

/**
 * The systems that threw or are not done. The system of the first failure comes first. If a late
 * worker has just ended the last system, the list holds the first system of all.
 */
export function outcomesOf(run: RunState, failures: readonly SystemFailure[] = []): SystemOutcomes {
  const all = run.jobs.map((job, index): SystemOutcome => {
    const outcome = { system: job.name, unfinished: unfinishedOf(run, job) }
    const failure = failures.find((one) => one.job === index)
    if (failure === undefined) return outcome
    const { name, message, stack } = failure
    return { ...outcome, cause: Object.assign(new Error(message), { name, stack }) }
  })
  const listed = all.filter(({ unfinished, cause }) => unfinished.length > 0 || cause)
  const first = failures.length > 0 ? all[failures[0].job] : (listed[0] ?? all[0])
  return [first, ...listed.filter((one) => one !== first)]
}

function unfinishedOf(run: RunState, job: Job): Range[] {
  const ranges: { from: number; to: number }[] = []
  for (let batch = 0; batch < job.batchCount; batch++) {
    if (run.isKept(job.firstBatch + batch)) continue
    const from = batch * job.batchLength
    const to = Math.min(from + job.batchLength, job.entityCount)
    const last = ranges.at(-1)
    if (last?.to === from) last.to = to
    else ranges.push({ from, to })
  }
  return ranges
}
