/**
 * The errors of the package. Each message says what was given, what was expected and what to do.
 */

/**
 * The `code` of a `StorageError`. It says what went wrong:
 *
 * - `invalid-argument`: an argument, option, value or name is wrong
 * - `storage-disposed`, `commands-disposed`, `table-disposed`: the object was disposed of
 * - `world-was-reset`: bitECS's `resetWorld` was called in place of `storage.reset()`
 * - `other-world`: a component was used in a world that its storage does not know
 * - `already-attached`: the pool is attached already, or made the storage or table
 * - `still-attached`: other threads are attached to what you want to dispose of
 * - `group-busy`: workers run a system that uses what the call would move or free
 * - `group-open`, `group-closed`: the call needs a closed group, or an open one
 * - `cannot-block`: this thread may not block
 * - `no-workers`: all workers died, or this thread knows no systems to run
 * - `not-joined`: a worker did not join the group
 * - `system-failed`, `worker-died`, `timed-out`: a run failed; see `RunError`
 * - `corrupt`: memory of the package was overwritten
 * - `commands-failed`: commands threw; see `CommandsError`
 * - `commands-busy`, `move-busy`, `set-busy`: an observer, hook or getter may not make this call
 * - `table-full`: the table has as many chunks as it may have, and all are full
 * - `table-detached`: this thread has detached from the table, or its pool is closed
 * - `stale-chunk`: the chunk was freed, or a `WebAssembly.Memory` has grown
 */
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
  | 'move-busy'
  | 'set-busy'
  | 'table-full'
  | 'table-disposed'
  | 'table-detached'
  | 'stale-chunk'

/**
 * Every error of the package itself. If memory runs out, calls throw an `ArenaError` of
 * `@ashlar/core`.
 */
export class StorageError extends Error {
  /** The name of the class, which stack traces show. */
  override readonly name: string = 'StorageError'
  /** What went wrong: see `StorageErrorCode`. Compare the code; the `message` is for people. */
  readonly code: StorageErrorCode

  constructor(code: StorageErrorCode, message: string) {
    super(`@ashlar/ecs-adapter: ${message}`)
    this.code = code
  }
}

/** Words for a value in a message: strings in quotes, objects by class name. Never throws. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'function') return `function ${nameOf(() => value)}`.trimEnd()
  if (typeof value === 'object' && value !== null) {
    return nameOf(() => value.constructor) || 'an object'
  }
  return String(value)
}

/** Returns the name of a class or function, or ''. Never throws, even if a getter does. */
function nameOf(find: () => { readonly name?: unknown } | undefined): string {
  try {
    const name = find()?.name
    return typeof name === 'string' ? name : ''
  } catch {
    return ''
  }
}

/** Words for a thrown value in a message. Never throws, even if `toString` of `error` does. */
export function shownError(error: unknown): string {
  try {
    return String(error)
  } catch {
    return shown(error)
  }
}

export const misuse = (message: string) => new StorageError('invalid-argument', message)

export const invalidArgument = (what: string, given: unknown, expected: string) =>
  misuse(`${what} is ${shown(given)}, expected ${expected}`)

/** Makes the error for a value in the arena that the package cannot have written. */
export const corrupt = (what: string, given: unknown, expected: string) =>
  new StorageError(
    'corrupt',
    `memory was overwritten: ${what} is ${shown(given)}, expected ${expected}. Look for ` +
      'writes to freed blocks, or past their end',
  )

const duplicate = (kind: 'component' | 'table', name: string) =>
  misuse(
    `this storage has a ${kind} ${shown(name)}. Take it from storage.${kind}s, or use another name`,
  )
export const duplicateComponent = (name: string) => duplicate('component', name)
export const duplicateTable = (name: string) => duplicate('table', name)

export const storageDisposed = () =>
  new StorageError('storage-disposed', 'this storage is disposed of. Create another one')

/** Makes the error for an entity without a row. `owner`: the component or field, if known. */
export const noRow = (eid: number, owner = 'this component') =>
  misuse(
    `entity ${eid} has no row for ${owner}: add the component first, or the storage is disposed of`,
  )

/** Makes the error for a second attachment. `by`: the function that attaches. */
export const alreadyAttached = (slot: number, what: string, by: string) =>
  new StorageError(
    'already-attached',
    `the pool of slot ${slot} is attached to ${what}, or made it. Use what ${by} returned, or ` +
      'detach it',
  )

/** Makes the error for a `dispose` while threads are attached. `forget` detaches a dead thread. */
export const stillAttached = (slots: readonly number[], what: string, forget: string) =>
  new StorageError(
    'still-attached',
    `slots ${slots.join(', ')} are attached to ${what}. Call detach() there, or ${forget} if dead`,
  )

export const duplicateEntry = (name: string, first: number, second: number) =>
  misuse(`entries ${first} and ${second} are both called ${shown(name)}. Change one \`name\``)

/** Makes the error for a field type without code. `field` names the component and field. */
export const noSuchType = (field: string, type: string) =>
  misuse(
    `field ${field} is ${type === 'eid' ? 'a weak ' : 'a '}t.${type}, but the bundle of this ` +
      `thread lacks its code. Import t.${type} in the worker, for example with the schemas`,
  )

