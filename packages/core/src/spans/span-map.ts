/**
 * Who owns which span: the words of the span map, and how runs of spans are claimed and given back.
 *
 * Any thread may claim at any time, so a word leaves `free` by compare-and-swap only, to `claimed`,
 * which names the claimer. A thread that dies half-way leaves claimed spans, or tails beyond what the
 * head's record says; both name its slot, so whoever adopts it can find and release them.
 */
import { corrupt } from '../base/errors.ts'
import {
  CONTROL_FIRST_FREE_SPAN,
  CONTROL_PEAK_SPAN_COUNT,
  MAP_DRAINING,
  MAP_OWNER_SHIFT,
  MAP_POSITION_SHIFT,
  MAP_STATE_SHIFT,
  MAX_POSITION,
  SLOT_OWNED_SPANS,
  SLOT_PEAK_OWNED_SPANS,
  SPAN_CLAIMED,
  SPAN_CONTROL,
  SPAN_FREE,
  SPAN_HEAD,
} from '../base/layout.ts'
import {
  asClassIndex,
  asSlotIndex,
  asSpanIndex,
  type ClassIndex,
  type SlotIndex,
  type SpanIndex,
} from '../base/units.ts'
import type { ArenaMemory } from '../memory/memory.ts'

/** How often a claim starts again because a rival took a span from under it. */
const MAX_ATTEMPTS = 8

export const OWNER_MASK = 0xff << MAP_OWNER_SHIFT

export const mapWord = (state: number, owner: number, classIndex: number, position: number) =>
  classIndex |
  ((owner + 1) << MAP_OWNER_SHIFT) |
  (state << MAP_STATE_SHIFT) |
  (position << MAP_POSITION_SHIFT)

/** The map word of a control span. */
export const CONTROL_SPAN_WORD = mapWord(SPAN_CONTROL, -1, 0, 0)
/** The map word of the first span of a slot's run of blocks of class 0; OR the class in. */
export const headPattern = (slot: SlotIndex) => mapWord(SPAN_HEAD, slot, 0, 0)

export const stateInMap = (word: number) => (word >>> MAP_STATE_SHIFT) & 0xf
export const classInMap = (word: number): ClassIndex => asClassIndex(word & 0xff)
/** Index of the owner's slot, or -1. */
export const ownerInMap = (word: number): SlotIndex =>
  asSlotIndex(((word >>> MAP_OWNER_SHIFT) & 0xff) - 1)
export const positionInMap = (word: number) => (word >>> MAP_POSITION_SHIFT) & MAX_POSITION
/** Whether a span begins a run of the slot and class, draining or not. */
export const isHeadOf = (
  memory: ArenaMemory,
  span: SpanIndex,
  slot: SlotIndex,
  classIndex: ClassIndex,
) => (memory.i32[memory.mapWord(span)] & ~MAP_DRAINING) === (headPattern(slot) | classIndex)
export const isDraining = (word: number) => (word & MAP_DRAINING) !== 0

/** Claims the lowest run of so many free spans; 0 when there is none (span 0 is control). */
export function claimRun(memory: ArenaMemory, slot: SlotIndex, spanCount: number): SpanIndex {
  const hint = memory.controlWord(CONTROL_FIRST_FREE_SPAN)
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const from = Math.max(memory.i32[hint], memory.controlSpanCount)
    const head =
      findFreeRun(memory, from, spanCount) ||
      findFreeRun(memory, memory.controlSpanCount, spanCount) // races may leave the hint too high
    if (head === 0) return asSpanIndex(0)
    if (claimSpans(memory, slot, head, spanCount)) {
      if (spanCount === 1) memory.i32[hint] = head + 1
      return asSpanIndex(head)
    }
  }
  return asSpanIndex(0)
}

/** Claims the spans behind a run, so that it can grow in place. */
export function claimBehind(
  memory: ArenaMemory,
  slot: SlotIndex,
  span: number,
  spanCount: number,
): boolean {
  if (span + spanCount > memory.spanCount) return false
  return claimSpans(memory, slot, span, spanCount)
}

