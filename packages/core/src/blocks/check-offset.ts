/*
 * Room blocks: carves, finds, aligns, frees and walks over single blocks.
 * Invariant: an offset without a live block is refused before any memory is changed.
 *
 * This file checks the offsets that callers pass: it finds the live block at an offset, and refuses
 * freed blocks and invented offsets. All paths except the fast paths use it.
 */
import { ArenaError, corrupt, doubleFree, invalidOffset, wrongRun } from '../base/errors.ts'
import * as layout from '../base/layout.ts'
import type { PayloadOffset, SlotIndex, SpanIndex } from '../base/units.ts'
import { BLOCK_FREED, BLOCK_INTERNAL, BLOCK_PLAIN, BLOCK_SHIFTED } from '../memory/block-header.ts'
import {
  type ArenaMemory,
  hasLiveBit,
  mapAt,
  recordAt,
  secondWordAt,
  spanOf,
  spanStart,
  stateAt,
} from '../memory/memory.ts'
import { classOf, ownerOf, runSpanCountOf } from '../spans/runs.ts'
import { classInMap, headOf, ownerInMap, stateInMap } from '../spans/span-map.ts'

/**
 * Returns the start of the live block for which `alloc` returned `offset`. The start is where an
 * unshifted payload would begin. So it differs from `offset` only if the payload was shifted.
 * @throws ArenaError 'invalid-offset', 'double-free' or 'corrupt' if there is no such block
 */
export function liveBlockAt(memory: ArenaMemory, offset: number): PayloadOffset {
  const block = blockStartAt(memory, offset)
  const state = stateAt(memory, offset)
  if (block !== offset) {
    const isShiftedHere =
      stateAt(memory, block) === BLOCK_SHIFTED && secondWordAt(memory, block) === offset
    if (isShiftedHere && state === BLOCK_PLAIN) return block
    if (state === BLOCK_FREED) throw doubleFree(offset)
    throw isShiftedHere ? overwritten(offset) : insideBlock(offset, block)
  }
  const isMarked = hasLiveBit(memory, block)
  if (state === BLOCK_PLAIN) {
    if (isMarked || isLarge(memory, block)) return block
    throw doubleFree(offset)
  }
  if (isMarked) throw overwritten(offset)
  if (state === BLOCK_FREED) throw doubleFree(offset)
  if (state === BLOCK_SHIFTED) throw insideBlock(offset, block)
  if (state === BLOCK_INTERNAL) throw invalidOffset(offset, 'is a block of the library')
  throw overwritten(offset)
}

/** Returns true if there is a live block for which `alloc` returned `offset`. */
export function isLiveAt(memory: ArenaMemory, offset: number): boolean {
  try {
    liveBlockAt(memory, offset)
    return true
  } catch (error) {
    if (error instanceof ArenaError) return false
    throw error
  }
}

/** Creates the error for a block whose header was overwritten. */
export const overwritten = (offset: number) =>
  corrupt(
    `the header of the block at offset ${offset} was overwritten, most likely by a write past ` +
      'the block before it',
  )

/** Creates the error for an offset inside a block. */
const insideBlock = (offset: number, block: number) =>
  invalidOffset(offset, `lies inside the block at ${block}`)

/**
 * Returns the start of the carved block that contains `offset`.
 * @throws ArenaError 'invalid-offset' or 'double-free' if there is no such block
 */
