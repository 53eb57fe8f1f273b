/**
 * The path of a miss: fills a slot's empty free list for a class. If a step finds no block, the
 * next step follows.
 *
 *     refill -> receive -> partial spans: take parked blocks, else carve -> claim a run
 *            -> reclaim, claim again -> receive for closed slots, reclaim them, claim again
 */
import { wrongLink, wrongRun } from '../base/errors.ts'
import * as layout from '../base/layout.ts'
import type { ClassIndex, SlotIndex, SpanIndex } from '../base/units.ts'
import { carve } from '../blocks/carve.ts'
import {
  type ArenaMemory,
  recordAt,
  recordWord,
  slotAt,
  slotWord,
  spanStart,
} from '../memory/memory.ts'
import { afterMiss, batchFor } from '../memory/refill-batch.ts'
import { spanCountFor } from '../memory/size-classes.ts'
import { isSweepDue, reclaim } from '../reclaim/reclaim.ts'
import { dropAllSegments, exchangeQueues, type PoolCore } from '../remote/remote.ts'
import { firstPartial, link, setDraining, unlink } from '../spans/partial.ts'
import { capacityOf, publishRun, releaseRun, runSpanCountOf } from '../spans/runs.ts'
import { claimRun } from '../spans/span-map.ts'
import { EVENT_REFILL, emit } from '../telemetry/telemetry.ts'
import { receiveForClosedSlots, reclaimClosedSlots } from './reclaim-closed.ts'

/**
 * Fills a pool's empty free list for a class. Returns false if the arena has no room for one block.
 */
export function refill(pool: PoolCore, classIndex: ClassIndex): boolean {
  const { memory, slot } = pool
  const { i32 } = memory
  exchangeQueues(pool)
  const freeHead = slotWord(memory, slot, layout.SLOT_FREE_HEADS + classIndex)
  if (i32[freeHead] !== 0) return true
  const partial = slotWord(memory, slot, layout.SLOT_PARTIAL_HEADS + classIndex)
  if (i32[partial] === 0) {
    const span = claimForClass(pool, classIndex)
    // Closed slots may have had blocks of the class, in their queues or in a span. These blocks are
    // used before the claimed span.
    const hasRoom = i32[partial] !== 0
    if (span === 0 && !hasRoom) return false
    if (span !== 0 && hasRoom) releaseRun(memory, span)
    else if (span !== 0) link(memory, span)
  }
  install(memory, slot, classIndex)
  return true
}

/**
 * Moves blocks of partial spans to the free list, which must be empty. Parked blocks of a span come
 * before newly carved blocks. `learnBatch` decides how many blocks are moved.
 */
function install(memory: ArenaMemory, slot: SlotIndex, classIndex: ClassIndex): void {
  const { i32 } = memory
  const partial = slotWord(memory, slot, layout.SLOT_PARTIAL_HEADS + classIndex)
  const batch = learnBatch(memory, slot, classIndex)
  let end: number = slotWord(memory, slot, layout.SLOT_FREE_HEADS + classIndex)
  let blockCount = 0
  while (blockCount < batch && i32[partial] !== 0) {
    const span = firstPartial(memory, slot, classIndex)
    setDraining(memory, span, false)
    const parkedCount = recordAt(memory, span, layout.RECORD_PARKED_COUNT)
    const carvedCount = recordAt(memory, span, layout.RECORD_CARVED_COUNT)
    const uncarvedCount = capacityOf(memory, span) - carvedCount
    const count = Math.min(batch - blockCount, parkedCount || uncarvedCount)
    if (count <= 0 || uncarvedCount < 0 || carvedCount < 0) {
      throw wrongRun(span, `${carvedCount} carved blocks`)
    }
    if (parkedCount > 0) {
      end = unpark(memory, span, count, end)
    } else {
      i32[end] = carve(memory, span, count)
      end = (i32[end] >> 2) - 1 + (count - 1) * (memory.strides[classIndex] >> 2)
    }
    if (count === parkedCount + uncarvedCount) {
      unlink(memory, span)
      if (i32[partial] === span) throw wrongLink('partial spans', span)
    }
    blockCount += count
  }
  handOut(memory, slot, classIndex, blockCount)
  i32[slotWord(memory, slot, layout.SLOT_REFILLS + classIndex)]++
  i32[slotWord(memory, slot, layout.SLOT_REFILLED + classIndex)] += blockCount
  const live = slotAt(memory, slot, layout.SLOT_LIVE_SEEN + classIndex)
  const unusedAtSweep = slotWord(memory, slot, layout.SLOT_UNUSED_AT_SWEEP + classIndex)
  emit(memory, slot, EVENT_REFILL, classIndex, blockCount, live, i32[unusedAtSweep])
  i32[unusedAtSweep] = 0
}

/**
 * Counts a miss of a class, and returns how many blocks the refill hands out: the batch that a
 * supervisor published, or the batch that this slot has learned.
 */
