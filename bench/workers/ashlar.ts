// One arena for all, one pool per worker: the library as it is meant to be used.
import assert from 'node:assert/strict'
import { Arena, blocks, type Pool, verify } from '@ashlar/core'
import { SLOT_DRAINED, SLOT_VIOLATIONS } from '../../packages/core/src/base/layout.ts'
import type { SlotIndex } from '../../packages/core/src/base/units.ts'
import { openMemory, slotWord } from '../../packages/core/src/memory/memory.ts'
import type { Contender, Heap, Settled, Site } from './heap.ts'

const byteLength = 512 * 2 ** 20
const takeMailOnly = { spans: 0 }

/** The benchmark looks at words of the slots: `stats` is too slow amid what is measured. */
export const memoryOf = ({ arenas: [handle] }: Site) => openMemory(handle.buffer, handle.byteOffset)

export const ashlar: Contender = {
  survivesDeath: true,
  returnsBlocks: true,

  create(workerCount) {
    const arena = Arena.create({ byteLength, shared: true, slots: workerCount + 1 })
    return { workerCount, arenas: [arena.handle], words: new SharedArrayBuffer(0) }
  },

  open(site, _index, grave): Heap {
    const arena = Arena.attach(site.arenas[0])
    const pool = grave ? arena.adopt(grave.slot, grave.generation) : arena.openPool()
    const memory = memoryOf(site)
    const drained = slotWord(memory, pool.slot as SlotIndex, SLOT_DRAINED)
    const { i32 } = arena
    return {
      alloc: pool.alloc,
      free: pool.free,
      wordsOf: () => i32,
      firstWordOf: (block) => block >> 2,
      flush: pool.flush,
      drain: () => pool.collect(takeMailOnly),
      returnedCount: () => i32[drained],
      close: pool.close,
      grave: { slot: pool.slot, generation: pool.generation },
    }
  },

  settle(site, leftovers, graves) {
    const arena = Arena.attach(site.arenas[0])
    const adopted = graves.map(({ slot, generation }) => arena.adopt(slot, generation))
    const slotCount = site.workerCount + 1
    const pools = [...adopted]
    while (pools.length < slotCount) pools.push(arena.openPool())
    return settleArena(site, arena, pools, leftovers)
  },
}

/** Frees all by `pools`, those of all slots, and checks that the arena is sound and empty then. */
export function settleArena(
  site: Site,
  arena: Arena,
  pools: readonly Omit<Pool, 'arena'>[],
  leftovers: readonly number[],
): Settled {
  takeBack(pools)
  // As the workers left it: what is freed from here on is not theirs.
  const { slots, refillCount } = arena.stats()
  const [pool] = pools
  for (const block of leftovers) pool.free(block)
  takeBack(pools)
  const strays = blocks(arena)
  for (const { offset } of strays) pool.free(offset)
  takeBack(pools)
  assert.deepEqual(verify(arena), [], 'violations found by verify')
  assert.equal(blocks(arena).length, 0, 'blocks that are live when all were freed')
  const memory = memoryOf(site)
  for (const { slot } of pools) {
    const violations = slotWord(memory, slot as SlotIndex, SLOT_VIOLATIONS)
    assert.equal(memory.i32[violations], 0, `double frees found by slot ${slot}`)
  }
  const { peakCommittedByteLength } = arena.stats()
  for (const one of pools) one.close()
  return {
    strayCount: strays.length,
    returnedCount: slots.reduce((sum, { remoteFreeCount }) => sum + remoteFreeCount, 0),
    refillCount,
    peakByteLength: peakCommittedByteLength,
  }
}

/** Twice: what is found in the mail of one slot may have to be forwarded to another. */
function takeBack(pools: readonly Omit<Pool, 'arena'>[]): void {
  for (const pool of [...pools, ...pools]) pool.flush()
  for (const pool of [...pools, ...pools]) pool.collect()
}
