/** The errors of the package, which say what was given and what to do; and checks of arguments. */
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
 * - `no-free-slot`: every slot of the arena has an open pool
 * - `not-adoptable`: no dead thread has the slot
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
 * Every error that the package throws. A call that throws an `ArenaError` leaves all blocks
 * unchanged.
 */
export class ArenaError extends Error {
  /** The name of the class, which stack traces show. */
  override readonly name = 'ArenaError'
  /** What went wrong: see `ArenaErrorCode`. Compare the code; the `message` is for people. */
  readonly code: ArenaErrorCode

  constructor(code: ArenaErrorCode, message: string) {
    super(`@ashlar/core: ${message}`)
    this.code = code
  }
}

/** The text of a value in a message: a string in quotes, an object by the name of its class. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'bigint') return `${value}n`
  try {
    if (typeof value === 'function') return `function ${value.name.trim()}`
    if (typeof value !== 'object' || value === null) return String(value)
    return value.constructor.name.trim() || 'an object'
  } catch {
    return 'an object' // there is no name, or a Proxy throws when it is asked
  }
}

export const invalidArgument = (name: string, given: unknown, expected: string) =>
  new ArenaError('invalid-argument', `${name} is ${shown(given)}, expected ${expected}`)

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

/** Throws unless `count` can be a length in bytes or elements: a whole number below 2^32. */
export const checkCount = (name: string, count: unknown) =>
  checkInteger(name, count, 0, 2 ** 32 - 1)

export function checkMultiple(name: string, given: number): void {
  if (given % 16 !== 0) throw invalidArgument(name, given, 'a multiple of 16')
}

/** Throws for a key that is not one of `keys`: else a misspelt option would have no effect. */
export function checkOptions(given: unknown, keys: readonly string[]): void {
  if (!isPlainObject(given)) {
    throw invalidArgument('options', given, `an object such as { ${keys.join(', ')} }`)
  }
  // Not Object.keys, whose array would be garbage: some callers run in each frame.
  for (const key in given) {
    if (!keys.includes(key)) {
      throw invalidArgument('an option', key, `one of ${keys.join(', ')}`)
    }
  }
}

export const outOfMemory = (byteLength: number, freeSpanCount: number, spanCount: number) =>
  new ArenaError(
    'out-of-memory',
    `no room for ${byteLength} bytes: ${freeSpanCount} of the ${spanCount} spans are free, too ` +
      'few or apart. Free something, create a larger arena, or call tryAlloc',
  )

export const noBuffer = (byteLength: number, reason: unknown) =>
  new ArenaError(
    'out-of-memory',
    `no room for ${byteLength} bytes (${reason}). Create a smaller arena`,
  )

export const invalidOffset = (given: unknown, reason: string) =>
  new ArenaError(
    'invalid-offset',
    `offset ${shown(given)} ${reason}. Pass what alloc returned, until you free it`,
  )

export const doubleFree = (offset: number) =>
  new ArenaError('double-free', `the block at offset ${offset} is free already. Free a block once`)

export const poolClosed = () =>
  new ArenaError('pool-closed', 'this pool is closed. Open another one with arena.openPool()')

export const scratchDisposed = () =>
  new ArenaError('scratch-disposed', 'this scratch is disposed. Create another one')

export const noFreeSlot = (slotCount: number) =>
  new ArenaError(
    'no-free-slot',
    `all ${slotCount} slots have an open pool. Close one, or create the arena with more \`slots\``,
  )

export const notAdoptable = (slot: number, reason: string) =>
  new ArenaError(
    'not-adoptable',
    `slot ${slot} cannot be adopted: ${reason}. Adopt it once, after its thread has died`,
  )

export const threadLockTaken = (lockName: string) =>
  new ArenaError(
    'thread-lock-taken',
    `another thread holds the lock ${lockName}, or threadExited() took it. This thread counts as ` +
      'dead: do not use its slot, and start a thread with a new lock',
  )

export const noWebLocks = () =>
  new ArenaError(
    'no-web-locks',
    'navigator.locks is missing. Serve the page by https, or from localhost',
  )

export const notAnArena = (what: string) =>
  new ArenaError('not-an-arena', `${what}. Pass arena.handle of an arena`)

export const versionMismatch = (given: number, expected: number) =>
  new ArenaError(
    'version-mismatch',
    `the arena has layout version ${given}, not ${expected}. ` +
      'Use one version of @ashlar/core in all threads',
  )

export const corrupt = (what: string) => new ArenaError('corrupt', `the arena is damaged: ${what}`)

/** The error for a list in the arena that leads to what cannot be on it. */
export const wrongLink = (list: string, to: number | string) => corrupt(`the ${list} lead to ${to}`)

/** The error for a run whose map word or record says what cannot be. */
export const wrongRun = (head: number, what: string) =>
  corrupt(`the run at span ${head} has ${what}`)

export const chainOverwritten = (offset: number) =>
  corrupt(`the chain of the scratch at offset ${offset} was overwritten: a write left its block`)

export const notShareable = (reason: string) => new ArenaError('not-shareable', reason)