/** Index of the first of `spanCount` adjacent free spans at or after `from`, or 0. */
function findFreeRun(memory: ArenaMemory, from: number, spanCount: number): number {
  const { i32 } = memory
  const map = memory.mapWord(asSpanIndex(0))
  let found = 0
  for (let span = from; span < memory.spanCount; span++) {
    found = i32[map + span] === SPAN_FREE ? found + 1 : 0
    if (found === spanCount) return span - spanCount + 1
  }
  return 0
}

/** All of them or none. */
function claimSpans(
  memory: ArenaMemory,
  slot: SlotIndex,
  first: number,
  spanCount: number,
): boolean {
  const { i32 } = memory
  const map = memory.mapWord(asSpanIndex(first))
  const claimed = mapWord(SPAN_CLAIMED, slot, 0, 0)
  for (let i = 0; i < spanCount; i++) {
    if (Atomics.compareExchange(i32, map + i, SPAN_FREE, claimed) !== SPAN_FREE) {
      while (--i >= 0) Atomics.store(i32, map + i, SPAN_FREE)
      return false
    }
  }
  countOwned(memory, slot, spanCount)
  atomicMax(memory, memory.controlWord(CONTROL_PEAK_SPAN_COUNT), first + spanCount)
  return true
}

/** Frees a span that belongs to no run. */
export function freeSpan(memory: ArenaMemory, span: SpanIndex): void {
  Atomics.store(memory.i32, memory.mapWord(span), SPAN_FREE)
  const hint = memory.controlWord(CONTROL_FIRST_FREE_SPAN)
  if (span < memory.i32[hint]) memory.i32[hint] = span
}

/** Frees spans that were a run, or its end. */
export function releaseSpans(
  memory: ArenaMemory,
  slot: SlotIndex,
  first: number,
  spanCount: number,
): void {
  const { i32 } = memory
  const map = memory.mapWord(asSpanIndex(first))
  for (let i = spanCount - 1; i >= 0; i--) Atomics.store(i32, map + i, SPAN_FREE)
  const hint = memory.controlWord(CONTROL_FIRST_FREE_SPAN)
  if (first < i32[hint]) i32[hint] = first
  countOwned(memory, slot, -spanCount)
}

/** Counts spans to a slot, or with a negative number off it. */
export function countOwned(memory: ArenaMemory, slot: SlotIndex, spanCount: number): void {
  const owned = memory.slotWord(slot, SLOT_OWNED_SPANS)
  const peak = memory.slotWord(slot, SLOT_PEAK_OWNED_SPANS)
  memory.i32[owned] += spanCount
  if (memory.i32[owned] > memory.i32[peak]) memory.i32[peak] = memory.i32[owned]
}

/** Sets a word that other threads raise too to a value, unless it is higher already. */
export function atomicMax(memory: ArenaMemory, word: number, value: number): void {
  let seen = memory.i32[word]
  while (seen < value) {
    const before = Atomics.compareExchange(memory.i32, word, seen, value)
    if (before === seen) return
    seen = before
  }
}

/** How many spans nobody has. */
export function countFreeSpans(memory: ArenaMemory): number {
  const map = memory.mapWord(asSpanIndex(0))
  let free = 0
  for (let span = 0; span < memory.spanCount; span++) {
    if (memory.i32[map + span] === SPAN_FREE) free++
  }
  return free
}

/**
 * The first span of the run that a span of a size class belongs to.
 * @throws ArenaError 'corrupt' instead of leading out of the arena
 */
export function headOf(memory: ArenaMemory, span: SpanIndex): SpanIndex {
  const position = positionInMap(memory.i32[memory.mapWord(span)])
  const head = span - position
  if (head >= memory.controlSpanCount) return asSpanIndex(head)
  throw corrupt(`span ${span} says that it is the tail number ${position} of a run`)
}
