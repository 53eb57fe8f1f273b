/** Every error of the package is made here: what was given, what was expected, what to do. */

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
  | 'life-taken'
  | 'no-web-locks'

/** What every function of the package throws. The arena is as it was before the call. */
export class ArenaError extends Error {
  override readonly name = 'ArenaError'
  readonly code: ArenaErrorCode

  constructor(code: ArenaErrorCode, message: string) {
    super(`@ashlar/core: ${message}`)
    this.code = code
  }
}

/** A value for a message: strings in quotes, objects by the name of their class. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (Object.is(value, -0)) return '-0'
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'function') return `function ${nameBy(() => value.name)}`
  if (typeof value === 'object' && value !== null) {
    return nameBy(() => value.constructor.name) || 'an object'
  }
  return String(value)
}

/** Empty where there is none, or a Proxy throws when it is asked. */
function nameBy(read: () => unknown): string {
  try {
    const name = read()
    return typeof name === 'string' ? name : ''
  } catch {
    return ''
  }
}

export const invalidArgument = (name: string, given: unknown, expected: string) =>
  new ArenaError('invalid-argument', `${name} is ${shown(given)}, expected ${expected}`)

/** Throws unless `count` is a number that a length can be. */
export function checkCount(name: string, count: unknown, unit: string): void {
  if (typeof count !== 'number' || count >>> 0 !== count) {
    throw invalidArgument(name, count, `a whole number of ${unit} from 0 to 2^32 - 1`)
  }
}

export const outOfMemory = (byteLength: number, freeSpanCount: number, spanCount: number) =>
  new ArenaError(
    'out-of-memory',
    `no room for a block of ${byteLength} bytes: ${freeSpanCount} of the arena’s ${spanCount} spans ` +
      'of 64 KiB are free, which is too few, or they are not adjacent. Free something, or create ' +
      'the arena with a larger byteLength. (tryAlloc gives 0 instead of this error.)',
  )

export const noBuffer = (byteLength: number, reason: unknown) =>
  new ArenaError(
    'out-of-memory',
    `the platform has no ${byteLength} bytes for an arena (${reason}). Create a smaller one`,
  )

export const invalidOffset = (given: unknown, reason: string) =>
  new ArenaError(
    'invalid-offset',
    `offset ${shown(given)} ${reason}. Pass what alloc of this arena gave, while it is not freed`,
  )

export const doubleFree = (offset: number) =>
  new ArenaError('double-free', `the block at offset ${offset} is free already. Free a block once`)

export const poolClosed = () =>
  new ArenaError('pool-closed', 'this pool is closed. Open another one with arena.openPool()')

export const scratchDisposed = () =>
  new ArenaError('scratch-disposed', 'this scratch is disposed of. Make another by createScratch()')

export const noFreeSlot = (slotCount: number) =>
  new ArenaError(
    'no-free-slot',
    `all ${slotCount} slots have an open pool. Close one, or create the arena with more \`slots\``,
  )

export const notReserved = (slot: number, state: string) =>
  new ArenaError(
    'invalid-argument',
    `slot ${slot} is ${state}, expected one that arena.reserveSlot() gave and nobody has opened yet`,
  )

export const notAdoptable = (slot: number, reason: string) =>
  new ArenaError(
    'not-adoptable',
    `slot ${slot} cannot be adopted: ${reason}. Adopt a slot once, after its thread has died`,
  )

export const lifeTaken = (lockName: string) =>
  new ArenaError(
    'life-taken',
    `the life ${lockName} is held by another thread, or somebody has awaited whenDead() of it, so that ` +
      'this thread counts as dead. Do not use its slot. Start a thread with a life of its own',
  )

export const noWebLocks = () =>
  new ArenaError(
    'no-web-locks',
    'navigator.locks is missing here, and nothing else confirms the death of a thread. Browsers have ' +
      'it in secure contexts only: serve the page by https, or from localhost',
  )

export const notAnArena = (what: string) =>
  new ArenaError('not-an-arena', `${what}. Pass the handle of an arena, as arena.handle gives it`)

export const versionMismatch = (given: number, expected: number) =>
  new ArenaError(
    'version-mismatch',
    `the arena has layout version ${given}, this build reads version ${expected}. ` +
      'Use the same version of @ashlar/core in every thread',
  )

export const corrupt = (what: string) => new ArenaError('corrupt', `the arena is damaged: ${what}`)

export const chainOverwritten = (offset: number) =>
  corrupt(
    `the chain of the scratch at offset ${offset} was overwritten, most likely by a write past the ` +
      'end of what was allocated in it',
  )

export const notShareable = (reason: string) => new ArenaError('not-shareable', reason)
