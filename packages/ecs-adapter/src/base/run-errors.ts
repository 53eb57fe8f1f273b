/**
 * The errors of worker groups and of their runs. They say what was refused or not finished, and
 * why.
 */
import { type CommandsError, misuse, StorageError, type StorageErrorCode, shown } from './errors.ts'

/**
 * A part of a run that is not done: the elements from index `from` to index `to - 1`. The indices
 * count the ids that the run was given. In a run over a table they count its chunks, and in a run
 * on `EACH_WORKER` the workers.
 */
export interface UnfinishedRange {
  /** The index of the first element that is not done. */
  readonly from: number
  /** The index after the last element that is not done. */
  readonly to: number
}

/** What one system left undone in a run that failed. */
export interface SystemOutcome {
  /** The name of the system. In a schedule, the name of its entry. */
  readonly system: string
  /** The parts of the run that the system has not done, in ascending order. */
  readonly unfinished: readonly UnfinishedRange[]
  /**
   * What the system threw, with its stack in the worker. It is undefined if the system did not
   * throw.
   */
  readonly cause?: Error
}

/** The outcomes that an error reports. The system that the error is about comes first. */
export type SystemOutcomes = readonly [SystemOutcome, ...SystemOutcome[]]

/**
 * A run that failed: a system threw, a worker died, or the time was up. What the systems wrote to
 * columns stays written.
 *
 * ```ts
 * const error: unknown = await group.run('move', entities).catch((error) => error)
 * if (error instanceof RunError) console.error(error.system, error.cause, error.unfinished)
 * ```
 */
export class RunError extends StorageError {
  /** The name of the class, which stack traces show. */
  override readonly name = 'RunError'
  /** The first system that threw. If none threw, the first system that is not done. */
  readonly system: string
  /** The parts of the run that this system has not done, in ascending order. */
  readonly unfinished: readonly UnfinishedRange[]
  /**
   * The other systems of the same stage that threw or are not done, in the order of the schedule.
   */
  readonly others: readonly SystemOutcome[]
  /** The error of the commands of finished batches, if a command threw. */
  commandsError: CommandsError | undefined

  constructor(code: StorageErrorCode, message: string, [first, ...others]: SystemOutcomes) {
    super(code, message)
    this.system = first.system
    this.unfinished = first.unfinished
    this.others = others
    if (first.cause !== undefined) this.cause = first.cause
  }
}

const shownUnfinished = ({ unfinished }: SystemOutcome) => {
  const ranges = unfinished.map(({ from, to }) => `at places ${from} to ${to - 1}`)
  return ranges.length === 0
    ? 'all entities were done'
    : `entities ${ranges.join(', ')} were not done`
}

function runError(code: StorageErrorCode, what: string, outcomes: SystemOutcomes, advice: string) {
  const [first, ...others] = outcomes
  const rest = others.map((other) => `; of ${shown(other.system)}, ${shownUnfinished(other)}`)
  const left = shownUnfinished(first) + rest.join('')
  return new RunError(code, `${what}; ${left}. ${advice}`, outcomes)
}

export const systemFailed = (from: number, outcomes: SystemOutcomes) => {
  const [{ system, cause }] = outcomes
  const thrown = `${cause?.name}: ${cause?.message}`
  const what = `system ${shown(system)} threw ${thrown}, in the batch from place ${from} on`
  return runError('system-failed', what, outcomes, "See `cause` for the worker's stack")
}

export const workerDied = (outcomes: SystemOutcomes, hasLostCommands: boolean) => {
  const what = `a worker died while the group ran system ${shown(outcomes[0].system)}`
  const advice = 'What it had written stays written. group.add() takes another worker'
  const lost = '. Commands that it had recorded are lost: their batches count as not done'
  return runError('worker-died', what, outcomes, advice + (hasLostCommands ? lost : ''))
}

