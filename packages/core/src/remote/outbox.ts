/**
 * Collects freed blocks for each owner, and delivers them in batches. This is the freer's side of
 * the remote-free queues.
 */
import type { PayloadOffset, SlotIndex, SpanIndex } from '../base/units.ts'
import { unmark } from '../blocks/aligned.ts'
import { freeBlock } from '../blocks/free-block.ts'
import { BLOCK_INTERNAL, headerWith } from '../memory/block-header.ts'
import { type ArenaMemory, openedSlotCount, spanStart } from '../memory/memory.ts'
import * as queue from './queue.ts'

/**
 * One store to `sent` delivers so many offsets to an owner. Offsets are delivered in batches
 * because the store costs 8 ns.
 */
const BATCH = 32

/** The parts of a pool that the cold paths need: its slot and its fast paths. */
export interface PoolCore {
  /** The arena of the pool. */
  readonly memory: ArenaMemory
  /** The slot of the pool. */
  readonly slot: SlotIndex
  /** Allocates a block, and returns its offset. Returns 0 if there is no room. */
  tryAlloc(byteLength: number): number
  /**
   * Frees an ordinary block of the slot, and returns true. Returns false for an offset that only
   * the slow path of `free` can free.
   */
  tryFree(offset: number): boolean
  /**
   * Appends an offset to the queue for its owner. Returns false if there is no memory for a
   * segment.
   */
  enqueue(owner: SlotIndex, offset: number): boolean
}

/**
 * Makes the function `PoolCore.enqueue` for a slot. (If `enqueue` were inlined by hand, a call
 * would take 6.4 instead of 8 ns on Node 20.)
 */
export function createEnqueue(
  memory: ArenaMemory,
  slot: SlotIndex,
  tryAlloc: PoolCore['tryAlloc'],
): PoolCore['enqueue'] {
  const { i32 } = memory
  const writtenWords: number = queue.queueWord(memory, slot, queue.OUTBOX_WRITTEN, 0 as SlotIndex)
  const lastWords: number = queue.queueWord(memory, slot, queue.OUTBOX_LAST, 0 as SlotIndex)
  const controlEnd = spanStart(memory, memory.controlSpanCount as SpanIndex)
  // In a full arena, the search for memory for a segment is slow. So after a failed search,
  // `enqueue` refuses the next blocks without a search. If the next search fails too, it refuses
  // twice as many.
  let searchesToSkip = 0
  let nextSkipCount = queue.SEGMENT_CAPACITY

  return function enqueue(owner, offset) {
    const written = i32[writtenWords + owner]
    let segment = i32[lastWords + owner]
    if (queue.placeOf(written) === 0 || segment <= controlEnd) {
      if (searchesToSkip > 0) {
        searchesToSkip--
        return false
      }
      if (!appendSegment(memory, slot, owner, written, tryAlloc)) {
        searchesToSkip = nextSkipCount
        nextSkipCount *= 2
        return false
      }
      nextSkipCount = queue.SEGMENT_CAPACITY
      segment = i32[lastWords + owner]
    }
    i32[(segment >> 2) + queue.SEGMENT_OFFSETS + queue.placeOf(written)] = offset
    i32[writtenWords + owner] = written + 1
    if (((written + 1) & (BATCH - 1)) === 0) deliver(memory, slot, owner)
    return true
  }
}

/** Lets an owner read all offsets in the queue to that owner. */
function deliver(memory: ArenaMemory, slot: SlotIndex, owner: SlotIndex): void {
  const written = memory.i32[queue.queueWord(memory, slot, queue.OUTBOX_WRITTEN, owner)]
  Atomics.store(memory.i32, queue.queueWord(memory, slot, queue.OUTBOX_SENT, owner), written)
}

/** Delivers the offsets in all queues of a slot to their owners. */
export function deliverAll(memory: ArenaMemory, slot: SlotIndex): void {
  const { i32 } = memory
  const written = queue.queueWord(memory, slot, queue.OUTBOX_WRITTEN, 0 as SlotIndex)
  const sent = queue.queueWord(memory, slot, queue.OUTBOX_SENT, 0 as SlotIndex)
  for (let owner = 0 as SlotIndex; owner < openedSlotCount(memory); owner++) {
    if (i32[written + owner] !== i32[sent + owner]) deliver(memory, slot, owner)
  }
}

/**
 * Appends a segment to a queue, for the offsets from number `written` on. Returns false if there is
 * no memory for a segment. If the owner no longer reads the queue's first segment, this segment is
 * used again. Otherwise the function allocates a new one.
 *
 * If the writer dies, a segment in no queue counts as free. So a segment that is used again is
 * linked at the end of the queue before it is unlinked at the front.
 * @param slot the slot that writes the queue
 */
