/**
 * Blocks whose alignment is larger than 16 bytes. `alloc` takes a larger block, and shifts the
 * payload within it, from `block` to `offset`, unless `block` is aligned already.
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

/** The byte length of a block that has room to align a payload of `byteLength` bytes. */
export const alignedByteLength = (byteLength: number, alignment: number) =>
  byteLength + alignment - layout.GRANULE_BYTE_LENGTH

export function checkAlignment(alignment: unknown): void {
  checkInteger('alignment', alignment, 1, layout.MAX_ALIGNMENT, true)
}

/** Shifts the payload of a live block that has room for the shift; returns the aligned offset. */
export function shiftPayload(
  memory: ArenaMemory,
  block: number,
  byteLength: number,
  alignment: number,
): number {
  const { i32 } = memory
  const offset = (block + alignment - 1) & -alignment
  const payloadHeader = (offset >> 2) - 2
  touchBytes(memory, block, offset) // in a reserved large block, these bytes count as untouched
  if (offset !== block) {
    // The thread may die here: the block counts as free until its header says where the payload is.
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
 * Clears the live bit of a block: from then on, its header says whether the block is live. The run
 * counts the block first: the count must not be too low. (Large blocks have no bit, and no count.)
 */
export function unmark(memory: ArenaMemory, block: number): void {
  if (isLarge(memory, block)) return
  countUnmarked(memory, block, 1)
  clearLiveBit(memory, block)
}

/** Marks a live block of a size class as free that has no live bit: see `unmark`. */
export function freeUnmarked(memory: ArenaMemory, block: number, offset: number): void {
  // By this header, a second free of `offset` is recognised.
  if (block !== offset) memory.i32[(offset >> 2) - 2] = memory.freedHeader
  memory.i32[(block >> 2) - 2] = memory.plainHeader
  countUnmarked(memory, block, -1)
}

function countUnmarked(memory: ArenaMemory, block: number, summand: number): void {
  const head = headOf(memory, spanOf(memory, block))
  memory.i32[recordWord(memory, head, layout.RECORD_UNMARKED_COUNT)] += summand
}
