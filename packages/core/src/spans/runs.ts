/** Runs: spans in use, with blocks of one size class or with one large block. */
import { wrongLink, wrongRun } from '../base/errors.ts'
import * as layout from '../base/layout.ts'
import type { ClassIndex, SlotIndex, SpanIndex } from '../base/units.ts'
import {
  type ArenaMemory,
  addToSlot,
  freedWord,
  liveWord,
  mapAt,
  recordAt,
  recordWord,
  slotWord,
  spanMapWord,
  spanStart,
} from '../memory/memory.ts'
import { capacityFor } from '../memory/size-classes.ts'
import { EVENT_CLAIM, EVENT_RETURN, emit } from '../telemetry/telemetry.ts'
import {
  claimSpans,
  classInMap,
  countSpans,
  freeSpans,
  mapWord,
  OWNER_MASK,
  ownerInMap,
  touchSpans,
} from './span-map.ts'

/** The slot that owns a run. @throws ArenaError 'corrupt' if there is no such slot */
export function ownerOf(memory: ArenaMemory, head: SpanIndex): SlotIndex {
  const owner = ownerInMap(mapAt(memory, head))
  if (owner >= 0 && owner < memory.slotCount) return owner
  throw wrongRun(head, `owner ${owner}`)
}

export const classOf = (memory: ArenaMemory, head: SpanIndex): ClassIndex =>
  classInMap(mapAt(memory, head))

/** How many spans a run has. @throws ArenaError 'corrupt' if the run would not fit the arena */
export function runSpanCountOf(memory: ArenaMemory, head: SpanIndex): number {
  const spanCount = recordAt(memory, head, layout.RECORD_RUN_SPAN_COUNT)
  if (spanCount >= 1 && spanCount <= memory.spanCount - head) return spanCount
  throw wrongRun(head, `${spanCount} spans`)
}

/** How many blocks a run has room for. */
export function capacityOf(memory: ArenaMemory, head: SpanIndex): number {
  const classIndex = classOf(memory, head)
  if (classIndex === layout.LARGE_CLASS) return 1
  return capacityFor(memory, classIndex, runSpanCountOf(memory, head))
}

/**
 * Makes claimed spans a run, with a new record: of no block, or of the one large block. All bytes
 * of a size class's run count as touched. The run exists once the map word of its head is written.
 */
export function publishRun(
  memory: ArenaMemory,
  slot: SlotIndex,
  head: SpanIndex,
  spanCount: number,
  classIndex: number,
): void {
  const { i32 } = memory
  const isLarge = classIndex === layout.LARGE_CLASS
  const record = recordWord(memory, head, 0)
  i32.fill(0, record, record + layout.RECORD_WORD_COUNT)
  // Double frees may have left freed bits. A large run has such bits in its first span only.
  const freedBits = freedWord(memory, spanStart(memory, head))
  i32.fill(0, freedBits, freedBits + (isLarge ? 1 : spanCount) * layout.SPAN_BIT_WORD_COUNT)
  if (isLarge) i32[record + layout.RECORD_CARVED_COUNT] = 1
  else touchSpans(memory, head, spanCount)
  extendRun(memory, slot, head, 1, spanCount, classIndex)
  const state = isLarge ? layout.SPAN_LARGE : layout.SPAN_HEAD
  Atomics.store(i32, spanMapWord(memory, head), mapWord(state, slot, classIndex, 0))
  countRun(memory, slot, head, 1)
  emit(memory, slot, EVENT_CLAIM, classIndex, spanCount, head)
}

/** Gives a run `to` spans: those with the index `from` or above in the run become its tails. */
export function extendRun(
  memory: ArenaMemory,
  slot: SlotIndex,
  head: SpanIndex,
  from: number,
  to: number,
  classIndex: number,
): void {
  const map = spanMapWord(memory, head)
  for (let i = from; i < to; i++) {
    // Only tails of a size class lead to their head, and such runs are shorter than MAX_POSITION.
    const word = mapWord(layout.SPAN_TAIL, slot, classIndex, Math.min(i, layout.MAX_POSITION))
    Atomics.store(memory.i32, map + i, word)
  }
  memory.i32[recordWord(memory, head, layout.RECORD_RUN_SPAN_COUNT)] = to
}