export const runTimedOut = (timeoutMs: number, outcomes: SystemOutcomes) => {
  const what = `system ${shown(outcomes[0].system)} was not done within ${timeoutMs} ms`
  const advice =
    'Workers finish their batches, and the next run waits for them. Give a longer timeoutMs, or ' +
    'terminate the worker that hangs'
  return runError('timed-out', what, outcomes, advice)
}

/** The systems that have not begun, each with its number of entities in the run. */
type Unbegun = readonly { readonly name: string; readonly entityCount: number }[]

function notBegun(systems: Unbegun, why: string): RunError {
  const all = systems.map(({ name, entityCount }): SystemOutcome => {
    return { system: name, unfinished: entityCount === 0 ? [] : [{ from: 0, to: entityCount }] }
  })
  const [first = all[0], ...others] = all.filter(({ unfinished }) => unfinished.length > 0)
  const message = `system ${shown(first.system)} was not begun: ${why}`
  return new RunError('timed-out', message, [first, ...others])
}

export const runTooLate = (systems: Unbegun) =>
  notBegun(systems, 'its timeoutMs was used up before. Give more')

/**
 * Makes the error for a run that could not begin.
 * @param before the system that a worker is still running, although it has timed out
 */
export const runNotBegun = (name: string, entityCount: number, before: string) =>
  notBegun(
    [{ name, entityCount }],
    `a worker is still in system ${shown(before)}, which timed out. Terminate the worker`,
  )

export const groupClosed = () =>
  new StorageError('group-closed', 'this group is closed. Create another one')

const busy = (message: string) => new StorageError('group-busy', message)

export const groupBusy = () =>
  busy(
    'a run over this world is not done. Await it before runSync(), which `entities` and `args` ' +
      'may not call',
  )

export const systemsAtWork = (what: string) =>
  busy(
    `${what} would free memory of a system that workers run. Await group.run() first; if that ` +
      'timed out, await the next one, or terminate the worker that hangs',
  )

export const cannotBlock = () =>
  new StorageError('cannot-block', 'this thread may not block. Use `await group.run()`')

export const noWorkers = () =>
  new StorageError('no-workers', 'this group has no worker left. Add one with group.add(worker)')

/**
 * Makes the error for a thread that cannot run systems.
 * @param reason why it cannot
 */
export const noSystems = (reason: string) =>
  new StorageError(
    'no-workers',
    `this group has no workers, and ${reason}. Give createWorkerGroup() { systems }, or workers`,
  )

export const groupOpen = (count: number) =>
  new StorageError('group-open', `worker groups are open: ${count}. Await group.close() first`)

export const notJoined = (reason: string) => new StorageError('not-joined', reason)

export function otherSystems(given: readonly string[], expected: readonly string[]): StorageError {
  const missing = expected.filter((name) => !given.includes(name)).join(', ') || 'none'
  const extra = given.filter((name) => !expected.includes(name)).join(', ') || 'none'
  return notJoined(
    `a worker lacks systems that others have: ${missing}. It has systems that others lack: ` +
      `${extra}. Give all workers of a group the same`,
  )
}

export const stageTooWide = (given: number, capacity: number) =>
  misuse(
    `${given} systems would run at once, and a stage takes ${capacity}. Separate them by \`after\``,
  )

export const notAlone = (system: string) =>
  misuse(
    `${shown(system)} is to run on EACH_WORKER: alone in its stage, without batchSize. Leave ` +
      'out `batchSize`, `reads` and `writes`',
  )

const RUNS = {
  entities: 'over entities',
  chunks: 'over a table',
  workerIndex: 'on EACH_WORKER',
} as const

/**
 * Makes the error for a system that reads the wrong property of its context.
 * @param read the property that the system reads
 * @param given the property that contexts of this run have instead
 */
export const otherBatch = (read: keyof typeof RUNS, given: keyof typeof RUNS) =>
  misuse(`\`${read}\` is for runs ${RUNS[read]}, and this run is ${RUNS[given]}. Read \`${given}\``)

export const isAsynchronous = () =>
  new TypeError('it gave a promise: systems have to be done when they return')
