// The pool as the scene's lists and trails see it: every block they take and give back is counted.
import type { Pool } from '@ashlar/core'

export interface PoolCounts {
  allocs: number
  reallocs: number
  frees: number
}

export interface CountedPool extends Pool {
  readonly counts: PoolCounts
}

type Counting = 'alloc' | 'tryAlloc' | 'realloc' | 'tryResize' | 'free' | 'of' | 'counts'

/** The same pool; columns and what is allocated zeroed are not counted. */
export function createCountedPool(pool: Pool): CountedPool {
  const counts: PoolCounts = { allocs: 0, reallocs: 0, frees: 0 }
  const counted: Pick<CountedPool, Counting> = {
    counts,
    alloc(byteLength, alignment) {
      counts.allocs++
      return pool.alloc(byteLength, alignment)
    },
    tryAlloc(byteLength, alignment) {
      const offset = pool.tryAlloc(byteLength, alignment)
      if (offset !== 0) counts.allocs++
      return offset
    },
    realloc(offset, byteLength) {
      counts.reallocs++
      return pool.realloc(offset, byteLength)
    },
    tryResize(offset, byteLength) {
      const isDone = pool.tryResize(offset, byteLength)
      if (isDone) counts.reallocs++
      return isDone
    },
    free(offset) {
      counts.frees++
      pool.free(offset)
    },
    of: (byteLength) => ({
      byteLength,
      alloc: () => counted.alloc(byteLength),
      tryAlloc: () => counted.tryAlloc(byteLength),
      free: (offset) => counted.free(offset),
    }),
  }
  return Object.assign(Object.create(pool), counted)
}
