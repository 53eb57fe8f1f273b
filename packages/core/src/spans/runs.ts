/**
 * Publishes, resizes and releases runs of spans. A run holds blocks of one size class, or one large
 * block.
 */
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

/** Returns the slot that owns a run. @throws ArenaError 'corrupt' if the slot does not exist */
export function ownerOf(memory: ArenaMemory, head: SpanIndex): SlotIndex {
  const owner = ownerInMap(mapAt(memory, head))
  if (owner >= 0 && owner < memory.slotCount) return owner
  throw wrongRun(head, `owner ${owner}`)
}

/** Returns the class of a run, as its map word says. */
export const classOf = (memory: ArenaMemory, head: SpanIndex): ClassIndex =>
  classInMap(mapAt(memory, head))

/**
 * Returns how many spans a run has.
 * @throws ArenaError 'corrupt' if the run would not fit into the arena
 */
export function runSpanCountOf(memory: ArenaMemory, head: SpanIndex): number {
  const spanCount = recordAt(memory, head, layout.RECORD_RUN_SPAN_COUNT)
  if (spanCount >= 1 && spanCount <= memory.spanCount - head) return spanCount
  throw wrongRun(head, `${spanCount} spans`)
}

/** Returns how many blocks fit into a run. */
export function capacityOf(memory: ArenaMemory, head: SpanIndex): number {
  const classIndex = classOf(memory, head)
  if (classIndex === layout.LARGE_CLASS) return 1
  return capacityFor(memory, classIndex, runSpanCountOf(memory, head))
}

/**
 * Makes a run of claimed spans, with a new record. In a run of a size class, no block is carved
 * yet, and all bytes count as touched. A run of a large block has one block. Other threads see the
 * run as soon as the map word of its head is written.
 * @param slot the slot that has claimed the spans, and owns the run
 * @param classIndex the class of the run, or `LARGE_CLASS`
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
  // Double frees may have left freed bits. In the run of a large block, only the first span has
  // freed bits.
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

/**
 * Sets the length of a run to `to` spans, and makes its spans from position `from` on tails.
 * @param from the position of the first new tail. The head is at position 0
 * @param to the new span count of the run
 */
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
    // A tail leads to its head only in a run of a size class. Such a run is shorter than
    // MAX_POSITION.
    const word = mapWord(layout.SPAN_TAIL, slot, classIndex, Math.min(i, layout.MAX_POSITION))
    Atomics.store(memory.i32, map + i, word)
  }
  memory.i32[recordWord(memory, head, layout.RECORD_RUN_SPAN_COUNT)] = to
}

/**
 * Resizes the run of a large block to `to` spans. Returns false if the run cannot grow because the
 * spans behind it are not free.
 */
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

/**
 * Hands a run over to slot `to`. The map word of the head changes first, because an adopter reads
 * the owner there.
 */
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
  // If a thread set a freed bit just before, it has set only the flag of the former owner.
  if (Atomics.load(memory.i32, recordWord(memory, head, layout.RECORD_HAS_FREED_BITS)) !== 0) {
    Atomics.store(memory.i32, slotWord(memory, to, layout.SLOT_HAS_FREED_BITS), 1)
  }
  const classIndex = classOf(memory, head)
  emit(memory, from, EVENT_RETURN, classIndex, spanCount, head)
  emit(memory, to, EVENT_CLAIM, classIndex, spanCount, head)
}

/**
 * Gives a run back to the arena, and returns how many spans it had. The head becomes `claimed`
 * before any other change, and is the last span to become free.
 */
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

/**
 * Throws if a block of a run is live, although all its blocks are parked.
 * @throws ArenaError 'corrupt' if there is such a block
 */
function checkEmpty(memory: ArenaMemory, head: SpanIndex, spanCount: number): void {
  const { i32 } = memory
  const first = liveWord(memory, spanStart(memory, head))
  const end = first + spanCount * layout.SPAN_BIT_WORD_COUNT
  let live = recordAt(memory, head, layout.RECORD_UNMARKED_COUNT)
  for (let word = first; word < end; word++) live |= i32[word]
  if (live !== 0) throw wrongLink(`parked blocks of span ${head}`, 'a live block')
}

/** Adds a run to a slot's counts for the class of the run. If `sign` is -1, subtracts it. */
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
