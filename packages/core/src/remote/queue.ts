/**
 * Remote-free queues: their words, and which thread writes each word.
 *
 * Each pair of slots, a freer and an owner, has a queue with one writer and one reader. A queue is
 * a chain of segments: blocks of the freer's own pool, with 128 offsets each. Segments that the
 * owner has read are used again, or freed.
 *
 *     freer's outbox   first ----> segment 0 ----> segment 1 ----> segment 2 <---- last
 *                                  (read)           ^ being read   ^ being written
 *     owner's inbox    segment ----------------------'
 *
 *     written, sent (freer)    how many offsets were put in; how many the owner may read
 *     taken         (owner)    how many offsets the owner has dealt with
 *
 * All three counts only go up, modulo 2^32, and each has one writer. One store to `sent` delivers
 * offsets. So the adopter of a dead freer knows from `sent` what was delivered, and the adopter of
 * a dead owner knows from `taken` what was dealt with. The blocks themselves hold no links: two
 * threads that free one block by mistake would tear such a list.
 *
 * Rejected: a stack for each owner, with a push by compare-and-swap. If a freer dies, nobody can
 * say whether the blocks that it was pushing were taken or never pushed. Also rejected: freed bits
 * as the ordinary way. They cost an atomic operation for each block if the order of frees is
 * random.
 */
import { corrupt } from '../base/errors.ts'
import * as layout from '../base/layout.ts'
import type { SlotIndex } from '../base/units.ts'
import { BLOCK_INTERNAL } from '../memory/block-header.ts'
import { type ArenaMemory, isInside, mapAt, slotWord, spanOf, stateAt } from '../memory/memory.ts'
import { ownerInMap } from '../spans/span-map.ts'

/** A slot's arrays, with a word for each other slot. Arrays of two slots share no cache line. */
export const OUTBOX_WRITTEN = 0
export const OUTBOX_SENT = 1
export const OUTBOX_FIRST = 2
export const OUTBOX_LAST = 3
export const INBOX_TAKEN = 4
export const INBOX_SEGMENT = 5

/** The word for slot `other` in one of the queue arrays of `slot`. */
export const queueWord = (
  memory: ArenaMemory,
  slot: SlotIndex,
  array: number,
  other: SlotIndex,
): number =>
  slotWord(memory, slot, layout.SLOT_FIXED_WORD_COUNT) +
  array * layout.queueStrideFor(memory.slotCount) +
  other

/** How many offsets a segment holds: a power of two, so that counts may wrap. */
export const SEGMENT_CAPACITY = 128
const SEGMENT_SHIFT = 7
/** Words of a segment: next segment, stamp, offsets. Its 520 bytes fill a block of a size class. */
export const SEGMENT_NEXT = 0
export const SEGMENT_STAMP = 1
export const SEGMENT_OFFSETS = 2
export const SEGMENT_BYTE_LENGTH = (SEGMENT_OFFSETS + SEGMENT_CAPACITY) * 4

/** The stamp of a segment: the slot that writes it, and its number in the queue, modulo 2^24. */
export const stampOf = (slot: SlotIndex, count: number) =>
  (slot << 24) | ((count >>> SEGMENT_SHIFT) & 0xff_ffff)
/** The index of the offset number `count` in its segment. */
export const placeOf = (count: number) => count & (SEGMENT_CAPACITY - 1)

/** The most segments that an arena has room for. (By a shift: V8 would box a fraction.) */
export const maxSegmentCount = (memory: ArenaMemory) => memory.byteLength >>> 9

export const overwrittenQueue = (freer: SlotIndex, owner: SlotIndex) =>
  corrupt(`the queue from slot ${freer} to slot ${owner} was overwritten`)

/** Whether an offset can be that of a slot's segment. After a stray write, it may be any number. */
export const isSegmentOf = (memory: ArenaMemory, slot: SlotIndex, offset: number): boolean =>
  isInside(memory, offset) &&
  offset % 16 === 0 &&
  ownerInMap(mapAt(memory, spanOf(memory, offset))) === slot &&
  stateAt(memory, offset) === BLOCK_INTERNAL
