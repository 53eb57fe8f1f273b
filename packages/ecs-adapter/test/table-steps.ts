/**
 * Stops a thread's calls between any two accesses to what tables share: to end it there, or to run
 * another.
 */
import type { Arena, Pool } from '@ashlar/core'
import type { TableHandle } from '@ashlar/ecs-adapter'

const METHODS = ['load', 'store', 'add', 'compareExchange'] as const
/** More than the words before the numbers of chunks, and those of a few chunks. */
const ROOT_WORDS = 400

export class Death extends Error {}

/** A pool that tells of each block before and after it is given or freed. */
export function observePool(pool: Pool, onStep: () => void): Pool {
  const around =
    <A extends unknown[], R>(call: (...args: A) => R) =>
    (...args: A): R => {
      onStep()
      const result = call(...args)
      onStep()
      return result
    }
  const { alloc, free } = pool
  const bound = { alloc: around(alloc.bind(pool)), free: around(free.bind(pool)) }
  return Object.assign(Object.create(pool), bound)
}

/**
 * Calls `onStep` before each access by Atomics to the root of a table, through the views of this
 * arena.
 */
export function observeRoot(
  arena: Arena,
  { offset }: TableHandle,
  onStep: () => void,
  body: () => void,
): void {
  const first = offset >> 2
  const atomics = Atomics as unknown as Record<string, (...args: unknown[]) => unknown>
  const saved = { ...Object.fromEntries(METHODS.map((method) => [method, atomics[method]])) }
  for (const method of METHODS) {
    atomics[method] = (...args) => {
      const index = args[1] as number
      if (args[0] === arena.i32 && index >= first && index < first + ROOT_WORDS) onStep()
      return saved[method](...args)
    }
  }
  try {
    body()
  } finally {
    Object.assign(atomics, saved)
  }
}
