/**
 * The end of a large run, where another thread has made the block shorter: the length is the
 * holder's, the run its owner's. The holder says so as it says that there are freed bits, and
 * whoever sweeps these gives the end back.
 */
import { alignedByteLength } from '../aligned.ts'
import { alignmentInHeader } from '../header.ts'
import { spanCountFor } from '../large.ts'
import { FIRST_PAYLOAD, SPAN_LARGE } from '../layout.ts'
import { headerWordAt, roomOfBlock, secondWordAt } from '../lookup.ts'
import type { ArenaMemory } from '../memory.ts'
import { runSpanCountOf, truncateLargeRun } from '../runs.ts'
import { stateInMap } from '../span-map.ts'
import { asPayloadOffset, type SlotIndex, type SpanIndex } from '../units.ts'
import { unmarkedOffset } from '../walk.ts'

/** Gives back what the block of a large run has no use for. By who has the slot. */
export function giveBackEnd(memory: ArenaMemory, slot: SlotIndex, head: SpanIndex): void {
  if (stateInMap(memory.i32[memory.mapWord(head)]) !== SPAN_LARGE) return
  const spanCount = usedSpanCountOf(memory, head)
  if (spanCount < runSpanCountOf(memory, head)) truncateLargeRun(memory, slot, head, spanCount)
}

/** How many spans of a large run its live block needs. All, where its headers are damaged. */
function usedSpanCountOf(memory: ArenaMemory, head: SpanIndex): number {
  const block = asPayloadOffset(memory.spanStart(head) + FIRST_PAYLOAD)
  const offset = unmarkedOffset(memory, block, true)
  const byteLength = secondWordAt(memory, offset) >>> 0
  const isSound = offset !== 0 && offset + byteLength <= block + roomOfBlock(memory, block)
  if (!isSound) return runSpanCountOf(memory, head)
  return spanCountFor(
    alignedByteLength(byteLength, alignmentInHeader(headerWordAt(memory, offset))),
  )
}
