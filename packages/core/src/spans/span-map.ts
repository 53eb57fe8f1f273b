/*
 * Room spans: records which slot owns which spans, and which spans have room for more blocks. It
 * also opens and closes slots.
 * Invariant: only the span map says which slot owns a span. Every free block is on exactly one
 * list.
 */
import { corrupt } from '../base/errors.ts'
import * as layout from '../base/layout.ts'
import type { ClassIndex, SlotIndex, SpanIndex } from '../base/units.ts'
/*
 * This file reads and writes the words of the span map, claims and frees spans, and keeps the
 * touched map.
 *
 * Any thread may claim spans at any time. So the word of a free span changes only by
 * compare-and-swap: to `claimed`, with the claimer's slot. If a thread dies before it has finished,
 * it leaves claimed spans, or tails beyond the span count in the head's record. These words name
 * the slot of the dead thread. So the adopter of this slot frees the spans.
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

/**
 * How often `claimRun` tries. Each attempt can fail, because another thread may claim one of the
 * spans first.
 */
const MAX_ATTEMPTS = 8

/** Masks the owner in a map word. */
export const OWNER_MASK = 0xff << layout.MAP_OWNER_SHIFT

/**
 * Returns a word for the span map.
 * @param state a `SPAN_` constant
 * @param owner the slot that owns the span; -1 for none
 * @param position the distance in spans from the head of the run
 */
export const mapWord = (state: number, owner: number, classIndex: number, position: number) =>
  classIndex |
  ((owner + 1) << layout.MAP_OWNER_SHIFT) |
  (state << layout.MAP_STATE_SHIFT) |
  (position << layout.MAP_POSITION_SHIFT)

/** The map word of a span of the control area. */
export const CONTROL_SPAN_WORD = mapWord(layout.SPAN_CONTROL, -1, 0, 0)
/** Returns the map word of the head of a run of size class 0. For another class, add its index. */
export const headPattern = (slot: SlotIndex) => mapWord(layout.SPAN_HEAD, slot, 0, 0)

/** Returns the state in a map word: a `SPAN_` constant. */
export const stateInMap = (word: number) => (word >>> layout.MAP_STATE_SHIFT) & 0xf
/** Returns the class in a map word. */
export const classInMap = (word: number): ClassIndex => (word & 0xff) as ClassIndex
/** Returns the slot in a map word, or -1 if no slot owns the span. */
export const ownerInMap = (word: number): SlotIndex =>
  (((word >>> layout.MAP_OWNER_SHIFT) & 0xff) - 1) as SlotIndex
/** Returns the position in a map word: the distance in spans from the head of the run. */
export const positionInMap = (word: number) =>
  (word >>> layout.MAP_POSITION_SHIFT) & layout.MAX_POSITION
/**
 * `word` is the map word of a head. Returns true if the span has this word. Ignores the draining
 * bit.
 */
export const isHeadWith = (memory: ArenaMemory, span: SpanIndex, word: number) =>
  (mapAt(memory, span) & ~layout.MAP_DRAINING) === word
/** Returns true if a map word has the draining bit. */
export const isDraining = (word: number) => (word & layout.MAP_DRAINING) !== 0

/**
 * Claims the lowest `spanCount` adjacent free spans, and returns the first one. Returns 0 if there
 * are not enough.
 * @param slot the slot that claims the spans
 */
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
    return head as SpanIndex
  }
  return 0 as SpanIndex
}

/**
 * Returns the first of `spanCount` adjacent free spans. The search begins at span `from`. Returns 0
 * if there are none.
 */
function findFreeRun(memory: ArenaMemory, from: number, spanCount: number): number {
  const { i32 } = memory
  const map = spanMapWord(memory, 0 as SpanIndex)
  let found = 0
  for (let span = from; span < memory.spanCount; span++) {
    found = i32[map + span] === layout.SPAN_FREE ? found + 1 : 0
    if (found === spanCount) return span - spanCount + 1
  }
  return 0
}

/**
 * Claims `spanCount` adjacent spans for a slot. If one of them is not free, claims none, and
 * returns false.
 */
export function claimSpans(
  memory: ArenaMemory,
  slot: SlotIndex,
  first: number,
  spanCount: number,
): boolean {
  const { i32 } = memory
  if (first + spanCount > memory.spanCount) return false
  const map = spanMapWord(memory, first as SpanIndex)
  const claimed = mapWord(layout.SPAN_CLAIMED, slot, 0, 0)
  for (let i = 0; i < spanCount; i++) {
    if (Atomics.compareExchange(i32, map + i, layout.SPAN_FREE, claimed) !== layout.SPAN_FREE) {
      while (--i >= 0) Atomics.store(i32, map + i, layout.SPAN_FREE)
      return false
    }
  }
  atomicMax(memory, controlWord(memory, layout.CONTROL_PEAK_SPAN_COUNT), first + spanCount)
  return true
}

