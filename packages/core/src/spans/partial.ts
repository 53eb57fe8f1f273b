/**
 * Manages partial spans, and gives back spans that become empty.
 *
 * Two kinds of lists hold free blocks. The fast paths use the slot's free lists: one list for each
 * class. A parked block is on a list in the record of its own span, which also counts the parked
 * blocks. A span with parked or uncarved blocks is a partial span. Each slot has a list of its
 * partial spans for each class. When all blocks of a span are parked, the span is given back.
 *
 * Sweeps park the blocks of the free lists, and only refills move blocks back to a free list. So
 * after each refill, a block is visited by at most one sweep.
 */
import { wrongLink } from '../base/errors.ts'
import * as layout from '../base/layout.ts'
import type { ClassIndex, SlotIndex, SpanIndex } from '../base/units.ts'
import {
  type ArenaMemory,
  mapAt,
  recordAt,
  recordWord,
  slotAt,
  slotWord,
  spanMapWord,
  spanOf,
} from '../memory/memory.ts'
import { capacityOf, classOf, ownerOf, releaseRun } from './runs.ts'
import { headOf, headPattern, isHeadWith } from './span-map.ts'

/** Returns the index of the word that holds the next span in a list of partial spans. */
const nextWord = (memory: ArenaMemory, span: number) =>
  recordWord(memory, span as SpanIndex, layout.RECORD_NEXT_PARTIAL)

/**
 * Returns a slot's first partial span of a class, or 0 if there is none.
 * @throws ArenaError 'corrupt' if the list begins with a span that cannot be on it
 */
export function firstPartial(
  memory: ArenaMemory,
  slot: SlotIndex,
  classIndex: ClassIndex,
): SpanIndex {
  const span = slotAt(memory, slot, layout.SLOT_PARTIAL_HEADS + classIndex) as SpanIndex
  const isInside = span > 0 && span < memory.spanCount
  if (span === 0 || (isInside && isHeadWith(memory, span, headPattern(slot) | classIndex)))
    return span
  throw wrongLink('partial spans', span)
}

/**
 * Returns the index of the word that holds the first partial span. The list is that of the run's
 * slot and class.
 */
const headWord = (memory: ArenaMemory, span: SpanIndex) =>
  slotWord(memory, ownerOf(memory, span), layout.SLOT_PARTIAL_HEADS + classOf(memory, span))

/** Puts a span at the front of the list of partial spans of its slot and class. */
export function link(memory: ArenaMemory, span: SpanIndex): void {
  const { i32 } = memory
  const first = headWord(memory, span)
  const next = linkedSpan(memory, first)
  i32[recordWord(memory, span, layout.RECORD_PREVIOUS_PARTIAL)] = 0
  i32[nextWord(memory, span)] = next
  if (next !== 0) i32[recordWord(memory, next, layout.RECORD_PREVIOUS_PARTIAL)] = span
  i32[first] = span
}

/** Removes a span from the list of partial spans of its slot and class. */
export function unlink(memory: ArenaMemory, span: SpanIndex): void {
  const { i32 } = memory
  const next = linkedSpan(memory, nextWord(memory, span))
  const previous = linkedSpan(memory, recordWord(memory, span, layout.RECORD_PREVIOUS_PARTIAL))
  if (next !== 0) i32[recordWord(memory, next, layout.RECORD_PREVIOUS_PARTIAL)] = previous
  i32[previous !== 0 ? nextWord(memory, previous) : headWord(memory, span)] = next
}

/**
 * Returns the span that a word of a list holds, or 0 at the end of the list.
 * @throws ArenaError 'corrupt' if the span does not exist
 */
function linkedSpan(memory: ArenaMemory, word: number): SpanIndex {
  const span = memory.i32[word]
  if (span >= 0 && span < memory.spanCount) return span as SpanIndex
  throw wrongLink('partial spans', span)
}

/** Returns true if a run has parked or uncarved blocks. */
export const hasRoom = (memory: ArenaMemory, head: SpanIndex) =>
  recordAt(memory, head, layout.RECORD_PARKED_COUNT) > 0 ||
  recordAt(memory, head, layout.RECORD_CARVED_COUNT) < capacityOf(memory, head)

/**
 * Parks a free block that is on no list. If all blocks of its run are parked now, gives the run
 * back, and returns how many spans the run had. Otherwise returns 0.
 */
export function park(memory: ArenaMemory, block: number): number {
  const { i32 } = memory
  const span = headOf(memory, spanOf(memory, block))
  const parkedHead = recordWord(memory, span, layout.RECORD_PARKED_HEAD)
  const parkedCount = recordWord(memory, span, layout.RECORD_PARKED_COUNT)
  const isPartial = hasRoom(memory, span)
  i32[(block >> 2) - 1] = i32[parkedHead]
  i32[parkedHead] = block
  i32[parkedCount]++
  if (i32[parkedCount] === recordAt(memory, span, layout.RECORD_CARVED_COUNT)) {
    if (isPartial) unlink(memory, span)
    return releaseRun(memory, span)
  }
  if (!isPartial) link(memory, span)
  return 0
}

