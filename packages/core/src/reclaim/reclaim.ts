/**
 * A look: parks what lies on a slot's free lists, gives the spans back that have become empty by that, and
 * notes what it says of the load.
 */

import { corrupt } from '../base/errors.ts'
import {
  GRANULE_BYTE_LENGTH,
  SLOT_FREE_HEADS,
  SLOT_LEARNED,
  SLOT_LIVE_SEEN,
  SLOT_NEXT_SWEEP,
  SLOT_OUTSTANDING,
  SLOT_OWNED_SPANS,
  SLOT_PUBLISHED,
  SLOT_SPANS,
  SLOT_SPANS_AT_SWEEP,
  SLOT_UNSORTED,
  SLOT_UNUSED_AT_SWEEP,
} from '../base/layout.ts'
import { asClassIndex, type ClassIndex, type SlotIndex } from '../base/units.ts'
import type { ArenaMemory } from '../memory/memory.ts'
import { afterLook, batchFor } from '../memory/policy.ts'
import { drainSparse } from '../spans/drain.ts'
import { park } from '../spans/partial.ts'
import { sortPartial } from '../spans/sort-partial.ts'
import { headOf, isHeadOf } from '../spans/span-map.ts'

/** No deadline. (Infinity would be boxed when it is passed on, which is garbage.) */
export const UNHURRIED = 0
/** Blocks from one look at the clock to the next: about a microsecond. */
const BLOCKS_PER_CLOCK_READ = 256

/**
 * Parks the slot's free lists until `spanBudget` spans were given back, or until the deadline; gives how
 * many spans were: more when the last run had more. Pass `memory.spanCount` for all. The next look begins
 * with the class after the one that this one came to, as one class could use up every budget.
 * @param deadline by `performance.now()`, in milliseconds
 */
export function reclaim(
  memory: ArenaMemory,
  slot: SlotIndex,
  spanBudget: number,
  deadline = UNHURRIED,
): number {
  const { i32 } = memory
  const { count } = memory.classes
  const nextSweep = memory.slotWord(slot, SLOT_NEXT_SWEEP)
  let row = i32[nextSweep]
  if (!(row >= 0 && row < count)) row = 0
  let released = 0
  let rest = count
  while (rest > 0 && released < spanBudget) {
    released += lookAt(memory, slot, asClassIndex(row), spanBudget - released, deadline)
    const isWhole = i32[memory.slotWord(slot, SLOT_FREE_HEADS + row)] === 0
    row = row + 1 === count ? 0 : row + 1
    if (!isWhole || isOver(deadline)) break
    rest--
  }
  i32[nextSweep] = row
  if (rest === 0) {
    i32[memory.slotWord(slot, SLOT_SPANS_AT_SWEEP)] = i32[memory.slotWord(slot, SLOT_OWNED_SPANS)]
  }
  return released
}

const isOver = (deadline: number) => deadline !== UNHURRIED && performance.now() >= deadline

/** Looks at one class, and gives how many spans came back by it. */
function lookAt(
  memory: ArenaMemory,
  slot: SlotIndex,
  classIndex: ClassIndex,
  spanBudget: number,
  deadline: number,
): number {
  const { i32 } = memory
  const outstanding = memory.slotWord(slot, SLOT_OUTSTANDING + classIndex)
  const seen = memory.slotWord(slot, SLOT_LIVE_SEEN + classIndex)
  const before = i32[outstanding]
  const released = parkFreeList(memory, slot, classIndex, spanBudget, deadline)
  const isWhole = i32[memory.slotWord(slot, SLOT_FREE_HEADS + classIndex)] === 0
  if (isWhole || i32[seen] > i32[outstanding]) i32[seen] = i32[outstanding]
  i32[memory.slotWord(slot, SLOT_UNSORTED + classIndex)] += before - i32[outstanding]
  if (isWhole) learn(memory, slot, classIndex, before - i32[outstanding])
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
  const outstanding = memory.slotWord(slot, SLOT_OUTSTANDING + classIndex)
  let released = 0
  for (let blockCount = 1; i32[freeHead] !== 0 && released < spanBudget; blockCount++) {
    const block = listedBlock(memory, slot, classIndex, i32[freeHead])
    if (i32[outstanding] <= 0) throw corrupt(`the free list of class ${classIndex} is too long`)
    i32[freeHead] = i32[(block >> 2) - 1]
    i32[outstanding]--
    released += park(memory, slot, classIndex, block)
    if (blockCount % BLOCKS_PER_CLOCK_READ === 0 && isOver(deadline)) break
  }
  return released
}

/** A block from a free list; what is no free block of the slot and class must not be written to. */
function listedBlock(
  memory: ArenaMemory,
  slot: SlotIndex,
  classIndex: ClassIndex,
  block: number,
): number {
  const isInside = block > memory.base && block < memory.base + memory.byteLength
  if (isInside && block % GRANULE_BYTE_LENGTH === 0 && !memory.hasLiveBit(block)) {
    const head = headOf(memory, memory.spanOf(block))
    if (isHeadOf(memory, head, slot, classIndex)) return block
  }
  throw corrupt(`the free list of slot ${slot}, class ${classIndex} leads to ${block}`)
}

/** Of a class whose free list is empty now: what lay there says how much is needed. */
function learn(
  memory: ArenaMemory,
  slot: SlotIndex,
  classIndex: ClassIndex,
  spareCount: number,
): void {
  const { i32 } = memory
  const base = memory.classes.baseBatches[classIndex]
  const max = memory.classes.maxBatches[classIndex]
  const learned = memory.slotWord(slot, SLOT_LEARNED + classIndex)
  i32[learned] = afterLook(i32[learned], base, max, spareCount)
  if (spareCount === 0) return // nothing has changed, however often it is looked at
  i32[memory.slotWord(slot, SLOT_UNUSED_AT_SWEEP + classIndex)] = spareCount
  // As many blocks were parked as there are spans to sort: they pay for it.
  const unsorted = memory.slotWord(slot, SLOT_UNSORTED + classIndex)
  if (i32[unsorted] < i32[memory.slotWord(slot, SLOT_SPANS + classIndex)]) return
  i32[unsorted] = 0
  const published = i32[memory.slotWord(slot, SLOT_PUBLISHED + classIndex)]
  sortPartial(memory, slot, classIndex)
  drainSparse(memory, slot, classIndex, batchFor(published, i32[learned], base, max))
}
