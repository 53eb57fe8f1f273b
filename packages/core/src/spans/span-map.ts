/*
 * Room spans: which slot owns which spans, and which spans have room; opening and closing slots.
 * Invariant: the span map alone says which slot owns a span; every free block is on one list.
 */
import { corrupt } from '../base/errors.ts'
import * as layout from '../base/layout.ts'
import type { ClassIndex, SlotIndex, SpanIndex } from '../base/units.ts'
/*
 * This file: the words of the span map, how runs of spans are claimed and given back, and the
 * touched map.
 *
 * Any thread may claim spans at any time. So the word of a free span changes by compare-and-swap
 * only, to `claimed` and the claimer's slot. A thread that dies half-way leaves claimed spans, or
 * tails beyond the span count in the head's record. These name its slot: its adopter frees them.
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

/** How often a claim is tried: each time, another thread may take one of the spans first. */
const MAX_ATTEMPTS = 8

export const OWNER_MASK = 0xff << layout.MAP_OWNER_SHIFT

export const mapWord = (state: number, owner: number, classIndex: number, position: number) =>
  classIndex |
  ((owner + 1) << layout.MAP_OWNER_SHIFT) |
  (state << layout.MAP_STATE_SHIFT) |
  (position << layout.MAP_POSITION_SHIFT)

export const CONTROL_SPAN_WORD = mapWord(layout.SPAN_CONTROL, -1, 0, 0)
/** The map word of the head of a slot's run of size class 0; add the index of another class. */
export const headPattern = (slot: SlotIndex) => mapWord(layout.SPAN_HEAD, slot, 0, 0)

export const stateInMap = (word: number) => (word >>> layout.MAP_STATE_SHIFT) & 0xf
export const classInMap = (word: number): ClassIndex => (word & 0xff) as ClassIndex
/** The slot that owns the span, or -1. */
export const ownerInMap = (word: number): SlotIndex =>
  (((word >>> layout.MAP_OWNER_SHIFT) & 0xff) - 1) as SlotIndex
export const positionInMap = (word: number) =>
  (word >>> layout.MAP_POSITION_SHIFT) & layout.MAX_POSITION
/** Whether a span has the map word `word`, that of a head, with the draining bit or without it. */
export const isHeadWith = (memory: ArenaMemory, span: SpanIndex, word: number) =>
  (mapAt(memory, span) & ~layout.MAP_DRAINING) === word
export const isDraining = (word: number) => (word & layout.MAP_DRAINING) !== 0

/** Claims the lowest run of `spanCount` free spans, and returns its head; 0 if there is none. */
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

/** Index of the first of `spanCount` adjacent free spans at or after `from`, or 0. */
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

/** Claims all of these spans, or claims none and returns false. */
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

/** Adds to a slot's counts of owned spans, for a class and in all, and keeps its peak. */
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

/** Raises a word to a value, unless it is higher already. Other threads may raise it meanwhile. */
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
    if (mapAt(memory, span as SpanIndex) === layout.SPAN_FREE) free++
  }
  return free
}

/** The head of the run of a size class that a span is in. @throws ArenaError 'corrupt' if none */
export function headOf(memory: ArenaMemory, span: SpanIndex): SpanIndex {
  const position = positionInMap(mapAt(memory, span))
  const head = span - position
  if (head >= memory.controlSpanCount) return head as SpanIndex
  throw corrupt(`span ${span} is tail ${position} of no run`)
}

/*
 * The touched map says how many bytes from the start of each span may be touched; all others are 0.
 * All bytes of a size class's run are touched from its publication on. Those of a large block are
 * touched when `alloc` returns, or, after `reserve`, when the holder calls `pool.touch` for them.
 */

export function touchSpans(memory: ArenaMemory, first: SpanIndex, spanCount: number): void {
  const word = touchedWord(memory, first)
  memory.i32.fill(layout.SPAN_BYTE_LENGTH, word, word + spanCount)
}

/** Counts bytes from `offset` to `byteEnd` as touched, before any thread writes them. */
export function touchBytes(memory: ArenaMemory, offset: number, byteEnd: number): void {
  const first = spanOf(memory, offset)
  const last = spanOf(memory, byteEnd)
  touchSpans(memory, first, last - first)
  const rest = byteEnd - spanStart(memory, last)
  // Other threads may raise this word at once. To the words before it, all write the same value.
  if (rest > 0) atomicMax(memory, touchedWord(memory, last), rest)
}

/** Zeroes spans, and counts them as untouched. Only the thread that claimed them may call it. */
export function clearSpans(memory: ArenaMemory, first: SpanIndex, spanCount: number): void {
  const { i32, u8 } = memory.views
  const words = touchedWord(memory, first)
  for (let i = 0; i < spanCount; i++) {
    // If this word was overwritten, it must not lead to other blocks.
    const touched = Math.min(i32[words + i] >>> 0, layout.SPAN_BYTE_LENGTH)
    if (touched === 0) continue
    const start = spanStart(memory, (first + i) as SpanIndex)
    u8.fill(0, start, start + touched)
    i32[words + i] = 0
  }
}
