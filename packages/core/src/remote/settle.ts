/** The queues as a whole: what is in them, and what a dead slot left unfinished in them. */
import * as layout from '../base/layout.ts'
import { asSlotIndex, type SlotIndex } from '../base/units.ts'
import { isLiveAt } from '../blocks/check-offset.ts'
import { forEachRun } from '../blocks/walk.ts'
import { type ArenaMemory, slotAt, slotWord } from '../memory/memory.ts'
import { forEachFreedBit, settleMarking } from './freed-bits.ts'
import { countTaken, findSegment } from './inbox.ts'
import { deliverAll } from './outbox.ts'
import * as queue from './queue.ts'

/**
 * Delivers what a dead slot had noted, and finishes what it was taking.
 * @param by the slot whose thread was at it: that of a closed slot's reclaimer
 */
export function settleQueues(memory: ArenaMemory, slot: SlotIndex, by = slot): void {
  settleInbox(memory, slot, by)
  settleMarking(memory, by)
  for (let owner = asSlotIndex(0); owner < memory.slotCount; owner++) {
    // The chain shows which segment is the last; the word may not have been written yet.
    const last = segmentsFor(memory, slot, owner).at(-1) ?? 0
    memory.i32[queue.queueWord(memory, slot, queue.OUTBOX_LAST, owner)] = last
    if (last !== 0) memory.i32[(last >> 2) + queue.SEGMENT_NEXT] = 0
  }
  deliverAll(memory, slot)
}

/** The block that was being taken counts as taken if it was freed, or marked for another slot. */
function settleInbox(memory: ArenaMemory, slot: SlotIndex, by: SlotIndex): void {
  const { i32 } = memory
  const takingFrom = slotWord(memory, slot, layout.SLOT_TAKING_FROM)
  const freer = asSlotIndex(i32[takingFrom] - 1)
  if (freer >= 0 && freer < memory.slotCount) {
    const takenWord = queue.queueWord(memory, slot, queue.INBOX_TAKEN, freer)
    const taken = i32[takenWord]
    const sent = Atomics.load(i32, queue.queueWord(memory, freer, queue.OUTBOX_SENT, slot))
    // If the segment was overwritten, the next thread that takes from this queue gives it up.
    const segment = taken === sent ? 0 : findSegment(memory, slot, freer, taken)
    const offset = i32[(segment >> 2) + queue.SEGMENT_OFFSETS + queue.placeOf(taken)]
    const isMarked = offset === slotAt(memory, by, layout.SLOT_MARKING)
    if (segment !== 0 && (isMarked || !isLiveAt(memory, offset))) {
      countTaken(i32, takenWord, (taken + 1) | 0, sent)
    }
  }
  i32[takingFrom] = 0
}

/** The segments of a queue, in order; a ring if the first was about to be used again. */
export function segmentsFor(memory: ArenaMemory, slot: SlotIndex, owner: SlotIndex): number[] {
  const segments: number[] = []
  const first = memory.i32[queue.queueWord(memory, slot, queue.OUTBOX_FIRST, owner)]
  for (let segment = first; queue.isSegmentOf(memory, slot, segment); ) {
    segments.push(segment)
    if (segments.length > queue.maxSegmentCount(memory)) break
    segment = memory.i32[(segment >> 2) + queue.SEGMENT_NEXT]
    if (segment === first) break
  }
  return segments
}

/** Whether a slot has segments. It makes no garbage: a full arena asks each closed slot. */
export function hasSegments(memory: ArenaMemory, slot: SlotIndex): boolean {
  const firstWords = queue.queueWord(memory, slot, queue.OUTBOX_FIRST, asSlotIndex(0))
  for (let owner = 0; owner < memory.openedSlotCount; owner++) {
    if (memory.i32[firstWords + owner] !== 0) return true
  }
  return false
}

/** The segments of all queues of a slot. */
export function segmentsOf(memory: ArenaMemory, slot: SlotIndex): ReadonlySet<number> {
  const segments = new Set<number>()
  for (let owner = asSlotIndex(0); owner < memory.slotCount; owner++) {
    for (const segment of segmentsFor(memory, slot, owner)) segments.add(segment)
  }
  return segments
}

/** The offsets in all queues, and those with freed bits. Other threads must pause. */
export function offsetsOnTheWay(memory: ArenaMemory): ReadonlySet<number> {
  const offsets = new Set<number>()
  forEachRun(memory, (head) => {
    forEachFreedBit(memory, head, (offset) => offsets.add(offset).size > 0)
  })
  for (let freer = asSlotIndex(0); freer < memory.openedSlotCount; freer++) {
    for (let owner = asSlotIndex(0); owner < memory.openedSlotCount; owner++) {
      for (const offset of offsetsBetween(memory, freer, owner)) offsets.add(offset)
    }
  }
  return offsets
}

/** The offsets in one queue, up to where a segment is missing. */
export function offsetsBetween(
  memory: ArenaMemory,
  freer: SlotIndex,
  owner: SlotIndex,
): readonly number[] {
  const { i32 } = memory
  const offsets: number[] = []
  const written = i32[queue.queueWord(memory, freer, queue.OUTBOX_WRITTEN, owner)]
  const segments = segmentsFor(memory, freer, owner)
  let taken = i32[queue.queueWord(memory, owner, queue.INBOX_TAKEN, freer)]
  for (; taken !== written; taken = (taken + 1) | 0) {
    const stamp = queue.stampOf(freer, taken)
    while (segments.length > 0 && i32[(segments[0] >> 2) + queue.SEGMENT_STAMP] !== stamp)
      segments.shift()
    if (segments.length === 0) break
    offsets.push(i32[(segments[0] >> 2) + queue.SEGMENT_OFFSETS + queue.placeOf(taken)])
  }
  return offsets
}
