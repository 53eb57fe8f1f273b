/**
 * Closed slots: how other threads reclaim the free memory that these slots own.
 *
 * A thread that finds the arena full borrows each closed slot: it frees the blocks that were
 * delivered to the slot, and gives the slot's empty spans back. From one of these slots, it takes
 * over a span with room for what it must allocate. All other spans stay. If a block in them is
 * freed, it goes to the closed slot's inbox, where the next reclaimer finds it.
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

/** Frees the blocks delivered to closed slots. Then segments of the queues to them can be freed. */
export function receiveForClosedSlots(pool: PoolCore): void {
  const { memory } = pool
  for (let slot = 0 as SlotIndex; slot < openedSlotCount(memory); slot++) {
    if (!lendSlot(memory, slot, pool.slot)) continue
    receiveAll(pool, slot)
    closeSlot(memory, slot)
  }
}

/**
 * Gives back the empty spans of every closed slot, and takes over one span with room from one slot.
 * @param row the class that the reclaimer needs a block of; for LARGE_CLASS, it takes over no span
 */
export function reclaimClosedSlots(memory: ArenaMemory, reclaimer: SlotIndex, row: number): void {
  let isServed = row === layout.LARGE_CLASS
  for (let slot = 0 as SlotIndex; slot < openedSlotCount(memory); slot++) {
    if (!lendSlot(memory, slot, reclaimer)) continue
    sweepFreedBits(memory, slot) // `receive` for other closed slots may have set bits
    dropAllSegments(memory, slot)
    reclaim(memory, slot)
    // A slot must own the spans of its segments.
    if (!isServed && (row !== segmentRow(memory) || !hasSegments(memory, slot))) {
      isServed = takeOverPartial(memory, slot, reclaimer, row as ClassIndex)
    }
    closeSlot(memory, slot)
  }
}

/** Hands the first partial span of a class over to slot `to`; false if there is none. */
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

const segmentRow = (memory: ArenaMemory) => classFor(memory, SEGMENT_BYTE_LENGTH)