/** Resizes the run of a large block to `to` spans; false if the spans behind it are not free. */
export function resizeLargeRun(memory: ArenaMemory, head: SpanIndex, to: number): boolean {
  const slot = ownerOf(memory, head)
  const from = runSpanCountOf(memory, head)
  if (to > from) {
    if (!claimSpans(memory, slot, head + from, to - from)) return false
    extendRun(memory, slot, head, from, to, layout.LARGE_CLASS)
    emit(memory, slot, EVENT_CLAIM, layout.LARGE_CLASS, to - from, head + from)
  } else if (to < from) {
    memory.i32[recordWord(memory, head, layout.RECORD_RUN_SPAN_COUNT)] = to
    freeSpans(memory, head + to, from - to)
    emit(memory, slot, EVENT_RETURN, layout.LARGE_CLASS, from - to, head + to)
  }
  countSpans(memory, slot, layout.LARGE_CLASS, to - from)
  return true
}

/** Hands a run over to slot `to`: the head's map word first, where an adopter reads the owner. */
export function handOverRun(memory: ArenaMemory, head: SpanIndex, to: SlotIndex): void {
  const from = ownerOf(memory, head)
  const spanCount = runSpanCountOf(memory, head)
  const map = spanMapWord(memory, head)
  for (let i = 0; i < spanCount; i++) {
    const word = memory.i32[map + i]
    Atomics.store(memory.i32, map + i, (word & ~OWNER_MASK) | ((to + 1) << layout.MAP_OWNER_SHIFT))
  }
  countRun(memory, from, head, -1)
  countRun(memory, to, head, 1)
  // A thread that set a freed bit just before has set the flag of the former owner only.
  if (Atomics.load(memory.i32, recordWord(memory, head, layout.RECORD_HAS_FREED_BITS)) !== 0) {
    Atomics.store(memory.i32, slotWord(memory, to, layout.SLOT_HAS_FREED_BITS), 1)
  }
  const classIndex = classOf(memory, head)
  emit(memory, from, EVENT_RETURN, classIndex, spanCount, head)
  emit(memory, to, EVENT_CLAIM, classIndex, spanCount, head)
}

/** Gives a run back, and returns its span count. Its head becomes `claimed` first, free last. */
export function releaseRun(memory: ArenaMemory, head: SpanIndex): number {
  const slot = ownerOf(memory, head)
  const spanCount = runSpanCountOf(memory, head)
  const classIndex = classOf(memory, head)
  if (classIndex !== layout.LARGE_CLASS) checkEmpty(memory, head, spanCount)
  countRun(memory, slot, head, -1)
  Atomics.store(memory.i32, spanMapWord(memory, head), mapWord(layout.SPAN_CLAIMED, slot, 0, 0))
  freeSpans(memory, head, spanCount)
  emit(memory, slot, EVENT_RETURN, classIndex, spanCount, head)
  return spanCount
}

/** @throws ArenaError 'corrupt' if a block of a run is live, although all its blocks are parked */
function checkEmpty(memory: ArenaMemory, head: SpanIndex, spanCount: number): void {
  const { i32 } = memory
  const first = liveWord(memory, spanStart(memory, head))
  const end = first + spanCount * layout.SPAN_BIT_WORD_COUNT
  let live = recordAt(memory, head, layout.RECORD_UNMARKED_COUNT)
  for (let word = first; word < end; word++) live |= i32[word]
  if (live !== 0) throw wrongLink(`parked blocks of span ${head}`, 'a live block')
}

/** Adds a run to a slot's counts for the run's class, or subtracts it if `sign` is -1. */
export function countRun(
  memory: ArenaMemory,
  slot: SlotIndex,
  head: SpanIndex,
  sign: 1 | -1,
): void {
  const classIndex = classOf(memory, head)
  countSpans(memory, slot, classIndex, sign * runSpanCountOf(memory, head))
  addToSlot(memory, slot, layout.SLOT_ROOM + classIndex, sign * capacityOf(memory, head))
  const carvedCount = recordAt(memory, head, layout.RECORD_CARVED_COUNT)
  addToSlot(memory, slot, layout.SLOT_CARVED + classIndex, sign * carvedCount)
}
