/** Blocks above the largest class: each is a run of its own, and resizes in place where it can. */
import {
  FIRST_PAYLOAD,
  HEADER_BYTE_LENGTH,
  LARGE_ROW,
  SLOT_LIVE_SEEN,
  SLOT_OUTSTANDING,
  SPAN_BYTE_LENGTH,
  SPAN_SHIFT,
} from '../base/layout.ts'
import type { PayloadOffset, SlotIndex } from '../base/units.ts'
import type { ArenaMemory } from '../memory/memory.ts'
import { growLargeRun, releaseRun, runSpanCountOf, truncateLargeRun } from '../spans/runs.ts'
import { claimBehind } from '../spans/span-map.ts'

/** How many spans a large block takes. */
export const spanCountFor = (byteLength: number) =>
  ((byteLength + FIRST_PAYLOAD - 1) >>> SPAN_SHIFT) + 1

/** The room of a block that is allocated with `byteLength` bytes, as `roomOfBlock` of it gives. */
export function goodByteLength(memory: ArenaMemory, byteLength: number): number {
  const { classes } = memory
  if (byteLength <= classes.maxByteLength) {
    return classes.strides[classes.classFor(byteLength)] - HEADER_BYTE_LENGTH
  }
  if (byteLength > memory.byteLength) return byteLength
  return spanCountFor(byteLength) * SPAN_BYTE_LENGTH - FIRST_PAYLOAD
}

/** Gives back the run of a large block, whose headers say that it is free. */
export function releaseLarge(memory: ArenaMemory, slot: SlotIndex, block: PayloadOffset): void {
  releaseRun(memory, slot, memory.spanOf(block))
  memory.i32[memory.slotWord(slot, SLOT_OUTSTANDING + LARGE_ROW)]--
  memory.i32[memory.slotWord(slot, SLOT_LIVE_SEEN + LARGE_ROW)]--
}

/** Makes the run of a large block as long as `byteLength` needs; false when what is behind is taken. */
export function resizeLarge(
  memory: ArenaMemory,
  slot: SlotIndex,
  block: PayloadOffset,
  byteLength: number,
): boolean {
  const head = memory.spanOf(block)
  const from = runSpanCountOf(memory, head)
  if (byteLength > memory.byteLength) return false
  const to = spanCountFor(byteLength)
  if (to > from) {
    if (!claimBehind(memory, slot, head + from, to - from)) return false
    growLargeRun(memory, slot, head, from, to)
  } else if (to < from) {
    truncateLargeRun(memory, slot, head, to)
  }
  return true
}
