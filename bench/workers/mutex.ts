// The rival that the library sets out to beat: one pool for all, behind one lock. All of a pool's
// state lies in the arena, so that each worker has a front of its own to the one slot.
import { Arena } from '@ashlar/core'
import type { SlotIndex } from '../../packages/core/src/base/units.ts'
import { createPool } from '../../packages/core/src/pool/pool.ts'
import { memoryOf, settleArena } from './ashlar.ts'
import type { Contender, Heap, Site } from './heap.ts'

const byteLength = 512 * 2 ** 20
const slot = 0 as SlotIndex
const frontOf = (site: Site) => createPool(memoryOf(site), slot, undefined)

const UNLOCKED = 0
const LOCKED = 1
/** Somebody may sleep. */
const CONTENDED = 2
/** How often a thread looks again before it sleeps. */
const SPIN_COUNT = 100

export const mutexPool: Contender = {
  survivesDeath: false, // the lock would stay locked
  returnsBlocks: false,

  create(workerCount) {
    const arena = Arena.create({ byteLength, shared: true, slots: 1 })
    arena.openPool()
    return { workerCount, arenas: [arena.handle], words: new SharedArrayBuffer(64) }
  },

  open(site): Heap {
    const pool = frontOf(site)
    const lock = new Int32Array(site.words)
    const { i32 } = memoryOf(site)
    return {
      alloc(byteLength) {
        if (Atomics.compareExchange(lock, 0, UNLOCKED, LOCKED) !== UNLOCKED) acquireSlow(lock)
        const offset = pool.alloc(byteLength)
        if (Atomics.exchange(lock, 0, UNLOCKED) === CONTENDED) Atomics.notify(lock, 0, 1)
        return offset
      },
      free(offset) {
        if (Atomics.compareExchange(lock, 0, UNLOCKED, LOCKED) !== UNLOCKED) acquireSlow(lock)
        pool.free(offset)
        if (Atomics.exchange(lock, 0, UNLOCKED) === CONTENDED) Atomics.notify(lock, 0, 1)
      },
      wordsOf: () => i32,
      firstWordOf: (block) => block >> 2,
      flush() {},
      drain() {},
      returnedCount: () => 0,
      close() {},
      grave: { slot, generation: pool.generation },
    }
  },

  settle(site, leftovers) {
    return settleArena(site, Arena.attach(site.arenas[0]), [frontOf(site)], leftovers)
  },
}

/** Spins for a while, then sleeps until it is woken (the lock of "Futexes Are Tricky", Drepper). */
function acquireSlow(lock: Int32Array): void {
  for (let i = 0; i < SPIN_COUNT; i++) {
    if (Atomics.load(lock, 0) !== UNLOCKED) continue
    if (Atomics.compareExchange(lock, 0, UNLOCKED, LOCKED) === UNLOCKED) return
  }
  while (Atomics.exchange(lock, 0, CONTENDED) !== UNLOCKED) Atomics.wait(lock, 0, CONTENDED)
}
