/** Claims a slot for a thread, and hands it back. Memory belongs to slots: a closed one keeps its own. */
import { noFreeSlot } from './errors.ts'
import {
  SLOT_CLOSED,
  SLOT_GENERATION,
  SLOT_OPEN,
  SLOT_STATE,
  SLOT_STATE_MASK,
  SLOT_VACANT,
} from './layout.ts'
import type { ArenaMemory } from './memory.ts'
import { reclaim } from './partial.ts'
import { asSlotIndex, type SlotIndex } from './units.ts'

const STATE_NAMES = ['vacant', 'open', 'closed'] as const
export type SlotState = (typeof STATE_NAMES)[number]

export const slotState = (memory: ArenaMemory, slot: SlotIndex): SlotState =>
  STATE_NAMES[memory.i32[memory.slotWord(slot, SLOT_STATE)] & SLOT_STATE_MASK]

/** Opens a closed slot, whose memory is there to be used again, else a vacant one. */
export function openSlot(memory: ArenaMemory): SlotIndex {
  for (const wanted of [SLOT_CLOSED, SLOT_VACANT]) {
    for (let index = 0; index < memory.slotCount; index++) {
      const slot = asSlotIndex(index)
      const word = memory.slotWord(slot, SLOT_STATE)
      const seen = Atomics.load(memory.i32, word)
      if ((seen & SLOT_STATE_MASK) !== wanted) continue
      const opened = ((seen & ~SLOT_STATE_MASK) + SLOT_GENERATION) | SLOT_OPEN
      if (Atomics.compareExchange(memory.i32, word, seen, opened) === seen) return slot
    }
  }
  throw noFreeSlot(memory.slotCount)
}

/** Closes a slot. Its free blocks are parked, so that empty spans go back to the arena. */
export function closeSlot(memory: ArenaMemory, slot: SlotIndex): void {
  reclaim(memory, slot, memory.spanCount)
  const word = memory.slotWord(slot, SLOT_STATE)
  const generation = memory.i32[word] & ~SLOT_STATE_MASK
  Atomics.store(memory.i32, word, generation | SLOT_CLOSED)
}
