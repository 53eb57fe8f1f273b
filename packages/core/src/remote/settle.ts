/**
 * Lists the offsets and segments of the remote-free queues, and repairs the queues after a thread
 * has died.
 */
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
 * Repairs the queues of a slot whose thread died. If the thread died while it took an offset out of
 * a queue, decides whether the offset counts as taken. Then delivers what the slot had queued for
 * other slots.
 * @param slot the slot to repair
 * @param by the slot of the dead thread: `slot` itself, or the reclaimer's slot if `slot` was lent
 * to it
 */
export function settleQueues(memory: ArenaMemory, slot: SlotIndex, by = slot): void {
  settleInbox(memory, slot, by)
  settleMarking(memory, by)
  for (let owner = 0 as SlotIndex; owner < memory.slotCount; owner++) {
    // The thread may have died before it wrote the word for the last segment. So the last segment
    // is read from the chain.
    const last = segmentsFor(memory, slot, owner).at(-1) ?? 0
    memory.i32[queue.queueWord(memory, slot, queue.OUTBOX_LAST, owner)] = last
    if (last !== 0) memory.i32[(last >> 2) + queue.SEGMENT_NEXT] = 0
  }
  deliverAll(memory, slot)
}

/**
 * Finishes the offset that the dead thread was taking. The offset counts as taken if its block is
 * free now, or if the thread was marking the block for another slot.
 */
function settleInbox(memory: ArenaMemory, slot: SlotIndex, by: SlotIndex): void {
  const { i32 } = memory
  const takingFrom = slotWord(memory, slot, layout.SLOT_TAKING_FROM)
  const freer = (i32[takingFrom] - 1) as SlotIndex
  if (freer >= 0 && freer < memory.slotCount) {
    const takenWord = queue.queueWord(memory, slot, queue.INBOX_TAKEN, freer)
    const taken = i32[takenWord]
    const sent = Atomics.load(i32, queue.queueWord(memory, freer, queue.OUTBOX_SENT, slot))
    // If the segment was overwritten, the next thread that receives from this queue skips its
    // offsets.
    const segment = taken === sent ? 0 : findSegment(memory, slot, freer, taken)
    const offset = i32[(segment >> 2) + queue.SEGMENT_OFFSETS + queue.placeOf(taken)]
    const isMarked = offset === slotAt(memory, by, layout.SLOT_MARKING)
    if (segment !== 0 && (isMarked || !isLiveAt(memory, offset))) {
      countTaken(i32, takenWord, (taken + 1) | 0, sent)
    }
  }
  i32[takingFrom] = 0
}

/**
 * Returns the segments of one queue, in order. While the first segment is being used again, the
 * links are a ring. Then the list ends before the first segment would come a second time.
 * @param slot the slot that writes the queue
 * @param owner the slot that reads it
 */
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

/**
 * Returns true if a slot has segments in any of its queues. The function makes no garbage, because
 * an `alloc` in a full arena calls it for each closed slot.
 */
export function hasSegments(memory: ArenaMemory, slot: SlotIndex): boolean {
  const firstWords = queue.queueWord(memory, slot, queue.OUTBOX_FIRST, 0 as SlotIndex)
  for (let owner = 0; owner < openedSlotCount(memory); owner++) {
    if (memory.i32[firstWords + owner] !== 0) return true
  }
  return false
}

/** Returns the segments of all queues that a slot writes. */
export function segmentsOf(memory: ArenaMemory, slot: SlotIndex): ReadonlySet<number> {
  const segments = new Set<number>()
  for (let owner = 0 as SlotIndex; owner < memory.slotCount; owner++) {
    for (const segment of segmentsFor(memory, slot, owner)) segments.add(segment)
  }
  return segments
}

/**
 * Returns the offsets in all queues, and the offsets of all freed bits. No other thread may use the
 * arena during the call.
 */
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

/**
 * Returns the offsets in one queue that the owner has not taken yet. If a segment is missing, the
 * list ends there.
 */
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