function learnBatch(memory: ArenaMemory, slot: SlotIndex, classIndex: ClassIndex): number {
  const { i32 } = memory
  const base = memory.baseBatches[classIndex]
  const max = memory.maxBatches[classIndex]
  const arrived = slotAt(memory, slot, layout.SLOT_ARRIVED + classIndex)
  const arrivedAtRefill = slotWord(memory, slot, layout.SLOT_ARRIVED_AT_REFILL + classIndex)
  const learned = slotWord(memory, slot, layout.SLOT_LEARNED + classIndex)
  i32[learned] = afterMiss(i32[learned], base, max, (arrived - i32[arrivedAtRefill]) | 0)
  i32[arrivedAtRefill] = arrived
  const published = slotAt(memory, slot, layout.SLOT_PUBLISHED + classIndex)
  return batchFor(published, i32[learned], base, max)
}

/**
 * Moves `blockCount` parked blocks of a span to the end of a list. Returns the index of the word
 * with the list's new last link.
 * @param end the index of the word with the list's last link
 */
function unpark(memory: ArenaMemory, span: SpanIndex, blockCount: number, end: number): number {
  const { i32 } = memory
  const parkedHead = recordWord(memory, span, layout.RECORD_PARKED_HEAD)
  const start = spanStart(memory, span)
  const reach = runSpanCountOf(memory, span) * layout.SPAN_BYTE_LENGTH
  i32[end] = i32[parkedHead]
  let last = end
  for (let i = 0; i < blockCount; i++) {
    const block = i32[last]
    // If the list was overwritten, it may lead out of the run. Nothing may be written there.
    if (!(block > start && block < start + reach)) {
      throw wrongLink(`parked blocks of span ${span}`, block)
    }
    last = (block >> 2) - 1
  }
  i32[parkedHead] = i32[last]
  i32[recordWord(memory, span, layout.RECORD_PARKED_COUNT)] -= blockCount
  i32[last] = 0
  return last
}

/**
 * Counts blocks that were moved to an empty free list, or a large block that the caller gets.
 * @param row the class of the blocks
 */
export function handOut(memory: ArenaMemory, slot: SlotIndex, row: number, blockCount: number) {
  const { i32 } = memory
  const outstanding = slotWord(memory, slot, layout.SLOT_OUTSTANDING + row)
  const peak = slotWord(memory, slot, layout.SLOT_PEAK_LIVE + row)
  // The free list was empty, so all outstanding blocks were live. One more block is about to be
  // live.
  const live = i32[outstanding] + 1
  i32[slotWord(memory, slot, layout.SLOT_LIVE_SEEN + row)] = live
  if (live > i32[peak]) i32[peak] = live
  i32[outstanding] += blockCount
}

/**
 * Makes a run for blocks of a class, and returns its head. Returns 0 if there is no room. If there
 * is no room for a run of the usual length, even after reclaiming, makes a short run. (Rejected: to
 * make a short run before reclaiming, which would fragment the arena. Also rejected: to use the
 * longest free run instead of a short one, which would leave no room for other classes.)
 */
function claimForClass(pool: PoolCore, classIndex: ClassIndex): SpanIndex {
  const { memory, slot } = pool
  let spanCount = memory.runSpanCounts[classIndex]
  let span = claimAfterReclaim(pool, spanCount, classIndex)
  if (span === 0) {
    spanCount = spanCountFor(memory.strides[classIndex] - layout.HEADER_BYTE_LENGTH)
    span = claimRun(memory, slot, spanCount)
  }
  if (span !== 0) publishRun(memory, slot, span, spanCount, classIndex)
  return span
}

/**
 * Claims spans for a run, and returns the first one. If not enough spans are free, reclaims all
 * free memory that it can find, and tries again. Returns 0 if this fails too. Even then, a closed
 * slot may have handed over a span with free blocks of class `row`.
 * @param spanCount how many adjacent spans to claim
 * @param row the class that the run is for, or LARGE_CLASS
 */
export function claimAfterReclaim(pool: PoolCore, spanCount: number, row: number): SpanIndex {
  const { memory, slot } = pool
  sweepWhenDue(memory, slot)
  let span = claimRun(memory, slot, spanCount)
  if (span === 0 && reclaim(memory, slot) > 0) {
    span = claimRun(memory, slot, spanCount)
  }
  if (span !== 0) return span
  receiveForClosedSlots(pool)
  dropAllSegments(memory, slot)
  reclaim(memory, slot)
  reclaimClosedSlots(memory, slot, row)
  return claimRun(memory, slot, spanCount)
}

/** Sweeps a slot for empty spans if a sweep is due. Call it before the slot claims another run. */
function sweepWhenDue(memory: ArenaMemory, slot: SlotIndex): void {
  const { i32 } = memory
  const owned = slotAt(memory, slot, layout.SLOT_OWNED_SPANS)
  const atSweep = slotWord(memory, slot, layout.SLOT_SPANS_AT_SWEEP)
  if (owned < i32[atSweep]) i32[atSweep] = owned // large blocks were freed since the last sweep
  if (isSweepDue(owned, i32[atSweep])) reclaim(memory, slot)
}
