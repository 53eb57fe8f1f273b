/**
 * Claims slots for threads, lends slots to other threads, and closes slots. A closed slot still
 * owns its spans.
 */
import { checkInteger, invalidArgument, noFreeSlot } from '../base/errors.ts'
import * as layout from '../base/layout.ts'
import type { SlotIndex } from '../base/units.ts'
import { type ArenaMemory, controlWord, slotWord } from '../memory/memory.ts'
import { atomicMax } from './span-map.ts'

/** The name of each state, indexed by the `SLOT_` number in a slot's state word. */
const STATE_NAMES = ['vacant', 'open', 'closed', 'reserved', 'lent'] as const
/** The state of a slot: see `SlotStats.state`. */
export type SlotState = (typeof STATE_NAMES)[number]

/** Returns the state word of a slot. */
const wordOf = (memory: ArenaMemory, slot: SlotIndex) =>
  Atomics.load(memory.i32, slotWord(memory, slot, layout.SLOT_STATE))

/** Returns the state of a slot as a `SLOT_` number. */
const stateOf = (memory: ArenaMemory, slot: SlotIndex) =>
  wordOf(memory, slot) & layout.SLOT_STATE_MASK

/** Returns the name of a slot's state. */
export const slotState = (memory: ArenaMemory, slot: SlotIndex): SlotState =>
  STATE_NAMES[stateOf(memory, slot)]

/** Returns how often the slot's state has changed, modulo 2^16. */
export const slotGeneration = (memory: ArenaMemory, slot: SlotIndex) =>
  wordOf(memory, slot) >>> layout.SLOT_GENERATION_SHIFT

/** Returns the slot whose thread a closed slot is lent to. Returns -1 if the slot is not lent. */
export const reclaimerOf = (memory: ArenaMemory, slot: SlotIndex) =>
  ((wordOf(memory, slot) >>> layout.SLOT_RECLAIMER_SHIFT) & 0xff) - 1

/**
 * Changes the state of a slot from `from` to `to`, and increments the slot's generation. Returns
 * false if the slot is not in state `from`, if it has another generation, or if another thread
 * changes it first.
 * @param reclaimer the slot whose thread the slot is lent to; -1 for none
 * @param generation the generation that the slot must have. By default, any generation
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

/**
 * How often `claimSlot` searches for a slot. A new search makes sense because a lent slot is closed
 * again soon, unless the reclaimer has died.
 */
const MAX_ATTEMPTS = 1000

/**
 * Claims a slot, and changes its state to `to`. Prefers a closed slot, so that its memory is used
 * again. If no slot is closed, claims a vacant slot.
 * @throws ArenaError 'no-free-slot' if there is no closed and no vacant slot
 */
export function claimSlot(memory: ArenaMemory, to: number): SlotIndex {
  for (let attempt = 0, isAnyLeft = true; isAnyLeft && attempt < MAX_ATTEMPTS; attempt++) {
    isAnyLeft = false
    for (const from of [layout.SLOT_CLOSED, layout.SLOT_VACANT]) {
      for (let slot = 0 as SlotIndex; slot < memory.slotCount; slot++) {
        const state = stateOf(memory, slot)
        if (state !== layout.SLOT_OPEN && state !== layout.SLOT_RESERVED) isAnyLeft = true
        if (state !== from) continue
        // The count of opened slots is raised first. If this thread dies just after the change of
        // state, other threads must still find the slot's queues.
        atomicMax(memory, controlWord(memory, layout.CONTROL_OPENED_SLOT_COUNT), slot + 1)
        if (changeState(memory, slot, from, to)) return slot
      }
    }
  }
  throw noFreeSlot(memory.slotCount)
}

/**
 * Opens the slot `reserved`, and returns it. If `reserved` is undefined, opens any closed or vacant
 * slot.
 * @throws ArenaError 'invalid-argument' if `reserved` is not a reserved slot; 'no-free-slot' if no
 * slot is free
 */
export function openSlot(memory: ArenaMemory, reserved: number | undefined): SlotIndex {
  if (reserved === undefined) return claimSlot(memory, layout.SLOT_OPEN)
  const slot = checkedSlot(memory, reserved)
  if (changeState(memory, slot, layout.SLOT_RESERVED, layout.SLOT_OPEN)) return slot
  throw invalidArgument(`slot ${slot}`, slotState(memory, slot), 'one from arena.reserveSlot()')
}

/**
 * Returns `slot` if it is the index of a slot.
 * @throws ArenaError 'invalid-argument' if it is not
 */
export function checkedSlot(memory: ArenaMemory, slot: number): SlotIndex {
  checkInteger('slot', slot, 0, memory.slotCount - 1)
  return slot as SlotIndex
}

/**
 * Lends a closed slot to the thread of slot `reclaimer`. Returns false if the slot is not closed.
 */
export const lendSlot = (memory: ArenaMemory, slot: SlotIndex, reclaimer: SlotIndex) =>
  changeState(memory, slot, layout.SLOT_CLOSED, layout.SLOT_LENT, reclaimer)

/** Closes a slot that is open or lent. */
export function closeSlot(memory: ArenaMemory, slot: SlotIndex): void {
  if (changeState(memory, slot, layout.SLOT_OPEN, layout.SLOT_CLOSED)) return
  changeState(memory, slot, layout.SLOT_LENT, layout.SLOT_CLOSED)
}
