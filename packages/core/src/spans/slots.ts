/** Claims slots for threads, lends and closes them. A closed slot still owns its spans. */
import { checkInteger, invalidArgument, noFreeSlot } from '../base/errors.ts'
import * as layout from '../base/layout.ts'
import type { SlotIndex } from '../base/units.ts'
import { type ArenaMemory, controlWord, slotWord } from '../memory/memory.ts'
import { atomicMax } from './span-map.ts'

/** The name of each state, at its number in a slot's state word. `lent` is SLOT_LENT. */
const STATE_NAMES = ['vacant', 'open', 'closed', 'reserved', 'lent'] as const
export type SlotState = (typeof STATE_NAMES)[number]

const wordOf = (memory: ArenaMemory, slot: SlotIndex) =>
  Atomics.load(memory.i32, slotWord(memory, slot, layout.SLOT_STATE))

const stateOf = (memory: ArenaMemory, slot: SlotIndex) =>
  wordOf(memory, slot) & layout.SLOT_STATE_MASK

export const slotState = (memory: ArenaMemory, slot: SlotIndex): SlotState =>
  STATE_NAMES[stateOf(memory, slot)]

/** How often the slot's state has changed, modulo 2^16. */
export const slotGeneration = (memory: ArenaMemory, slot: SlotIndex) =>
  wordOf(memory, slot) >>> layout.SLOT_GENERATION_SHIFT

/** The slot of the thread that a closed slot is lent to; -1 if it is not lent. */
export const reclaimerOf = (memory: ArenaMemory, slot: SlotIndex) =>
  ((wordOf(memory, slot) >>> layout.SLOT_RECLAIMER_SHIFT) & 0xff) - 1

/**
 * Moves a slot from state `from` to state `to`, and increments its generation. False if the slot is
 * not in state `from`, or not in the given generation, or another thread changes it first.
 */
export function changeState(
  memory: ArenaMemory,
  slot: SlotIndex,
  from: number,
  to: number,
  reclaimer = -1,
  generation?: number,
): boolean {
  const seen = wordOf(memory, slot)
  const current = seen >>> layout.SLOT_GENERATION_SHIFT
  if ((seen & layout.SLOT_STATE_MASK) !== from || (generation ?? current) !== current) return false
  const word =
    to |
    ((reclaimer + 1) << layout.SLOT_RECLAIMER_SHIFT) |
    ((current + 1) << layout.SLOT_GENERATION_SHIFT)
  const stateWord = slotWord(memory, slot, layout.SLOT_STATE)
  return Atomics.compareExchange(memory.i32, stateWord, seen, word) === seen
}

/** How often `claimSlot` tries: a lent slot is closed again soon, unless the reclaimer has died. */
const MAX_ATTEMPTS = 1000

/** Claims a closed slot, so that its memory is used again; a vacant slot if none is closed. */
export function claimSlot(memory: ArenaMemory, to: number): SlotIndex {
  for (let attempt = 0, isAnyLeft = true; isAnyLeft && attempt < MAX_ATTEMPTS; attempt++) {
    isAnyLeft = false
    for (const from of [layout.SLOT_CLOSED, layout.SLOT_VACANT]) {
      for (let slot = 0 as SlotIndex; slot < memory.slotCount; slot++) {
        const state = stateOf(memory, slot)
        if (state !== layout.SLOT_OPEN && state !== layout.SLOT_RESERVED) isAnyLeft = true
        if (state !== from) continue
        // First: if this thread dies just after the change, others must find the slot's queues.
        atomicMax(memory, controlWord(memory, layout.CONTROL_OPENED_SLOT_COUNT), slot + 1)
        if (changeState(memory, slot, from, to)) return slot
      }
    }
  }
  throw noFreeSlot(memory.slotCount)
}

/** Opens the slot `reserved`; if that is undefined, any closed or vacant slot. */
export function openSlot(memory: ArenaMemory, reserved: number | undefined): SlotIndex {
  if (reserved === undefined) return claimSlot(memory, layout.SLOT_OPEN)
  const slot = checkedSlot(memory, reserved)
  if (changeState(memory, slot, layout.SLOT_RESERVED, layout.SLOT_OPEN)) return slot
  throw invalidArgument(`slot ${slot}`, slotState(memory, slot), 'one from arena.reserveSlot()')
}

export function checkedSlot(memory: ArenaMemory, slot: number): SlotIndex {
  checkInteger('slot', slot, 0, memory.slotCount - 1)
  return slot as SlotIndex
}

/** Lends a closed slot to a reclaimer; false if the slot is not closed. */
export const lendSlot = (memory: ArenaMemory, slot: SlotIndex, reclaimer: SlotIndex) =>
  changeState(memory, slot, layout.SLOT_CLOSED, layout.SLOT_LENT, reclaimer)

/** Closes a slot that is open, or lent. */
export function closeSlot(memory: ArenaMemory, slot: SlotIndex): void {
  if (changeState(memory, slot, layout.SLOT_OPEN, layout.SLOT_CLOSED)) return
  changeState(memory, slot, layout.SLOT_LENT, layout.SLOT_CLOSED)
}
