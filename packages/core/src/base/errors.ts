/**
 * Creates the errors of the package, and checks arguments. Each message says which value was
 * passed, and what to do.
 */
import { isPlainObject } from './builtins.ts'

/**
 * The `code` of an `ArenaError`. It says what went wrong:
 *
 * - `out-of-memory`: the arena has no room, or the platform has no memory of that length
 * - `invalid-argument`: an argument has the wrong type or range, or an option does not exist
 * - `invalid-offset`: no live block starts at the offset
 * - `double-free`: the block is free already
 * - `pool-closed`: the pool was closed before the call
 * - `scratch-disposed`: the scratch was disposed of before the call
 * - `not-an-arena`: the handle does not lead to an arena
 * - `version-mismatch`: another version of the package created the arena
 * - `corrupt`: memory of the library was overwritten
 * - `not-shareable`: the memory cannot be shared with other threads
 * - `no-free-slot`: every slot of the arena has an open pool, or is reserved
 * - `not-adoptable`: the slot does not belong to a dead thread
 * - `thread-lock-taken`: another thread holds the lock, or this thread counts as dead
 * - `no-web-locks`: the page has no Web Locks, because its context is not secure
 */
export type ArenaErrorCode =
  | 'out-of-memory'
  | 'invalid-argument'
  | 'invalid-offset'
  | 'double-free'
  | 'pool-closed'
  | 'scratch-disposed'
  | 'not-an-arena'
  | 'version-mismatch'
  | 'corrupt'
  | 'not-shareable'
  | 'no-free-slot'
  | 'not-adoptable'
  | 'thread-lock-taken'
  | 'no-web-locks'

/**
 * The class of every error that the package throws. A call that throws an `ArenaError` leaves all
 * blocks unchanged.
 */
export class ArenaError extends Error {
  /** The name of the class. Stack traces show this name. */
  override readonly name = 'ArenaError'
  /**
   * What went wrong: see `ArenaErrorCode`. Compare `code`, not `message`: the message may change.
   */
  readonly code: ArenaErrorCode

  /** Creates an error with a code. The message begins with the name of the package. */
  constructor(code: ArenaErrorCode, message: string) {
    super(`@ashlar/core: ${message}`)
    this.code = code
  }
}

/**
 * Returns the text of a value for a message. A string is in quotes. An object is shown by the name
 * of its class.
 */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'bigint') return `${value}n`
  try {
    if (typeof value === 'function') return `function ${value.name.trim()}`
    if (typeof value !== 'object' || value === null) return String(value)
    return value.constructor.name.trim() || 'an object'
  } catch {
    return 'an object' // the class has no name, or the value is a Proxy that throws
  }
}

/**
 * Creates the error for a wrong argument.
 * @param name the name of the argument in the message
 * @param given the value that the caller passed
 * @param expected describes the values that are allowed
 */
export const invalidArgument = (name: string, given: unknown, expected: string) =>
  new ArenaError('invalid-argument', `${name} is ${shown(given)}, expected ${expected}`)

/**
 * Throws if `given` is not a whole number from `min` to `max`.
 * @param name the name of the argument in the message
 * @param isPowerOfTwo whether `given` must be a power of two
 * @throws ArenaError 'invalid-argument' if the check fails
 */
export function checkInteger(
  name: string,
  given: unknown,
  min: number,
  max: number,
  isPowerOfTwo = false,
): asserts given is number {
  const isRight = typeof given === 'number' && given >= min && given <= max && given % 1 === 0
  if (isRight && !(isPowerOfTwo && (given & (given - 1)) !== 0)) return
  const kind = isPowerOfTwo ? 'power of two' : 'whole number'
  throw invalidArgument(name, given, `a ${kind} from ${min} to ${max}`)
}

/**
 * Throws if `count` cannot be a length in bytes or elements. A length is a whole number below 2^32.
 */
export const checkCount = (name: string, count: unknown) =>
  checkInteger(name, count, 0, 2 ** 32 - 1)

/** Throws if `given` is not a multiple of 16. */
export function checkMultiple(name: string, given: number): void {
  if (given % 16 !== 0) throw invalidArgument(name, given, 'a multiple of 16')
}

/**
 * Throws if `given` is not an object, or has a key that is not in `keys`. Without this check, a
 * misspelt option would have no effect.
 */
export function checkOptions(given: unknown, keys: readonly string[]): void {
  if (!isPlainObject(given)) {
    throw invalidArgument('options', given, `an object such as { ${keys.join(', ')} }`)
  }
  // A loop, because `Object.keys` makes an array. Some callers run in each frame, and must make no
  // garbage.
  for (const key in given) {
    if (!keys.includes(key)) {
      throw invalidArgument('an option', key, `one of ${keys.join(', ')}`)
    }
  }
}

