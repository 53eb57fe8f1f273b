/**
 * Walks over runs and blocks. It reads the span map, the live bits and the headers, but no lists.
 */
import { wrongRun } from '../base/errors.ts'
import * as layout from '../base/layout.ts'
import type { ClassIndex, PayloadOffset, SlotIndex, SpanIndex } from '../base/units.ts'
import { BLOCK_INTERNAL, BLOCK_PLAIN, BLOCK_SHIFTED } from '../memory/block-header.ts'
import {
  type ArenaMemory,
  hasLiveBit,
  mapAt,
  recordAt,
  secondWordAt,
  spanStart,
  stateAt,
} from '../memory/memory.ts'
import { capacityOf, classOf, ownerOf } from '../spans/runs.ts'
import { classInMap, stateInMap } from '../spans/span-map.ts'
import { roomOfBlock } from './check-offset.ts'

/**
 * Calls `visit` for every run, in ascending order, with its first span, its class and its owner.
 * @throws ArenaError 'corrupt' if a run has a class or an owner that does not exist
 */
export function forEachRun(
  memory: ArenaMemory,
  visit: (head: SpanIndex, classIndex: ClassIndex, owner: SlotIndex) => void,
): void {
  for (let index = memory.controlSpanCount; index < memory.spanCount; index++) {
    const span = index as SpanIndex
    const word = mapAt(memory, span)
    const state = stateInMap(word)
    if (state !== layout.SPAN_HEAD && state !== layout.SPAN_LARGE) continue
    const classIndex = classInMap(word)
    const isClass =
      state === layout.SPAN_LARGE
        ? classIndex === layout.LARGE_CLASS
        : classIndex < memory.classCount
    if (!isClass) throw wrongRun(span, `class ${classIndex}`)
    visit(span, classIndex, ownerOf(memory, span))
  }
}

/** Calls `visit` with the start of every carved block of a run. */
export function forEachBlockIn(
  memory: ArenaMemory,
  head: SpanIndex,
  visit: (block: PayloadOffset) => void,
): void {
  const classIndex = classOf(memory, head)
  const stride = memory.strides[classIndex] ?? 0 // a large block is alone in its run
  const first = spanStart(memory, head) + layout.FIRST_PAYLOAD
  // If the count is damaged, the walk must not leave the run. `verify` reports such a count.
  const blockCount = Math.min(
    recordAt(memory, head, layout.RECORD_CARVED_COUNT),
    capacityOf(memory, head),
  )
  for (let i = 0; i < blockCount; i++) visit((first + i * stride) as PayloadOffset)
}

/**
 * Calls `visit` for every live block of a run, with the start of the block, and with the offset
 * that `alloc` returned for it. Reads a header only if the block may be live without a live bit.
 */
export function forEachLiveIn(
  memory: ArenaMemory,
  head: SpanIndex,
  visit: (block: PayloadOffset, offset: PayloadOffset) => void,
): void {
  const isLarge = classOf(memory, head) === layout.LARGE_CLASS
  const mayBeUnmarked = isLarge || recordAt(memory, head, layout.RECORD_UNMARKED_COUNT) !== 0
  forEachBlockIn(memory, head, (block) => {
    if (hasLiveBit(memory, block)) visit(block, block)
    else if (mayBeUnmarked) {
      const offset = unmarkedOffset(memory, block, isLarge)
      if (offset !== 0) visit(block, offset)
    }
  })
}

/**
 * Returns the offset that `alloc` returned for a block without a live bit. Returns 0 if the block
 * is free.
 * @param block the start of the block
 * @param isLarge whether the block is a large block
 */
export function unmarkedOffset(
  memory: ArenaMemory,
  block: PayloadOffset,
  isLarge: boolean,
): PayloadOffset {
  const state = stateAt(memory, block)
  if (state === BLOCK_INTERNAL || (isLarge && state === BLOCK_PLAIN)) return block
  if (state !== BLOCK_SHIFTED) return 0 as PayloadOffset
  const offset = secondWordAt(memory, block)
  const isInside = offset > block && offset <= block + roomOfBlock(memory, block)
  const isLive = isInside && stateAt(memory, offset) === BLOCK_PLAIN
  return (isLive ? offset : 0) as PayloadOffset
}
