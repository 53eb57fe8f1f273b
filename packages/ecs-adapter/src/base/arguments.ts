/** What callers give to more than one function, checked: ids, pools, options. */
import type { Pool } from '@ashlar/core'
import { invalidArgument } from './errors.ts'

/** As bitECS has it: a versioned id whose highest bit is set is a negative number, or what is meant by it. */
export const isEntityId = (eid: unknown): eid is number =>
  typeof eid === 'number' && ((eid | 0) === eid || eid >>> 0 === eid)

/** The id as bitECS has it. @throws StorageError 'invalid-argument' */
export function checkedEid(eid: unknown, expected = 'an entity id'): number {
  if (isEntityId(eid)) return eid | 0
  throw invalidArgument('the entity', eid, expected)
}

/** @throws StorageError 'invalid-argument' */
export function checkPool(pool: unknown): asserts pool is Pool & { readonly arena: object } {
  const isPool = typeof pool === 'object' && pool !== null && 'arena' in pool && 'slot' in pool
  if (!isPool) throw invalidArgument('the pool', pool, 'what arena.openPool() gives')
}

/** What braces make, and instances of classes; but no array, Map, Date, ..., whose keys say nothing. */
export const isRecord = (given: unknown): given is Readonly<Record<string, unknown>> =>
  typeof given === 'object' && Object.prototype.toString.call(given) === '[object Object]'

/** `Array.isArray`, for arrays that are readonly. */
export const isArray: (given: unknown) => given is readonly unknown[] = Array.isArray

/**
 * Refuses what is no object, and keys that mean nothing: what is misspelt would be ignored.
 * @throws StorageError 'invalid-argument'
 */
export function checkOptions(what: string, options: unknown, keys: readonly string[]): void {
  if (!isRecord(options)) {
    throw invalidArgument(what, options, `an object such as { ${keys.join(', ')} }`)
  }
  for (const key in options) {
    if (keys.includes(key)) continue
    throw invalidArgument(
      `${what}: a key`,
      key,
      keys.length === 1 ? keys[0] : `one of ${keys.join(', ')}`,
    )
  }
}
