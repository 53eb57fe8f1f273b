/** Blocks above the largest class: each is a run by itself. */
import { FIRST_PAYLOAD, HEADER_BYTE_LENGTH, SPAN_BYTE_LENGTH, SPAN_SHIFT } from '../base/layout.ts'
import type { PayloadOffset, SlotIndex } from '../base/units.ts'
import type { ArenaMemory } from '../memory/memory.ts'
import { growLargeRun, runSpanCountOf, truncateLargeRun } from '../spans/runs.ts'

/** How many spans a large block takes. */
export const spanCountFor = (byteLength: number) =>
  ((byteLength + FIRST_PAYLOAD - 1) >>> SPAN_SHIFT) + 1

/** The room of a block that is allocated with `byteLength` bytes: `roomOfBlock` of it. */
export function goodByteLength(memory: ArenaMemory, byteLength: number): number {
  const { classes } = memory
  if (byteLength <= classes.maxByteLength) {
    return classes.strides[classes.classFor(byteLength)] - HEADER_BYTE_LENGTH
  }
  if (byteLength > memory.byteLength) return byteLength
  return spanCountFor(byteLength) * SPAN_BYTE_LENGTH - FIRST_PAYLOAD
}

/** Resizes the run of a large block; false if the spans behind it are taken. */
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
  if (to > from) return growLargeRun(memory, slot, head, to)
  if (to < from) truncateLargeRun(memory, slot, head, to)
  return true
}
