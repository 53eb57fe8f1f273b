/**
 * Frees the blocks that other slots have delivered. This is the owner's side of the remote-free
 * queues.
 */
import { doubleFree } from '../base/errors.ts'
import * as layout from '../base/layout.ts'
import type { SlotIndex } from '../base/units.ts'
import { classOfBlock, liveBlockAt, ownerOfBlock } from '../blocks/check-offset.ts'
import { markFree, recycle } from '../blocks/free-block.ts'
import {
  type ArenaMemory,
  addToSlot,
  openedSlotCount,
  slotWord,
  spanMapWord,
  spanOf,
} from '../memory/memory.ts'
import { classInMap } from '../spans/span-map.ts'
import { EVENT_DRAIN, emit } from '../telemetry/telemetry.ts'
import { beginMarking, endMarking, sweepFreedBits, violate } from './freed-bits.ts'
import { deliverAll, type PoolCore } from './outbox.ts'
import * as queue from './queue.ts'

/**
 * Delivers a pool's queued offsets to their owners, and frees the blocks that were delivered to the
 * pool.
 */
export function exchangeQueues(pool: PoolCore): void {
  deliverAll(pool.memory, pool.slot)
  receiveAll(pool, pool.slot)
}

/**
 * Frees the blocks that were delivered to a slot, and the slot's blocks that freed bits mark.
 * @param pool the pool of the calling thread: the slot's own pool, or the reclaimer's pool if the
 * slot is lent
 */
export function receiveAll(pool: PoolCore, slot: SlotIndex): void {
  const { memory } = pool
  const { i32, slotWordCount } = memory
  const slotCount = openedSlotCount(memory)
  const takenWords: number = queue.queueWord(memory, slot, queue.INBOX_TAKEN, 0 as SlotIndex)
  let sentWord: number = queue.queueWord(memory, 0 as SlotIndex, queue.OUTBOX_SENT, slot)
  for (let freer = 0 as SlotIndex; freer < slotCount; freer++) {
    // A plain load comes first, because usually nothing was sent, and an atomic load costs five
    // times as much.
    if (i32[sentWord] !== i32[takenWords + freer]) {
      receiveFrom(pool, slot, freer, Atomics.load(i32, sentWord))
    }
    sentWord += slotWordCount
  }
  sweepFreedBits(memory, slot)
}

/**
 * Frees the blocks that slot `freer` has delivered to `slot`.
 * @param pool the pool of the calling thread
 * @param sent the number of offsets that `freer` had delivered when the caller read it
 */
function receiveFrom(pool: PoolCore, slot: SlotIndex, freer: SlotIndex, sent: number): void {
  const { memory } = pool
  const { i32 } = memory
  const arrived = slotWord(memory, slot, layout.SLOT_ARRIVED)
  const takenWord = queue.queueWord(memory, slot, queue.INBOX_TAKEN, freer)
  const takingFrom = slotWord(memory, slot, layout.SLOT_TAKING_FROM)
  const before = i32[takenWord]
  let segment = 0
  i32[takingFrom] = freer + 1
  for (let taken = before; taken !== sent; taken = (taken + 1) | 0) {
    if (segment === 0 || queue.placeOf(taken) === 0)
      segment = findSegment(memory, slot, freer, taken)
    if (segment === 0) {
      violate(memory, slot, queue.overwrittenQueue(freer, slot))
      countTaken(i32, takenWord, sent, sent)
      break
    }
    const offset = i32[(segment >> 2) + queue.SEGMENT_OFFSETS + queue.placeOf(taken)]
    if (pool.tryFree(offset)) {
      i32[arrived + classInMap(i32[spanMapWord(memory, spanOf(memory, offset))])]++
      countTaken(i32, takenWord, (taken + 1) | 0, sent)
    } else {
      receive(pool, slot, takenWord, offset, sent)
    }
  }
  i32[takingFrom] = 0
  const takenCount = (i32[takenWord] - before) | 0
  addToSlot(memory, slot, layout.SLOT_DRAINED, takenCount)
  if (takenCount !== 0) emit(memory, slot, EVENT_DRAIN, 0, takenCount, freer)
}

/**
 * Stores how many offsets of a queue the owner has taken. If the count reaches `sent`, the store is
 * atomic, because the freer may then free the segments.
 */
export function countTaken(i32: Int32Array, takenWord: number, taken: number, sent: number): void {
  if (taken === sent) Atomics.store(i32, takenWord, taken)
  else i32[takenWord] = taken
}

/**
 * Returns the segment that holds the offset number `taken` of a queue. Returns 0 if the segments
 * were overwritten. Also stores that the owner reads this segment now. Then the freer may use the
 * earlier segments again.
 * @param slot the slot that owns the queue's blocks
 */
export function findSegment(
  memory: ArenaMemory,
  slot: SlotIndex,
  freer: SlotIndex,
  taken: number,
): number {
  const { i32 } = memory
  const segmentWord = queue.queueWord(memory, slot, queue.INBOX_SEGMENT, freer)
  let segment = i32[segmentWord] || i32[queue.queueWord(memory, freer, queue.OUTBOX_FIRST, slot)]
  for (let rest = queue.maxSegmentCount(memory); segment > 0 && rest > 0; rest--) {
    if (i32[(segment >> 2) + queue.SEGMENT_STAMP] === queue.stampOf(freer, taken)) {
      Atomics.store(i32, segmentWord, segment)
      return segment
    }
    segment = i32[(segment >> 2) + queue.SEGMENT_NEXT]
  }
  return 0
}

/**
 * Frees a delivered block that `pool.tryFree` refuses. The block may belong to a third slot,
 * because its run was handed over to that slot. Then the block gets a freed bit for that slot
 * instead.
 *
 * The order of steps matters. As soon as a run is given back, another slot may have a live block at
 * the same offset. So the offset is counted as taken before `recycle` gives the run back. Before
 * the offset is counted as taken, the block is marked as free, or is being marked for the third
 * slot. So if this thread dies, an adopter can decide whether to count the offset.
 * @param slot the slot to which the block was delivered
 * @param takenWord the index of the word that counts the taken offsets
 * @param sent the number of offsets that were delivered
 */
function receive(
  { memory, slot: by }: PoolCore,
  slot: SlotIndex,
  takenWord: number,
  offset: number,
  sent: number,
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
    addToSlot(memory, slot, layout.SLOT_ARRIVED + classOfBlock(memory, block), 1)
    recycle(memory, block)
  } catch (error) {
    countTaken(i32, takenWord, taken, sent)
    violate(memory, slot, error)
  }
}
