/**
 * Spans with room, and spans that have become empty.
 *
 * A free block is in one of two places. The slot's free list, one per class, is all that the hot path
 * knows of. A *parked* block lies on a list in the record of its own span. Spans with parked or
 * uncarved blocks are *partial*: the slot has a list of them, per class. Parking is how empty spans
 * are found: it counts the block to its span, and the last one gives the span back. So a block is
 * looked at once for each time that it was handed out, whatever is asked how often.
 */
import { invalidArgument } from './errors.ts'
import {
  RECORD_CARVED_COUNT,
  RECORD_NEXT_PARTIAL,
  RECORD_PARKED_COUNT,
  RECORD_PARKED_HEAD,
  RECORD_PREVIOUS_PARTIAL,
  RECORD_RUN_SPAN_COUNT,
  SLOT_FREE_HEADS,
  SLOT_HANDED,
  SLOT_LIVE_SEEN,
  SLOT_OWNED_SPANS,
  SLOT_PARTIAL_HEADS,
  SLOT_SPANS_AT_LOOK,
} from './layout.ts'
import type { ArenaMemory } from './memory.ts'
import type { CollectOptions } from './pool-api.ts'
import { headOf, releaseRun } from './span-map.ts'
import {
  asClassIndex,
  asSpanIndex,
  type ClassIndex,
  type SlotIndex,
  type SpanIndex,
} from './units.ts'

/** How many blocks the run of a span has room for. */
export function capacityOf(memory: ArenaMemory, head: SpanIndex, classIndex: ClassIndex): number {
  const runSpanCount = memory.i32[memory.recordWord(head, RECORD_RUN_SPAN_COUNT)]
  return memory.classes.capacityOf(classIndex, runSpanCount)
}

/** Puts a span at the front of its slot's partial spans. */
export function link(
  memory: ArenaMemory,
  slot: SlotIndex,
  classIndex: ClassIndex,
  span: SpanIndex,
): void {
  const { i32 } = memory
  const first = memory.slotWord(slot, SLOT_PARTIAL_HEADS + classIndex)
  const next = asSpanIndex(i32[first])
  i32[memory.recordWord(span, RECORD_PREVIOUS_PARTIAL)] = 0
  i32[memory.recordWord(span, RECORD_NEXT_PARTIAL)] = next
  if (next !== 0) i32[memory.recordWord(next, RECORD_PREVIOUS_PARTIAL)] = span
  i32[first] = span
}

/** Takes a span off its slot's partial spans. */
export function unlink(
  memory: ArenaMemory,
  slot: SlotIndex,
  classIndex: ClassIndex,
  span: SpanIndex,
): void {
  const { i32 } = memory
  const next = asSpanIndex(i32[memory.recordWord(span, RECORD_NEXT_PARTIAL)])
  const previous = asSpanIndex(i32[memory.recordWord(span, RECORD_PREVIOUS_PARTIAL)])
  if (next !== 0) i32[memory.recordWord(next, RECORD_PREVIOUS_PARTIAL)] = previous
  if (previous !== 0) i32[memory.recordWord(previous, RECORD_NEXT_PARTIAL)] = next
  else i32[memory.slotWord(slot, SLOT_PARTIAL_HEADS + classIndex)] = next
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
): number {
  const { i32 } = memory
  const freeHead = memory.slotWord(slot, SLOT_FREE_HEADS + classIndex)
  const handed = memory.slotWord(slot, SLOT_HANDED + classIndex)
  let released = 0
  while (i32[freeHead] !== 0 && released < spanBudget) {
    const block = i32[freeHead]
    i32[freeHead] = i32[(block >> 2) - 1]
    i32[handed]--
    released += park(memory, slot, classIndex, block)
  }
  return released
}

/** Gives how many spans were given back: those of the block's run, when it was the last one. */
function park(memory: ArenaMemory, slot: SlotIndex, classIndex: ClassIndex, block: number): number {
  const { i32 } = memory
  const span = headOf(memory, memory.spanOf(block))
  const parkedHead = memory.recordWord(span, RECORD_PARKED_HEAD)
  const parkedCount = memory.recordWord(span, RECORD_PARKED_COUNT)
  const carvedCount = i32[memory.recordWord(span, RECORD_CARVED_COUNT)]
  const isPartial = i32[parkedCount] > 0 || carvedCount < capacityOf(memory, span, classIndex)
  i32[(block >> 2) - 1] = i32[parkedHead]
  i32[parkedHead] = block
  i32[parkedCount]++
  if (i32[parkedCount] === carvedCount) {
    if (isPartial) unlink(memory, slot, classIndex, span)
    return releaseRun(memory, slot, span)
  }
  if (!isPartial) link(memory, slot, classIndex, span)
  return 0
}

/**
 * Parks the slot's free lists until `spanBudget` spans were given back; gives how many were: more when
 * the last run had more. (Pass `memory.spanCount` for all: Infinity would be boxed, which is garbage.)
 */
export function reclaim(memory: ArenaMemory, slot: SlotIndex, spanBudget: number): number {
  const { i32 } = memory
  let released = 0
  for (let row = 0; row < memory.classes.count && released < spanBudget; row++) {
    const classIndex = asClassIndex(row)
    released += parkFreeList(memory, slot, classIndex, spanBudget - released)
    const handed = i32[memory.slotWord(slot, SLOT_HANDED + row)]
    const seen = memory.slotWord(slot, SLOT_LIVE_SEEN + row)
    const isExact = i32[memory.slotWord(slot, SLOT_FREE_HEADS + row)] === 0
    if (isExact || i32[seen] > handed) i32[seen] = handed
  }
  if (released < spanBudget) {
    i32[memory.slotWord(slot, SLOT_SPANS_AT_LOOK)] = i32[memory.slotWord(slot, SLOT_OWNED_SPANS)]
  }
  return released
}

/** How many spans `collect` may give back. */
export function spanBudgetOf(memory: ArenaMemory, options: CollectOptions | undefined): number {
  if (options !== undefined && (typeof options !== 'object' || options === null)) {
    throw invalidArgument('options', options, 'an object such as { spans: 1 }')
  }
  const spans = options?.spans ?? memory.spanCount
  if (typeof spans !== 'number' || !(spans >= 0)) {
    throw invalidArgument('spans', spans, 'a number of spans, 0 or more')
  }
  return Math.min(spans, memory.spanCount)
}
