/**
 * The end of a large run, where another thread has made the block shorter: the length is the
 * holder's, the run its owner's. The holder says so as it says that there are freed bits, and
 * whoever sweeps these gives the end back.
 */

import { FIRST_PAYLOAD, SPAN_LARGE } from '../base/layout.ts'
import { asPayloadOffset, type SlotIndex, type SpanIndex } from '../base/units.ts'
import { alignedByteLength } from '../blocks/aligned.ts'
import { spanCountFor } from '../blocks/large.ts'
import { headerWordAt, roomOfBlock, secondWordAt } from '../blocks/lookup.ts'
import { unmarkedOffset } from '../blocks/walk.ts'
import { alignmentInHeader } from '../memory/header.ts'
import type { ArenaMemory } from '../memory/memory.ts'
import { runSpanCountOf, truncateLargeRun } from '../spans/runs.ts'
import { stateInMap } from '../spans/span-map.ts'

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