/** Frees spans that belong to no run. */
export function freeSpans(memory: ArenaMemory, first: number, spanCount: number): void {
  const { i32 } = memory
  const map = spanMapWord(memory, first as SpanIndex)
  for (let i = spanCount - 1; i >= 0; i--) Atomics.store(i32, map + i, layout.SPAN_FREE)
  const hint = controlWord(memory, layout.CONTROL_FIRST_FREE_SPAN)
  if (first < i32[hint]) i32[hint] = first
}

/**
 * Adds `spanCount` to a slot's counts of owned spans: the count of the class, the total, and the
 * peak of the total. `spanCount` may be negative.
 */
export function countSpans(
  memory: ArenaMemory,
  slot: SlotIndex,
  classIndex: number,
  spanCount: number,
): void {
  addToSlot(memory, slot, layout.SLOT_SPANS + classIndex, spanCount)
  addToSlot(memory, slot, layout.SLOT_OWNED_SPANS, spanCount)
  const risenBy =
    slotAt(memory, slot, layout.SLOT_OWNED_SPANS) -
    slotAt(memory, slot, layout.SLOT_PEAK_OWNED_SPANS)
  if (risenBy > 0) addToSlot(memory, slot, layout.SLOT_PEAK_OWNED_SPANS, risenBy)
}

/**
 * Raises a word to `value`, unless the word is that high already. Other threads may raise the word
 * at the same time.
 */
export function atomicMax(memory: ArenaMemory, word: number, value: number): void {
  const { i32 } = memory
  let seen = i32[word]
  while (seen < value) {
    const before = Atomics.compareExchange(i32, word, seen, value)
    if (before === seen) return
    seen = before
  }
}

/** Returns how many spans of the arena are free. */
export function countFreeSpans(memory: ArenaMemory): number {
  let free = 0
  for (let span = 0; span < memory.spanCount; span++) {
    if (mapAt(memory, span as SpanIndex) === layout.SPAN_FREE) free++
  }
  return free
}

/**
 * Returns the head of the run that contains a span. The run must be of a size class.
 * @throws ArenaError 'corrupt' if the span is in no run
 */
export function headOf(memory: ArenaMemory, span: SpanIndex): SpanIndex {
  const position = positionInMap(mapAt(memory, span))
  const head = span - position
  if (head >= memory.controlSpanCount) return head as SpanIndex
  throw corrupt(`span ${span} is tail ${position} of no run`)
}

/*
 * The touched map says how many bytes from the start of each span may be touched. All other bytes
 * of the span are 0. In a run of a size class, all bytes count as touched once the run is
 * published. In a large block, all bytes count as touched when `alloc` returns. After `reserve`, a
 * byte counts as touched only after the user has called `pool.touch` for it.
 */

/** Counts all bytes of `spanCount` spans as touched. */
export function touchSpans(memory: ArenaMemory, first: SpanIndex, spanCount: number): void {
  const word = touchedWord(memory, first)
  memory.i32.fill(layout.SPAN_BYTE_LENGTH, word, word + spanCount)
}

/**
 * Counts the bytes from `offset` to `byteEnd` as touched. The call must come before any thread
 * writes to these bytes.
 */
export function touchBytes(memory: ArenaMemory, offset: number, byteEnd: number): void {
  const first = spanOf(memory, offset)
  const last = spanOf(memory, byteEnd)
  touchSpans(memory, first, last - first)
  const rest = byteEnd - spanStart(memory, last)
  // Other threads may raise this word at the same time. To the words before it, all threads write
  // the same value.
  if (rest > 0) atomicMax(memory, touchedWord(memory, last), rest)
}

/**
 * Fills spans with zeros, and counts their bytes as untouched. Only the thread that claimed the
 * spans may call it.
 */
export function clearSpans(memory: ArenaMemory, first: SpanIndex, spanCount: number): void {
  const { i32, u8 } = memory.views
  const words = touchedWord(memory, first)
  for (let i = 0; i < spanCount; i++) {
    // The word may have been overwritten. The limit keeps `fill` within the span.
    const touched = Math.min(i32[words + i] >>> 0, layout.SPAN_BYTE_LENGTH)
    if (touched === 0) continue
    const start = spanStart(memory, (first + i) as SpanIndex)
    u8.fill(0, start, start + touched)
    i32[words + i] = 0
  }
}