/**
 * Sorts the partial spans of a class in ascending order, so that refills fill low spans first. Then
 * high spans become empty, and the committed memory stays compact. The merge sort changes only the
 * links of the list, and needs no further memory.
 */
export function sortPartial(memory: ArenaMemory, slot: SlotIndex, classIndex: ClassIndex): void {
  const { i32 } = memory
  const head = slotWord(memory, slot, layout.SLOT_PARTIAL_HEADS + classIndex)
  if (isAscending(memory, head)) return // usually, so the sort takes one pass over the list
  i32[head] = sorted(memory, head, i32[head])
  let previous = 0
  for (let span = i32[head]; span !== 0; span = i32[nextWord(memory, span)]) {
    i32[recordWord(memory, span as SpanIndex, layout.RECORD_PREVIOUS_PARTIAL)] = previous
    previous = span
  }
}

/**
 * Returns true if a list of partial spans is ascending. The function always visits the whole list:
 * if the list is damaged, it must throw here, before it is sorted.
 * @param head the index of the word that holds the first span
 */
function isAscending(memory: ArenaMemory, head: number): boolean {
  let isSo = true
  let steps = 0
  let next = linkedSpan(memory, head)
  while (next !== 0) {
    if (steps++ > memory.spanCount) throw wrongLink('partial spans', next)
    const span = next
    next = linkedSpan(memory, nextWord(memory, span))
    if (next !== 0 && next < span) isSo = false
  }
  return isSo
}

/**
 * Sorts a list by its forward links, and returns its first span.
 * @param head the index of a word that the function may overwrite
 * @param first the first span of the list
 */
function sorted(memory: ArenaMemory, head: number, first: number): number {
  const { i32 } = memory
  let fast = i32[nextWord(memory, first)]
  if (fast === 0) return first
  let slow = first
  while (fast !== 0 && i32[nextWord(memory, fast)] !== 0) {
    slow = i32[nextWord(memory, slow)]
    fast = i32[nextWord(memory, i32[nextWord(memory, fast)])]
  }
  const second = i32[nextWord(memory, slow)]
  i32[nextWord(memory, slow)] = 0
  return merge(memory, head, sorted(memory, head, first), sorted(memory, head, second))
}

/**
 * Merges two ascending lists, and returns the first span of the result.
 * @param head the index of a word that the function may overwrite
 * @param a the first span of one list
 * @param b the first span of the other list
 */
function merge(memory: ArenaMemory, head: number, a: number, b: number): number {
  const { i32 } = memory
  let end = head
  while (a !== 0 && b !== 0) {
    const low = Math.min(a, b)
    i32[end] = low
    end = nextWord(memory, low)
    if (low === a) a = i32[end]
    else b = i32[end]
  }
  i32[end] = a !== 0 ? a : b
  return i32[head]
}

/**
 * Sets each partial span of a class to draining, or ends its draining. A span drains if the spans
 * below it have enough room. They need room for the live blocks of all partial spans of the class,
 * for an eighth more blocks, and for the next refill. The list must be sorted, and all free blocks
 * must be parked.
 *
 * (Why draining is needed: a free list hands out first the block that was freed last. So without
 * draining, a freed block of a sparse span would soon be live again, and the span would never
 * become empty.)
 * @param batch how many blocks the next refill hands out
 */
export function drainSparse(
  memory: ArenaMemory,
  slot: SlotIndex,
  classIndex: ClassIndex,
  batch: number,
): void {
  const { i32 } = memory
  const first = slotAt(memory, slot, layout.SLOT_PARTIAL_HEADS + classIndex)
  let wanted = batch
  for (let index = first; index !== 0; index = i32[nextWord(memory, index)]) {
    const span = index as SpanIndex
    const liveCount =
      recordAt(memory, span, layout.RECORD_CARVED_COUNT) -
      recordAt(memory, span, layout.RECORD_PARKED_COUNT)
    wanted += liveCount + (liveCount >> 3)
  }
  for (let index = first; index !== 0; index = i32[nextWord(memory, index)]) {
    const span = index as SpanIndex
    setDraining(memory, span, wanted <= 0)
    wanted -= capacityOf(memory, span)
  }
}

/**
 * Sets or clears the draining bit of a run. Only the thread of the slot that owns the run may call
 * it.
 */
export function setDraining(memory: ArenaMemory, head: SpanIndex, isDraining: boolean): void {
  const before = mapAt(memory, head)
  const after = isDraining ? before | layout.MAP_DRAINING : before & ~layout.MAP_DRAINING
  if (after !== before) Atomics.store(memory.i32, spanMapWord(memory, head), after)
}
