/** The errors of groups and their runs: what was refused; what was left undone, and why. */
import { type CommandsError, StorageError, type StorageErrorCode, shown } from '../base/errors.ts'

/** A part of the entities of a run, from the first to before the last. */
export interface Range {
  readonly from: number
  readonly to: number
}

/** What is left of one system of a run. */
export interface SystemOutcome {
  readonly system: string
  /** The parts of its entities that no worker is done with, in order. */
  readonly unfinished: readonly Range[]
  /** What it threw, where it did. */
  readonly cause?: Error
}

/** A run that did not end as it should. What was done stays done. */
export class RunError extends StorageError {
  override readonly name = 'RunError'
  /** Of several that run at once, the first that threw, else the first that is not done. */
  readonly system: string
  /** The parts of its entities that no worker is done with, in order. */
  readonly unfinished: readonly Range[]
  /** The other systems of the stage that threw or are not done, in order; empty of a run of one. */
  readonly others: readonly SystemOutcome[]
  /** What commands of the run threw besides, if any did. */
  commandsError: CommandsError | undefined

  constructor(
    code: StorageErrorCode,
    message: string,
    { system, unfinished, cause }: SystemOutcome,
    others: readonly SystemOutcome[] = [],
  ) {
    super(code, message)
    this.system = system
    this.unfinished = unfinished
    this.others = others
    if (cause !== undefined) this.cause = cause
  }
}

const shownRanges = (ranges: readonly Range[]) =>
  ranges.length === 0
    ? 'all entities were done'
    : `entities at places ${ranges.map(({ from, to }) => `${from} to ${to - 1}`).join(', ')} were not done`

const shownOthers = (others: readonly SystemOutcome[]) =>
  others
    .map(({ system, unfinished }) => `; of ${shown(system)}, ${shownRanges(unfinished)}`)
    .join('')

/** Of outcomes in which one system comes first. */
type RunResults = readonly [SystemOutcome, ...SystemOutcome[]]

export const systemFailed = (from: number, [first, ...others]: RunResults) =>
  new RunError(
    'system-failed',
    `system ${shown(first.system)} threw ${first.cause?.name}: ${first.cause?.message}, in the chunk ` +
      `from place ${from} on; ${shownRanges(first.unfinished)}${shownOthers(others)}. ` +
      "See `cause` for the worker's stack",
    first,
    others,
  )

const LOST_COMMANDS = 'Commands of chunks that it had finished are dropped: these count as not done'

export const workerDied = ([first, ...others]: RunResults, hasLostCommands: boolean) =>
  new RunError(
    'worker-died',
    `a worker died while the group ran system ${shown(first.system)}; ` +
      `${shownRanges(first.unfinished)}${shownOthers(others)}. ` +
      'Its slot was adopted; what it had written stays written. group.add() takes another worker' +
      (hasLostCommands ? `. ${LOST_COMMANDS}` : ''),
    first,
    others,
  )

export const runTimedOut = (timeoutMs: number, [first, ...others]: RunResults) =>
  new RunError(
    'timed-out',
    `system ${shown(first.system)} was not done within ${timeoutMs} ms; ` +
      `${shownRanges(first.unfinished)}${shownOthers(others)}. ` +
      'Workers that are in a chunk go on with it, and the next run waits for them. Give timeoutMs, ' +
      'or terminate the worker that hangs',
    first,
    others,
  )

export const runNotBegun = (system: string, before: string, unfinished: Range[]) =>
  new RunError(
    'timed-out',
    `system ${shown(system)} could not begin: workers are still in system ${shown(before)}, which ` +
      'timed out before. Terminate the worker that hangs',
    { system, unfinished },
  )

/** @param jobs of a run: their names, and how many entities they have */
export function runTooLate(jobs: readonly { name: string; entityCount: number }[]): RunError {
  const all = jobs.map(({ name, entityCount }) => {
    return { system: name, unfinished: entityCount === 0 ? [] : [{ from: 0, to: entityCount }] }
  })
  const [first = all[0], ...others] = all.filter(({ unfinished }) => unfinished.length > 0)
  return new RunError(
    'timed-out',
    `system ${shown(first.system)} was not begun: what came before it took all of timeoutMs. Give more`,
    first,
    others,
  )
}

export const groupClosed = () =>
  new StorageError('group-closed', 'this group is closed. Create another one')

export const groupBusy = () =>
  new StorageError(
    'group-busy',
    'a run over this world is not done yet. Await it before runSync(), and call that neither in ' +
      '`entities` nor in `args`',
  )

export const systemsAtWork = (what: string) =>
  new StorageError(
    'group-busy',
    `${what} would pull memory from under a system that workers run just now. Await group.run() ` +
      'first; of a run that timed out, the next one, or terminate the worker that hangs',
  )

export const cannotBlock = () =>
  new StorageError(
    'cannot-block',
    'this thread may not block, as the main thread of a page. Use `await group.run()`',
  )

export const noWorkers = () =>
  new StorageError('no-workers', 'this group has no worker left. Add one with group.add(worker)')

export const noMoreWorkers = (capacity: number) =>
  new StorageError('not-joined', `a group takes ${capacity} workers, and this one has as many`)

export const invitedTwice = () =>
  new StorageError(
    'not-joined',
    'this worker is in the group already, or has not answered its first invitation. Give each once',
  )

export const groupOpen = (count: number) =>
  new StorageError(
    'group-open',
    `${count === 1 ? 'a worker group' : `${count} worker groups`} over this storage ` +
      `${count === 1 ? 'is' : 'are'} open, expected none. Await group.close() first`,
  )

export const alreadyEnded = () =>
  new StorageError(
    'not-joined',
    'a worker had ended before it was invited. Start another one: on Node and Bun its `exit` event, or ' +
      '`close`, says when, its `error` event why',
  )

export const notJoined = (reason: string) => new StorageError('not-joined', reason)

export const stageTooWide = (given: number, capacity: number) =>
  new StorageError(
    'invalid-argument',
    `${given} systems would run at once, and a stage takes ${capacity}. ` +
      'Let some of them wait by `after`, or make two schedules',
  )

export const notDeclared = (entry: string, kind: string, name: string) =>
  new StorageError(
    'invalid-argument',
    `${shown(entry)} uses ${kind}.${name}, which its entry of the schedule has neither in \`reads\` nor in ` +
      '`writes`: it may run while others write it. Add it there',
  )

export const notAlone = (system: string) =>
  new StorageError(
    'invalid-argument',
    `${shown(system)} is to run on EACH_WORKER, and has a chunkLength, or others beside it in its stage: it ` +
      'has no chunks to share out. Let it run alone: without chunkLength, and in a schedule without ' +
      '`reads` and `writes`',
  )

export const isAsynchronous = () =>
  new TypeError('it gave a promise: systems have to be done when they return')
