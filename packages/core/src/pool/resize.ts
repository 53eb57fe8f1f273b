/** Changes the byte length of a block: in place, or by moving the block. */
import { checkCount } from '../base/errors.ts'
import * as layout from '../base/layout.ts'
import type { PayloadOffset, SlotIndex } from '../base/units.ts'
import { alignedByteLength } from '../blocks/aligned.ts'
import {
  byteLengthAt,
  classOfBlock,
  liveBlockAt,
  ownerOfBlock,
  roomOfBlock,
} from '../blocks/check-offset.ts'
import { alignmentInHeader, CONTENTS } from '../memory/block-header.ts'
import { type ArenaMemory, headerAt, secondWordAt, spanOf } from '../memory/memory.ts'
import { classFor, spanCountFor } from '../memory/size-classes.ts'
import { announce } from '../remote/remote.ts'
import { resizeLargeRun } from '../spans/runs.ts'
import { touchBytes } from '../spans/span-map.ts'
import type { FastPaths } from './fast-paths.ts'

/**
 * Changes the length of a live block of any slot, and returns its offset. If the block cannot stay,
 * its contents move to a new block of the pool. Returns 0 if there is no room.
 * @param pool the fast paths of the calling thread's pool
 */
export function reallocate(pool: FastPaths, offset: number, byteLength: number): number {
  const { memory, slot } = pool
  const block = liveBlockAt(memory, offset)
  checkCount('byteLength', byteLength)
  const header = headerAt(memory, offset)
  const alignment = alignmentInHeader(header)
  const mayStay =
    ownerOfBlock(memory, block) === slot &&
    isGoodFit(memory, block, alignedByteLength(byteLength, alignment))
  if (mayStay && resizeWithin(memory, slot, block, offset, byteLength)) return offset
  const before = byteLengthAt(memory, block, offset)
  const moved = pool.tryAlloc(byteLength, alignment)
  if (moved === 0) return resizeWithin(memory, slot, block, offset, byteLength) ? offset : 0
  memory.i32[(moved >> 2) - 2] |= header & CONTENTS
  memory.views.u8.copyWithin(moved, offset, offset + Math.min(before, byteLength))
  try {
    pool.free(offset)
  } catch (error) {
    pool.free(moved) // another thread has freed the block already, so the whole call fails
    throw error
  }
  return moved
}

/**
 * Returns true if a block may stay where it is with a length of `needed` bytes. A large block may
 * stay if `needed` is too long for any size class. Any other block may stay if `needed` bytes use
 * more than half of it, or have the same class.
 */
function isGoodFit(memory: ArenaMemory, block: PayloadOffset, needed: number): boolean {
  const classIndex = classOfBlock(memory, block)
  if (classIndex === layout.LARGE_CLASS) return needed > memory.maxClassByteLength
  return 2 * needed > roomOfBlock(memory, block) || classFor(memory, needed) === classIndex
}

/**
 * Changes the length of a live block in place, even if the block is not a good fit. Returns false
 * if there is no room. If the length shrinks, there is always room.
 * @param block the start of the block
 * @param offset what `alloc` returned for the block
 */
export function resizeWithin(
  memory: ArenaMemory,
  slot: SlotIndex,
  block: PayloadOffset,
  offset: number,
  byteLength: number,
): boolean {
  const isLarge = classOfBlock(memory, block) === layout.LARGE_CLASS
  const isOwn = ownerOfBlock(memory, block) === slot
  const length = (offset >> 2) - 1
  const needed = alignedByteLength(byteLength, alignmentInHeader(headerAt(memory, offset)))
  if (!isLarge) {
    if (needed > roomOfBlock(memory, block)) return false
  } else if (isOwn) {
    // At every moment, the run must have room for the block's length, because this thread may die.
    // So if the block shrinks, its length changes before the run. If the block grows, its length
    // changes after the run. A run can always shrink.
    const before = secondWordAt(memory, offset) >>> 0
    if (byteLength < before) memory.i32[length] = byteLength
    const isTooLong = needed > memory.byteLength
    if (isTooLong || !resizeLargeRun(memory, spanOf(memory, block), spanCountFor(needed))) {
      return false
    }
    if (byteLength > before) touchBytes(memory, offset + before, offset + byteLength)
  } else if (byteLength > byteLengthAt(memory, block, offset)) {
    // The owner may give back spans at the run's end at any time, so the block must not grow.
    return false
  }
  memory.i32[length] = byteLength
  if (isLarge && !isOwn) announce(memory, spanOf(memory, block))
  return true
}
