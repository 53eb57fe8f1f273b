// One arena per worker, and messages: what one does without remote free. Who has a block of
// another worker's sends its name back to the owner, who frees it. The messages are a ring in
// shared memory for each pair of workers, the cheapest there are: a postMessage alone takes some
// 10 us.
import { Arena, type Pool } from '@ashlar/core'
import { settleArena } from './ashlar.ts'
import type { Contender, Heap, Settled, Site } from './heap.ts'
import { Ring, ringByteLength } from './ring.ts'

const byteLength = 256 * 2 ** 20

// Offsets are multiples of 16: the name of a block is its offset, plus the index of its arena.
const OWNER_MASK = 15
const offsetOf = (block: number) => block & ~OWNER_MASK
const ownerOf = (block: number) => block & OWNER_MASK

/** The ring from one worker to another; the main thread counts as a worker. */
const ringOf = ({ words, workerCount }: Site, from: number, to: number) =>
  new Ring(words, (from * (workerCount + 1) + to) * ringByteLength)

export const arenaEach: Contender = {
  survivesDeath: false, // blocks in the ring would be freed twice, or never
  returnsBlocks: true,

  create(workerCount) {
    const count = workerCount + 1
    const arenas = Array.from({ length: count }, () => {
      return Arena.create({ byteLength, shared: true, slots: 1 }).handle
    })
    return { workerCount, arenas, words: new SharedArrayBuffer(count * count * ringByteLength) }
  },

  open(site, index): Heap {
    const arenas = site.arenas.map((handle) => Arena.attach(handle))
    const views = arenas.map(({ i32 }) => i32)
    const pool = arenas[index].openPool()
    const outgoing = arenas.map((_, other) => ringOf(site, index, other))
    const incoming = arenas.map((_, other) => ringOf(site, other, index))
    const receive = (block: number) => pool.free(offsetOf(block))
    const drain = () => {
      for (let i = 0; i < incoming.length; i++) incoming[i].drain(receive)
    }
    const flush = () => {
      for (let i = 0; i < outgoing.length; i++) outgoing[i].publish()
    }
    return {
      alloc: (length) => pool.alloc(length) | index,
      free(block) {
        const owner = ownerOf(block)
        if (owner === index) pool.free(offsetOf(block))
        else outgoing[owner].push(block)
      },
      wordsOf: (block) => views[ownerOf(block)],
      firstWordOf: (block) => offsetOf(block) >> 2,
      flush,
      drain,
      returnedCount: () => incoming.reduce((sum, ring) => sum + ring.takenCount, 0),
      close() {
        flush()
        drain()
        pool.close()
      },
      grave: { slot: pool.slot, generation: pool.generation },
    }
  },

  settle(site, leftovers) {
    const settled = site.arenas.map((handle, index) => {
      const arena = Arena.attach(handle)
      const pool = arena.openPool()
      const returnedCount = drainRings(site, index, pool)
      const own = leftovers.filter((block) => ownerOf(block) === index).map(offsetOf)
      return { ...settleArena({ ...site, arenas: [handle] }, arena, [pool], own), returnedCount }
    })
    const sum = (field: keyof Settled) => settled.reduce((total, one) => total + one[field], 0)
    return {
      strayCount: sum('strayCount'),
      returnedCount: sum('returnedCount'),
      refillCount: sum('refillCount'),
      peakByteLength: sum('peakByteLength'),
    }
  },
}

/** Gives how many blocks came back through them in the whole run. */
function drainRings(site: Site, index: number, pool: Pool): number {
  let returnedCount = 0
  for (let other = 0; other < site.arenas.length; other++) {
    const ring = ringOf(site, other, index)
    ring.drain((block) => pool.free(offsetOf(block)))
    returnedCount += ring.takenCount
  }
  return returnedCount
}
