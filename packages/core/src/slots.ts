/** Claims a slot for a thread, and hands it back. Memory belongs to slots: a closed one keeps its own. */
import { invalidArgument, noFreeSlot, notReserved } from './errors.ts'
import {
  SLOT_CLOSED,
  SLOT_GENERATION_SHIFT,
  SLOT_OPEN,
  SLOT_RESERVED,
  SLOT_STATE,
  SLOT_STATE_MASK,
  SLOT_TENDED,
  SLOT_TENDER_SHIFT,
  SLOT_VACANT,
} from './layout.ts'
import type { ArenaMemory } from './memory.ts'
import { asSlotIndex, type SlotIndex } from './units.ts'

const STATE_NAMES = ['vacant', 'open', 'closed', 'reserved', 'tended'] as const
export type SlotState = (typeof STATE_NAMES)[number]

const wordOf = (memory: ArenaMemory, slot: SlotIndex) =>
  Atomics.load(memory.i32, memory.slotWord(slot, SLOT_STATE))

export const slotState = (memory: ArenaMemory, slot: SlotIndex): SlotState =>
  STATE_NAMES[wordOf(memory, slot) & SLOT_STATE_MASK]

/** How often a slot was opened, closed, tended or adopted, modulo 2^16. */
export const slotGeneration = (memory: ArenaMemory, slot: SlotIndex) =>
  wordOf(memory, slot) >>> SLOT_GENERATION_SHIFT

/** The slot whose thread tends this one. */
export const tenderOf = (memory: ArenaMemory, slot: SlotIndex) =>
  ((wordOf(memory, slot) >>> SLOT_TENDER_SHIFT) & 0xff) - 1

/**
 * Moves a slot from one state to another, in a new generation; false when it was not in that state, or
 * not in the given generation.
 */
export function changeState(
  memory: ArenaMemory,
  slot: SlotIndex,
  from: number,
  to: number,
  tender = -1,
  generation = slotGeneration(memory, slot),
): boolean {
  const seen = wordOf(memory, slot)
  if ((seen & SLOT_STATE_MASK) !== from) return false
  if (seen >>> SLOT_GENERATION_SHIFT !== generation) return false
  const word =
    to | ((tender + 1) << SLOT_TENDER_SHIFT) | ((generation + 1) << SLOT_GENERATION_SHIFT)
  const { i32 } = memory
  return Atomics.compareExchange(i32, memory.slotWord(slot, SLOT_STATE), seen, word) === seen
}

/** Takes a closed slot, whose memory is there to be used again, else a vacant one. */
export function claimSlot(memory: ArenaMemory, state: number): SlotIndex {
  for (const wanted of [SLOT_CLOSED, SLOT_VACANT]) {
    for (let index = 0; index < memory.slotCount; index++) {
      const slot = asSlotIndex(index)
      if (changeState(memory, slot, wanted, state)) return slot
    }
  }
  throw noFreeSlot(memory.slotCount)
}

/** Opens a slot: the one that was reserved, or any. */
export function openSlot(memory: ArenaMemory, reserved: number | undefined): SlotIndex {
  if (reserved === undefined) return claimSlot(memory, SLOT_OPEN)
  const slot = checkedSlot(memory, reserved)
  if (changeState(memory, slot, SLOT_RESERVED, SLOT_OPEN)) return slot
  throw notReserved(reserved, slotState(memory, slot))
}

export function checkedSlot(memory: ArenaMemory, slot: number): SlotIndex {
  if (Number.isInteger(slot) && slot >= 0 && slot < memory.slotCount) return asSlotIndex(slot)
  throw invalidArgument('slot', slot, `a whole number from 0 to ${memory.slotCount - 1}`)
}

/** Lends a closed slot to a thread; false when it is not closed. */
export const tendSlot = (memory: ArenaMemory, slot: SlotIndex, tender: SlotIndex) =>
  changeState(memory, slot, SLOT_CLOSED, SLOT_TENDED, tender)

/** Closes a slot that is open, or tended. */
export function closeSlot(memory: ArenaMemory, slot: SlotIndex): void {
  if (!changeState(memory, slot, SLOT_OPEN, SLOT_CLOSED)) {
    changeState(memory, slot, SLOT_TENDED, SLOT_CLOSED)
  }
}
