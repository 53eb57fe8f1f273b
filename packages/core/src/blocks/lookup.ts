/** Which block stands at an offset: the check that all cold paths share, and its refusals. */
import { ArenaError, corrupt, doubleFree, invalidOffset } from '../base/errors.ts'
import {
  FIRST_PAYLOAD,
  HEADER_BYTE_LENGTH,
  LARGE_CLASS,
  RECORD_CARVED_COUNT,
  SPAN_BYTE_LENGTH,
  SPAN_CONTROL,
  SPAN_HEAD,
  SPAN_LARGE,
  SPAN_TAIL,
} from '../base/layout.ts'
import {
  asPayloadOffset,
  type PayloadOffset,
  type SlotIndex,
  type SpanIndex,
} from '../base/units.ts'
import {
  freedPattern,
  internalPattern,
  plainPattern,
  STATE_AND_TAG,
  shiftedPattern,
} from '../memory/header.ts'
import type { ArenaMemory } from '../memory/memory.ts'
import { runSpanCountOf } from '../spans/runs.ts'
import { classInMap, headOf, ownerInMap, stateInMap } from '../spans/span-map.ts'

/** The two words before a payload. */
export const headerWordAt = (memory: ArenaMemory, offset: number) => memory.i32[(offset >> 2) - 2]
export const secondWordAt = (memory: ArenaMemory, offset: number) => memory.i32[(offset >> 2) - 1]

/** State and tag in the header before an offset. */
const stateAt = (memory: ArenaMemory, offset: number) =>
  headerWordAt(memory, offset) & STATE_AND_TAG

/**
 * The start of the live block that a caller holds by `offset`; throws where there is none.
 * That start differs from `offset` for blocks of large alignment only: it is where the payload
 * would be if it were not shifted.
 */
export function liveBlockAt(memory: ArenaMemory, offset: number): PayloadOffset {
  const block = blockStartAt(memory, offset)
  const state = stateAt(memory, offset)
  if (block !== offset) {
    const isShiftedHere =
      stateAt(memory, block) === shiftedPattern(memory.tag) &&
      secondWordAt(memory, block) === offset
    if (isShiftedHere && state === plainPattern(memory.tag)) return block
    if (state === freedPattern(memory.tag)) throw doubleFree(offset)
    throw isShiftedHere ? overwritten(offset) : insideBlock(offset, block)
  }
  if (state === plainPattern(memory.tag)) {
    if (memory.hasLiveBit(block) || classOfBlock(memory, block) === LARGE_CLASS) return block
    throw doubleFree(offset)
  }
  if (memory.hasLiveBit(block)) throw overwritten(offset)
  if (state === freedPattern(memory.tag)) throw doubleFree(offset)
  if (state === shiftedPattern(memory.tag)) throw insideBlock(offset, block)
  if (state === internalPattern(memory.tag)) throw invalidOffset(offset, 'is no caller’s block')
  throw overwritten(offset)
}

/** Whether a caller holds a live block by an offset. */
export function isLiveAt(memory: ArenaMemory, offset: number): boolean {
  try {
    liveBlockAt(memory, offset)
    return true
  } catch (error) {
    if (error instanceof ArenaError) return false
    throw error
  }
}

const overwritten = (offset: number) =>
  corrupt(
    `the header of the block at offset ${offset} was overwritten, most likely by a write past ` +
      'the end of the block before it',
  )

const insideBlock = (offset: number, block: number) =>
  invalidOffset(offset, `lies inside the block that begins at ${block}`)

