/**
 * Reclaims the free memory that closed slots own.
 *
 * If a thread finds the arena full, it borrows each closed slot. It frees the blocks that were
 * delivered to the slot, and gives the slot's empty spans back. At most one of these slots hands a
 * span over to the thread: a span with free blocks of the class that the thread must allocate. All
 * other spans stay with their slots. If a block in these spans is freed later, the block goes to
 * the closed slot's inbox, where the next reclaimer finds it.
 */
import * as layout from '../base/layout.ts'
import type { ClassIndex, SlotIndex } from '../base/units.ts'
import { type ArenaMemory, addToSlot, openedSlotCount, recordAt } from '../memory/memory.ts'
import { classFor } from '../memory/size-classes.ts'
import { reclaim } from '../reclaim/reclaim.ts'
import {
  dropAllSegments,
  hasSegments,
  type PoolCore,
  receiveAll,
  SEGMENT_BYTE_LENGTH,
  sweepFreedBits,
} from '../remote/remote.ts'
import { firstPartial, link, unlink } from '../spans/partial.ts'
import { handOverRun } from '../spans/runs.ts'
import { closeSlot, lendSlot } from '../spans/slots.ts'

/**
 * Frees the blocks that were delivered to closed slots. Then the segments of the queues to these
 * slots can be freed.
 */
export function receiveForClosedSlots(pool: PoolCore): void {
  const { memory } = pool
  for (let slot = 0 as SlotIndex; slot < openedSlotCount(memory); slot++) {
    if (!lendSlot(memory, slot, pool.slot)) continue
    receiveAll(pool, slot)
    closeSlot(memory, slot)
  }
}

/**
 * Gives back the empty spans of every closed slot. Hands at most one span with free blocks over to
 * the reclaimer.
 * @param reclaimer the slot of the calling thread
 * @param row the class of which the reclaimer needs a block. For LARGE_CLASS, no span is handed
 * over
 */
export function reclaimClosedSlots(memory: ArenaMemory, reclaimer: SlotIndex, row: number): void {
  let isServed = row === layout.LARGE_CLASS
  for (let slot = 0 as SlotIndex; slot < openedSlotCount(memory); slot++) {
    if (!lendSlot(memory, slot, reclaimer)) continue
    sweepFreedBits(memory, slot) // `receive` for another closed slot may have set freed bits
    dropAllSegments(memory, slot)
    reclaim(memory, slot)
    // A slot must own the spans of its segments. So it keeps a span that may hold one.
    if (!isServed && (row !== segmentRow(memory) || !hasSegments(memory, slot))) {
      isServed = takeOverPartial(memory, slot, reclaimer, row as ClassIndex)
    }
    closeSlot(memory, slot)
  }
}

/**
 * Hands the first partial span of a class over from slot `from` to slot `to`. Returns false if slot
 * `from` has no such span.
 */
function takeOverPartial(
  memory: ArenaMemory,
  from: SlotIndex,
  to: SlotIndex,
  classIndex: ClassIndex,
): boolean {
  const span = firstPartial(memory, from, classIndex)
  if (span === 0) return false
  const carvedCount = recordAt(memory, span, layout.RECORD_CARVED_COUNT)
  const liveCount = carvedCount - recordAt(memory, span, layout.RECORD_PARKED_COUNT)
  unlink(memory, span)
  handOverRun(memory, span, to)
  link(memory, span)
  for (const field of [layout.SLOT_OUTSTANDING, layout.SLOT_LIVE_SEEN]) {
    addToSlot(memory, from, field + classIndex, -liveCount)
    addToSlot(memory, to, field + classIndex, liveCount)
  }
  return true
}

/** Returns the class of the segments of remote-free queues. */
const segmentRow = (memory: ArenaMemory) => classFor(memory, SEGMENT_BYTE_LENGTH)
