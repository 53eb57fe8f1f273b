/** Frees a live block of any kind, in its owner's slot. */
import {
  LARGE_CLASS,
  LARGE_ROW,
  SLOT_FREE_HEADS,
  SLOT_LIVE_SEEN,
  SLOT_OUTSTANDING,
} from '../base/layout.ts'
import type { PayloadOffset, SlotIndex } from '../base/units.ts'
import type { ArenaMemory } from '../memory/memory.ts'
import { park } from '../spans/partial.ts'
import { releaseRun } from '../spans/runs.ts'
import { headOf, isDraining } from '../spans/span-map.ts'
import { freeUnmarked } from './aligned.ts'
import { classOfBlock, isLarge } from './check-offset.ts'

/** Marks a live block as free, so that a second free of it is recognised. */
export function markFree(memory: ArenaMemory, block: PayloadOffset, offset: number): void {
  if (isLarge(memory, block)) memory.i32[(offset >> 2) - 2] = memory.freedHeader
  else if (memory.hasLiveBit(block)) memory.clearLiveBit(block)
  else freeUnmarked(memory, block, offset)
}

/** Frees the live block that begins at `block` and is held by `offset`. */
export function freeBlock(
  memory: ArenaMemory,
  slot: SlotIndex,
  block: PayloadOffset,
  offset: number,
): void {
  markFree(memory, block, offset)
  recycle(memory, slot, block)
}

/** Makes the memory of a block that is marked free available again. */
export function recycle(memory: ArenaMemory, slot: SlotIndex, block: PayloadOffset): void {
  const { i32 } = memory
  const span = memory.spanOf(block)
  const classIndex = classOfBlock(memory, block)
  if (classIndex === LARGE_CLASS) {
    releaseRun(memory, slot, span)
    memory.addToSlot(slot, SLOT_OUTSTANDING + LARGE_ROW, -1)
    memory.addToSlot(slot, SLOT_LIVE_SEEN + LARGE_ROW, -1)
    return
  }
  if (isDraining(memory.mapAt(headOf(memory, span)))) {
    memory.addToSlot(slot, SLOT_OUTSTANDING + classIndex, -1)
    park(memory, slot, classIndex, block)
    return
  }
  const freeHead = memory.slotWord(slot, SLOT_FREE_HEADS + classIndex)
  i32[(block >> 2) - 1] = i32[freeHead]
  i32[freeHead] = block
}
