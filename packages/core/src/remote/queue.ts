/**
 * The queues by which blocks travel to the slots that own them: their words, and who writes which.
 *
 * Each pair of slots, a freer and an owner, has a queue with one writer and one reader. A queue is
 * a chain of segments: blocks of the freer's own pool, with 128 offsets each. A segment that nobody
 * reads any more is given back.
 *
 *     freer's outbox   first ----> segment 0 ----> segment 1 ----> segment 2 <---- last
 *                                  (read)           ^ being read   ^ being written
 *     owner's inbox    segment ----------------------'
 *
 *     written, sent (freer)    offsets put in, offsets that the owner may read
 *     taken         (owner)    offsets whose blocks were freed
 *
 * All three counts only go up, modulo 2^32, and each has one writer. Delivery is the one store to
 * `sent`; so the adopter of a dead freer knows what was delivered, and the adopter of a dead owner
 * knows what was taken. No link goes through the freed blocks themselves: two threads that free one
 * block by mistake would tear such a list.
 *
 * Losers: in a stack for each owner, pushed by compare-and-swap, nobody can say whether a dead
 * freer's batch was taken or never pushed. A bitmap of freed blocks for each span costs an atomic
 * operation for each block if blocks are freed in random order.
 */
import { corrupt } from '../base/errors.ts'
import * as layout from '../base/layout.ts'
import type { SlotIndex } from '../base/units.ts'
import { BLOCK_INTERNAL } from '../memory/block-header.ts'
import { type ArenaMemory, mapAt, slotWord, spanOf, stateAt } from '../memory/memory.ts'
import { ownerInMap } from '../spans/span-map.ts'

/** Arrays with a word for each other slot. Different threads write to different cache lines. */
export const OUTBOX_WRITTEN = 0
export const OUTBOX_SENT = 1
export const OUTBOX_FIRST = 2
export const OUTBOX_LAST = 3
export const INBOX_TAKEN = 4
export const INBOX_SEGMENT = 5

/** The word about another slot in one of a slot's queue arrays. */
export const queueWord = (
  memory: ArenaMemory,
  slot: SlotIndex,
  array: number,
  other: SlotIndex,
): number =>
  slotWord(memory, slot, layout.SLOT_FIXED_WORD_COUNT) + array * memory.queueStride + other

/** Offsets in a segment; a power of two, so that counts may wrap. */
export const SEGMENT_CAPACITY = 128
const SEGMENT_SHIFT = 7
/** Words of a segment: next segment, stamp, offsets. Its 520 bytes fill their size class. */
export const SEGMENT_NEXT = 0
export const SEGMENT_STAMP = 1
export const SEGMENT_OFFSETS = 2
export const SEGMENT_BYTE_LENGTH = (SEGMENT_OFFSETS + SEGMENT_CAPACITY) * 4

/** The slot that wrote a segment, and the segment's number in its queue, modulo 2^24. */
export const stampOf = (slot: SlotIndex, count: number) =>
  (slot << 24) | ((count >>> SEGMENT_SHIFT) & 0xff_ffff)
/** The index in its segment of the offset with a number. */
export const placeOf = (count: number) => count & (SEGMENT_CAPACITY - 1)

/** The most segments that an arena has room for. (A fraction would be boxed, which is garbage.) */
export const maxSegmentCount = (memory: ArenaMemory) => memory.byteLength >>> 9

export const overwrittenQueue = (freer: SlotIndex, owner: SlotIndex) =>
  corrupt(`the queue from slot ${freer} to slot ${owner} was overwritten`)

/** Whether a segment of a slot is at an offset, and not what a stray write left there. */
export const isSegmentOf = (memory: ArenaMemory, slot: SlotIndex, offset: number): boolean =>
  offset > memory.base &&
  offset < memory.base + memory.byteLength &&
  offset % 16 === 0 &&
  ownerInMap(mapAt(memory, spanOf(memory, offset))) === slot &&
  stateAt(memory, offset) === BLOCK_INTERNAL
