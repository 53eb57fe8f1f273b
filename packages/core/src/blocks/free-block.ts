/** Frees a live block of the slot's own, of whatever kind. */

import { LARGE_CLASS, SLOT_FREE_HEADS, SLOT_OUTSTANDING } from '../base/layout.ts'
import type { PayloadOffset, SlotIndex } from '../base/units.ts'
import { freedPattern } from '../memory/header.ts'
import type { ArenaMemory } from '../memory/memory.ts'
import { park } from '../spans/partial.ts'
import { headOf, isDraining } from '../spans/span-map.ts'
import { freeUnmarked } from './aligned.ts'
import { releaseLarge } from './large.ts'
import { classOfBlock } from './lookup.ts'

/** Says of a live block that it is free: a second free of it is recognised by that. */
export function markFree(memory: ArenaMemory, block: PayloadOffset, offset: number): void {
  if (classOfBlock(memory, block) === LARGE_CLASS) {
    memory.i32[(offset >> 2) - 2] = freedPattern(memory.tag)
  } else if (memory.hasLiveBit(block)) memory.clearLiveBit(block)
  else freeUnmarked(memory, block, offset)
}

/** Whether freeing a block may give its run back to the arena, at once. */
export const mayReleaseRun = (memory: ArenaMemory, block: PayloadOffset) =>
  classOfBlock(memory, block) === LARGE_CLASS ||
  isDraining(memory.i32[memory.mapWord(headOf(memory, memory.spanOf(block)))])

/** Frees the live block that begins at `block` and was held by `offset`. */
export function freeBlock(
  memory: ArenaMemory,
  slot: SlotIndex,
  block: PayloadOffset,
  offset: number,
): void {
  markFree(memory, block, offset)
  recycle(memory, slot, block)
}

/** Puts a block to use again that was said to be free. */
export function recycle(memory: ArenaMemory, slot: SlotIndex, block: PayloadOffset): void {
  const { i32 } = memory
  const classIndex = classOfBlock(memory, block)
  if (classIndex === LARGE_CLASS) {
    releaseLarge(memory, slot, block)
    return
  }
  if (isDraining(i32[memory.mapWord(headOf(memory, memory.spanOf(block)))])) {
    i32[memory.slotWord(slot, SLOT_OUTSTANDING + classIndex)]--
    park(memory, slot, classIndex, block)
    return
  }
  const freeHead = memory.slotWord(slot, SLOT_FREE_HEADS + classIndex)
  i32[(block >> 2) - 1] = i32[freeHead]
  i32[freeHead] = block
}
