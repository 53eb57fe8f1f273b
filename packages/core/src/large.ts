/** Blocks above the largest class: each is a run of its own, and resizes in place where it can. */
import { freePattern, livePattern } from './header.ts'
import {
  FIRST_PAYLOAD,
  LARGE_CLASS,
  LARGE_ROW,
  RECORD_CARVED_COUNT,
  RECORD_RUN_SPAN_COUNT,
  SLOT_HANDED,
  SLOT_LIVE_SEEN,
  SPAN_SHIFT,
} from './layout.ts'
import type { ArenaMemory } from './memory.ts'
import { claimAfterReclaim, handOut } from './refill.ts'
import { claimBehind, extendRun, publishRun, releaseRun, truncateRun } from './span-map.ts'
import { asPayloadOffset, type PayloadOffset, type SlotIndex } from './units.ts'

/** How many spans a large block takes. */
const spanCountFor = (byteLength: number) => ((byteLength + FIRST_PAYLOAD - 1) >>> SPAN_SHIFT) + 1

/** Gives the payload's offset, or 0 when there is no run that is long enough. */
export function allocLarge(
  memory: ArenaMemory,
  slot: SlotIndex,
  byteLength: number,
): PayloadOffset {
  if (byteLength > memory.byteLength) return asPayloadOffset(0)
  const spanCount = spanCountFor(byteLength)
  const head = claimAfterReclaim(memory, slot, spanCount)
  if (head === 0) return asPayloadOffset(0)
  const block = memory.spanStart(head) + FIRST_PAYLOAD
  memory.i32[(block >> 2) - 2] = livePattern(memory.tag) | LARGE_CLASS
  memory.i32[(block >> 2) - 1] = byteLength
  publishRun(memory, slot, head, spanCount, LARGE_CLASS)
  memory.i32[memory.recordWord(head, RECORD_CARVED_COUNT)] = 1
  handOut(memory, slot, LARGE_ROW, 1)
  return asPayloadOffset(block)
}

export function freeLarge(memory: ArenaMemory, slot: SlotIndex, block: PayloadOffset): void {
  memory.i32[(block >> 2) - 2] = freePattern(memory.tag) | LARGE_CLASS
  releaseRun(memory, slot, memory.spanOf(block))
  memory.i32[memory.slotWord(slot, SLOT_HANDED + LARGE_ROW)]--
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
  const from = memory.i32[memory.recordWord(head, RECORD_RUN_SPAN_COUNT)]
  if (byteLength > memory.byteLength) return false
  const to = spanCountFor(byteLength)
  if (to > from) {
    if (!claimBehind(memory, slot, head + from, to - from)) return false
    extendRun(memory, slot, head, from, to, LARGE_CLASS)
  } else if (to < from) {
    truncateRun(memory, slot, head, to)
  }
  return true
}
