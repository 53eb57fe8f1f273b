/** All remote-free queues: what is in them, and how they are repaired after a thread has died. */
import * as layout from '../base/layout.ts'
import type { SlotIndex } from '../base/units.ts'
import { isLiveAt } from '../blocks/check-offset.ts'
import { forEachRun } from '../blocks/walk.ts'
import { type ArenaMemory, openedSlotCount, slotAt, slotWord } from '../memory/memory.ts'
import { forEachFreedBit, settleMarking } from './freed-bits.ts'
import { countTaken, findSegment } from './inbox.ts'
import { deliverAll } from './outbox.ts'
import * as queue from './queue.ts'

/**
 * Finishes the offset that a dead thread was taking for a slot, and delivers the slot's own queues.
 * @param by the slot of the dead thread: `slot` itself, or its reclaimer's if it was lent
 */
export function settleQueues(memory: ArenaMemory, slot: SlotIndex, by = slot): void {
  settleInbox(memory, slot, by)
  settleMarking(memory, by)
  for (let owner = 0 as SlotIndex; owner < memory.slotCount; owner++) {
    // The chain shows the last segment; the thread may have died before it wrote the word.
    const last = segmentsFor(memory, slot, owner).at(-1) ?? 0
    memory.i32[queue.queueWord(memory, slot, queue.OUTBOX_LAST, owner)] = last
    if (last !== 0) memory.i32[(last >> 2) + queue.SEGMENT_NEXT] = 0
  }
  deliverAll(memory, slot)
}

/** Counts the offset that was being taken, if its block is free, or was marked for another slot. */
function settleInbox(memory: ArenaMemory, slot: SlotIndex, by: SlotIndex): void {
  const { i32 } = memory
  const takingFrom = slotWord(memory, slot, layout.SLOT_TAKING_FROM)
  const freer = (i32[takingFrom] - 1) as SlotIndex
  if (freer >= 0 && freer < memory.slotCount) {
    const takenWord = queue.queueWord(memory, slot, queue.INBOX_TAKEN, freer)
    const taken = i32[takenWord]
    const sent = Atomics.load(i32, queue.queueWord(memory, freer, queue.OUTBOX_SENT, slot))
    // If the segment was overwritten, the next thread that takes from this queue skips its offsets.
    const segment = taken === sent ? 0 : findSegment(memory, slot, freer, taken)
    const offset = i32[(segment >> 2) + queue.SEGMENT_OFFSETS + queue.placeOf(taken)]
    const isMarked = offset === slotAt(memory, by, layout.SLOT_MARKING)
    if (segment !== 0 && (isMarked || !isLiveAt(memory, offset))) {
      countTaken(i32, takenWord, (taken + 1) | 0, sent)
    }
  }
  i32[takingFrom] = 0
}

/** A queue's segments, in order. Their links are a ring while the first one is used again. */
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
  const firstWords = queue.queueWord(memory, slot, queue.OUTBOX_FIRST, 0 as SlotIndex)
  for (let owner = 0; owner < openedSlotCount(memory); owner++) {
    if (memory.i32[firstWords + owner] !== 0) return true
  }
  return false
}

/** The segments of all queues that a slot writes. */
export function segmentsOf(memory: ArenaMemory, slot: SlotIndex): ReadonlySet<number> {
  const segments = new Set<number>()
  for (let owner = 0 as SlotIndex; owner < memory.slotCount; owner++) {
    for (const segment of segmentsFor(memory, slot, owner)) segments.add(segment)
  }
  return segments
}

/** The offsets in all queues, and of all freed bits. Other threads must not run meanwhile. */
export function offsetsOnTheWay(memory: ArenaMemory): ReadonlySet<number> {
  const offsets = new Set<number>()
  forEachRun(memory, (head) => {
    forEachFreedBit(memory, head, (offset) => offsets.add(offset).size > 0)
  })
  for (let freer = 0 as SlotIndex; freer < openedSlotCount(memory); freer++) {
    for (let owner = 0 as SlotIndex; owner < openedSlotCount(memory); owner++) {
      for (const offset of offsetsBetween(memory, freer, owner)) offsets.add(offset)
    }
  }
  return offsets
}

/** The offsets in one queue that are not taken yet, up to the first missing segment. */
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
