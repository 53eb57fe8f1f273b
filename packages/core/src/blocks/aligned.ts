/**
 * Blocks whose alignment is larger than 16 bytes: the payload is shifted within a larger block.
 *
 *     block                 shifted payload
 *     | shifted | offset | ... | plain | byte length | payload ... |
 */
import { invalidArgument } from '../base/errors.ts'
import * as layout from '../base/layout.ts'
import { alignmentBits } from '../memory/block-header.ts'
import { type ArenaMemory, clearLiveBit, recordWord, spanOf } from '../memory/memory.ts'
import { headOf, touchBytes } from '../spans/span-map.ts'
import { isLarge } from './check-offset.ts'

/** The byte length of a block that has room for an aligned payload of `byteLength` bytes. */
export const alignedByteLength = (byteLength: number, alignment: number) =>
  byteLength + alignment - layout.GRANULE_BYTE_LENGTH

export function checkAlignment(alignment: unknown): void {
  const isPowerOfTwo =
    typeof alignment === 'number' &&
    alignment >= 1 &&
    alignment <= layout.MAX_ALIGNMENT &&
    (alignment & (alignment - 1)) === 0 &&
    Number.isInteger(alignment)
  if (isPowerOfTwo) return
  throw invalidArgument('alignment', alignment, `a power of two from 1 to ${layout.MAX_ALIGNMENT}`)
}

/** Shifts the payload of a live block, which has room for that; returns the aligned offset. */
export function shiftPayload(
  memory: ArenaMemory,
  block: number,
  byteLength: number,
  alignment: number,
): number {
  const { i32 } = memory
  const offset = (block + alignment - 1) & -alignment
  const payloadHeader = (offset >> 2) - 2
  touchBytes(memory, block, offset) // the bytes of a reserved large block are untouched
  if (offset !== block) {
    // The block is free until its header says where the payload is: the thread may die before.
    unmark(memory, block)
    i32[(block >> 2) - 2] = memory.freedHeader
    i32[(block >> 2) - 1] = offset
  }
  i32[payloadHeader + 1] = byteLength
  i32[payloadHeader] = memory.plainHeader | alignmentBits(alignment)
  if (offset !== block) i32[(block >> 2) - 2] = memory.shiftedHeader
  return offset
}

/**
 * Takes the live bit off a block, so that its header alone says whether it is live. The block is
 * counted first, as the count must not be too low. (Large blocks have no bit, and are not counted.)
 */
export function unmark(memory: ArenaMemory, block: number): void {
  if (isLarge(memory, block)) return
  countUnmarked(memory, block, 1)
  clearLiveBit(memory, block)
}

/** Marks a block as free whose header alone says that it is live. */
export function freeUnmarked(memory: ArenaMemory, block: number, offset: number): void {
  // A second free of the offset is recognised by this header.
  if (block !== offset) memory.i32[(offset >> 2) - 2] = memory.freedHeader
  memory.i32[(block >> 2) - 2] = memory.plainHeader
  countUnmarked(memory, block, -1)
}

function countUnmarked(memory: ArenaMemory, block: number, summand: number): void {
  const head = headOf(memory, spanOf(memory, block))
  memory.i32[recordWord(memory, head, layout.RECORD_UNMARKED_COUNT)] += summand
}
