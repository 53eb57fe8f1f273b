/** The owner's side: takes what other slots have delivered. */
import { corrupt, doubleFree } from '../base/errors.ts'
import { SLOT_ARRIVED, SLOT_DRAINED, SLOT_TAKING_FROM } from '../base/layout.ts'
import { asSlotIndex, type SlotIndex } from '../base/units.ts'
import { markFree, recycle } from '../blocks/free-block.ts'
import { classOfBlock, liveBlockAt, ownerOfBlock } from '../blocks/lookup.ts'
import type { ArenaMemory } from '../memory/memory.ts'
import { rowOf } from '../spans/runs.ts'
import { classInMap } from '../spans/span-map.ts'
import { EVENT_DRAIN, emit } from '../telemetry/telemetry.ts'
import { beginMarking, endMarking, sweepFreedBits } from './freed-bits.ts'
import type { PoolFastPaths } from './outbox.ts'
import {
  INBOX_SEGMENT,
  INBOX_TAKEN,
  maxSegmentCount,
  NO_LIMIT,
  OUTBOX_FIRST,
  OUTBOX_SENT,
  placeOf,
  queueWord,
  SEGMENT_NEXT,
  SEGMENT_OFFSETS,
  SEGMENT_STAMP,
  stampOf,
} from './queue.ts'
import { violate } from './violate.ts'

/**
 * Frees what was delivered to a slot, and gives how much it was.
 * @param by the slot whose thread does it, and whose `front` it is: that of a closed slot's reclaimer
 * @param limit the most that is taken
 */
export function receiveAll(
  memory: ArenaMemory,
  slot: SlotIndex,
  fastPaths: PoolFastPaths,
  by = slot,
  limit = NO_LIMIT,
): number {
  const { i32 } = memory
  const takenWords: number = queueWord(memory, slot, INBOX_TAKEN, asSlotIndex(0))
  const { openedSlotCount, slotWordCount } = memory
  let takenCount = 0
  let sentWord: number = queueWord(memory, asSlotIndex(0), OUTBOX_SENT, slot)
  for (let freer = 0; freer < openedSlotCount; freer++) {
    // A plain look first: there is mostly nothing, and an atomic one costs five times as much.
    const taken = i32[takenWords + freer]
    if (i32[sentWord] !== taken) {
      const sent = Atomics.load(i32, sentWord)
      const rest = limit - takenCount
      const upTo = ((sent - taken) | 0) > rest ? (taken + rest) | 0 : sent
      takenCount += receiveFrom(memory, slot, asSlotIndex(freer), upTo, fastPaths, by)
    }
    sentWord += slotWordCount
  }
  return takenCount + sweepFreedBits(memory, slot, limit - takenCount)
}

/** Frees what one slot has delivered, up to the number `sent`; gives how much it was. */
function receiveFrom(
  memory: ArenaMemory,
  slot: SlotIndex,
  freer: SlotIndex,
  sent: number,
  fastPaths: PoolFastPaths,
  by: SlotIndex,
): number {
  const { i32 } = memory
  const arrived = memory.slotWord(slot, SLOT_ARRIVED)
  const takenWord = queueWord(memory, slot, INBOX_TAKEN, freer)
  const takingFrom = memory.slotWord(slot, SLOT_TAKING_FROM)
  const before = i32[takenWord]
  let segment = 0
  i32[takingFrom] = freer + 1
  for (let taken = before; taken !== sent; taken = (taken + 1) | 0) {
    if (segment === 0 || placeOf(taken) === 0) segment = findSegment(memory, slot, freer, taken)
    if (segment === 0) {
      violate(memory, slot, corrupt(`mail of slot ${freer} to slot ${slot} was overwritten`))
      countTaken(i32, takenWord, sent, sent)
      break
    }
    const offset = i32[(segment >> 2) + SEGMENT_OFFSETS + placeOf(taken)]
    if (fastPaths.tryFree(offset)) {
      i32[arrived + classInMap(i32[memory.mapWord(memory.spanOf(offset))])]++
      countTaken(i32, takenWord, (taken + 1) | 0, sent)
    } else {
      receive(memory, slot, takenWord, offset, sent, by)
    }
  }
  i32[takingFrom] = 0
  const takenCount = (i32[takenWord] - before) | 0
  i32[memory.slotWord(slot, SLOT_DRAINED)] += takenCount
  if (takenCount !== 0) emit(memory, slot, EVENT_DRAIN, 0, takenCount, freer)
  return takenCount
}

/** The last one atomically: by that the freer knows that nobody reads those before it any more. */
export function countTaken(i32: Int32Array, takenWord: number, taken: number, sent: number): void {
  if (taken === sent) Atomics.store(i32, takenWord, taken)
  else i32[takenWord] = taken
}

/**
 * The segment that holds the offset number `taken`, or 0 where segments were overwritten. Those before it
 * are the freer's to use again.
 */
export function findSegment(
  memory: ArenaMemory,
  slot: SlotIndex,
  freer: SlotIndex,
  taken: number,
): number {
  const { i32 } = memory
  const segmentWord = queueWord(memory, slot, INBOX_SEGMENT, freer)
  let segment = i32[segmentWord] || i32[queueWord(memory, freer, OUTBOX_FIRST, slot)]
  for (let rest = maxSegmentCount(memory); segment > 0 && rest > 0; rest--) {
    if (i32[(segment >> 2) + SEGMENT_STAMP] === stampOf(freer, taken)) {
      Atomics.store(i32, segmentWord, segment)
      return segment
    }
    segment = i32[(segment >> 2) + SEGMENT_NEXT]
  }
  return 0
}

/**
 * Frees a block of the slot's own, or of the thread that does it, whose block it may be by now: its span
 * has changed hands then. When it went to yet another slot, the block is marked for that one.
 *
 * As soon as a run is given back, another slot may have a live block at the same place. So a block
 * counts as taken before that; and before it counts, it says itself that it was dealt with.
 */
function receive(
  memory: ArenaMemory,
  slot: SlotIndex,
  takenWord: number,
  offset: number,
  sent: number,
  by: SlotIndex,
): void {
  const { i32 } = memory
  const taken = (i32[takenWord] + 1) | 0
  try {
    const block = liveBlockAt(memory, offset)
    const owner = ownerOfBlock(memory, block)
    if (owner !== slot && owner !== by) {
      const isNew = beginMarking(memory, by, offset)
      countTaken(i32, takenWord, taken, sent)
      endMarking(memory, by)
      if (!isNew) throw doubleFree(offset)
      return
    }
    markFree(memory, block, offset)
    countTaken(i32, takenWord, taken, sent)
    i32[memory.slotWord(slot, SLOT_ARRIVED + rowOf(classOfBlock(memory, block)))]++
    recycle(memory, owner, block)
  } catch (error) {
    countTaken(i32, takenWord, taken, sent)
    violate(memory, slot, error)
  }
}
