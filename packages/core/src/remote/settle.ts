/** Mail of a dead slot: delivers what it had noted, and finishes what it was taking. */
import { SLOT_MARKING, SLOT_TAKING_FROM } from '../base/layout.ts'
import { asSlotIndex, type SlotIndex } from '../base/units.ts'
import { isLiveAt } from '../blocks/lookup.ts'
import type { ArenaMemory } from '../memory/memory.ts'
import { settleMarking } from './freed-bits.ts'
import { countTaken, findParcel } from './inbox.ts'
import {
  INBOX_TAKEN,
  isParcelOf,
  mailWord,
  maxParcelCount,
  OUTBOX_FIRST,
  OUTBOX_LAST,
  OUTBOX_SENT,
  PARCEL_NEXT,
  PARCEL_OFFSETS,
  placeOf,
} from './mail.ts'
import { deliverAll } from './outbox.ts'

/** @param by the slot whose thread was dealing with the mail: that of a closed slot's tender */
export function settleMail(memory: ArenaMemory, slot: SlotIndex, by = slot): void {
  settleInbox(memory, slot, by)
  settleMarking(memory, by)
  for (let owner = 0; owner < memory.slotCount; owner++) {
    const last = parcelsFor(memory, slot, asSlotIndex(owner)).at(-1) ?? 0
    // The chain says which parcel is the last; the word may not have been written yet.
    memory.i32[mailWord(memory, slot, OUTBOX_LAST, asSlotIndex(owner))] = last
    if (last !== 0) memory.i32[(last >> 2) + PARCEL_NEXT] = 0
  }
  deliverAll(memory, slot)
}

/** The parcels of a slot's queue to an owner, in order; a ring where one was about to be used again. */
export function parcelsFor(memory: ArenaMemory, slot: SlotIndex, owner: SlotIndex): number[] {
  const parcels: number[] = []
  const first = memory.i32[mailWord(memory, slot, OUTBOX_FIRST, owner)]
  for (let parcel = first; isParcelOf(memory, slot, parcel); ) {
    parcels.push(parcel)
    if (parcels.length > maxParcelCount(memory)) break
    parcel = memory.i32[(parcel >> 2) + PARCEL_NEXT]
    if (parcel === first) break
  }
  return parcels
}

/** The block that was being taken counts as taken if it was freed, or marked for another slot. */
function settleInbox(memory: ArenaMemory, slot: SlotIndex, by: SlotIndex): void {
  const { i32 } = memory
  const takingFrom = memory.slotWord(slot, SLOT_TAKING_FROM)
  const freer = asSlotIndex(i32[takingFrom] - 1)
  if (freer >= 0 && freer < memory.slotCount) {
    const takenWord = mailWord(memory, slot, INBOX_TAKEN, freer)
    const taken = i32[takenWord]
    const sent = Atomics.load(i32, mailWord(memory, freer, OUTBOX_SENT, slot))
    if (taken !== sent && wasDealtWith(memory, slot, by, freer, taken)) {
      countTaken(i32, takenWord, (taken + 1) | 0, sent)
    }
  }
  i32[takingFrom] = 0
}

function wasDealtWith(
  memory: ArenaMemory,
  slot: SlotIndex,
  by: SlotIndex,
  freer: SlotIndex,
  taken: number,
): boolean {
  const { i32 } = memory
  const parcel = findParcel(memory, slot, freer, taken)
  if (parcel === 0) return false // overwritten: the next to take mail gives it up
  const offset = i32[(parcel >> 2) + PARCEL_OFFSETS + placeOf(taken)]
  return offset === i32[memory.slotWord(by, SLOT_MARKING)] || !isLiveAt(memory, offset)
}

/** The parcels of all queues of a slot. */
export function parcelsOf(memory: ArenaMemory, slot: SlotIndex): ReadonlySet<number> {
  const parcels = new Set<number>()
  for (let owner = 0; owner < memory.slotCount; owner++) {
    for (const parcel of parcelsFor(memory, slot, asSlotIndex(owner))) parcels.add(parcel)
  }
  return parcels
}
