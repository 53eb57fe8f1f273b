/**
 * Several pools of one thread, each as if it were another thread's, and the queues between them.
 */

import { Arena, type Pool } from '@ashlar/core'
import { SLOT_OWNED_SPANS, SLOT_VIOLATIONS } from '../../src/base/layout.ts'
import type { SlotIndex } from '../../src/base/units.ts'
import { isLiveAt } from '../../src/blocks/check-offset.ts'
import { type ArenaMemory, slotWord } from '../../src/memory/memory.ts'
import { receiveForClosedSlots, reclaimClosedSlots } from '../../src/refill/reclaim-closed.ts'
import { createEnqueue } from '../../src/remote/outbox.ts'
import {
  INBOX_TAKEN,
  OUTBOX_SENT,
  OUTBOX_WRITTEN,
  queueWord,
  SEGMENT_CAPACITY,
} from '../../src/remote/queue.ts'
import { segmentsFor } from '../../src/remote/settle.ts'
import { memoryOf } from './memory.ts'

/** Four pools in a small arena, by the parts that they play; not all tests need all of them. */
export function fourPools(byteLength = 2 << 20) {
  const arena = Arena.create({ byteLength, shared: false })
  const [owner, freer, third, fourth] = Array.from({ length: 4 }, () => arena.openPool())
  return { arena, memory: memoryOf(arena), owner, freer, third, fourth }
}

export const allocMany = (pool: Pool, count: number, byteLength: number, alignment?: number) =>
  Array.from({ length: count }, () => pool.alloc(byteLength, alignment))

/** All that is noted anywhere reaches its owner, and is taken there. */
export function deliver(freers: readonly Pool[], owner: Pool): void {
  for (const freer of freers) freer.flush()
  owner.collect()
}

/** How far the queue between two pools has come, and how many segments it has. */
export function queueOf(memory: ArenaMemory, freer: Pool, owner: Pool) {
  const [from, to] = [freer.slot as SlotIndex, owner.slot as SlotIndex]
  return {
    written: memory.i32[queueWord(memory, from, OUTBOX_WRITTEN, to)],
    sent: memory.i32[queueWord(memory, from, OUTBOX_SENT, to)],
    taken: memory.i32[queueWord(memory, to, INBOX_TAKEN, from)],
    segmentCount: segmentsFor(memory, from, to).length,
  }
}

/** Lets a queue that was never used begin at a number, a multiple of what a segment holds. */
export function startQueueAt(memory: ArenaMemory, freer: Pool, owner: Pool, count: number): void {
  if (count % SEGMENT_CAPACITY !== 0) throw new Error(`${count} is within a segment`)
  const [from, to] = [freer.slot as SlotIndex, owner.slot as SlotIndex]
  memory.i32[queueWord(memory, from, OUTBOX_WRITTEN, to)] = count
  memory.i32[queueWord(memory, from, OUTBOX_SENT, to)] = count
  memory.i32[queueWord(memory, to, INBOX_TAKEN, from)] = count
}

export const violationsOf = (memory: ArenaMemory, pool: Pool) =>
  memory.i32[slotWord(memory, pool.slot as SlotIndex, SLOT_VIOLATIONS)]

/** How many of some blocks are live still: their owner has not taken them back. */
export const countLive = (memory: ArenaMemory, blocks: readonly number[]) =>
  blocks.filter((block) => isLiveAt(memory, block)).length

/** Looks after the closed slots once, as a pool does that finds no room for a block of a row. */
export function reclaimOnce(pool: Pool, arena: Arena, row: number): void {
  const memory = memoryOf(arena)
  const slot = pool.slot as SlotIndex
  const { tryAlloc } = pool
  const core = {
    memory,
    slot,
    tryAlloc,
    tryFree: () => false,
    enqueue: createEnqueue(memory, slot, tryAlloc),
  }
  receiveForClosedSlots(core)
  reclaimClosedSlots(memory, slot, row)
}

/** Takes over all that has room in closed slots, as a pool does that fills the arena. */
export function reclaimBy(pool: Pool, arena: Arena): void {
  const memory = memoryOf(arena)
  const slot = pool.slot as SlotIndex
  for (let row = 0; row < memory.classCount; row++) {
    let before: number
    do {
      before = memory.i32[slotWord(memory, slot, SLOT_OWNED_SPANS)]
      reclaimOnce(pool, arena, row)
    } while (memory.i32[slotWord(memory, slot, SLOT_OWNED_SPANS)] > before)
  }
}
