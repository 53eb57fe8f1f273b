/**
 * Closed slots: other threads reclaim their free blocks, and the blocks that are freed into them.
 *
 * A thread that finds the arena full lends itself each closed slot: it receives for the slot,
 * gives the slot's empty spans back, and takes over one span with room for what it must allocate.
 * Spans full of live blocks stay; blocks freed there go to the closed slot's inbox, where the
 * next thread finds them.
 */
import * as layout from '../base/layout.ts'
import { asClassIndex, asSlotIndex, type ClassIndex, type SlotIndex } from '../base/units.ts'
import { type ArenaMemory, addToSlot, recordAt } from '../memory/memory.ts'
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

/** Receives for every closed slot. After that, all segments to closed slots may be dropped. */
export function receiveForClosedSlots(pool: PoolCore): void {
  const { memory } = pool
  for (let slot = asSlotIndex(0); slot < memory.openedSlotCount; slot++) {
    if (!lendSlot(memory, slot, pool.slot)) continue
    receiveAll(pool, slot)
    closeSlot(memory, slot)
  }
}

/**
 * Gives the empty spans of every closed slot back, and takes over a span with room.
 * @param row the class that the reclaimer has no block of, or LARGE_ROW
 */
export function reclaimClosedSlots(memory: ArenaMemory, reclaimer: SlotIndex, row: number): void {
  let isServed = row === layout.LARGE_ROW
  for (let slot = asSlotIndex(0); slot < memory.openedSlotCount; slot++) {
    if (!lendSlot(memory, slot, reclaimer)) continue
    sweepFreedBits(memory, slot) // set as other closed slots were received for
    dropAllSegments(memory, slot)
    reclaim(memory, slot)
    // Segments of a slot stay in its own spans.
    if (!isServed && (row !== segmentRow(memory) || !hasSegments(memory, slot))) {
      isServed = takeOverPartial(memory, slot, reclaimer, asClassIndex(row))
    }
    closeSlot(memory, slot)
  }
}

/** Takes over one span that has room; false if there is none. */
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

const segmentRow = (memory: ArenaMemory) => memory.classes.classFor(SEGMENT_BYTE_LENGTH)
