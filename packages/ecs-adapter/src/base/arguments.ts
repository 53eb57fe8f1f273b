/** Checks of arguments that several functions take: ids, pools, options. */
import type { Pool } from '@ashlar/core'
import { invalidArgument } from './errors.ts'

/**
 * Returns whether a value can be an entity id. Ids may be negative: a version may set the top bit.
 */
export const isEntityId = (eid: unknown): eid is number =>
  typeof eid === 'number' && ((eid | 0) === eid || eid >>> 0 === eid)

/**
 * Returns the id as bitECS stores it: as a signed integer.
 * @param expected words for the error message
 * @throws StorageError 'invalid-argument' if `eid` is no id
 */
export function checkedEid(eid: unknown, expected = 'an entity id'): number {
  if (isEntityId(eid)) return eid | 0
  throw invalidArgument('the entity', eid, expected)
}

/**
 * Checks that a value is a pool of `@ashlar/core`.
 * @throws StorageError 'invalid-argument' if it is none
 */
export function checkPool(pool: unknown): asserts pool is Pool & { readonly arena: object } {
  const isPool = typeof pool === 'object' && pool !== null && 'arena' in pool && 'slot' in pool
  if (!isPool) throw invalidArgument('the pool', pool, 'a pool of arena.openPool()')
}

/**
 * True for literals and class instances. False for arrays, Maps and Dates, because they have no
 * named values.
 */
export const isRecord = (given: unknown): given is Readonly<Record<string, unknown>> =>
  typeof given === 'object' && Object.prototype.toString.call(given) === '[object Object]'

/** `Array.isArray`, with a type that includes readonly arrays. */
export const isArray: (given: unknown) => given is readonly unknown[] = Array.isArray

/**
 * Checks that options are an object with known keys only. Otherwise, a misspelt option would be
 * ignored.
 * @param what the function that has the options
 * @throws StorageError 'invalid-argument' if the options are no such object
 */
export function checkOptions(what: string, options: unknown, keys: readonly string[]): void {
  if (!isRecord(options))
    throw invalidArgument(what, options, `an object such as { ${keys.join(', ')} }`)
  for (const key in options) {
    if (keys.includes(key)) continue
    const expected = keys.length === 1 ? keys[0] : `one of ${keys.join(', ')}`
    throw invalidArgument(`${what}: a key`, key, expected)
  }
}
