/** Allocates blocks above the largest class: each is a run of its own. */
import { livePattern } from './header.ts'
import { spanCountFor } from './large.ts'
import { FIRST_PAYLOAD, LARGE_CLASS, LARGE_ROW } from './layout.ts'
import type { ArenaMemory } from './memory.ts'
import { claimAfterReclaim, handOut } from './refill.ts'
import { exchangeMail, type Front } from './remote/remote.ts'
import { publishRun } from './runs.ts'
import { asPayloadOffset, type PayloadOffset, type SlotIndex } from './units.ts'

/** Gives the payload's offset, or 0 when there is no run that is long enough. */
export function allocLarge(
  memory: ArenaMemory,
  slot: SlotIndex,
  byteLength: number,
  front: Front,
): PayloadOffset {
  if (byteLength > memory.byteLength) return asPayloadOffset(0)
  const spanCount = spanCountFor(byteLength)
  exchangeMail(memory, slot, front)
  const head = claimAfterReclaim(memory, slot, spanCount, LARGE_ROW, front)
  if (head === 0) return asPayloadOffset(0)
  const block = memory.spanStart(head) + FIRST_PAYLOAD
  memory.i32[(block >> 2) - 2] = livePattern(memory.tag) | LARGE_CLASS
  memory.i32[(block >> 2) - 1] = byteLength
  publishRun(memory, slot, head, spanCount, LARGE_CLASS)
  handOut(memory, slot, LARGE_ROW, 1)
  return asPayloadOffset(block)
}
