/**
 * Rebuilds the lists and counts of a dead thread's slot, and frees the blocks that nobody holds.
 */
import * as layout from '../base/layout.ts'
import type { ClassIndex, PayloadOffset, SlotIndex, SpanIndex } from '../base/units.ts'
import { roomOfBlock } from '../blocks/check-offset.ts'
import { forEachBlockIn, forEachRun } from '../blocks/walk.ts'
import { BLOCK_FREED, BLOCK_INTERNAL, BLOCK_PLAIN, BLOCK_SHIFTED } from '../memory/block-header.ts'
import {
  type ArenaMemory,
  hasLiveBit,
  recordWord,
  secondWordAt,
  slotAt,
  slotWord,
  stateAt,
} from '../memory/memory.ts'
import { segmentsOf } from '../remote/remote.ts'
import { hasRoom, link, sortPartial } from '../spans/partial.ts'
import { countRun, releaseRun } from '../spans/runs.ts'

/** The arrays of a slot that are rebuilt from its runs. Each has a word for each class. */
const REBUILT = [
  layout.SLOT_FREE_HEADS,
  layout.SLOT_PARTIAL_HEADS,
  layout.SLOT_OUTSTANDING,
  layout.SLOT_LIVE_SEEN,
  layout.SLOT_SPANS,
  layout.SLOT_ROOM,
  layout.SLOT_CARVED,
  layout.SLOT_UNSORTED,
]

/** Rebuilds the lists and counts of a slot from its runs, and gives empty runs back. */
export function rebuildRuns(memory: ArenaMemory, slot: SlotIndex): void {
  const { i32 } = memory
  const segments = segmentsOf(memory, slot)
  for (const field of REBUILT) {
    const first = slotWord(memory, slot, field)
    i32.fill(0, first, first + layout.CLASS_CAPACITY)
  }
  i32[slotWord(memory, slot, layout.SLOT_OWNED_SPANS)] = 0
  forEachRun(memory, (head, classIndex, owner) => {
    if (owner !== slot) return
    const liveCount = rebuildRun(memory, segments, head, classIndex === layout.LARGE_CLASS)
    countRun(memory, slot, head, 1)
    i32[slotWord(memory, slot, layout.SLOT_OUTSTANDING + classIndex)] += liveCount
    i32[slotWord(memory, slot, layout.SLOT_LIVE_SEEN + classIndex)] += liveCount
    if (liveCount === 0) releaseRun(memory, head)
    else if (hasRoom(memory, head)) link(memory, head)
  })
  for (let row = 0 as ClassIndex; row < memory.classCount; row++) sortPartial(memory, slot, row)
  const ownedCount = slotAt(memory, slot, layout.SLOT_OWNED_SPANS)
  i32[slotWord(memory, slot, layout.SLOT_SPANS_AT_SWEEP)] = ownedCount
}

/**
 * Parks the free blocks of a run, and returns how many of its blocks are live.
 * @param segments the segments of the queues that the slot writes
 */
function rebuildRun(
  memory: ArenaMemory,
  segments: ReadonlySet<number>,
  head: SpanIndex,
  isLarge: boolean,
): number {
  const { i32 } = memory
  const parkedHead = recordWord(memory, head, layout.RECORD_PARKED_HEAD)
  const parkedCount = recordWord(memory, head, layout.RECORD_PARKED_COUNT)
  const unmarked = recordWord(memory, head, layout.RECORD_UNMARKED_COUNT)
  const mayBeUnmarked = isLarge || i32[unmarked] !== 0
  let liveCount = 0
  let unmarkedCount = 0
  i32[parkedHead] = 0
  i32[parkedCount] = 0
  forEachBlockIn(memory, head, (block) => {
    if (hasLiveBit(memory, block)) liveCount++
    else if (mayBeUnmarked && isHeld(memory, segments, block, isLarge)) unmarkedCount++
    else if (!isLarge) {
      i32[(block >> 2) - 2] = memory.plainHeader
      i32[(block >> 2) - 1] = i32[parkedHead]
      i32[parkedHead] = block
      i32[parkedCount]++
    }
  })
  i32[unmarked] = isLarge ? 0 : unmarkedCount
  return liveCount + unmarkedCount
}

/**
 * Returns true if a caller or a queue may hold a block that has no live bit. A damaged block counts
 * as held, and `verify` reports it.
 * @param segments the segments of the queues that the slot writes
 */
function isHeld(
  memory: ArenaMemory,
  segments: ReadonlySet<number>,
  block: PayloadOffset,
  isLarge: boolean,
): boolean {
  const state = stateAt(memory, block)
  if (state === BLOCK_INTERNAL) return segments.has(block)
  if (state === BLOCK_SHIFTED) {
    // `freeUnmarked` marks the header of the shifted payload as freed before it frees the block.
    const offset = secondWordAt(memory, block)
    const isInside = offset > block && offset <= block + roomOfBlock(memory, block)
    return !isInside || stateAt(memory, offset) !== BLOCK_FREED
  }
  return state !== BLOCK_FREED && (isLarge || state !== BLOCK_PLAIN)
}
