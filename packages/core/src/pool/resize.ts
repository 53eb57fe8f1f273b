/** Changes a block's byte length: in place, or by moving the block. */
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
 * Resizes a live block of any slot, and returns its offset. A block that cannot stay moves to a new
 * block of the pool. 0 if there is no room.
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
    pool.free(moved) // another thread has freed the block already: the whole call is refused
    throw error
  }
  return moved
}

/** Whether `needed` bytes take a block of this class or, unless it is large, over half of it. */
function isGoodFit(memory: ArenaMemory, block: PayloadOffset, needed: number): boolean {
  const classIndex = classOfBlock(memory, block)
  if (classIndex === layout.LARGE_CLASS) return needed > memory.maxClassByteLength
  return 2 * needed > roomOfBlock(memory, block) || classFor(memory, needed) === classIndex
}

/**
 * Resizes the live block that begins at `block` and that a caller holds by `offset`, in place, even
 * if it is no good fit. False if there is no room, which cannot be if the length shrinks.
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
    // At every moment, the run must have room for the block's length, as this thread may die. So a
    // block shrinks before its run, which always can shrink, and grows after its run.
    const before = secondWordAt(memory, offset) >>> 0
    if (byteLength < before) memory.i32[length] = byteLength
    const isTooLong = needed > memory.byteLength
    if (isTooLong || !resizeLargeRun(memory, spanOf(memory, block), spanCountFor(needed))) {
      return false
    }
    if (byteLength > before) touchBytes(memory, offset + before, offset + byteLength)
  } else if (byteLength > byteLengthAt(memory, block, offset)) {
    // The owner may give spans at the run's end back at any time, so the block must not grow.
    return false
  }
  memory.i32[length] = byteLength
  if (isLarge && !isOwn) announce(memory, spanOf(memory, block))
  return true
}