function blockStartAt(memory: ArenaMemory, offset: number): PayloadOffset {
  if (typeof offset !== 'number' || (offset | 0) !== offset) {
    throw invalidOffset(offset, 'is no integer below 2^31')
  }
  if (offset % 16 !== 0) throw invalidOffset(offset, 'is not a multiple of 16')
  const byteEnd = memory.base + memory.byteLength
  if (offset < memory.base || offset >= byteEnd) {
    throw invalidOffset(offset, `lies outside the arena, which is ${memory.base} to ${byteEnd}`)
  }
  const span = spanOf(memory, offset)
  const mapped = mapAt(memory, span)
  const state = stateInMap(mapped)
  if (state === layout.SPAN_CONTROL) throw invalidOffset(offset, 'lies in the control area')
  if (state === layout.SPAN_HEAD || state === layout.SPAN_LARGE)
    return startInRun(memory, offset, span)
  if (state !== layout.SPAN_TAIL) throw unusedMemory(memory, offset)
  if (classInMap(mapped) === layout.LARGE_CLASS)
    throw invalidOffset(offset, 'lies inside a large block')
  return startInRun(memory, offset, headOf(memory, span))
}

/**
 * Returns the start of the carved block that contains `offset`, in the run that begins at `head`.
 */
function startInRun(memory: ArenaMemory, offset: number, head: SpanIndex): PayloadOffset {
  const first = spanStart(memory, head) + layout.FIRST_PAYLOAD
  const classIndex = classOf(memory, head)
  if (classIndex === layout.LARGE_CLASS) return first as PayloadOffset
  const stride = memory.strides[classIndex]
  if (stride === undefined) throw wrongRun(head, `class ${classIndex}`)
  const blockIndex = Math.floor((offset - first) / stride)
  if (blockIndex < 0 || blockIndex >= recordAt(memory, head, layout.RECORD_CARVED_COUNT)) {
    throw unusedMemory(memory, offset)
  }
  return (first + blockIndex * stride) as PayloadOffset
}

/**
 * Returns the class of the block that begins at `block`. For a large block, returns `LARGE_CLASS`.
 */
export const classOfBlock = (memory: ArenaMemory, block: number) =>
  classOf(memory, spanOf(memory, block))

/**
 * Returns true if the block that begins at `block` is a large block, which has a run of its own.
 */
export const isLarge = (memory: ArenaMemory, block: number) =>
  classOfBlock(memory, block) === layout.LARGE_CLASS

/** Returns how many bytes fit into the block that begins at `block`. */
export function roomOfBlock(memory: ArenaMemory, block: PayloadOffset): number {
  const classIndex = classOfBlock(memory, block)
  if (classIndex !== layout.LARGE_CLASS)
    return memory.strides[classIndex] - layout.HEADER_BYTE_LENGTH
  return (
    runSpanCountOf(memory, spanOf(memory, block)) * layout.SPAN_BYTE_LENGTH - layout.FIRST_PAYLOAD
  )
}

/**
 * Returns the requested byte length of a live block.
 * @param block the start of the block
 * @param offset what `alloc` returned for the block
 * @throws ArenaError 'corrupt' if the length in the header does not fit into the block
 */
export function byteLengthAt(memory: ArenaMemory, block: PayloadOffset, offset: number): number {
  const byteLength = secondWordAt(memory, offset)
  if (byteLength >>> 0 <= block + roomOfBlock(memory, block) - offset) return byteLength
  throw overwritten(offset)
}

/**
 * Returns the slot that owns the block that begins at `block`. If two threads free a block at the
 * same time, the span of the block may already be given back. Then no slot owns it.
 * @throws ArenaError 'double-free' or 'invalid-offset' if no slot owns the block
 */
export function ownerOfBlock(memory: ArenaMemory, block: PayloadOffset): SlotIndex {
  const head = spanOf(memory, block)
  const owner = ownerInMap(mapAt(memory, head))
  if (owner < 0) throw unusedMemory(memory, block)
  if (owner >= memory.slotCount) return ownerOf(memory, head) // `ownerOf` throws
  return owner
}

/**
 * Creates the error for an offset in unused memory. It is 'double-free' if the header of a freed
 * block is still there.
 */
function unusedMemory(memory: ArenaMemory, offset: number): ArenaError {
  const state = stateAt(memory, offset)
  const wasBlock = state === BLOCK_PLAIN || state === BLOCK_FREED
  return wasBlock ? doubleFree(offset) : invalidOffset(offset, 'lies in memory that no block uses')
}
