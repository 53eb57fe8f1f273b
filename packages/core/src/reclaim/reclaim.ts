/*
 * Room reclaim: a sweep parks the blocks on a slot's free lists, gives empty spans back, and learns
 * a class's refill batch from how many blocks it parked.
 * Invariant: a sweep may stop between any two blocks; the next sweep parks the rest.
 */
import { wrongLink } from '../base/errors.ts'
import * as layout from '../base/layout.ts'
import type { ClassIndex, SlotIndex } from '../base/units.ts'
import {
  type ArenaMemory,
  addToSlot,
  hasLiveBit,
  isInside,
  slotAt,
  slotWord,
  spanOf,
} from '../memory/memory.ts'
import { afterSweep, batchFor } from '../memory/refill-batch.ts'
import { drainSparse, park, sortPartial } from '../spans/partial.ts'
import { headOf, headPattern, isHeadWith } from '../spans/span-map.ts'

/** 4 MiB may stay idle in a slot: so a few blocks of many classes cause no claims each frame. */
const IDLE_SPAN_COUNT = 64

/**
 * Whether a slot sweeps before it claims a span: if it owns twice as many spans as after its last
 * sweep, and IDLE_SPAN_COUNT more. A sweep takes time only for blocks that refills have handed out.
 */
export const isSweepDue = (spanCount: number, spanCountAtSweep: number) =>
  spanCount >= 2 * spanCountAtSweep + IDLE_SPAN_COUNT

/**
 * Parks the blocks of a slot's free lists until `spanBudget` spans are given back; all blocks by
 * default. Returns how many spans were given back: more than the budget if the last run had more.
 * The next sweep begins with the class after this one's last, as one class could use up any budget.
 */
export function reclaim(
  memory: ArenaMemory,
  slot: SlotIndex,
  spanBudget = memory.spanCount,
): number {
  const { i32, classCount } = memory
  const nextSweep = slotWord(memory, slot, layout.SLOT_NEXT_SWEEP)
  let row = i32[nextSweep]
  if (!(row >= 0 && row < classCount)) row = 0
  let released = 0
  let rest = classCount
  while (rest > 0 && released < spanBudget) {
    released += sweepClass(memory, slot, row as ClassIndex, spanBudget - released)
    if (slotAt(memory, slot, layout.SLOT_FREE_HEADS + row) === 0) rest--
    row = row + 1 === classCount ? 0 : row + 1
  }
  i32[nextSweep] = row
  const spanCount = slotAt(memory, slot, layout.SLOT_OWNED_SPANS)
  if (rest === 0) i32[slotWord(memory, slot, layout.SLOT_SPANS_AT_SWEEP)] = spanCount
  return released
}

/** Parks free blocks of a class until `spanBudget` spans are given back; returns how many were. */
function sweepClass(
  memory: ArenaMemory,
  slot: SlotIndex,
  classIndex: ClassIndex,
  spanBudget: number,
): number {
  const { i32 } = memory
  const freeHead = slotWord(memory, slot, layout.SLOT_FREE_HEADS + classIndex)
  const outstanding = slotWord(memory, slot, layout.SLOT_OUTSTANDING + classIndex)
  const seen = slotWord(memory, slot, layout.SLOT_LIVE_SEEN + classIndex)
  let released = 0
  let parkedCount = 0
  while (i32[freeHead] !== 0 && released < spanBudget) {
    const block = i32[freeHead]
    // If as many blocks were parked as there are outstanding ones, the list is a circle.
    if (i32[outstanding] <= 0 || !isFreeBlock(memory, headPattern(slot) | classIndex, block)) {
      throw wrongLink('free blocks', block)
    }
    i32[freeHead] = i32[(block >> 2) - 1]
    i32[outstanding]--
    released += park(memory, block)
    parkedCount++
  }
  const isWhole = i32[freeHead] === 0
  if (isWhole || i32[seen] > i32[outstanding]) i32[seen] = i32[outstanding]
  addToSlot(memory, slot, layout.SLOT_UNSORTED + classIndex, parkedCount)
  if (isWhole) learn(memory, slot, classIndex, parkedCount)
  return released
}

/** Whether a free block can be at an offset. @param owner the map word of its slot and class */
function isFreeBlock(memory: ArenaMemory, owner: number, block: number): boolean {
  if (!isInside(memory, block) || block % layout.GRANULE_BYTE_LENGTH !== 0) return false
  const head = headOf(memory, spanOf(memory, block))
  return isHeadWith(memory, head, owner) && !hasLiveBit(memory, block)
}

/** Learns the batch of a class from the number of blocks that lay on its free list. */
function learn(
  memory: ArenaMemory,
  slot: SlotIndex,
  classIndex: ClassIndex,
  spareCount: number,
): void {
  const { i32 } = memory
  const base = memory.baseBatches[classIndex]
  const max = memory.maxBatches[classIndex]
  const learned = slotWord(memory, slot, layout.SLOT_LEARNED + classIndex)
  i32[learned] = afterSweep(i32[learned], base, max, spareCount)
  if (spareCount === 0) return // this sweep has parked no block
  i32[slotWord(memory, slot, layout.SLOT_UNUSED_AT_SWEEP + classIndex)] = spareCount
  // Sorts only after as many blocks were parked as the class has spans: that pays for the sorting.
  const unsorted = slotWord(memory, slot, layout.SLOT_UNSORTED + classIndex)
  if (i32[unsorted] < slotAt(memory, slot, layout.SLOT_SPANS + classIndex)) return
  i32[unsorted] = 0
  const published = slotAt(memory, slot, layout.SLOT_PUBLISHED + classIndex)
  sortPartial(memory, slot, classIndex)
  drainSparse(memory, slot, classIndex, batchFor(published, i32[learned], base, max))
}
