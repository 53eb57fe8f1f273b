/** Changes a block's byte length where it stands. */
import { alignedByteLength } from './aligned.ts'
import { alignmentInHeader } from './header.ts'
import { resizeLarge } from './large.ts'
import { LARGE_CLASS } from './layout.ts'
import { classOfBlock, headerWordAt, roomOfBlock } from './lookup.ts'
import type { ArenaMemory } from './memory.ts'
import type { PayloadOffset, SlotIndex } from './units.ts'

/**
 * Resizes the live block that begins at `block` and is held by `offset`. False when it has to move:
 * it does not fit, or would fill half of its place or less, or what lies behind a large one is taken.
 */
export function resizeInPlace(
  memory: ArenaMemory,
  slot: SlotIndex,
  block: PayloadOffset,
  offset: number,
  byteLength: number,
): boolean {
  const alignment = alignmentInHeader(headerWordAt(memory, offset))
  const needed = alignedByteLength(byteLength, alignment)
  const isLarge = classOfBlock(memory, block) === LARGE_CLASS
  if (isLarge !== needed > memory.classes.maxByteLength) return false
  const stays = isLarge
    ? resizeLarge(memory, slot, block, needed)
    : isGoodFit(memory, block, needed)
  if (stays) memory.i32[(offset >> 2) - 1] = byteLength
  return stays
}

/** Whether a block of a size class holds so many bytes and is more than half filled by them. */
function isGoodFit(memory: ArenaMemory, block: PayloadOffset, needed: number): boolean {
  const room = roomOfBlock(memory, block)
  if (needed > room) return false
  return 2 * needed > room || memory.classes.classFor(needed) === classOfBlock(memory, block)
}

/**
 * Resizes a live block where it stands, though its place is not the one for its new length: the arena
 * has no other. False when the place is too small, which it never is for a shorter length.
 */
export function resizeWithin(
  memory: ArenaMemory,
  slot: SlotIndex,
  block: PayloadOffset,
  offset: number,
  byteLength: number,
): boolean {
  const alignment = alignmentInHeader(headerWordAt(memory, offset))
  const needed = alignedByteLength(byteLength, alignment)
  const fits =
    classOfBlock(memory, block) === LARGE_CLASS
      ? resizeLarge(memory, slot, block, needed)
      : needed <= roomOfBlock(memory, block)
  if (fits) memory.i32[(offset >> 2) - 1] = byteLength
  return fits
}
