/** Every error of the package is made here: what was given, what was expected, what to do. */

export type StorageErrorCode = 'invalid-argument' | 'storage-disposed' | 'world-was-reset'

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