export const unknownField = (component: string, given: unknown, names: readonly string[]) =>
  invalidArgument(
    `a field of component ${component}`,
    given,
    names.length === 0 ? 'none: it is a tag' : `one of ${names.join(', ')}`,
  )

export const noNegativeId = (eid: number) =>
  invalidArgument('the entity', eid, 'an entity id: only versioned ids are negative')

export const commandsDisposed = () =>
  new StorageError(
    'commands-disposed',
    'these commands or their storage are disposed of. Make others with createCommands(storage)',
  )

export const noCommands = (given: unknown) =>
  invalidArgument(
    'what was given to applyCommands()',
    given,
    'what createCommands() returns, { offset } from another thread, or an array of these',
  )

export const commandsOfAnother = () =>
  misuse('the commands are for another storage. Apply them there')

export const commandsBusy = () =>
  new StorageError(
    'commands-busy',
    'applyCommands() is running, or values of a command are being read. Call this afterwards',
  )

export const moveIsBusy = (what: string) =>
  new StorageError(
    'move-busy',
    `${what} would free rows that moveOut() or moveIn() is moving. Call it after their observers`,
  )

export const setIsBusy = (what: string) =>
  new StorageError(
    'set-busy',
    `${what} would move or free rows that are about to be written. Do not call it from hooks, or ` +
      'from getters of values',
  )

export const worldTwice = (first: number, second: number) =>
  misuse(`worlds[${first}] and worlds[${second}] are the same world. Give each world once`)

export const noWorlds = () =>
  misuse('the array of worlds is empty. Pass the worlds that use the components')

export const otherIndex = (i: number) =>
  misuse(`worlds[0] and worlds[${i}] differ in their index. Give both one createEntityIndex()`)

export const otherWorlds = () =>
  misuse(
    'another storage serves only some of these worlds, or more. Give both storages the same worlds',
  )

export const notOfThisWorld = (eid: number) =>
  misuse(`entity ${eid} is in another world. Add components in the world of its addEntity`)

export const usedElsewhere = (name: string) =>
  new StorageError(
    'other-world',
    `component ${shown(name)} was used in a world that its storage does not serve: values may be ` +
      'lost. Pass all worlds that use it: createStorage([level, menu], pool)',
  )

export const worldWasReset = () =>
  new StorageError(
    'world-was-reset',
    'resetWorld has dropped the observers of the storage. Call storage.reset(), now and instead',
  )

/** A command that threw when it was applied. */
export interface CommandFailure {
  /** The method that recorded the command. */
  readonly command: 'spawn' | 'despawn' | 'add' | 'remove' | 'set'
  /** The entity of the command. It is 0 for a spawn. */
  readonly eid: number
  /** The name of the component. It is undefined for a spawn or despawn. */
  readonly component: string | undefined
  /** What was thrown. */
  readonly error: unknown
}

/**
 * Commands threw when they were applied. All others were applied or skipped. `cause` is the first
 * error.
 */
export class CommandsError extends StorageError {
  /** The name of the class, which stack traces show. */
  override readonly name = 'CommandsError'
  /** The first 100 failures, in the order of the commands. */
  readonly failures: readonly CommandFailure[]
  /** How many commands threw. */
  readonly failedCommandCount: number
  /** How many commands were skipped because their entity was gone. */
  readonly skippedCommandCount: number

  constructor(failures: readonly CommandFailure[], count: number, skippedCount: number) {
    const shownFailures = failures.slice(0, 3).map(shownFailure).join('; ')
    super(
      'commands-failed',
      `${count} of the commands threw, all others were applied: ${shownFailures}` +
        `${count > 3 ? '; ...' : ''}. See \`failures\``,
    )
    this.failures = failures
    this.failedCommandCount = count
    this.skippedCommandCount = skippedCount
    this.cause = failures[0].error
  }
}

function shownFailure({ command, eid, component, error }: CommandFailure): string {
  const what = component === undefined ? '' : ` ${component}`
  const whose = eid === 0 ? '' : ` of entity ${eid}`
  return `${command}${what}${whose}: ${shownError(error)}`
}

export const tableFull = (name: string, chunkLimit: number) =>
  new StorageError(
    'table-full',
    `the ${chunkLimit} chunks of table ${shown(name)} are full, or other threads own them. ` +
      'Create it with a larger chunkLimit or chunkByteLength',
  )

export const tableDisposed = (name: string) =>
  new StorageError('table-disposed', `table ${shown(name)} is disposed of. Create another one`)

const detached = (name: string, why: string) =>
  new StorageError('table-detached', `table ${shown(name)} is detached: ${why}`)
export const tableDetached = (name: string) => detached(name, 'sync() attaches it again')
export const tablePoolClosed = (name: string) =>
  detached(name, 'its pool is closed. Attach with an open one')

export const staleChunk = (number: number) =>
  new StorageError(
    'stale-chunk',
    `chunk ${number} was trimmed or disposed of, or the memory has grown. Call table.sync(), and ` +
      'take chunks from table.chunks',
  )
