/**
 * Box 2: the miss path. A slot's free list of a class is empty; fill it.
 *
 *     refill -> mail -> a partial span's parked blocks, else carve it -> claim a run
 *                                                -> reclaim, tend closed slots, claim again
 */
import { carve } from './carve.ts'
import {
  RECORD_CARVED_COUNT,
  RECORD_PARKED_COUNT,
  RECORD_PARKED_HEAD,
  SLOT_FREE_HEADS,
  SLOT_HANDED,
  SLOT_LIVE_SEEN,
  SLOT_OWNED_SPANS,
  SLOT_PARTIAL_HEADS,
  SLOT_PEAK_LIVE,
  SLOT_REFILLS,
  SLOT_SPANS_AT_LOOK,
} from './layout.ts'
import type { ArenaMemory } from './memory.ts'
import { capacityOf, link, reclaim, unlink } from './partial.ts'
import { isLookDue, refillCount } from './policy.ts'
import { exchangeMail, type Front } from './remote/remote.ts'
import { claimRun, publishRun, releaseRun } from './span-map.ts'
import { tendClosedSlots } from './tend.ts'
import { asSpanIndex, type ClassIndex, type SlotIndex, type SpanIndex } from './units.ts'

/**
 * Fills the slot's empty free list of a class; false when the arena has no room for one block.
 * `front` is that of the slot's pool.
 */
export function refill(
  memory: ArenaMemory,
  slot: SlotIndex,
  classIndex: ClassIndex,
  front: Front,
): boolean {
  const { i32 } = memory
  exchangeMail(memory, slot, front)
  const freeHead = memory.slotWord(slot, SLOT_FREE_HEADS + classIndex)
  if (i32[freeHead] !== 0) return true
  const partial = memory.slotWord(slot, SLOT_PARTIAL_HEADS + classIndex)
  if (i32[partial] === 0) {
    lookWhenDue(memory, slot)
    const span = claimForClass(memory, slot, classIndex, front)
    if (i32[freeHead] !== 0) {
      // The mail of a closed slot had some of this slot's by now.
      if (span !== 0) releaseRun(memory, slot, span)
      return true
    }
    if (span !== 0) link(memory, slot, classIndex, span)
    else if (i32[partial] === 0) return false // else a closed slot had one
  }
  install(memory, slot, classIndex, asSpanIndex(i32[partial]))
  return true
}

/** Hands blocks of a partial span to the free list: its parked ones, else newly carved ones. */
function install(
  memory: ArenaMemory,
  slot: SlotIndex,
  classIndex: ClassIndex,
  span: SpanIndex,
): void {
  const { i32 } = memory
  const capacity = capacityOf(memory, span, classIndex)
  const parkedHead = memory.recordWord(span, RECORD_PARKED_HEAD)
  const parkedCount = memory.recordWord(span, RECORD_PARKED_COUNT)
  const carvedCount = memory.recordWord(span, RECORD_CARVED_COUNT)
  const wanted = refillCount(memory.classes.strides[classIndex])
  let blockCount = Math.min(wanted, i32[parkedCount])
  let first = i32[parkedHead]
  if (blockCount > 0) {
    // Not all of them: an alloc must not make the next look for empty spans longer than this.
    let last = first
    for (let i = 1; i < blockCount; i++) last = i32[(last >> 2) - 1]
    i32[parkedHead] = i32[(last >> 2) - 1]
    i32[parkedCount] -= blockCount
    i32[(last >> 2) - 1] = 0
  } else {
    blockCount = Math.min(wanted, capacity - i32[carvedCount])
    first = carve(memory, span, classIndex, blockCount)
  }
  const isPartial = i32[parkedCount] > 0 || i32[carvedCount] < capacity
  if (!isPartial) unlink(memory, slot, classIndex, span)
  i32[memory.slotWord(slot, SLOT_FREE_HEADS + classIndex)] = first
  handOut(memory, slot, classIndex, blockCount)
  i32[memory.slotWord(slot, SLOT_REFILLS + classIndex)]++
}

/** Counts blocks that a list, or for large ones the caller, was handed. */
export function handOut(
  memory: ArenaMemory,
  slot: SlotIndex,
  row: number,
  blockCount: number,
): void {
  const { i32 } = memory
  const handed = memory.slotWord(slot, SLOT_HANDED + row)
  const peak = memory.slotWord(slot, SLOT_PEAK_LIVE + row)
  // The free list was empty, so all that had been handed out was live; and one more is about to be.
  const live = i32[handed] + 1
  i32[memory.slotWord(slot, SLOT_LIVE_SEEN + row)] = live
  if (live > i32[peak]) i32[peak] = live
  i32[handed] += blockCount
}

/**
 * Claims a run for blocks of a class: a short one where there is no room for the usual one. Reclaims
 * first, as short runs amid what is free would leave less room than there was before.
 */
function claimForClass(
  memory: ArenaMemory,
  slot: SlotIndex,
  classIndex: ClassIndex,
  front: Front,
): SpanIndex {
  let spanCount = memory.classes.runSpanCounts[classIndex]
  let span = claimAfterReclaim(memory, slot, spanCount, classIndex, front)
  if (span === 0) {
    spanCount = memory.classes.shortRunSpanCounts[classIndex]
    span = claimRun(memory, slot, spanCount)
  }
  if (span !== 0) publishRun(memory, slot, span, spanCount, classIndex)
  return span
}

/**
 * Claims a run for blocks of a row, after giving back empty spans where none is free. 0: out of memory,
 * unless a closed slot had a span with room.
 */
export function claimAfterReclaim(
  memory: ArenaMemory,
  slot: SlotIndex,
  spanCount: number,
  row: number,
  front: Front,
): SpanIndex {
  let span = claimRun(memory, slot, spanCount)
  if (span === 0 && reclaim(memory, slot, memory.spanCount) > 0) {
    span = claimRun(memory, slot, spanCount)
  }
  if (span !== 0) return span
  tendClosedSlots(memory, slot, row, front)
  return claimRun(memory, slot, spanCount)
}

/** Looks for empty spans before the slot grows by one, when that is due. */
function lookWhenDue(memory: ArenaMemory, slot: SlotIndex): void {
  const { i32 } = memory
  const owned = i32[memory.slotWord(slot, SLOT_OWNED_SPANS)]
  const atLook = memory.slotWord(slot, SLOT_SPANS_AT_LOOK)
  if (owned < i32[atLook]) i32[atLook] = owned // large blocks were freed
  if (isLookDue(owned, i32[atLook])) reclaim(memory, slot, memory.spanCount)
}
