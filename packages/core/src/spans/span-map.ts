/*
 * Room spans: which slot owns which spans, and what is used of them; opening and closing slots.
 * Invariant: the span map alone says who owns a span, and every free block is on one list.
 */
import { corrupt } from '../base/errors.ts'
import * as layout from '../base/layout.ts'
import {
  asClassIndex,
  asSlotIndex,
  asSpanIndex,
  type ClassIndex,
  type SlotIndex,
  type SpanIndex,
} from '../base/units.ts'
/*
 * This file: the words of the span map, how runs of spans are claimed and given back, and the
 * touched map.
 *
 * Any thread may claim at any time, so a word leaves `free` by compare-and-swap only, to `claimed`,
 * which names the claimer. A thread that dies half-way leaves claimed spans, or tails beyond the
 * span count in the head's record. Both name its slot, so the adopter finds and releases them.
 */
import {
  type ArenaMemory,
  addToSlot,
  controlWord,
  mapAt,
  slotAt,
  spanMapWord,
  spanOf,
  spanStart,
  touchedWord,
} from '../memory/memory.ts'

/** How often a claim starts again after a rival took one of its spans. */
const MAX_ATTEMPTS = 8

export const OWNER_MASK = 0xff << layout.MAP_OWNER_SHIFT

export const mapWord = (state: number, owner: number, classIndex: number, position: number) =>
  classIndex |
  ((owner + 1) << layout.MAP_OWNER_SHIFT) |
  (state << layout.MAP_STATE_SHIFT) |
  (position << layout.MAP_POSITION_SHIFT)

/** The map word of a control span. */
export const CONTROL_SPAN_WORD = mapWord(layout.SPAN_CONTROL, -1, 0, 0)
/** The map word of the first span of a slot's run of blocks; OR the class in. */
export const headPattern = (slot: SlotIndex) => mapWord(layout.SPAN_HEAD, slot, 0, 0)

export const stateInMap = (word: number) => (word >>> layout.MAP_STATE_SHIFT) & 0xf
export const classInMap = (word: number): ClassIndex => asClassIndex(word & 0xff)
/** Index of the owner's slot, or -1. */
export const ownerInMap = (word: number): SlotIndex =>
  asSlotIndex(((word >>> layout.MAP_OWNER_SHIFT) & 0xff) - 1)
export const positionInMap = (word: number) =>
  (word >>> layout.MAP_POSITION_SHIFT) & layout.MAX_POSITION
/** Whether a span begins a run with this map word, draining or not: that of a slot and class. */
export const isHeadWith = (memory: ArenaMemory, span: SpanIndex, word: number) =>
  (mapAt(memory, span) & ~layout.MAP_DRAINING) === word
export const isDraining = (word: number) => (word & layout.MAP_DRAINING) !== 0

/** Claims the lowest run of free spans that is long enough; 0 if there is none. */
export function claimRun(memory: ArenaMemory, slot: SlotIndex, spanCount: number): SpanIndex {
  const hint = controlWord(memory, layout.CONTROL_FIRST_FREE_SPAN)
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const from = Math.max(memory.i32[hint], memory.controlSpanCount)
    const head =
      findFreeRun(memory, from, spanCount) ||
      findFreeRun(memory, memory.controlSpanCount, spanCount) // races may leave the hint too high
    if (head === 0) break
    if (!claimSpans(memory, slot, head, spanCount)) continue
    if (spanCount === 1) memory.i32[hint] = head + 1
    return asSpanIndex(head)
  }
  return asSpanIndex(0)
}

/** Index of the first of `spanCount` adjacent free spans at or after `from`, or 0. */
function findFreeRun(memory: ArenaMemory, from: number, spanCount: number): number {
  const { i32 } = memory
  const map = spanMapWord(memory, asSpanIndex(0))
  let found = 0
  for (let span = from; span < memory.spanCount; span++) {
    found = i32[map + span] === layout.SPAN_FREE ? found + 1 : 0
    if (found === spanCount) return span - spanCount + 1
  }
  return 0
}

