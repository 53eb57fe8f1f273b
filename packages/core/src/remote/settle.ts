/** Mail of a dead slot: delivers what it had noted, and finishes what it was taking. */
import { SLOT_MARKING, SLOT_TAKING_FROM } from '../base/layout.ts'
import { asSlotIndex, type SlotIndex } from '../base/units.ts'
import { isLiveAt } from '../blocks/lookup.ts'
import type { ArenaMemory } from '../memory/memory.ts'
import { settleMarking } from './freed-bits.ts'
import { countTaken, findSegment } from './inbox.ts'
import { deliverAll } from './outbox.ts'
import {
  INBOX_TAKEN,
  isSegmentOf,
  maxSegmentCount,
  OUTBOX_FIRST,
  OUTBOX_LAST,
  OUTBOX_SENT,
  placeOf,
  queueWord,
  SEGMENT_NEXT,
  SEGMENT_OFFSETS,
} from './queue.ts'

/** @param by the slot whose thread was dealing with the mail: that of a closed slot's reclaimer */
export function settleQueues(memory: ArenaMemory, slot: SlotIndex, by = slot): void {
  settleInbox(memory, slot, by)
  settleMarking(memory, by)
  for (let owner = 0; owner < memory.slotCount; owner++) {
    const last = segmentsFor(memory, slot, asSlotIndex(owner)).at(-1) ?? 0
    // The chain says which segment is the last; the word may not have been written yet.
    memory.i32[queueWord(memory, slot, OUTBOX_LAST, asSlotIndex(owner))] = last
    if (last !== 0) memory.i32[(last >> 2) + SEGMENT_NEXT] = 0
  }
  deliverAll(memory, slot)
}

/** The segments of a slot's queue to an owner, in order; a ring where one was about to be used again. */
export function segmentsFor(memory: ArenaMemory, slot: SlotIndex, owner: SlotIndex): number[] {
  const segments: number[] = []
  const first = memory.i32[queueWord(memory, slot, OUTBOX_FIRST, owner)]
  for (let segment = first; isSegmentOf(memory, slot, segment); ) {
    segments.push(segment)
    if (segments.length > maxSegmentCount(memory)) break
    segment = memory.i32[(segment >> 2) + SEGMENT_NEXT]
    if (segment === first) break
  }
  return segments
}

/** The block that was being taken counts as taken if it was freed, or marked for another slot. */
function settleInbox(memory: ArenaMemory, slot: SlotIndex, by: SlotIndex): void {
  const { i32 } = memory
  const takingFrom = memory.slotWord(slot, SLOT_TAKING_FROM)
  const freer = asSlotIndex(i32[takingFrom] - 1)
  if (freer >= 0 && freer < memory.slotCount) {
    const takenWord = queueWord(memory, slot, INBOX_TAKEN, freer)
    const taken = i32[takenWord]
    const sent = Atomics.load(i32, queueWord(memory, freer, OUTBOX_SENT, slot))
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
  const segment = findSegment(memory, slot, freer, taken)
  if (segment === 0) return false // overwritten: the next to take mail gives it up
  const offset = i32[(segment >> 2) + SEGMENT_OFFSETS + placeOf(taken)]
  return offset === i32[memory.slotWord(by, SLOT_MARKING)] || !isLiveAt(memory, offset)
}

/** The segments of all queues of a slot. */
export function segmentsOf(memory: ArenaMemory, slot: SlotIndex): ReadonlySet<number> {
  const segments = new Set<number>()
  for (let owner = 0; owner < memory.slotCount; owner++) {
    for (const segment of segmentsFor(memory, slot, asSlotIndex(owner))) segments.add(segment)
  }
  return segments
}
