/** Claims a slot for a thread, and hands it back. Memory belongs to slots: a closed one keeps its own. */
import { invalidArgument, noFreeSlot, notReserved } from '../base/errors.ts'
import {
  CONTROL_OPENED_SLOT_COUNT,
  SLOT_CLOSED,
  SLOT_GENERATION_SHIFT,
  SLOT_OPEN,
  SLOT_RESERVED,
  SLOT_STATE,
  SLOT_STATE_MASK,
  SLOT_TENDED,
  SLOT_TENDER_SHIFT,
  SLOT_VACANT,
} from '../base/layout.ts'
import { asSlotIndex, type SlotIndex } from '../base/units.ts'
import type { ArenaMemory } from '../memory/memory.ts'
import { atomicMax } from './span-map.ts'

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
  reclaimer = -1,
  generation?: number,
): boolean {
  const seen = wordOf(memory, slot)
  const current = seen >>> SLOT_GENERATION_SHIFT
  if ((seen & SLOT_STATE_MASK) !== from) return false
  if (generation !== undefined && generation !== current) return false
  const word =
    to | ((reclaimer + 1) << SLOT_TENDER_SHIFT) | ((current + 1) << SLOT_GENERATION_SHIFT)
  const { i32 } = memory
  return Atomics.compareExchange(i32, memory.slotWord(slot, SLOT_STATE), seen, word) === seen
}

/** A slot that is tended is closed again in a moment; one whose reclaimer died is not. */
const MAX_ATTEMPTS = 1000

/** Takes a closed slot, whose memory is there to be used again, else a vacant one. */
export function claimSlot(memory: ArenaMemory, state: number): SlotIndex {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const slot = tryClaim(memory, SLOT_CLOSED, state) ?? tryClaim(memory, SLOT_VACANT, state)
    if (slot !== undefined) return slot
    if (areAllTaken(memory)) break
  }
  throw noFreeSlot(memory.slotCount)
}

function tryClaim(memory: ArenaMemory, from: number, to: number): SlotIndex | undefined {
  for (let index = 0; index < memory.slotCount; index++) {
    const slot = asSlotIndex(index)
    if ((wordOf(memory, slot) & SLOT_STATE_MASK) !== from) continue
    // First: mail of a thread that dies just after it must be found.
    atomicMax(memory, memory.controlWord(CONTROL_OPENED_SLOT_COUNT), slot + 1)
    if (changeState(memory, slot, from, to)) return slot
  }
}

function areAllTaken(memory: ArenaMemory): boolean {
  for (let slot = 0; slot < memory.slotCount; slot++) {
    const state = wordOf(memory, asSlotIndex(slot)) & SLOT_STATE_MASK
    if (state !== SLOT_OPEN && state !== SLOT_RESERVED) return false
  }
  return true
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

export function checkGeneration(generation: number): void {
  if (Number.isInteger(generation)) return
  throw invalidArgument('generation', generation, 'that of the pool that has the slot, or had it')
}

/** Lends a closed slot to a thread; false when it is not closed. */
export const tendSlot = (memory: ArenaMemory, slot: SlotIndex, reclaimer: SlotIndex) =>
  changeState(memory, slot, SLOT_CLOSED, SLOT_TENDED, reclaimer)

/** Closes a slot that is open, or tended. */
export function closeSlot(memory: ArenaMemory, slot: SlotIndex): void {
  if (!changeState(memory, slot, SLOT_OPEN, SLOT_CLOSED)) {
    changeState(memory, slot, SLOT_TENDED, SLOT_CLOSED)
  }
}