function appendSegment(
  memory: ArenaMemory,
  slot: SlotIndex,
  owner: SlotIndex,
  written: number,
  tryAlloc: PoolCore['tryAlloc'],
): boolean {
  const { i32 } = memory
  const firstWord = queue.queueWord(memory, slot, queue.OUTBOX_FIRST, owner)
  const lastWord = queue.queueWord(memory, slot, queue.OUTBOX_LAST, owner)
  const stamp = queue.stampOf(slot, written)
  checkEnds(memory, slot, owner)
  const before = i32[lastWord]
  // If the former thread of the slot died just after it appended this segment, the segment is in
  // the queue already.
  if (before !== 0 && i32[(before >> 2) + queue.SEGMENT_STAMP] === stamp) return true
  // The segments that the owner has read are freed first. So there is memory for the new segment,
  // even in a full arena.
  dropSegments(memory, slot, owner)
  checkEnds(memory, slot, owner)
  const first = i32[firstWord]
  const isReused = first !== 0 && isPast(memory, slot, owner, first)
  const segment = isReused ? first : newSegment(memory, tryAlloc)
  if (segment === 0) return false
  const last = i32[lastWord] // read after the allocation, which may have dropped segments
  i32[(segment >> 2) + queue.SEGMENT_STAMP] = stamp
  if (last !== 0) i32[(last >> 2) + queue.SEGMENT_NEXT] = segment // if `isReused`: a ring
  i32[lastWord] = segment
  if (isReused) {
    i32[firstWord] = i32[(segment >> 2) + queue.SEGMENT_NEXT]
    i32[(segment >> 2) + queue.SEGMENT_NEXT] = 0
  } else if (last === 0) {
    i32[firstWord] = segment
  }
  return true
}

/**
 * Throws if a queue does not have both a first and a last segment, or neither.
 * @throws ArenaError 'corrupt' if the check fails
 */
function checkEnds(memory: ArenaMemory, slot: SlotIndex, owner: SlotIndex): void {
  const first = memory.i32[queue.queueWord(memory, slot, queue.OUTBOX_FIRST, owner)]
  const last = memory.i32[queue.queueWord(memory, slot, queue.OUTBOX_LAST, owner)]
  if (first === 0 && last === 0) return
  if (queue.isSegmentOf(memory, slot, first) && queue.isSegmentOf(memory, slot, last)) return
  throw queue.overwrittenQueue(slot, owner)
}

/**
 * Frees all segments of a queue if the owner has taken all offsets in them. Then the owner reads no
 * segment.
 */
function dropSegments(memory: ArenaMemory, slot: SlotIndex, owner: SlotIndex): void {
  const { i32 } = memory
  const firstWord = queue.queueWord(memory, slot, queue.OUTBOX_FIRST, owner)
  const taken = Atomics.load(i32, queue.queueWord(memory, owner, queue.INBOX_TAKEN, slot))
  const isAllTaken = taken === i32[queue.queueWord(memory, slot, queue.OUTBOX_WRITTEN, owner)]
  if (!isAllTaken || i32[firstWord] === 0) return
  // This word belongs to the owner. But the owner reads and writes it only while the queue holds
  // offsets, so the freer may write it now.
  Atomics.store(i32, queue.queueWord(memory, owner, queue.INBOX_SEGMENT, slot), 0)
  for (let first = i32[firstWord]; queue.isSegmentOf(memory, slot, first); ) {
    // A segment is unlinked before it is freed. If the writer dies between, the segment is in no
    // queue, and so counts as free.
    const next = i32[(first >> 2) + queue.SEGMENT_NEXT]
    if (next === 0) i32[queue.queueWord(memory, slot, queue.OUTBOX_LAST, owner)] = 0
    i32[firstWord] = next
    freeBlock(memory, first as PayloadOffset, first)
    first = next
  }
}

/** Frees the segments of each queue of a slot from which the owner has taken all offsets. */
export function dropAllSegments(memory: ArenaMemory, slot: SlotIndex): void {
  for (let owner = 0 as SlotIndex; owner < openedSlotCount(memory); owner++) {
    dropSegments(memory, slot, owner)
  }
}

/**
 * Returns true if the owner reads a later segment of the queue than `first`.
 * @param first the first segment of the queue
 */
function isPast(memory: ArenaMemory, slot: SlotIndex, owner: SlotIndex, first: number): boolean {
  const segmentWord = queue.queueWord(memory, owner, queue.INBOX_SEGMENT, slot)
  const beingRead = Atomics.load(memory.i32, segmentWord)
  return beingRead !== 0 && beingRead !== first
}

/** Allocates an empty segment, and returns its offset. Returns 0 if there is no room. */
function newSegment(memory: ArenaMemory, tryAlloc: PoolCore['tryAlloc']): number {
  const segment = tryAlloc(queue.SEGMENT_BYTE_LENGTH)
  if (segment === 0) return 0
  memory.i32[(segment >> 2) + queue.SEGMENT_NEXT] = 0
  unmark(memory, segment)
  memory.i32[(segment >> 2) - 2] = headerWith(BLOCK_INTERNAL, memory.tag)
  return segment
}
