/*
 * Room reclaim: sweeps a slot. A sweep parks the blocks on the slot's free lists, and gives empty
 * spans back. From the number of blocks that it parks, it learns the refill batch of a class.
 * Invariant: a sweep may stop between any two blocks. The next sweep parks the remaining blocks.
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

/**
 * A slot may keep 64 idle spans (4 MiB). With this limit, a few blocks of many classes do not cause
 * claims in each frame.
 */
const IDLE_SPAN_COUNT = 64

/**
 * Returns true if a slot must sweep before it claims a span. This is so if the slot owns twice as
 * many spans as after its last sweep, and IDLE_SPAN_COUNT more. A sweep takes time only for blocks
 * that refills have handed out.
 * @param spanCount how many spans the slot owns
 * @param spanCountAtSweep how many spans it owned after its last sweep
 */
export const isSweepDue = (spanCount: number, spanCountAtSweep: number) =>
  spanCount >= 2 * spanCountAtSweep + IDLE_SPAN_COUNT

/**
 * Sweeps a slot: parks the blocks of its free lists until `spanBudget` spans are given back.
 * Returns how many spans were given back. This may be more than the budget, because a run is given
 * back as a whole. A single class could use up every budget. So the next sweep begins with the
 * class after the last class of this sweep.
 * @param spanBudget how many spans to give back. By default, the sweep parks all blocks
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

/**
 * Parks free blocks of a class until `spanBudget` spans are given back. Returns how many were given
 * back.
 */
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
    // If no block is outstanding any more, but the list has not ended, the list is a circle.
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

/**
 * Returns true if a free block can begin at `block`.
 * @param owner the map word of a head with the slot and class that the block must have
 */
function isFreeBlock(memory: ArenaMemory, owner: number, block: number): boolean {
  if (!isInside(memory, block) || block % layout.GRANULE_BYTE_LENGTH !== 0) return false
  const head = headOf(memory, spanOf(memory, block))
  return isHeadWith(memory, head, owner) && !hasLiveBit(memory, block)
}

/**
 * Learns the batch of a class from the number of blocks that were on its free list.
 * @param spareCount how many blocks were on the free list
 */
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
  if (spareCount === 0) return // this sweep has parked no block of the class
  i32[slotWord(memory, slot, layout.SLOT_UNUSED_AT_SWEEP + classIndex)] = spareCount
  // Sorts only if at least as many blocks were parked as the class has spans. Otherwise the sorting
  // would take more time than it is worth.
  const unsorted = slotWord(memory, slot, layout.SLOT_UNSORTED + classIndex)
  if (i32[unsorted] < slotAt(memory, slot, layout.SLOT_SPANS + classIndex)) return
  i32[unsorted] = 0
  const published = slotAt(memory, slot, layout.SLOT_PUBLISHED + classIndex)
  sortPartial(memory, slot, classIndex)
  drainSparse(memory, slot, classIndex, batchFor(published, i32[learned], base, max))
}
