/**
 * Aligns blocks to more than 16 bytes. `alloc` allocates a longer block. Unless the block is
 * aligned already, this file shifts the payload within the block: from `block` to `offset`.
 *
 *                         block                       offset
 *     | shifted | offset | ... | plain | byte length | payload ... |
 */
import { checkInteger } from '../base/errors.ts'
import * as layout from '../base/layout.ts'
import { alignmentBits, BLOCK_SHIFTED, headerWith } from '../memory/block-header.ts'
import { type ArenaMemory, clearLiveBit, recordWord, spanOf } from '../memory/memory.ts'
import { headOf, touchBytes } from '../spans/span-map.ts'
import { isLarge } from './check-offset.ts'

/** Returns the byte length of a block in which a payload of `byteLength` bytes can be aligned. */
export const alignedByteLength = (byteLength: number, alignment: number) =>
  byteLength + alignment - layout.GRANULE_BYTE_LENGTH

/**
 * Throws if `alignment` is not a power of two from 1 to 4096.
 * @throws ArenaError 'invalid-argument' if the check fails
 */
export function checkAlignment(alignment: unknown): void {
  checkInteger('alignment', alignment, 1, layout.MAX_ALIGNMENT, true)
}

/**
 * Shifts the payload of a live block to the next aligned offset, and returns this offset. The block
 * must be long enough: see `alignedByteLength`.
 * @param block the offset of the block's payload before the shift
 * @param byteLength the requested length, which the header of the shifted payload stores
 */
export function shiftPayload(
  memory: ArenaMemory,
  block: number,
  byteLength: number,
  alignment: number,
): number {
  const { i32 } = memory
  const offset = (block + alignment - 1) & -alignment
  const payloadHeader = (offset >> 2) - 2
  touchBytes(memory, block, offset) // in a reserved large block, these bytes are untouched so far
  if (offset !== block) {
    // The thread may die here. The block counts as free until its header says where the payload is.
    unmark(memory, block)
    i32[(block >> 2) - 2] = memory.freedHeader
    i32[(block >> 2) - 1] = offset
  }
  i32[payloadHeader + 1] = byteLength
  i32[payloadHeader] = memory.plainHeader | alignmentBits(alignment)
  if (offset !== block) i32[(block >> 2) - 2] = headerWith(BLOCK_SHIFTED, memory.tag)
  return offset
}

/**
 * Clears the live bit of a block. From then on, the header says whether the block is live. The run
 * counts the block before the bit is cleared, because the count must never be too low. Does nothing
 * for a large block, which has no live bit and no such count.
 */
export function unmark(memory: ArenaMemory, block: number): void {
  if (isLarge(memory, block)) return
  countUnmarked(memory, block, 1)
  clearLiveBit(memory, block)
}

/**
 * Marks a live block as free, if it is a block of a size class without a live bit: see `unmark`.
 * @param block the start of the block
 * @param offset what `alloc` returned for the block
 */
export function freeUnmarked(memory: ArenaMemory, block: number, offset: number): void {
  // This header lets the library recognise a second free of `offset`.
  if (block !== offset) memory.i32[(offset >> 2) - 2] = memory.freedHeader
  memory.i32[(block >> 2) - 2] = memory.plainHeader
  countUnmarked(memory, block, -1)
}

/**
 * Adds `summand` to the count of live blocks without a live bit, in the record of the block's run.
 */
function countUnmarked(memory: ArenaMemory, block: number, summand: number): void {
  const head = headOf(memory, spanOf(memory, block))
  memory.i32[recordWord(memory, head, layout.RECORD_UNMARKED_COUNT)] += summand
}
