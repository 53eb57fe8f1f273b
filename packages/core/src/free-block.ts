/** Frees a live block of the slot's own, of whatever kind. */
import { freeShifted } from './aligned.ts'
import { freePattern } from './header.ts'
import { releaseLarge } from './large.ts'
import { LARGE_CLASS, SLOT_FREE_HEADS, SLOT_HANDED } from './layout.ts'
import { classOfBlock } from './lookup.ts'
import type { ArenaMemory } from './memory.ts'
import { park } from './partial.ts'
import { headOf, isDraining } from './span-map.ts'
import type { PayloadOffset, SlotIndex } from './units.ts'

/** Says in its headers that a block is free: a second free of it is recognised by them. */
export function markFree(memory: ArenaMemory, block: PayloadOffset, offset: number): void {
  if (block !== offset) freeShifted(memory, offset)
  memory.i32[(block >> 2) - 2] = freePattern(memory.tag) | classOfBlock(memory, block)
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
  const { i32 } = memory
  markFree(memory, block, offset)
  const classIndex = classOfBlock(memory, block)
  if (classIndex === LARGE_CLASS) {
    releaseLarge(memory, slot, block)
    return
  }
  if (isDraining(i32[memory.mapWord(headOf(memory, memory.spanOf(block)))])) {
    i32[memory.slotWord(slot, SLOT_HANDED + classIndex)]--
    park(memory, slot, classIndex, block)
    return
  }
  const freeHead = memory.slotWord(slot, SLOT_FREE_HEADS + classIndex)
  i32[(block >> 2) - 1] = i32[freeHead]
  i32[freeHead] = block
}
