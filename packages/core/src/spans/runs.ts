/** Runs: claimed spans in use, of blocks of one class or of one large block. */
import { corrupt } from '../base/errors.ts'
import {
  LARGE_CLASS,
  LARGE_ROW,
  MAP_OWNER_SHIFT,
  MAX_POSITION,
  RECORD_CARVED_COUNT,
  RECORD_HAS_FREED_BITS,
  RECORD_RUN_SPAN_COUNT,
  RECORD_UNMARKED_COUNT,
  RECORD_WORD_COUNT,
  SLOT_CARVED,
  SLOT_HAS_FREED_BITS,
  SLOT_ROOM,
  SLOT_SPANS,
  SPAN_BIT_WORD_COUNT,
  SPAN_CLAIMED,
  SPAN_HEAD,
  SPAN_LARGE,
  SPAN_TAIL,
} from '../base/layout.ts'
import type { ClassIndex, SlotIndex, SpanIndex } from '../base/units.ts'
import type { ArenaMemory } from '../memory/memory.ts'
import { EVENT_CLAIM, EVENT_RETURN, emit } from '../telemetry/telemetry.ts'
import { classInMap, countOwned, mapWord, OWNER_MASK, releaseSpans } from './span-map.ts'
import { touchSpans } from './touched.ts'

/** Index of a class in the class arrays of a slot. */
export const rowOf = (classIndex: number) => (classIndex === LARGE_CLASS ? LARGE_ROW : classIndex)

/** How many spans a run has. @throws ArenaError 'corrupt' instead of leading out of the arena */
export function runSpanCountOf(memory: ArenaMemory, head: SpanIndex): number {
  const spanCount = memory.i32[memory.recordWord(head, RECORD_RUN_SPAN_COUNT)]
  if (spanCount >= 1 && spanCount <= memory.spanCount - head) return spanCount
  throw corrupt(`the run at span ${head} says that it has ${spanCount} spans`)
}

/** How many blocks the run of a span has room for. */
export const capacityOf = (memory: ArenaMemory, head: SpanIndex, classIndex: ClassIndex): number =>
  memory.classes.capacityOf(classIndex, runSpanCountOf(memory, head))

/**
 * Puts a claimed run to use, with a new record: of no block, or of the one large block. The head comes
 * last: it makes the run real. All bytes of a run of blocks may be written from now on.
 */
export function publishRun(
  memory: ArenaMemory,
  slot: SlotIndex,
  head: SpanIndex,
  spanCount: number,
  classIndex: number,
): void {
  const record = memory.recordWord(head, 0)
  memory.i32.fill(0, record, record + RECORD_WORD_COUNT)
  // Of blocks that were freed twice. The one block of a large run begins in its first span.
  const freedBits: number = memory.freedWord(memory.spanStart(head))
  const bitSpanCount = classIndex === LARGE_CLASS ? 1 : spanCount
  memory.i32.fill(0, freedBits, freedBits + bitSpanCount * SPAN_BIT_WORD_COUNT)
  if (classIndex === LARGE_CLASS) memory.i32[record + RECORD_CARVED_COUNT] = 1
  else touchSpans(memory, head, spanCount)
  extendRun(memory, slot, head, 1, spanCount, classIndex)
  const state = classIndex === LARGE_CLASS ? SPAN_LARGE : SPAN_HEAD
  Atomics.store(memory.i32, memory.mapWord(head), mapWord(state, slot, classIndex, 0))
  countRun(memory, slot, head, 1)
  emit(memory, slot, EVENT_CLAIM, rowOf(classIndex), spanCount, head)
}

/** Makes claimed spans the tails of a run of `from` spans, which then has `to`. */
export function extendRun(
  memory: ArenaMemory,
  slot: SlotIndex,
  head: SpanIndex,
  from: number,
  to: number,
  classIndex: number,
): void {
  const map = memory.mapWord(head)
  for (let i = from; i < to; i++) {
    // Only runs of size classes look a tail's head up, and these are far shorter than MAX_POSITION.
    const word = mapWord(SPAN_TAIL, slot, classIndex, Math.min(i, MAX_POSITION))
    Atomics.store(memory.i32, map + i, word)
  }
  memory.i32[memory.recordWord(head, RECORD_RUN_SPAN_COUNT)] = to
}

