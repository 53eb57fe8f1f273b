/** Changes a block's byte length where it stands. */
import { alignedByteLength } from './aligned.ts'
import { alignmentInHeader } from './header.ts'
import { resizeLarge } from './large.ts'
import { LARGE_CLASS } from './layout.ts'
import { classOfBlock, headerWordAt, secondWordAt } from './lookup.ts'
import type { ArenaMemory } from './memory.ts'
import type { PayloadOffset, SlotIndex } from './units.ts'

/**
 * Resizes the live block that begins at `block` and is held by `offset`. False when it has to move:
 * the new length is of another class, or what lies behind a large block is taken.
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
  // A thread may die in between, and a run has to have room for what its block says: a block shrinks
  // before its run, which never fails, and grows after it.
  if (isLarge && byteLength < secondWordAt(memory, offset)) {
    memory.i32[(offset >> 2) - 1] = byteLength
  }
  const stays = isLarge
    ? resizeLarge(memory, slot, block, needed)
    : memory.classes.classFor(needed) === classOfBlock(memory, block)
  if (stays) memory.i32[(offset >> 2) - 1] = byteLength
  return stays
}
