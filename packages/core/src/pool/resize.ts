/** Changes a block's byte length: where it stands, or by moving it. */

import { checkCount } from '../base/errors.ts'
import { LARGE_CLASS } from '../base/layout.ts'
import type { PayloadOffset, SlotIndex } from '../base/units.ts'
import { alignedByteLength } from '../blocks/aligned.ts'
import { resizeLarge } from '../blocks/large.ts'
import {
  byteLengthAt,
  classOfBlock,
  headerWordAt,
  liveBlockAt,
  ownerOfBlock,
  roomOfBlock,
  secondWordAt,
} from '../blocks/lookup.ts'
import { alignmentInHeader, CONTENTS } from '../memory/header.ts'
import type { ArenaMemory } from '../memory/memory.ts'
import type { Pool } from '../memory/pool-api.ts'
import { announce } from '../remote/remote.ts'
import { touchBytes } from '../spans/span-map.ts'

/**
 * Resizes a live block of whatever slot, and gives its offset: a new one, of `pool`'s, where it cannot
 * stay. 0 when there is no room.
 */
export function reallocate(
  memory: ArenaMemory,
  slot: SlotIndex,
  pool: Pick<Pool, 'tryAlloc' | 'free'>,
  offset: number,
  byteLength: number,
): number {
  const block = liveBlockAt(memory, offset)
  checkCount('byteLength', byteLength, 'bytes')
  const isOwn = ownerOfBlock(memory, block) === slot
  if (isOwn && resizeInPlace(memory, slot, block, offset, byteLength)) return offset
  const header = headerWordAt(memory, offset)
  const before = byteLengthAt(memory, block, offset)
  const moved = pool.tryAlloc(byteLength, alignmentInHeader(header))
  if (moved === 0) return resizeWithin(memory, slot, block, offset, byteLength) ? offset : 0
  memory.i32[(moved >> 2) - 2] |= header & CONTENTS
  memory.views.u8.copyWithin(moved, offset, offset + Math.min(before, byteLength))
  try {
    pool.free(offset)
  } catch (error) {
    pool.free(moved) // some thread has freed the block already: the whole call is refused
    throw error
  }
  return moved
}

/**
 * Resizes the live block that begins at `block` and is held by `offset`. False when it has to move:
 * it does not fit, or would fill half of its place or less, or what lies behind a large one is taken.
 */
function resizeInPlace(
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
  if (isLarge) return resizeRun(memory, slot, block, offset, byteLength)
  return isGoodFit(memory, block, needed) && resizeInRoom(memory, block, offset, byteLength)
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
  const isOwn = ownerOfBlock(memory, block) === slot
  const isLarge = classOfBlock(memory, block) === LARGE_CLASS
  if (!isLarge) return resizeInRoom(memory, block, offset, byteLength)
  if (isOwn) return resizeRun(memory, slot, block, offset, byteLength)
  return cutOff(memory, block, offset, byteLength)
}

/**
 * Makes a large block of another slot shorter; false when it is to grow. Its owner gives the end of
 * the run back, at a time that nobody knows: so the block must not take it up again.
 */
function cutOff(
  memory: ArenaMemory,
  block: PayloadOffset,
  offset: number,
  byteLength: number,
): boolean {
  if (byteLength > byteLengthAt(memory, block, offset)) return false
  memory.i32[(offset >> 2) - 1] = byteLength
  announce(memory, memory.spanOf(block))
  return true
}

/** Of a block of a size class, whose ever it is. */
function resizeInRoom(
  memory: ArenaMemory,
  block: PayloadOffset,
  offset: number,
  byteLength: number,
): boolean {
  const alignment = alignmentInHeader(headerWordAt(memory, offset))
  const fits = alignedByteLength(byteLength, alignment) <= roomOfBlock(memory, block)
  if (fits) memory.i32[(offset >> 2) - 1] = byteLength
  return fits
}

/**
 * Resizes a large block and its run. A thread may die in between, and a run has to have room for what
 * its block says: a block shrinks before its run, which never fails, and grows after it.
 */
function resizeRun(
  memory: ArenaMemory,
  slot: SlotIndex,
  block: PayloadOffset,
  offset: number,
  byteLength: number,
): boolean {
  const length = (offset >> 2) - 1
  const before = secondWordAt(memory, offset) >>> 0
  if (byteLength < before) memory.i32[length] = byteLength
  const alignment = alignmentInHeader(headerWordAt(memory, offset))
  const needed = alignedByteLength(byteLength, alignment)
  if (!resizeLarge(memory, slot, block, needed)) return false
  if (byteLength > before) touchBytes(memory, offset + before, offset + byteLength)
  memory.i32[length] = byteLength
  return true
}