/** The start of the carved block whose stride holds `offset`; throws where none is. */
function blockStartAt(memory: ArenaMemory, offset: number): PayloadOffset {
  if (typeof offset !== 'number' || (offset | 0) !== offset) {
    throw invalidOffset(offset, `(${typeof offset}) is no integer below 2^31`)
  }
  if (offset % 16 !== 0) throw invalidOffset(offset, 'is not a multiple of 16')
  const byteEnd = memory.base + memory.byteLength
  if (offset < memory.base || offset >= byteEnd) {
    throw invalidOffset(offset, `lies outside the arena, which is ${memory.base} to ${byteEnd}`)
  }
  const span = memory.spanOf(offset)
  const mapped = memory.i32[memory.mapWord(span)]
  const state = stateInMap(mapped)
  if (state === SPAN_CONTROL) throw invalidOffset(offset, 'lies in the control area of the arena')
  if (state === SPAN_HEAD || state === SPAN_LARGE) return startInRun(memory, offset, span)
  if (state === SPAN_TAIL && classInMap(mapped) !== LARGE_CLASS) {
    return startInRun(memory, offset, headOf(memory, span))
  }
  if (state === SPAN_TAIL) throw invalidOffset(offset, 'lies inside a large block')
  throw unusedMemory(memory, offset)
}

function startInRun(memory: ArenaMemory, offset: number, head: SpanIndex): PayloadOffset {
  const first = memory.spanStart(head) + FIRST_PAYLOAD
  const classIndex = classInMap(memory.i32[memory.mapWord(head)])
  if (classIndex === LARGE_CLASS) return asPayloadOffset(first)
  const stride = memory.classes.strides[classIndex]
  if (stride === undefined) throw corrupt(`the run at span ${head} has class ${classIndex}`)
  const blockIndex = Math.floor((offset - first) / stride)
  if (blockIndex < 0 || blockIndex >= memory.i32[memory.recordWord(head, RECORD_CARVED_COUNT)]) {
    throw unusedMemory(memory, offset)
  }
  return asPayloadOffset(first + blockIndex * stride)
}

/** The class of the block that begins at an offset, or `LARGE_CLASS`. */
export const classOfBlock = (memory: ArenaMemory, block: PayloadOffset) =>
  classInMap(memory.i32[memory.mapWord(memory.spanOf(block))])

/** Whether the block at an offset is a run of its own. */
export const isLarge = (memory: ArenaMemory, offset: number) =>
  classInMap(memory.i32[memory.mapWord(memory.spanOf(offset))]) === LARGE_CLASS

/** How many bytes the payload of the block that begins at an offset can have. */
export function roomOfBlock(memory: ArenaMemory, block: PayloadOffset): number {
  const classIndex = classOfBlock(memory, block)
  if (classIndex !== LARGE_CLASS) return memory.classes.strides[classIndex] - HEADER_BYTE_LENGTH
  return runSpanCountOf(memory, memory.spanOf(block)) * SPAN_BYTE_LENGTH - FIRST_PAYLOAD
}

/** The byte length that a live block was asked for; throws when the block has no room for it. */
export function byteLengthAt(memory: ArenaMemory, block: PayloadOffset, offset: number): number {
  const byteLength = secondWordAt(memory, offset)
  if (byteLength >>> 0 <= block + roomOfBlock(memory, block) - offset) return byteLength
  throw corrupt(
    `the header of the block at offset ${offset} says it has ${byteLength >>> 0} bytes, which it ` +
      'has no room for: most likely a write just before the block',
  )
}

/**
 * The slot that owns the block that begins at an offset. Throws when there is none by now: of two
 * threads that free a block at once, the other one was first, and its span was given back.
 */
export function ownerOfBlock(memory: ArenaMemory, block: PayloadOffset): SlotIndex {
  const owner = ownerInMap(memory.i32[memory.mapWord(memory.spanOf(block))])
  if (owner < 0) throw unusedMemory(memory, block)
  if (owner >= memory.slotCount) throw corrupt(`the block at ${block} belongs to slot ${owner}`)
  return owner
}

/** A block that was freed, and whose span then left its class, still shows by its header. */
function unusedMemory(memory: ArenaMemory, offset: number): ArenaError {
  const state = stateAt(memory, offset)
  const wasBlock = state === plainPattern(memory.tag) || state === freedPattern(memory.tag)
  return wasBlock ? doubleFree(offset) : invalidOffset(offset, 'lies in memory that no block uses')
}