/**
 * Creates the error for an arena without room.
 * @param byteLength how many bytes were requested
 * @param freeSpanCount how many spans are free. They are too few, or not adjacent
 * @param spanCount how many spans the arena has
 */
export const outOfMemory = (byteLength: number, freeSpanCount: number, spanCount: number) =>
  new ArenaError(
    'out-of-memory',
    `no room for ${byteLength} bytes: ${freeSpanCount} of the ${spanCount} spans are free, too ` +
      'few or apart. Free something, create a larger arena, or call tryAlloc',
  )

/**
 * Creates the error for a platform that has no memory of `byteLength` bytes.
 * @param reason the error that the platform threw
 */
export const noBuffer = (byteLength: number, reason: unknown) =>
  new ArenaError(
    'out-of-memory',
    `no room for ${byteLength} bytes (${reason}). Create a smaller arena`,
  )

/**
 * Creates the error for an offset at which no live block starts.
 * @param given the offset that the caller passed
 * @param reason the rest of the sentence that begins with the offset
 */
export const invalidOffset = (given: unknown, reason: string) =>
  new ArenaError(
    'invalid-offset',
    `offset ${shown(given)} ${reason}. Pass what alloc returned, until you free it`,
  )

/** Creates the error for a block that is free already. */
export const doubleFree = (offset: number) =>
  new ArenaError('double-free', `the block at offset ${offset} is free already. Free a block once`)

/** Creates the error for a call of a closed pool. */
export const poolClosed = () =>
  new ArenaError('pool-closed', 'this pool is closed. Open another one with arena.openPool()')

/** Creates the error for a call of a scratch that was disposed of. */
export const scratchDisposed = () =>
  new ArenaError('scratch-disposed', 'this scratch is disposed. Create another one')

/** Creates the error for an arena in which every slot has an open pool. */
export const noFreeSlot = (slotCount: number) =>
  new ArenaError(
    'no-free-slot',
    `all ${slotCount} slots have an open pool. Close one, or create the arena with more \`slots\``,
  )

/** Creates the error for a slot that cannot be adopted. @param reason why it cannot be adopted */
export const notAdoptable = (slot: number, reason: string) =>
  new ArenaError(
    'not-adoptable',
    `slot ${slot} cannot be adopted: ${reason}. Adopt it once, after its thread has died`,
  )

/** Creates the error for a lock that this thread cannot get. */
export const threadLockTaken = (lockName: string) =>
  new ArenaError(
    'thread-lock-taken',
    `another thread holds the lock ${lockName}, or threadExited() took it. This thread counts as ` +
      'dead: do not use its slot, and start a thread with a new lock',
  )

/** Creates the error for a platform without Web Locks. */
export const noWebLocks = () =>
  new ArenaError(
    'no-web-locks',
    'navigator.locks is missing. Serve the page by https, or from localhost',
  )

/**
 * Creates the error for a handle that does not lead to an arena.
 * @param what describes what was found instead
 */
export const notAnArena = (what: string) =>
  new ArenaError('not-an-arena', `${what}. Pass arena.handle of an arena`)

/**
 * Creates the error for an arena of another version of the package.
 * @param given the layout version in the arena
 * @param expected the layout version of this package
 */
export const versionMismatch = (given: number, expected: number) =>
  new ArenaError(
    'version-mismatch',
    `the arena has layout version ${given}, not ${expected}. ` +
      'Use one version of @ashlar/core in all threads',
  )

/**
 * Creates the error for an arena whose own memory was overwritten.
 * @param what describes the damage
 */
export const corrupt = (what: string) => new ArenaError('corrupt', `the arena is damaged: ${what}`)

/**
 * Creates the error for a damaged list: a link leads to a block or span that cannot be on this
 * list.
 * @param list the name of the list, in the plural
 * @param to where the link leads
 */
export const wrongLink = (list: string, to: number | string) => corrupt(`the ${list} lead to ${to}`)

/**
 * Creates the error for a run of spans whose map word or record was overwritten.
 * @param head the first span of the run
 * @param what the value that cannot be right
 */
export const wrongRun = (head: number, what: string) =>
  corrupt(`the run at span ${head} has ${what}`)

/**
 * Creates the error for a scratch whose chain of blocks was overwritten.
 * @param offset the offset of the scratch's first block
 */
export const chainOverwritten = (offset: number) =>
  corrupt(`the chain of the scratch at offset ${offset} was overwritten: a write left its block`)

/** Creates the error for memory that cannot be shared with other threads. */
export const notShareable = (reason: string) => new ArenaError('not-shareable', reason)
