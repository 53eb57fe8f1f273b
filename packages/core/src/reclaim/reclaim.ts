/*
 * Room reclaim: a sweep parks the blocks on a slot's free lists, gives empty spans back, and learns
 * the batch of a class from what it found.
 * Invariant: a sweep stops between two blocks, at its budget or deadline, and may go on later.
 * It knows spans, telemetry, memory and base.
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
import { afterSweep, batchFor } from '../memory/refill-batch.ts'
import { drainSparse, park, sortPartial } from '../spans/partial.ts'
import { headOf, isHeadOf } from '../spans/span-map.ts'

/** No deadline. (Infinity would be boxed as an argument, which is garbage.) */
export const UNHURRIED = 0
/** Blocks between two readings of the clock: about a microsecond. */
const BLOCKS_PER_CLOCK_READ = 256

/**
 * Parks the slot's free lists until it has given back `spanBudget` spans, or until the deadline.
 * Returns how many spans it gave back: more than the budget if the last run had more. Pass
 * `memory.spanCount` for all. The next sweep begins with the class after the last one here, as one
 * class could use up every budget.
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
    released += sweepClass(memory, slot, asClassIndex(row), spanBudget - released, deadline)
    const isWhole = memory.slotAt(slot, SLOT_FREE_HEADS + row) === 0
    row = row + 1 === count ? 0 : row + 1
    if (!isWhole || isOver(deadline)) break
    rest--
  }
  i32[nextSweep] = row
  if (rest === 0) {
    i32[memory.slotWord(slot, SLOT_SPANS_AT_SWEEP)] = memory.slotAt(slot, SLOT_OWNED_SPANS)
  }
  return released
}

const isOver = (deadline: number) => deadline !== UNHURRIED && performance.now() >= deadline

/** Parks the free list of a class, and returns how many spans it gave back by that. */
function sweepClass(
  memory: ArenaMemory,
  slot: SlotIndex,
  classIndex: ClassIndex,
  spanBudget: number,
  deadline: number,
): number {
  const { i32 } = memory
  const freeHead = memory.slotWord(slot, SLOT_FREE_HEADS + classIndex)
  const outstanding = memory.slotWord(slot, SLOT_OUTSTANDING + classIndex)
  const seen = memory.slotWord(slot, SLOT_LIVE_SEEN + classIndex)
  let released = 0
  let parkedCount = 0
  while (i32[freeHead] !== 0 && released < spanBudget) {
    const block = listedBlock(memory, slot, classIndex, i32[freeHead])
    if (i32[outstanding] <= 0) throw corrupt(`the free list of class ${classIndex} is too long`)
    i32[freeHead] = i32[(block >> 2) - 1]
    i32[outstanding]--
    released += park(memory, slot, classIndex, block)
    parkedCount++
    if (parkedCount % BLOCKS_PER_CLOCK_READ === 0 && isOver(deadline)) break
  }
  const isWhole = i32[freeHead] === 0
  if (isWhole || i32[seen] > i32[outstanding]) i32[seen] = i32[outstanding]
  memory.addToSlot(slot, SLOT_UNSORTED + classIndex, parkedCount)
  if (isWhole) learn(memory, slot, classIndex, parkedCount)
  return released
}

/** A block from a free list. @throws ArenaError 'corrupt' unless the slot and class own it, free */
function listedBlock(
  memory: ArenaMemory,
  slot: SlotIndex,
  classIndex: ClassIndex,
  block: number,
): number {
  if (memory.isInside(block) && block % GRANULE_BYTE_LENGTH === 0 && !memory.hasLiveBit(block)) {
    const head = headOf(memory, memory.spanOf(block))
    if (isHeadOf(memory, head, slot, classIndex)) return block
  }
  throw corrupt(`the free list of slot ${slot}, class ${classIndex} leads to ${block}`)
}

/** Learns the batch of a class from the blocks that lay on its free list, which is empty now. */
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
  i32[learned] = afterSweep(i32[learned], base, max, spareCount)
  if (spareCount === 0) return // nothing has changed since the last sweep
  i32[memory.slotWord(slot, SLOT_UNUSED_AT_SWEEP + classIndex)] = spareCount
  // Sorting waits until as many blocks were parked as there are spans to sort, which pays for it.
  const unsorted = memory.slotWord(slot, SLOT_UNSORTED + classIndex)
  if (i32[unsorted] < memory.slotAt(slot, SLOT_SPANS + classIndex)) return
  i32[unsorted] = 0
  const published = memory.slotAt(slot, SLOT_PUBLISHED + classIndex)
  sortPartial(memory, slot, classIndex)
  drainSparse(memory, slot, classIndex, batchFor(published, i32[learned], base, max))
}