/** Claims all of the spans, or none. */
export function claimSpans(
  memory: ArenaMemory,
  slot: SlotIndex,
  first: number,
  spanCount: number,
): boolean {
  const { i32 } = memory
  if (first + spanCount > memory.spanCount) return false
  const map = spanMapWord(memory, asSpanIndex(first))
  const claimed = mapWord(layout.SPAN_CLAIMED, slot, 0, 0)
  for (let i = 0; i < spanCount; i++) {
    if (Atomics.compareExchange(i32, map + i, layout.SPAN_FREE, claimed) !== layout.SPAN_FREE) {
      while (--i >= 0) Atomics.store(i32, map + i, layout.SPAN_FREE)
      return false
    }
  }
  countOwned(memory, slot, spanCount)
  atomicMax(memory, controlWord(memory, layout.CONTROL_PEAK_SPAN_COUNT), first + spanCount)
  return true
}

/** Frees spans that belong to no run. */
export function freeSpans(memory: ArenaMemory, first: number, spanCount: number): void {
  const { i32 } = memory
  const map = spanMapWord(memory, asSpanIndex(first))
  for (let i = spanCount - 1; i >= 0; i--) Atomics.store(i32, map + i, layout.SPAN_FREE)
  const hint = controlWord(memory, layout.CONTROL_FIRST_FREE_SPAN)
  if (first < i32[hint]) i32[hint] = first
}

/** Adds to the spans that a slot owns. */
export function countOwned(memory: ArenaMemory, slot: SlotIndex, spanCount: number): void {
  addToSlot(memory, slot, layout.SLOT_OWNED_SPANS, spanCount)
  const risenBy =
    slotAt(memory, slot, layout.SLOT_OWNED_SPANS) -
    slotAt(memory, slot, layout.SLOT_PEAK_OWNED_SPANS)
  if (risenBy > 0) addToSlot(memory, slot, layout.SLOT_PEAK_OWNED_SPANS, risenBy)
}

/** Raises a word to a value, unless it is higher already; other threads may raise it too. */
export function atomicMax(memory: ArenaMemory, word: number, value: number): void {
  const { i32 } = memory
  let seen = i32[word]
  while (seen < value) {
    const before = Atomics.compareExchange(i32, word, seen, value)
    if (before === seen) return
    seen = before
  }
}

export function countFreeSpans(memory: ArenaMemory): number {
  let free = 0
  for (let span = 0; span < memory.spanCount; span++) {
    if (mapAt(memory, asSpanIndex(span)) === layout.SPAN_FREE) free++
  }
  return free
}

/** The head of the run of a span, for size classes. @throws ArenaError 'corrupt' if it has none */
export function headOf(memory: ArenaMemory, span: SpanIndex): SpanIndex {
  const position = positionInMap(mapAt(memory, span))
  const head = span - position
  if (head >= memory.controlSpanCount) return asSpanIndex(head)
  throw corrupt(`span ${span} is tail ${position} of no run`)
}

/*
 * The touched map says how far memory was touched, span by span. All bytes behind are 0, and take
 * no page. A run of a size class is touched as a whole when it is put to use. A large block is
 * touched as its bytes are handed out: at once by `alloc`, or as its holder says by `pool.touch`.
 */

export function touchSpans(memory: ArenaMemory, first: SpanIndex, spanCount: number): void {
  const word = touchedWord(memory, first)
  memory.i32.fill(layout.SPAN_BYTE_LENGTH, word, word + spanCount)
}

/** Any thread may call it, before bytes of a block from `offset` to `byteEnd` are written. */
export function touchBytes(memory: ArenaMemory, offset: number, byteEnd: number): void {
  const first = spanOf(memory, offset)
  const last = spanOf(memory, byteEnd)
  touchSpans(memory, first, last - first)
  const rest = byteEnd - spanStart(memory, last)
  // Other threads may raise this word as well. The words before it get one value from all.
  if (rest > 0) atomicMax(memory, touchedWord(memory, last), rest)
}

/** Zeroes spans, which are untouched then. Only the thread that claimed them may call it. */
export function clearSpans(memory: ArenaMemory, first: SpanIndex, spanCount: number): void {
  const { i32, u8 } = memory.views
  const words = touchedWord(memory, first)
  for (let i = 0; i < spanCount; i++) {
    // An overwritten word must not lead to other blocks.
    const touched = Math.min(i32[words + i] >>> 0, layout.SPAN_BYTE_LENGTH)
    if (touched === 0) continue
    const start = spanStart(memory, asSpanIndex(first + i))
    u8.fill(0, start, start + touched)
    i32[words + i] = 0
  }
}
