/** The runs of a dead slot: rebuilds its lists and counts from headers, and frees what nobody got. */
import { freePattern, isParcel, livePattern, STATE_AND_TAG, shiftedPattern } from './header.ts'
import {
  CLASS_CAPACITY,
  LARGE_CLASS,
  RECORD_CARVED_COUNT,
  RECORD_PARKED_COUNT,
  RECORD_PARKED_HEAD,
  RECORD_RUN_SPAN_COUNT,
  SLOT_CARVED,
  SLOT_FREE_HEADS,
  SLOT_HANDED,
  SLOT_LIVE_SEEN,
  SLOT_OWNED_SPANS,
  SLOT_PARTIAL_HEADS,
  SLOT_ROOM,
  SLOT_SPANS,
  SLOT_SPANS_AT_LOOK,
  SLOT_UNSORTED,
} from './layout.ts'
import { headerWordAt, roomOfBlock, secondWordAt } from './lookup.ts'
import type { ArenaMemory } from './memory.ts'
import { link } from './partial.ts'
import { parcelsOf } from './remote/remote.ts'
import { capacityOf, countRun, releaseRun, rowOf } from './runs.ts'
import { sortPartial } from './sort-partial.ts'
import { classInMap } from './span-map.ts'
import {
  asClassIndex,
  type ClassIndex,
  type PayloadOffset,
  type SlotIndex,
  type SpanIndex,
} from './units.ts'
import { forEachBlockIn, forEachRun } from './walk.ts'

/** Class arrays that say what a walk finds. */
const REBUILT = [
  SLOT_FREE_HEADS,
  SLOT_PARTIAL_HEADS,
  SLOT_HANDED,
  SLOT_LIVE_SEEN,
  SLOT_SPANS,
  SLOT_ROOM,
  SLOT_CARVED,
  SLOT_UNSORTED,
]

export function rebuildRuns(memory: ArenaMemory, slot: SlotIndex): void {
  const { i32 } = memory
  const parcels = parcelsOf(memory, slot)
  for (const field of REBUILT) {
    const first = memory.slotWord(slot, field)
    i32.fill(0, first, first + CLASS_CAPACITY)
  }
  i32[memory.slotWord(slot, SLOT_OWNED_SPANS)] = 0
  forEachRun(memory, (head, classIndex, owner) => {
    if (owner !== slot) return
    const spanCount = i32[memory.recordWord(head, RECORD_RUN_SPAN_COUNT)]
    i32[memory.slotWord(slot, SLOT_OWNED_SPANS)] += spanCount
    const liveCount = rebuildRun(memory, parcels, head)
    const row = rowOf(classIndex)
    countRun(memory, slot, head, 1)
    i32[memory.slotWord(slot, SLOT_HANDED + row)] += liveCount
    i32[memory.slotWord(slot, SLOT_LIVE_SEEN + row)] += liveCount
    if (liveCount === 0) releaseRun(memory, slot, head)
    else if (classIndex !== LARGE_CLASS) linkIfPartial(memory, slot, head, classIndex)
  })
  for (let row = 0; row < memory.classes.count; row++) sortPartial(memory, slot, asClassIndex(row))
  i32[memory.slotWord(slot, SLOT_SPANS_AT_LOOK)] = i32[memory.slotWord(slot, SLOT_OWNED_SPANS)]
}

/** Parks every block of a run that is not live; gives how many are. */
function rebuildRun(memory: ArenaMemory, parcels: ReadonlySet<number>, head: SpanIndex): number {
  const { i32 } = memory
  const classIndex = classInMap(i32[memory.mapWord(head)])
  const parkedHead = memory.recordWord(head, RECORD_PARKED_HEAD)
  const parkedCount = memory.recordWord(head, RECORD_PARKED_COUNT)
  let liveCount = 0
  i32[parkedHead] = 0
  i32[parkedCount] = 0
  forEachBlockIn(memory, head, (block) => {
    if (isHeld(memory, parcels, block)) {
      liveCount++
      return
    }
    i32[(block >> 2) - 2] = freePattern(memory.tag) | classIndex
    i32[(block >> 2) - 1] = i32[parkedHead]
    i32[parkedHead] = block
    i32[parkedCount]++
  })
  return liveCount
}

/**
 * Whether somebody may hold the block: a caller, or a queue of some slot. What was damaged counts as
 * held; verify tells of it.
 */
function isHeld(memory: ArenaMemory, parcels: ReadonlySet<number>, block: PayloadOffset): boolean {
  const header = headerWordAt(memory, block)
  const state = header & STATE_AND_TAG
  if (state === freePattern(memory.tag)) return false
  if (state === livePattern(memory.tag)) {
    return !isParcel(header) || parcels.has(block)
  }
  if (state !== shiftedPattern(memory.tag)) return true
  // Its payload is freed first.
  const offset = secondWordAt(memory, block)
  const isInside = offset > block && offset <= block + roomOfBlock(memory, block)
  return !isInside || (headerWordAt(memory, offset) & STATE_AND_TAG) !== freePattern(memory.tag)
}

function linkIfPartial(
  memory: ArenaMemory,
  slot: SlotIndex,
  head: SpanIndex,
  classIndex: ClassIndex,
): void {
  const carvedCount = memory.i32[memory.recordWord(head, RECORD_CARVED_COUNT)]
  const parkedCount = memory.i32[memory.recordWord(head, RECORD_PARKED_COUNT)]
  const hasRoom = parkedCount > 0 || carvedCount < capacityOf(memory, head, classIndex)
  if (hasRoom) link(memory, slot, classIndex, head)
}
