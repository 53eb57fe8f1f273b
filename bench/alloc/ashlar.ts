// Ashlar's own contenders. Each checks that the pool did the work and the arena stayed sound.
import { Arena, exactStats, type Pool, verify } from '@ashlar/core'
import { expect, type Prepared } from '../case.ts'
import {
  type ArrayHeap,
  fillOffsets,
  type OffsetHeap,
  pairArrays,
  pairOwnViews,
  replaceOffsets,
} from './loops.ts'
import { heapByteLengthOf, prepareFixed, prepareOffsets } from './rivals.ts'
import type { Work } from './workloads.ts'

/** One pool in one arena, as most threads have it. */
export function ashlarPool(work: Work): Prepared {
  const { arena, pool } = openPool(work)
  return proven(work, arena, prepareOffsets(work, pool, arena.buffer))
}

/** The pool for blocks of 64 bytes: the class of the block is known before the loop. */
export function ashlarTyped(work: Work): Prepared {
  const { arena, pool } = openPool(work)
  const typed = pool.of(64)
  return proven(work, arena, prepareFixed(work, typed, arena.buffer))
}

/** `ashlarPool` in an arena opened after another was used: one compiled code has to serve both. */
export function ashlarSecondPool(work: Work): Prepared {
  const first = openPool(work)
  const words = first.arena.i32
  const live = fillOffsets(first.pool, words, work)
  const replace = replaceOffsets(first.pool, words, live, work)
  for (let round = 0; round < 20; round++) replace(20_000)
  work.step = 0
  return ashlarPool(work)
}

/** What a pool shared by a lock would cost at best: nobody else wants the lock. */
export function ashlarPoolBehindLock(work: Work): Prepared {
  const { arena, pool } = openPool(work)
  const lock = new Int32Array(new SharedArrayBuffer(4))
  const acquire = () => {
    while (Atomics.compareExchange(lock, 0, 0, 1) !== 0) Atomics.wait(lock, 0, 1)
  }
  const heap: OffsetHeap = {
    alloc(byteLength) {
      acquire()
      const offset = pool.alloc(byteLength)
      Atomics.store(lock, 0, 0)
      return offset
    },
    free(offset) {
      acquire()
      pool.free(offset)
      Atomics.store(lock, 0, 0)
    },
  }
  return proven(work, arena, prepareOffsets(work, heap, arena.buffer))
}

/** A typed array at each alloc, by `allocArray`. */
export function ashlarArrays(work: Work): Prepared {
  const { arena, pool } = openPool(work)
  const heap: ArrayHeap = {
    allocFloats: (length) => pool.allocArray(Float32Array, length),
    free: (offset) => pool.free(offset),
  }
  const prepared = prepareOffsets(work, pool, arena.buffer)
  const round = pairArrays(heap, work)
  return proven(work, arena, { ...prepared, round, garbage: 'buffers' })
}

/** The same with the typed array made by hand. */
export function ashlarOwnViews(work: Work): Prepared {
  const { arena, pool } = openPool(work)
  const prepared = prepareOffsets(work, pool, arena.buffer)
  const round = pairOwnViews(pool, arena.buffer, work)
  return proven(work, arena, { ...prepared, round, garbage: 'buffers' })
}

function openPool(work: Work): { arena: Arena; pool: Pool } {
  const arena = Arena.create({ byteLength: heapByteLengthOf(work) })
  return { arena, pool: arena.openPool() }
}

function proven(work: Work, arena: Arena, prepared: Prepared): Prepared {
  return {
    ...prepared,
    check() {
      prepared.check()
      const stats = exactStats(arena)
      expect(stats.liveBlockCount, work.liveCount, 'live blocks of the arena')
      expect(stats.refillCount > 0, true, 'refills happened')
      expect(JSON.stringify(verify(arena)), '[]', 'violations found by verify')
    },
  }
}
