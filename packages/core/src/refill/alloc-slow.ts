/** Allocates what the fast path does not: after a miss, and aligned and large blocks. */

import { checkCount, corrupt } from '../base/errors.ts'
import {
  FIRST_PAYLOAD,
  GRANULE_BYTE_LENGTH,
  LARGE_CLASS,
  LARGE_ROW,
  SLOT_FREE_HEADS,
} from '../base/layout.ts'
import type { SlotIndex } from '../base/units.ts'
import { alignedByteLength, checkAlignment, shiftPayload } from '../blocks/aligned.ts'
import { spanCountFor } from '../blocks/large.ts'
import { plainPattern } from '../memory/header.ts'
import type { ArenaMemory } from '../memory/memory.ts'
import { exchangeQueues, type PoolFastPaths } from '../remote/remote.ts'
import { publishRun } from '../spans/runs.ts'
import { clearSpans, touchBytes } from '../spans/span-map.ts'
import { claimAfterReclaim, handOut, refill } from './refill.ts'

/**
 * Gives the offset of a block, or 0 when the arena has no room for it.
 * @param front of the slot's pool
 * @param isZeroed whether all bytes of a large block are to be 0, and count as untouched
 */
export function allocSlow(
  memory: ArenaMemory,
  slot: SlotIndex,
  fastPaths: PoolFastPaths,
  byteLength: number,
  alignment = GRANULE_BYTE_LENGTH,
  isZeroed = false,
): number {
  checkCount('byteLength', byteLength, 'bytes')
  checkAlignment(alignment)
  if (byteLength > memory.byteLength) return 0
  const needed = alignedByteLength(byteLength, Math.max(alignment, GRANULE_BYTE_LENGTH))
  const block =
    needed > memory.classes.maxByteLength
      ? allocLarge(memory, slot, fastPaths, needed, isZeroed)
      : allocOfClass(memory, slot, fastPaths, needed)
  if (block === 0 || alignment <= GRANULE_BYTE_LENGTH) return block
  if (block + needed <= memory.base + memory.byteLength) {
    return shiftPayload(memory, block, byteLength, alignment)
  }
  throw corrupt(`a list of free blocks led to ${block}`)
}

function allocOfClass(
  memory: ArenaMemory,
  slot: SlotIndex,
  fastPaths: PoolFastPaths,
  byteLength: number,
): number {
  const classIndex = memory.classes.classFor(byteLength)
  const freeHead = memory.slotWord(slot, SLOT_FREE_HEADS + classIndex)
  if (memory.i32[freeHead] === 0 && !refill(memory, slot, classIndex, fastPaths)) return 0
  if (memory.isInside(memory.i32[freeHead])) return fastPaths.tryAlloc(byteLength)
  throw corrupt(`the free list of class ${classIndex} begins at ${memory.i32[freeHead]}`)
}

/** A run of its own. */
function allocLarge(
  memory: ArenaMemory,
  slot: SlotIndex,
  fastPaths: PoolFastPaths,
  byteLength: number,
  isZeroed: boolean,
): number {
  const spanCount = spanCountFor(byteLength)
  exchangeQueues(memory, slot, fastPaths)
  const head = claimAfterReclaim(memory, slot, spanCount, LARGE_ROW, fastPaths)
  if (head === 0) return 0
  const start = memory.spanStart(head)
  const block = start + FIRST_PAYLOAD
  if (isZeroed) clearSpans(memory, head, spanCount)
  touchBytes(memory, start, isZeroed ? block : block + byteLength)
  memory.i32[(block >> 2) - 2] = plainPattern(memory.tag)
  memory.i32[(block >> 2) - 1] = byteLength
  publishRun(memory, slot, head, spanCount, LARGE_CLASS)
  handOut(memory, slot, LARGE_ROW, 1)
  return block
}
