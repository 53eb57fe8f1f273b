/**
 * Room refill: fills an empty free list, and gives memory back to the arena.
 * Invariant: a block is counted as outstanding before a caller can have it.
 *
 * This file allocates what the fast path cannot: aligned blocks, large blocks, and blocks of a
 * class whose free list is empty.
 */
import { checkCount, wrongLink } from '../base/errors.ts'
import * as layout from '../base/layout.ts'
import { alignedByteLength, checkAlignment, shiftPayload } from '../blocks/aligned.ts'
import { isInside, slotWord, spanStart } from '../memory/memory.ts'
import { classFor, spanCountFor } from '../memory/size-classes.ts'
import { exchangeQueues, type PoolCore } from '../remote/remote.ts'
import { publishRun } from '../spans/runs.ts'
import { clearSpans, touchBytes } from '../spans/span-map.ts'
import { claimAfterReclaim, handOut, refill } from './refill.ts'

/**
 * Allocates a block, and returns its offset. Returns 0 if the arena has no room for the block.
 * @param isZeroed whether all bytes of a large block must be 0, and count as untouched
 * @throws ArenaError 'invalid-argument' if an argument is wrong; 'corrupt' if a free list was
 * overwritten
 */
export function allocSlow(
  pool: PoolCore,
  byteLength: number,
  alignment = layout.GRANULE_BYTE_LENGTH,
  isZeroed = false,
): number {
  checkCount('byteLength', byteLength)
  checkAlignment(alignment)
  const { memory } = pool
  if (byteLength > memory.byteLength) return 0
  const needed = alignedByteLength(byteLength, Math.max(alignment, layout.GRANULE_BYTE_LENGTH))
  const block =
    needed > memory.maxClassByteLength
      ? allocLarge(pool, needed, isZeroed)
      : allocOfClass(pool, needed)
  if (block === 0 || alignment <= layout.GRANULE_BYTE_LENGTH) return block
  if (block + needed <= memory.base + memory.byteLength) {
    return shiftPayload(memory, block, byteLength, alignment)
  }
  throw wrongLink('free blocks', block)
}

/**
 * Allocates a block of a size class, and returns its offset. Returns 0 if the arena has no room.
 * @param byteLength at most the longest payload of a size class
 */
function allocOfClass(pool: PoolCore, byteLength: number): number {
  const { memory, slot } = pool
  const classIndex = classFor(memory, byteLength)
  const freeHead = slotWord(memory, slot, layout.SLOT_FREE_HEADS + classIndex)
  if (memory.i32[freeHead] === 0 && !refill(pool, classIndex)) return 0
  if (isInside(memory, memory.i32[freeHead])) return pool.tryAlloc(byteLength)
  throw wrongLink('free blocks', memory.i32[freeHead])
}

/**
 * Allocates a large block, which has a run of spans of its own. Returns its offset, or 0 if the
 * arena has no room.
 * @param isZeroed whether all bytes must be 0, and count as untouched
 */
function allocLarge(pool: PoolCore, byteLength: number, isZeroed: boolean): number {
  const { memory, slot } = pool
  const spanCount = spanCountFor(byteLength)
  exchangeQueues(pool)
  const head = claimAfterReclaim(pool, spanCount, layout.LARGE_CLASS)
  if (head === 0) return 0
  const start = spanStart(memory, head)
  const block = start + layout.FIRST_PAYLOAD
  if (isZeroed) clearSpans(memory, head, spanCount)
  touchBytes(memory, start, isZeroed ? block : block + byteLength)
  memory.i32[(block >> 2) - 2] = memory.plainHeader
  memory.i32[(block >> 2) - 1] = byteLength
  publishRun(memory, slot, head, spanCount, layout.LARGE_CLASS)
  handOut(memory, slot, layout.LARGE_CLASS, 1)
  return block
}
