// The pool as the scene's lists and trails see it: every block they take and give back is counted.
import type { Pool } from '@ashlar/core'

export interface PoolCounts {
  allocs: number
  reallocs: number
  frees: number
}

export interface CountedPool {
  readonly counts: PoolCounts
  alloc(byteLength: number): number
  realloc(offset: number, byteLength: number): number
  free(offset: number): void
}

/** Same arguments, results and errors as the pool's own methods. */
export function createCountedPool(pool: Pool): CountedPool {
  const counts: PoolCounts = { allocs: 0, reallocs: 0, frees: 0 }
  return {
    counts,
    alloc(byteLength) {
      counts.allocs++
      return pool.alloc(byteLength)
    },
    realloc(offset, byteLength) {
      counts.reallocs++
      return pool.realloc(offset, byteLength)
    },
    free(offset) {
      counts.frees++
      pool.free(offset)
    },
  }
}
