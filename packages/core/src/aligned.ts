/**
 * Blocks whose alignment is larger than 16 bytes: the payload is shifted within a larger block.
 *
 *     block                 shifted payload
 *     | shifted | offset | ... | live | byte length | payload ... |
 */
import { invalidArgument } from './errors.ts'
import { alignmentBits, classInHeader, freePattern, livePattern, shiftedPattern } from './header.ts'
import { GRANULE_BYTE_LENGTH, MAX_ALIGNMENT } from './layout.ts'
import type { ArenaMemory } from './memory.ts'

/** What a block must hold so that some address in it is aligned and has `byteLength` bytes behind. */
export const alignedByteLength = (byteLength: number, alignment: number) =>
  byteLength + alignment - GRANULE_BYTE_LENGTH

export function checkAlignment(alignment: unknown): void {
  const valid =
    typeof alignment === 'number' &&
    alignment >= 1 &&
    alignment <= MAX_ALIGNMENT &&
    (alignment & (alignment - 1)) === 0 &&
    Number.isInteger(alignment)
  if (!valid) {
    throw invalidArgument('alignment', alignment, `a power of two from 1 to ${MAX_ALIGNMENT}`)
  }
}

/** Shifts the payload of a live block that was allocated for it; gives the aligned offset. */
export function shiftPayload(
  memory: ArenaMemory,
  block: number,
  byteLength: number,
  alignment: number,
): number {
  const { i32 } = memory
  const header = (block >> 2) - 2
  const classIndex = classInHeader(i32[header])
  const offset = (block + alignment - 1) & -alignment
  const shifted = (offset >> 2) - 2
  i32[shifted] = livePattern(memory.tag) | alignmentBits(alignment) | classIndex
  i32[shifted + 1] = byteLength
  if (offset !== block) {
    // Free until the offset is there: the block of a thread that dies before was not allocated.
    i32[header] = freePattern(memory.tag) | classIndex
    i32[header + 1] = offset
    i32[header] = shiftedPattern(memory.tag) | classIndex
  }
  return offset
}

/** Says that a shifted payload is free: by that header a second free of `offset` is recognised. */
export function freeShifted(memory: ArenaMemory, offset: number): void {
  const header = (offset >> 2) - 2
  memory.i32[header] = freePattern(memory.tag) | classInHeader(memory.i32[header])
}
