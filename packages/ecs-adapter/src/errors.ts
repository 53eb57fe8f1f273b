/** Every error of the package is made here: what was given, what was expected, what to do. */

export type StorageErrorCode =
  | 'invalid-argument'
  | 'storage-disposed'
  | 'world-was-reset'
  | 'already-attached'
  | 'still-attached'
  | 'group-closed'
  | 'group-busy'
  | 'cannot-block'
  | 'no-workers'
  | 'not-joined'
  | 'system-failed'
  | 'worker-died'
  | 'timed-out'
  | 'commands-failed'
  | 'commands-busy'
  | 'commands-disposed'

/** What the package throws of its own; memory that runs out is an `ArenaError` of the pool. */
export class StorageError extends Error {
  override readonly name = 'StorageError'
  readonly code: StorageErrorCode

  constructor(code: StorageErrorCode, message: string) {
    super(`@ashlar/ecs-adapter: ${message}`)
    this.code = code
  }
}

/** A value for a message: strings in quotes, objects by the name of their class. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'function') return `function ${value.name}`
  if (typeof value === 'object' && value !== null) {
    const name: unknown = value.constructor?.name
    return typeof name === 'string' && name !== '' ? name : 'an object'
  }
  return String(value)
}

export const invalidArgument = (what: string, given: unknown, expected: string) =>
  new StorageError('invalid-argument', `${what} is ${shown(given)}, expected ${expected}`)

export const duplicateComponent = (name: string) =>
  new StorageError(
    'invalid-argument',
    `this storage has a component ${shown(name)} already. ` +
      'Take it from storage.components, or give the new one another name',
  )

export const storageDisposed = () =>
  new StorageError('storage-disposed', 'this storage is disposed of. Create another one')

export const worldWasReset = () =>
  new StorageError(
    'world-was-reset',
    'the world was reset by resetWorld, which drops every observer without a word. ' +
      'Call storage.reset() instead; calling it now repairs the storage',
  )

export const noRow = (eid: number) =>
  new StorageError(
    'invalid-argument',
    `entity ${eid} has no row in this component. Add the component to it first`,
  )

export const alreadyAttached = (slot: number) =>
  new StorageError(
    'already-attached',
    `the pool of slot ${slot} is attached to this storage already. ` +
      'Use what attachStorage gave, or detach() it first',
  )

export const stillAttached = (slots: readonly number[]) =>
  new StorageError(
    'still-attached',
    `threads look at this storage: those of the slots ${slots.join(', ')}. Call detach() there, ` +
      'or storage.forget(slot) for one that has died',
  )

export const notSparse = (name: string) =>
  new StorageError(
    'invalid-argument',
    `component ${shown(name)} is not sparse: it has a row for every id. Take storage.row(eid) and ` +
      'loop over a query, or make it with { sparse: true }',
  )

/** A part of the entities of a run, from the first to before the last. */
export interface Range {
  readonly from: number
  readonly to: number
}

/** A run of a system that did not end as it should. What was done stays done. */
export class RunError extends StorageError {
  readonly system: string
  /** The parts of the run's entities that no worker is done with, in order. */
  readonly unfinished: readonly Range[]
  /** What commands of the run threw besides, if any did. */
  commandsError: CommandsError | undefined

  constructor(
    code: StorageErrorCode,
    message: string,
    system: string,
    unfinished: readonly Range[],
    cause?: Error,
  ) {
    super(code, message)
    this.system = system
    this.unfinished = unfinished
    if (cause !== undefined) this.cause = cause
  }
}

const shownRanges = (ranges: readonly Range[]) =>
  ranges.length === 0
    ? 'all entities were done'
    : `entities ${ranges.map(({ from, to }) => `${from} to ${to - 1}`).join(', ')} were not done`

export const systemFailed = (system: string, from: number, unfinished: Range[], cause: Error) =>
  new RunError(
    'system-failed',
    `system ${shown(system)} threw ${cause.name}: ${cause.message}, in the chunk from entity ` +
      `${from} on; ${shownRanges(unfinished)}. See \`cause\` for the worker's stack`,
    system,
    unfinished,
    cause,
  )

export const workerDied = (system: string, unfinished: Range[]) =>
  new RunError(
    'worker-died',
    `a worker died while the group ran system ${shown(system)}; ${shownRanges(unfinished)}. ` +
      'Its slot was adopted; what it had written stays written. group.add() takes another worker',
    system,
    unfinished,
  )

export const runTimedOut = (system: string, timeoutMs: number, unfinished: Range[]) =>
  new RunError(
    'timed-out',
    `system ${shown(system)} was not done within ${timeoutMs} ms; ${shownRanges(unfinished)}. ` +
      'Workers that are in a chunk go on with it, and the next run waits for them. Give timeoutMs, ' +
      'or terminate the worker that hangs',
    system,
    unfinished,
  )

export const runNotBegun = (system: string, before: string, unfinished: Range[]) =>
  new RunError(
    'timed-out',
    `system ${shown(system)} could not begin: workers are still in system ${shown(before)}, which ` +
      'timed out before. Terminate the worker that hangs',
    system,
    unfinished,
  )

export const isAsynchronous = () =>
  new TypeError('it gave a promise: systems have to be done when they return')

export const groupClosed = () =>
  new StorageError('group-closed', 'this group is closed. Create another one')

export const groupBusy = () =>
  new StorageError('group-busy', 'group.run() is not done yet. Await it before runSync()')

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

export const notJoined = (reason: string) => new StorageError('not-joined', reason)

export const commandsDisposed = () =>
  new StorageError(
    'commands-disposed',
    'these commands are disposed of, or their storage is. Make others with storage.commands()',
  )

export const commandsBusy = () =>
  new StorageError(
    'commands-busy',
    'storage.apply() is at work, or the values of a command are being read. Observers may give commands ' +
      'meanwhile, and no more; getters of values nothing: apply, clear and dispose when it is done',
  )

/** A command that threw when it was applied. */
export interface CommandFailure {
  readonly command: 'spawn' | 'despawn' | 'add' | 'remove' | 'set'
  /** 0 of an entity that was to be spawned. */
  readonly eid: number
  /** Its name, where the command has one. */
  readonly component: string | undefined
  readonly error: unknown
}

/** Some commands threw; all others were applied. The `cause` is the first error. */
export class CommandsError extends StorageError {
  /** In the order of the commands; the first 100. */
  readonly failures: readonly CommandFailure[]
  /** How many commands threw. */
  readonly count: number
  /** How many were skipped, as the entity was gone. */
  readonly skippedCount: number

  constructor(failures: readonly CommandFailure[], count: number, skippedCount: number) {
    const shownFailures = failures.slice(0, 3).map(shownFailure).join('; ')
    super(
      'commands-failed',
      `${count} of the commands threw, and all others were applied: ${shownFailures}` +
        `${count > 3 ? '; ...' : ''}. See \`failures\``,
    )
    this.failures = failures
    this.count = count
    this.skippedCount = skippedCount
    this.cause = failures[0].error
  }
}

function shownFailure({ command, eid, component, error }: CommandFailure): string {
  const what = component === undefined ? '' : ` ${component}`
  const whose = eid === 0 ? '' : ` of entity ${eid}`
  return `${command}${what}${whose}: ${error}`
}
