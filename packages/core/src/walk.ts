/** Walks the heap by the span map and the headers, trusting no list. */
import { livePattern, STATE_AND_TAG, shiftedPattern } from './header.ts'
import { FIRST_PAYLOAD, LARGE_CLASS, RECORD_CARVED_COUNT, SPAN_HEAD, SPAN_LARGE } from './layout.ts'
import { headerWordAt, secondWordAt } from './lookup.ts'
import type { ArenaMemory } from './memory.ts'
import { capacityOf } from './runs.ts'
import { classInMap, ownerInMap, stateInMap } from './span-map.ts'
import {
  asPayloadOffset,
  asSlotIndex,
  asSpanIndex,
  type ClassIndex,
  type PayloadOffset,
  type SlotIndex,
  type SpanIndex,
} from './units.ts'

/** Calls `visit` for the first span of every run in use, in ascending order. */
export function forEachRun(
  memory: ArenaMemory,
  visit: (head: SpanIndex, classIndex: ClassIndex, owner: SlotIndex) => void,
): void {
  for (let index = memory.controlSpanCount; index < memory.spanCount; index++) {
    const span = asSpanIndex(index)
    const word = memory.i32[memory.mapWord(span)]
    const state = stateInMap(word)
    if (state === SPAN_HEAD || state === SPAN_LARGE) {
      visit(span, classInMap(word), asSlotIndex(ownerInMap(word)))
    }
  }
}

/** Calls `visit` with the start of every carved block of a run. */
export function forEachBlockIn(
  memory: ArenaMemory,
  head: SpanIndex,
  visit: (block: PayloadOffset) => void,
): void {
  const classIndex = classInMap(memory.i32[memory.mapWord(head)])
  const isLarge = classIndex === LARGE_CLASS
  const stride = isLarge ? 0 : memory.classes.strides[classIndex]
  const capacity = isLarge ? 1 : capacityOf(memory, head, classIndex)
  const carvedCount = memory.i32[memory.recordWord(head, RECORD_CARVED_COUNT)]
  const first = memory.spanStart(head) + FIRST_PAYLOAD
  // A damaged count must not lead out of the run: verify tells of it.
  for (let i = 0; i < Math.min(carvedCount, capacity); i++)
    visit(asPayloadOffset(first + i * stride))
}

/** What the holder of the block that begins at `block` knows it by; 0 when the block is not live. */
export function heldOffset(memory: ArenaMemory, block: PayloadOffset): PayloadOffset {
  const state = headerWordAt(memory, block) & STATE_AND_TAG
  if (state === livePattern(memory.tag)) return block
  return asPayloadOffset(state === shiftedPattern(memory.tag) ? secondWordAt(memory, block) : 0)
}
