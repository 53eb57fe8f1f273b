/**
 * Closed slots: what lies free in them, and what is freed into them, serves the threads that are left.
 *
 * A thread that finds the arena full lends itself each closed slot for a moment: takes its mail, gives
 * its empty spans back, and takes over one span with room for what it wants to allocate. Spans full of
 * live blocks stay; what is freed of them goes to the closed slot's inbox, until the next thread looks.
 */
import {
  LARGE_ROW,
  RECORD_CARVED_COUNT,
  RECORD_PARKED_COUNT,
  SLOT_LIVE_SEEN,
  SLOT_OUTSTANDING,
} from '../base/layout.ts'
import { asClassIndex, asSlotIndex, type ClassIndex, type SlotIndex } from '../base/units.ts'
import type { ArenaMemory } from '../memory/memory.ts'
import { reclaim } from '../reclaim/reclaim.ts'
import {
  dropAllSegments,
  hasSegments,
  type PoolFastPaths,
  receiveAll,
  SEGMENT_BYTE_LENGTH,
  sweepFreedBits,
} from '../remote/remote.ts'
import { firstPartial, link, unlink } from '../spans/partial.ts'
import { handOverRun } from '../spans/runs.ts'
import { closeSlot, lendSlot } from '../spans/slots.ts'

/**
 * Takes the mail of every closed slot. `front` is that of the reclaimer's pool: blocks that came to be the
 * reclaimer's are freed by it. Then all segments that went to closed slots are free to be dropped.
 */
export function receiveForClosedSlots(
  memory: ArenaMemory,
  reclaimer: SlotIndex,
  fastPaths: PoolFastPaths,
): void {
  for (let index = 0; index < memory.openedSlotCount; index++) {
    const slot = asSlotIndex(index)
    if (!lendSlot(memory, slot, reclaimer)) continue
    receiveAll(memory, slot, fastPaths, reclaimer)
    closeSlot(memory, slot)
  }
}

/**
 * Gives the empty spans of every closed slot back, and takes over a span with room.
 * @param row the class that the reclaimer has no block of, or LARGE_ROW
 */
export function reclaimClosedSlots(memory: ArenaMemory, reclaimer: SlotIndex, row: number): void {
  let isServed = row === LARGE_ROW
  for (let index = 0; index < memory.openedSlotCount; index++) {
    const slot = asSlotIndex(index)
    if (!lendSlot(memory, slot, reclaimer)) continue
    sweepFreedBits(memory, slot) // what other closed slots had mail of
    dropAllSegments(memory, slot)
    reclaim(memory, slot, memory.spanCount)
    // What waits in the mail of a slot stays in its own spans.
    if (!isServed && (row !== segmentRow(memory) || !hasSegments(memory, slot))) {
      isServed = takeOverPartial(memory, slot, reclaimer, asClassIndex(row))
    }
    closeSlot(memory, slot)
  }
}

/** Takes over one span that has room; false when there is none. */
function takeOverPartial(
  memory: ArenaMemory,
  from: SlotIndex,
  to: SlotIndex,
  classIndex: ClassIndex,
): boolean {
  const { i32 } = memory
  const span = firstPartial(memory, from, classIndex)
  if (span === 0) return false
  const carvedCount = i32[memory.recordWord(span, RECORD_CARVED_COUNT)]
  const liveCount = carvedCount - i32[memory.recordWord(span, RECORD_PARKED_COUNT)]
  unlink(memory, from, classIndex, span)
  handOverRun(memory, from, to, span)
  link(memory, to, classIndex, span)
  for (const field of [SLOT_OUTSTANDING, SLOT_LIVE_SEEN]) {
    i32[memory.slotWord(from, field + classIndex)] -= liveCount
    i32[memory.slotWord(to, field + classIndex)] += liveCount
  }
  return true
}

const segmentRow = (memory: ArenaMemory) => memory.classes.classFor(SEGMENT_BYTE_LENGTH)
