/** Allocates blocks above the largest class: each is a run of its own. */
import { plainPattern } from './header.ts'
import { spanCountFor } from './large.ts'
import { FIRST_PAYLOAD, LARGE_CLASS, LARGE_ROW } from './layout.ts'
import type { ArenaMemory } from './memory.ts'
import { claimAfterReclaim, handOut } from './refill.ts'
import { exchangeMail, type Front } from './remote/remote.ts'
import { publishRun } from './runs.ts'
import { clearSpans, touchBytes } from './touched.ts'
import { asPayloadOffset, type PayloadOffset, type SlotIndex } from './units.ts'

/**
 * Gives the payload's offset, or 0 when there is no run that is long enough. None of its bytes counts as
 * touched by that: those that its holder may write are touched next.
 * @param isZeroed whether all of its bytes are to be 0
 */
export function allocLarge(
  memory: ArenaMemory,
  slot: SlotIndex,
  byteLength: number,
  front: Front,
  isZeroed: boolean,
): PayloadOffset {
  if (byteLength > memory.byteLength) return asPayloadOffset(0)
  const spanCount = spanCountFor(byteLength)
  exchangeMail(memory, slot, front)
  const head = claimAfterReclaim(memory, slot, spanCount, LARGE_ROW, front)
  if (head === 0) return asPayloadOffset(0)
  if (isZeroed) clearSpans(memory, head, spanCount)
  const block = memory.spanStart(head) + FIRST_PAYLOAD
  touchBytes(memory, memory.spanStart(head), block)
  memory.i32[(block >> 2) - 2] = plainPattern(memory.tag)
  memory.i32[(block >> 2) - 1] = byteLength
  publishRun(memory, slot, head, spanCount, LARGE_CLASS)
  handOut(memory, slot, LARGE_ROW, 1)
  return asPayloadOffset(block)
}
