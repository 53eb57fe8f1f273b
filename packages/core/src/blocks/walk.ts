/** Walks the heap by the span map, the live bits and the headers, trusting no list. */
import { corrupt } from '../base/errors.ts'
import {
  FIRST_PAYLOAD,
  LARGE_CLASS,
  RECORD_CARVED_COUNT,
  RECORD_UNMARKED_COUNT,
  SPAN_HEAD,
  SPAN_LARGE,
} from '../base/layout.ts'
import {
  asPayloadOffset,
  asSlotIndex,
  asSpanIndex,
  type ClassIndex,
  type PayloadOffset,
  type SlotIndex,
  type SpanIndex,
} from '../base/units.ts'
import { internalPattern, plainPattern, STATE_AND_TAG, shiftedPattern } from '../memory/header.ts'
import type { ArenaMemory } from '../memory/memory.ts'
import { capacityOf } from '../spans/runs.ts'
import { classInMap, ownerInMap, stateInMap } from '../spans/span-map.ts'
import { headerWordAt, roomOfBlock, secondWordAt } from './lookup.ts'

/**
 * Calls `visit` for the first span of every run in use, in ascending order.
 * @throws ArenaError 'corrupt' where a run has a class or an owner that there is not
 */
export function forEachRun(
  memory: ArenaMemory,
  visit: (head: SpanIndex, classIndex: ClassIndex, owner: SlotIndex) => void,
): void {
  for (let index = memory.controlSpanCount; index < memory.spanCount; index++) {
    const span = asSpanIndex(index)
    const word = memory.i32[memory.mapWord(span)]
    const state = stateInMap(word)
    if (state !== SPAN_HEAD && state !== SPAN_LARGE) continue
    const classIndex = classInMap(word)
    const owner = ownerInMap(word)
    const isClass =
      state === SPAN_LARGE ? classIndex === LARGE_CLASS : classIndex < memory.classes.count
    if (!isClass || owner < 0 || owner >= memory.slotCount) {
      throw corrupt(`the run at span ${index} has class ${classIndex} and slot ${owner}`)
    }
    visit(span, classIndex, asSlotIndex(owner))
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

/**
 * Calls `visit` for every live block of a run: with its start, and with the offset that its holder knows
 * it by. Headers are read of those blocks only that may be live without a live bit.
 */
export function forEachLiveIn(
  memory: ArenaMemory,
  head: SpanIndex,
  visit: (block: PayloadOffset, offset: PayloadOffset) => void,
): void {
  const isLarge = classInMap(memory.i32[memory.mapWord(head)]) === LARGE_CLASS
  const unmarkedCount = memory.i32[memory.recordWord(head, RECORD_UNMARKED_COUNT)]
  const mayBeUnmarked = isLarge || unmarkedCount !== 0
  forEachBlockIn(memory, head, (block) => {
    if (memory.hasLiveBit(block)) visit(block, block)
    else if (mayBeUnmarked) {
      const offset = unmarkedOffset(memory, block, isLarge)
      if (offset !== 0) visit(block, offset)
    }
  })
}

/** By its headers: what the holder of a block without a live bit knows it by; 0 when it is free. */
export function unmarkedOffset(
  memory: ArenaMemory,
  block: PayloadOffset,
  isLarge: boolean,
): PayloadOffset {
  const state = headerWordAt(memory, block) & STATE_AND_TAG
  const isPlain = state === plainPattern(memory.tag)
  if (state === internalPattern(memory.tag) || (isPlain && isLarge)) return block
  if (state !== shiftedPattern(memory.tag)) return asPayloadOffset(0)
  const offset = secondWordAt(memory, block)
  const isInside = offset > block && offset <= block + roomOfBlock(memory, block)
  const isLive =
    isInside && (headerWordAt(memory, offset) & STATE_AND_TAG) === plainPattern(memory.tag)
  return asPayloadOffset(isLive ? offset : 0)
}
