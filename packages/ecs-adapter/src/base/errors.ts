/** Every error of the package is made here: what was given, what was expected, what to do. */

export type StorageErrorCode =
  | 'invalid-argument'
  | 'storage-disposed'
  | 'world-was-reset'
  | 'other-world'
  | 'already-attached'
  | 'still-attached'
  | 'group-closed'
  | 'group-busy'
  | 'group-open'
  | 'cannot-block'
  | 'no-workers'
  | 'not-joined'
  | 'system-failed'
  | 'worker-died'
  | 'timed-out'
  | 'corrupt'
  | 'commands-failed'
  | 'commands-busy'
  | 'commands-disposed'
  | 'pack-busy'
  | 'set-busy'
  | 'table-full'
  | 'table-disposed'
  | 'table-detached'
  | 'stale-chunk'

/** What the package throws of its own; memory that runs out is an `ArenaError` of the pool. */
export class StorageError extends Error {
  override readonly name: string = 'StorageError'
  readonly code: StorageErrorCode

  constructor(code: StorageErrorCode, message: string) {
    super(`@ashlar/ecs-adapter: ${message}`)
    this.code = code
  }
}

/** A value for a message: strings in quotes, objects by the name of their class. Never throws. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'function') return `function ${nameOf(() => value)}`.trimEnd()
  if (typeof value === 'object' && value !== null) {
    return nameOf(() => value.constructor) || 'an object'
  }
  return String(value)
}

/** The name of a class or function, '' of none: the getters on the way to it are the caller's. */
function nameOf(find: () => { readonly name?: unknown } | undefined): string {
  try {
    const name = find()?.name
    return typeof name === 'string' ? name : ''
  } catch {
    return ''
  }
}

/** Whatever was thrown, for a message. Never throws, though the `toString` of the caller's may. */
export function shownError(error: unknown): string {
  try {
    return String(error)
  } catch {
    return shown(error)
  }
}

export const invalidArgument = (what: string, given: unknown, expected: string) =>
  new StorageError('invalid-argument', `${what} is ${shown(given)}, expected ${expected}`)

/** What the package reads in the arena and cannot be what it has written. */
export const corrupt = (what: string, given: unknown, expected: string) =>
  new StorageError(
    'corrupt',
    `memory was overwritten: ${what} is ${shown(given)}, expected ${expected}. Look for writes to blocks ` +
      'that were freed, or past their end',
  )

export const duplicateComponent = (name: string) =>
  new StorageError(
    'invalid-argument',
    `this storage has a component ${shown(name)} already. ` +
      'Take it from storage.components, or give the new one another name',
  )

export const storageDisposed = () =>
  new StorageError('storage-disposed', 'this storage is disposed of. Create another one')

export const dropsNoIds = (type: string) =>
  new StorageError(
    'invalid-argument',
    `dropRemoved is true for a list of t.${type}, expected a list of t.eid: no other holds ids. Leave it ` +
      'out, or take t.list(t.eid, { dropRemoved: true })',
  )

/** @param owner the component or field, where it is known */
export const noRow = (eid: number, owner = 'this component') =>
  new StorageError(
    'invalid-argument',
    `entity ${eid} has no row for ${owner}: nobody has added the component to it, or the storage is ` +
      'disposed of. Add the component first',
  )

/** @param by what attaches */
export const alreadyAttached = (slot: number, what: string, by: string) =>
  new StorageError(
    'already-attached',
    `the pool of slot ${slot} is attached to ${what} already, or has made it. Use what ${by} gave, or ` +
      'detach() it first, or attach another pool',
  )

/** @param forget what ends the attachment of a slot */
export const stillAttached = (slots: readonly number[], what: string, forget: string) =>
  new StorageError(
    'still-attached',
    `threads look at ${what}: those of the slots ${slots.join(', ')}. Call detach() there, ` +
      `or ${forget} for one that has died`,
  )

export const notSparse = (name: string) =>
  new StorageError(
    'invalid-argument',
    `component ${shown(name)} is not sparse: it has a row for every id. Take storage.row(eid) and ` +
      'loop over a query, or make it with { sparse: true }',
  )

export const duplicateEntry = (name: string, first: number, second: number) =>
  new StorageError(
    'invalid-argument',
    `entries ${first} and ${second} are both called ${shown(name)}. Give one of them another \`name\``,
  )

export const unknownField = (component: string, given: unknown, names: readonly string[]) =>
  invalidArgument(
    `a field of component ${component}`,
    given,
    names.length === 0 ? 'none: it is a tag' : `one of ${names.join(', ')}`,
  )

export const noNegativeId = (eid: number) =>
  invalidArgument(
    'the entity',
    eid,
    'an entity id: they are negative in worlds with versioned ids only',
  )

export const commandsDisposed = () =>
  new StorageError(
    'commands-disposed',
    'these commands are disposed of, or their storage is. Make others with storage.commands()',
  )

export const noCommands = (given: unknown) =>
  invalidArgument(
    'what was given to storage.apply()',
    given,
    'what storage.commands() gave, { offset } of what another thread has, or an array of these',
  )

export const commandsOfAnother = () =>
  new StorageError(
    'invalid-argument',
    'the commands are for another storage. Give them to apply() of the one whose commands() made them',
  )

export const commandsBusy = () =>
  new StorageError(
    'commands-busy',
    'storage.apply() is at work, or the values of a command are being read. Observers may give commands ' +
      'meanwhile, and no more; getters of values nothing: apply, clear and dispose when it is done',
  )

export const packIsBusy = (what: string) =>
  new StorageError(
    'pack-busy',
    `${what} would move or free rows of an entity that storage.pack() is taking out of the world, or ` +
      'storage.unpack() into it. Call it when the observers of that are done',
  )

export const setIsBusy = (what: string) =>
  new StorageError(
    'set-busy',
    `${what} would move or free rows that the values of a set() are about to go to: a getter among those ` +
      'calls it. Call it when the values are written',
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
  override readonly name = 'CommandsError'
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
  return `${command}${what}${whose}: ${shownError(error)}`
}

export const duplicateTable = (name: string) =>
  new StorageError(
    'invalid-argument',
    `this storage has a table ${shown(name)} already. ` +
      'Take it from storage.tables, or give the new one another name',
  )

export const tableFull = (name: string, chunkLimit: number) =>
  new StorageError(
    'table-full',
    `table ${shown(name)} has all of its ${chunkLimit} chunks, and they are full, or other ` +
      'threads own them. Create it with a larger chunkLimit or chunkByteLength',
  )

export const tableDisposed = (name: string) =>
  new StorageError('table-disposed', `table ${shown(name)} is disposed of. Create another one`)

export const tableDetached = (name: string) =>
  new StorageError(
    'table-detached',
    `table ${shown(name)} is detached in this thread: sync() attaches again`,
  )

export const tablePoolClosed = (name: string) =>
  new StorageError(
    'table-detached',
    `the pool that table ${shown(name)} was attached with is closed. Attach with one that is open`,
  )

export const staleChunk = (number: number) =>
  new StorageError(
    'stale-chunk',
    `chunk ${number} is not there any more: it was trimmed, its table is disposed of, or the memory has ` +
      'grown. Call table.sync(), and take chunks from table.chunks',
  )
