/** What scenarios are put together from. */

import type { SlotIndex } from '../../../src/base/units.ts'
import type { ArenaMemory } from '../../../src/memory/memory.ts'
import type { PoolOf as Pool } from '../../../src/memory/pool-api.ts'
import { classFor } from '../../../src/memory/size-classes.ts'
import { receiveForClosedSlots, reclaimClosedSlots } from '../../../src/refill/reclaim-closed.ts'
import { createEnqueue } from '../../../src/remote/outbox.ts'
import {
  INBOX_TAKEN,
  OUTBOX_SENT,
  OUTBOX_WRITTEN,
  placeOf,
  queueWord,
  SEGMENT_CAPACITY,
} from '../../../src/remote/queue.ts'
import { openSlot } from '../../../src/spans/slots.ts'
import { countFreeSpans } from '../../../src/spans/span-map.ts'
import type { Grip, Hand } from '../hand.ts'
import type { Agent } from '../search.ts'
import { HALVES, SEGMENT, THIRD, WHOLE } from '../tiny-arena.ts'

/** Opens slots before the agents start. */
export const openSlots = (memory: ArenaMemory, count: number): number[] =>
  Array.from({ length: count }, () => openSlot(memory, undefined))

/** A block that the scenario cannot do without. */
export function given(grip: Grip, byteLength: number, alignment?: number): number {
  const offset = grip.alloc(byteLength, alignment)
  if (offset === 0) throw new Error('the scenario has too few spans')
  return offset
}

/** Allocates all spans that are free, and does not find the arena full. */
export function fill(hand: Hand, slot: number): void {
  for (let count = countFreeSpans(hand.memory); count > 0; count--) given(hand.grip(slot), WHOLE)
}

/** An agent that has one slot open. */
export const agent = (name: string, slot: number, deed: (grip: Grip) => void): Agent => ({
  name,
  slots: [slot],
  mayDie: false,
  run: (hand) => deed(hand.grip(slot)),
})

/** The same, who may be killed. */
export const mortal = (name: string, slot: number, deed: (grip: Grip) => void): Agent => ({
  ...agent(name, slot, deed),
  mayDie: true,
})

/** Looks after closed slots, as a thread does that finds no room for a block of a length. */
export function reclaimClosed(memory: ArenaMemory, pool: Pool, byteLength = THIRD): void {
  const slot = pool.slot as SlotIndex
  const tryAlloc = (length: number) => pool.tryAlloc(length)
  const core = {
    memory,
    slot,
    tryAlloc,
    tryFree: () => false, // none of the blocks is an ordinary one: all take the slow path
    enqueue: createEnqueue(memory, slot, tryAlloc),
  }
  receiveForClosedSlots(core)
  reclaimClosedSlots(memory, slot, classFor(memory, byteLength))
}

/** Takes over all spans of closed slots that have room. */
export function reclaimAll(memory: ArenaMemory, pool: Pool): void {
  for (const byteLength of [SEGMENT, THIRD, HALVES, WHOLE]) {
    for (let span = 0; span < memory.spanCount; span++) reclaimClosed(memory, pool, byteLength)
  }
}

/** Takes over the slot of an agent once that is dead, and goes on with it; may die at it, too. */
export const adopter = (
  slot: number,
  victim: number,
  deed: (grip: Grip) => void = () => {},
): Agent => ({
  name: 'adopter',
  slots: [],
  mayDie: true,
  adopter: victim,
  run: (hand) => {
    if (hand.adopt(slot)) deed(hand.grip(slot))
  },
})

/**
 * Brings the queue between two slots to where so many offsets have been written, sent and taken, by
 * freeing one block again and again. Numbers below those of the last segments are made up.
 */
export function startQueue(
  hand: Hand,
  freer: number,
  owner: number,
  count: number,
  segmentCount = 1,
): void {
  const { memory } = hand
  const [from, to] = [freer as SlotIndex, owner as SlotIndex]
  const whole = (count & -SEGMENT_CAPACITY) - (segmentCount - 1) * SEGMENT_CAPACITY
  memory.i32[queueWord(memory, from, OUTBOX_WRITTEN, to)] = whole
  memory.i32[queueWord(memory, from, OUTBOX_SENT, to)] = whole
  memory.i32[queueWord(memory, to, INBOX_TAKEN, from)] = whole
  const [freerPool, ownerPool] = [hand.grip(freer).pool, hand.grip(owner).pool]
  for (let number = whole; number !== (count | 0); number++) {
    freerPool.free(ownerPool.alloc(THIRD))
    freerPool.flush()
    // Not what fills a segment: the freer would use that one again, instead of another.
    if (placeOf(number + 1) !== 0) ownerPool.collect()
  }
  ownerPool.collect()
}
