/** The freer's side of a queue: notes blocks for their owners, and delivers them in batches. */
import { asPayloadOffset, asSlotIndex, asSpanIndex, type SlotIndex } from '../base/units.ts'
import { unmark } from '../blocks/aligned.ts'
import { freeBlock } from '../blocks/free-block.ts'
import { type ArenaMemory, spanStart } from '../memory/memory.ts'
import * as queue from './queue.ts'

/** So many offsets are delivered at once; a store to `sent` costs 8 ns. */
const BATCH = 32

/** What the cold paths need of a pool: its slot and its fast paths. */
export interface PoolCore {
  readonly memory: ArenaMemory
  readonly slot: SlotIndex
  /** Gives the offset of a block, or 0. */
  tryAlloc(byteLength: number): number
  /** Frees an ordinary block of the slot; false if it is not one. */
  tryFree(offset: number): boolean
  /** Notes a block for its owner; false if there is no memory to note it in. */
  enqueue(owner: SlotIndex, offset: number): boolean
}

/** `PoolCore.enqueue` of a slot. (Copied into `free` by hand it saves 1.6 of 8 ns on Node 20.) */
export function createEnqueue(
  memory: ArenaMemory,
  slot: SlotIndex,
  tryAlloc: PoolCore['tryAlloc'],
): PoolCore['enqueue'] {
  const { i32 } = memory
  const writtenWords: number = queue.queueWord(memory, slot, queue.OUTBOX_WRITTEN, asSlotIndex(0))
  const lastWords: number = queue.queueWord(memory, slot, queue.OUTBOX_LAST, asSlotIndex(0))
  const controlEnd = spanStart(memory, asSpanIndex(memory.controlSpanCount))
  // In a full arena, the search for a segment is slow. After each search that failed, twice as many
  // blocks go without a search.
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

/** Lets an owner read all that was noted for it. */
function deliver(memory: ArenaMemory, slot: SlotIndex, owner: SlotIndex): void {
  const written = memory.i32[queue.queueWord(memory, slot, queue.OUTBOX_WRITTEN, owner)]
  Atomics.store(memory.i32, queue.queueWord(memory, slot, queue.OUTBOX_SENT, owner), written)
}

/** Delivers to every owner. */
export function deliverAll(memory: ArenaMemory, slot: SlotIndex): void {
  const { i32 } = memory
  const written = queue.queueWord(memory, slot, queue.OUTBOX_WRITTEN, asSlotIndex(0))
  const sent = queue.queueWord(memory, slot, queue.OUTBOX_SENT, asSlotIndex(0))
  for (let owner = asSlotIndex(0); owner < memory.openedSlotCount; owner++) {
    if (i32[written + owner] !== i32[sent + owner]) deliver(memory, slot, owner)
  }
}

/**
 * Appends the segment that begins with the offset number `written`: a new one, or the first one if
 * the owner is past it. If the writer dies, a segment that is in no queue counts as free; so a
 * segment that is used again is linked at the end before it is unlinked at the front.
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
  // If a writer died just after it had appended the segment, the segment is there already.
  if (before !== 0 && i32[(before >> 2) + queue.SEGMENT_STAMP] === stamp) return true
  // So one can be allocated even in a full arena.
  dropSegments(memory, slot, owner)
  checkEnds(memory, slot, owner)
  const first = i32[firstWord]
  const isReused = first !== 0 && isPast(memory, slot, owner, first)
  const segment = isReused ? first : newSegment(memory, tryAlloc)
  if (segment === 0) return false
  const last = i32[lastWord] // after the allocation, which may have dropped segments
  i32[(segment >> 2) + queue.SEGMENT_STAMP] = stamp
  if (last !== 0) i32[(last >> 2) + queue.SEGMENT_NEXT] = segment // a ring, if it is reused
  i32[lastWord] = segment
  if (isReused) {
    i32[firstWord] = i32[(segment >> 2) + queue.SEGMENT_NEXT]
    i32[(segment >> 2) + queue.SEGMENT_NEXT] = 0
  } else if (last === 0) {
    i32[firstWord] = segment
  }
  return true
}

/** A queue has a first and a last segment, or neither. @throws ArenaError 'corrupt' */
function checkEnds(memory: ArenaMemory, slot: SlotIndex, owner: SlotIndex): void {
  const first = memory.i32[queue.queueWord(memory, slot, queue.OUTBOX_FIRST, owner)]
  const last = memory.i32[queue.queueWord(memory, slot, queue.OUTBOX_LAST, owner)]
  if (first === 0 && last === 0) return
  if (queue.isSegmentOf(memory, slot, first) && queue.isSegmentOf(memory, slot, last)) return
  throw queue.overwrittenQueue(slot, owner)
}

/** Frees a queue's segments if the owner has taken all offsets: nobody reads them. */
function dropSegments(memory: ArenaMemory, slot: SlotIndex, owner: SlotIndex): void {
  const { i32 } = memory
  const firstWord = queue.queueWord(memory, slot, queue.OUTBOX_FIRST, owner)
  const taken = Atomics.load(i32, queue.queueWord(memory, owner, queue.INBOX_TAKEN, slot))
  const isAllTaken = taken === i32[queue.queueWord(memory, slot, queue.OUTBOX_WRITTEN, owner)]
  if (!isAllTaken || i32[firstWord] === 0) return
  // This is the owner's word, but the owner reads and writes it only while the queue has offsets.
  Atomics.store(i32, queue.queueWord(memory, owner, queue.INBOX_SEGMENT, slot), 0)
  for (let first = i32[firstWord]; queue.isSegmentOf(memory, slot, first); ) {
    // If the writer dies, a segment that is unlinked is free.
    const next = i32[(first >> 2) + queue.SEGMENT_NEXT]
    if (next === 0) i32[queue.queueWord(memory, slot, queue.OUTBOX_LAST, owner)] = 0
    i32[firstWord] = next
    freeBlock(memory, asPayloadOffset(first), first)
    first = next
  }
}

/** Frees the segments of all queues that nobody reads. */
export function dropAllSegments(memory: ArenaMemory, slot: SlotIndex): void {
  for (let owner = asSlotIndex(0); owner < memory.openedSlotCount; owner++) {
    dropSegments(memory, slot, owner)
  }
}

/** Whether the owner has come past the first segment of its queue. */
function isPast(memory: ArenaMemory, slot: SlotIndex, owner: SlotIndex, first: number): boolean {
  const segmentWord = queue.queueWord(memory, owner, queue.INBOX_SEGMENT, slot)
  const beingRead = Atomics.load(memory.i32, segmentWord)
  return beingRead !== 0 && beingRead !== first
}

function newSegment(memory: ArenaMemory, tryAlloc: PoolCore['tryAlloc']): number {
  const segment = tryAlloc(queue.SEGMENT_BYTE_LENGTH)
  if (segment === 0) return 0
  memory.i32[(segment >> 2) + queue.SEGMENT_NEXT] = 0
  unmark(memory, segment)
  memory.i32[(segment >> 2) - 2] = memory.internalHeader
  return segment
}
