/**
 * Frees live blocks of any kind (plain, shifted, large or internal) into the slot that owns them.
 */
import * as layout from '../base/layout.ts'
import type { PayloadOffset } from '../base/units.ts'
import {
  type ArenaMemory,
  addToSlot,
  clearLiveBit,
  hasLiveBit,
  mapAt,
  slotWord,
  spanOf,
} from '../memory/memory.ts'
import { park } from '../spans/partial.ts'
import { classOf, ownerOf, releaseRun } from '../spans/runs.ts'
import { headOf, isDraining } from '../spans/span-map.ts'
import { freeUnmarked } from './aligned.ts'
import { isLarge } from './check-offset.ts'

/**
 * Marks a live block as free, so that a second free of the block is recognised.
 * @param block the start of the block
 * @param offset what `alloc` returned for the block
 */
export function markFree(memory: ArenaMemory, block: PayloadOffset, offset: number): void {
  if (isLarge(memory, block)) memory.i32[(offset >> 2) - 2] = memory.freedHeader
  else if (hasLiveBit(memory, block)) clearLiveBit(memory, block)
  else freeUnmarked(memory, block, offset)
}

/**
 * Frees a live block.
 * @param block the start of the block
 * @param offset what `alloc` returned for the block. It differs from `block` if the payload is
 * shifted
 */
export function freeBlock(memory: ArenaMemory, block: PayloadOffset, offset: number): void {
  markFree(memory, block, offset)
  recycle(memory, block)
}

/**
 * Gives the memory of a block back to the owner, which can use it again. The block must be marked
 * as free.
 */
export function recycle(memory: ArenaMemory, block: PayloadOffset): void {
  const { i32 } = memory
  const head = headOf(memory, spanOf(memory, block))
  const slot = ownerOf(memory, head)
  const classIndex = classOf(memory, head)
  if (classIndex === layout.LARGE_CLASS) {
    releaseRun(memory, head)
    addToSlot(memory, slot, layout.SLOT_OUTSTANDING + layout.LARGE_CLASS, -1)
    addToSlot(memory, slot, layout.SLOT_LIVE_SEEN + layout.LARGE_CLASS, -1)
  } else if (isDraining(mapAt(memory, head))) {
    addToSlot(memory, slot, layout.SLOT_OUTSTANDING + classIndex, -1)
    park(memory, block)
  } else {
    const freeHead = slotWord(memory, slot, layout.SLOT_FREE_HEADS + classIndex)
    i32[(block >> 2) - 1] = i32[freeHead]
    i32[freeHead] = block
  }
}
