/** Looks for spans that have become empty, by parking what lies on the free lists, and gives them back. */

import { drainSparse } from './drain.ts'
import {
  SLOT_FREE_HEADS,
  SLOT_HANDED,
  SLOT_LEARNED,
  SLOT_LIVE_SEEN,
  SLOT_OWNED_SPANS,
  SLOT_SPANS_AT_LOOK,
  SLOT_SPARE,
} from './layout.ts'
import type { ArenaMemory } from './memory.ts'
import { park } from './partial.ts'
import { afterLook, learnedBatch } from './policy.ts'
import { sortPartial } from './sort-partial.ts'
import { asClassIndex, type ClassIndex, type SlotIndex } from './units.ts'

/** No deadline. (Infinity would be boxed when it is passed on, which is garbage.) */
export const UNHURRIED = 0
/** Blocks from one look at the clock to the next: about a microsecond. */
const BLOCKS_PER_LOOK_AT_CLOCK = 256

/**
 * Parks the slot's free lists until `spanBudget` spans were given back, or until the deadline; gives how
 * many spans were: more when the last run had more. Pass `memory.spanCount` for all.
 * @param deadline by `performance.now()`, in milliseconds
 */
export function reclaim(
  memory: ArenaMemory,
  slot: SlotIndex,
  spanBudget: number,
  deadline = UNHURRIED,
): number {
  const { i32 } = memory
  let released = 0
  let isWhole = true
  for (let row = 0; row < memory.classes.count && isWhole; row++) {
    const classIndex = asClassIndex(row)
    const handed = memory.slotWord(slot, SLOT_HANDED + row)
    const before = i32[handed]
    released += parkFreeList(memory, slot, classIndex, spanBudget - released, deadline)
    const seen = memory.slotWord(slot, SLOT_LIVE_SEEN + row)
    isWhole = i32[memory.slotWord(slot, SLOT_FREE_HEADS + row)] === 0
    if (isWhole || i32[seen] > i32[handed]) i32[seen] = i32[handed]
    const spareCount = before - i32[handed]
    if (isWhole) finishLook(memory, slot, classIndex, spareCount)
  }
  if (isWhole) {
    i32[memory.slotWord(slot, SLOT_SPANS_AT_LOOK)] = i32[memory.slotWord(slot, SLOT_OWNED_SPANS)]
  }
  return released
}

/**
 * Parks the free list of a class, until `spanBudget` spans have become empty and were given back.
 * Gives how many were.
 */
function parkFreeList(
  memory: ArenaMemory,
  slot: SlotIndex,
  classIndex: ClassIndex,
  spanBudget: number,
  deadline: number,
): number {
  const { i32 } = memory
  const freeHead = memory.slotWord(slot, SLOT_FREE_HEADS + classIndex)
  const handed = memory.slotWord(slot, SLOT_HANDED + classIndex)
  let released = 0
  for (let blockCount = 1; i32[freeHead] !== 0 && released < spanBudget; blockCount++) {
    const block = i32[freeHead]
    i32[freeHead] = i32[(block >> 2) - 1]
    i32[handed]--
    released += park(memory, slot, classIndex, block)
    if (deadline !== UNHURRIED && blockCount % BLOCKS_PER_LOOK_AT_CLOCK === 0) {
      if (performance.now() >= deadline) break
    }
  }
  return released
}

/** Of a class whose free list is empty now: what lay there says how much is needed. */
function finishLook(
  memory: ArenaMemory,
  slot: SlotIndex,
  classIndex: ClassIndex,
  spareCount: number,
): void {
  const { i32 } = memory
  const learned = memory.slotWord(slot, SLOT_LEARNED + classIndex)
  const base = memory.classes.baseBatches[classIndex]
  const max = memory.classes.maxBatches[classIndex]
  i32[learned] = afterLook(i32[learned], base, max, spareCount)
  if (spareCount === 0) return // nothing has changed, however often it is looked at
  i32[memory.slotWord(slot, SLOT_SPARE + classIndex)] = spareCount
  sortPartial(memory, slot, classIndex)
  drainSparse(memory, slot, classIndex, learnedBatch(i32[learned], base, max))
}