/** Adds claimed spans to a large block's run of `from` spans, which then has `to`. */
export function growLargeRun(
  memory: ArenaMemory,
  slot: SlotIndex,
  head: SpanIndex,
  from: number,
  to: number,
): void {
  extendRun(memory, slot, head, from, to, LARGE_CLASS)
  memory.i32[memory.slotWord(slot, SLOT_SPANS + LARGE_ROW)] += to - from
  emit(memory, slot, EVENT_CLAIM, LARGE_ROW, to - from, head + from)
}

/** Gives the end of a large block's run back, so that `to` of its spans remain. */
export function truncateLargeRun(
  memory: ArenaMemory,
  slot: SlotIndex,
  head: SpanIndex,
  to: number,
): void {
  const from = runSpanCountOf(memory, head)
  memory.i32[memory.recordWord(head, RECORD_RUN_SPAN_COUNT)] = to
  releaseSpans(memory, slot, head + to, from - to)
  memory.i32[memory.slotWord(slot, SLOT_SPANS + LARGE_ROW)] -= from - to
  emit(memory, slot, EVENT_RETURN, LARGE_ROW, from - to, head + to)
}

/** Makes a run of a closed slot that of its reclaimer. The head comes first: its owner is the run's. */
export function handOverRun(
  memory: ArenaMemory,
  from: SlotIndex,
  to: SlotIndex,
  head: SpanIndex,
): void {
  const spanCount = runSpanCountOf(memory, head)
  const map = memory.mapWord(head)
  for (let i = 0; i < spanCount; i++) {
    const word = memory.i32[map + i]
    Atomics.store(memory.i32, map + i, (word & ~OWNER_MASK) | ((to + 1) << MAP_OWNER_SHIFT))
  }
  countOwned(memory, from, -spanCount)
  countRun(memory, from, head, -1)
  countOwned(memory, to, spanCount)
  countRun(memory, to, head, 1)
  const classIndex = classInMap(memory.i32[map])
  // Who set freed bits just before has told the former owner.
  if (Atomics.load(memory.i32, memory.recordWord(head, RECORD_HAS_FREED_BITS)) !== 0) {
    Atomics.store(memory.i32, memory.slotWord(to, SLOT_HAS_FREED_BITS), 1)
  }
  emit(memory, from, EVENT_RETURN, classIndex, spanCount, head)
  emit(memory, to, EVENT_CLAIM, classIndex, spanCount, head)
}

/** Gives a run back, and how many spans it had. The head stops being one first, is free last. */
export function releaseRun(memory: ArenaMemory, slot: SlotIndex, head: SpanIndex): number {
  const { i32 } = memory
  const spanCount = runSpanCountOf(memory, head)
  const classIndex = classInMap(i32[memory.mapWord(head)])
  if (classIndex !== LARGE_CLASS) checkEmpty(memory, head, spanCount)
  countRun(memory, slot, head, -1)
  Atomics.store(i32, memory.mapWord(head), mapWord(SPAN_CLAIMED, slot, 0, 0))
  releaseSpans(memory, slot, head, spanCount)
  emit(memory, slot, EVENT_RETURN, rowOf(classIndex), spanCount, head)
  return spanCount
}

/** Of a run whose blocks all count as free. @throws ArenaError 'corrupt' where one is live */
function checkEmpty(memory: ArenaMemory, head: SpanIndex, spanCount: number): void {
  const { i32 } = memory
  const first: number = memory.liveWord(memory.spanStart(head))
  const end = first + spanCount * SPAN_BIT_WORD_COUNT
  let live = i32[memory.recordWord(head, RECORD_UNMARKED_COUNT)]
  for (let word = first; word < end; word++) live |= i32[word]
  if (live !== 0) throw corrupt(`the lists of span ${head} count a live block as free`)
}

/** Adds a run to what its slot counts per class, or with -1 takes it off. */
export function countRun(
  memory: ArenaMemory,
  slot: SlotIndex,
  head: SpanIndex,
  sign: 1 | -1,
): void {
  const { i32 } = memory
  const classIndex = classInMap(i32[memory.mapWord(head)])
  const spanCount = runSpanCountOf(memory, head)
  i32[memory.slotWord(slot, SLOT_SPANS + rowOf(classIndex))] += sign * spanCount
  if (classIndex === LARGE_CLASS) return
  const capacity = memory.classes.capacityOf(classIndex, spanCount)
  const carvedCount = i32[memory.recordWord(head, RECORD_CARVED_COUNT)]
  i32[memory.slotWord(slot, SLOT_ROOM + classIndex)] += sign * capacity
  i32[memory.slotWord(slot, SLOT_CARVED + classIndex)] += sign * carvedCount
}
