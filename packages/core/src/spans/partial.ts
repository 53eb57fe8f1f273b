/**
 * Spans with room, and spans that have become empty.
 *
 * A free block is in one of two places. The slot's free list, one per class, is all that the hot path
 * knows of. A *parked* block lies on a list in the record of its own span. Spans with parked or
 * uncarved blocks are *partial*: the slot has a list of them, per class. Parking is how empty spans
 * are found: it counts the block to its span, and the last one gives the span back. So a block is
 * looked at once for each time that it was handed out, whatever is asked how often.
 */
import { corrupt } from '../base/errors.ts'
import {
  RECORD_CARVED_COUNT,
  RECORD_NEXT_PARTIAL,
  RECORD_PARKED_COUNT,
  RECORD_PARKED_HEAD,
  RECORD_PREVIOUS_PARTIAL,
  SLOT_PARTIAL_HEADS,
} from '../base/layout.ts'
import { asSpanIndex, type ClassIndex, type SlotIndex, type SpanIndex } from '../base/units.ts'
import type { ArenaMemory } from '../memory/memory.ts'
import { capacityOf, releaseRun } from './runs.ts'
import { headOf, isHeadOf } from './span-map.ts'

/** The first partial span, or 0. What is none of the slot and class must not be written to. */
export function firstPartial(
  memory: ArenaMemory,
  slot: SlotIndex,
  classIndex: ClassIndex,
): SpanIndex {
  const index = memory.i32[memory.slotWord(slot, SLOT_PARTIAL_HEADS + classIndex)]
  const span = asSpanIndex(index)
  const isInside = index > 0 && index < memory.spanCount
  if (index === 0 || (isInside && isHeadOf(memory, span, slot, classIndex))) return span
  throw corrupt(`the partial spans of slot ${slot}, class ${classIndex} lead to ${index}`)
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
  const next = linkedSpan(memory, first)
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
  const next = linkedSpan(memory, memory.recordWord(span, RECORD_NEXT_PARTIAL))
  const previous = linkedSpan(memory, memory.recordWord(span, RECORD_PREVIOUS_PARTIAL))
  if (next !== 0) i32[memory.recordWord(next, RECORD_PREVIOUS_PARTIAL)] = previous
  if (previous !== 0) i32[memory.recordWord(previous, RECORD_NEXT_PARTIAL)] = next
  else i32[memory.slotWord(slot, SLOT_PARTIAL_HEADS + classIndex)] = next
}

/** The span that a word of a list names, or 0. @throws ArenaError 'corrupt' where there is no such span */
function linkedSpan(memory: ArenaMemory, word: number): SpanIndex {
  const span = memory.i32[word]
  if (span >= 0 && span < memory.spanCount) return asSpanIndex(span)
  throw corrupt(`a list of partial spans leads to ${span}`)
}

/**
 * Parks a free block that is on no list. Gives how many spans were given back: those of its run, when
 * it was the last one.
 */
export function park(
  memory: ArenaMemory,
  slot: SlotIndex,
  classIndex: ClassIndex,
  block: number,
): number {
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
