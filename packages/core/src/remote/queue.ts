/**
 * Remote-free queues: their words, and which thread writes each word.
 *
 * Each pair of slots, a freer and an owner, has a queue with one writer and one reader. A queue is
 * a chain of segments. Segments are blocks of the freer's own pool, and each holds 128 offsets.
 * When the owner has read a segment, the freer uses it again, or frees it.
 *
 *     freer's outbox   first ----> segment 0 ----> segment 1 ----> segment 2 <---- last
 *                                  (read)           ^ being read   ^ being written
 *     owner's inbox    segment ----------------------'
 *
 *     written, sent (freer)    how many offsets were put in; how many the owner may read
 *     taken         (owner)    how many offsets the owner has finished
 *
 * All three counts only increase, modulo 2^32, and each has one writer. One store to `sent`
 * delivers all offsets up to this count. So if a freer dies, its adopter knows from `sent` which
 * offsets were delivered. If an owner dies, its adopter knows from `taken` which offsets were
 * finished.
 *
 * The blocks themselves hold no links of a queue. If two threads freed one block by mistake, links
 * in the block would damage both lists.
 *
 * Rejected: one stack for each owner, on which freers push by compare-and-swap. If a freer dies, no
 * thread can find out whether the blocks that it was pushing were taken or never pushed. Also
 * rejected: freed bits as the ordinary way to free. If the order of frees is random, they cost an
 * atomic operation for each block.
 */
import { corrupt } from '../base/errors.ts'
import * as layout from '../base/layout.ts'
import type { SlotIndex } from '../base/units.ts'
import { BLOCK_INTERNAL } from '../memory/block-header.ts'
import { type ArenaMemory, isInside, mapAt, slotWord, spanOf, stateAt } from '../memory/memory.ts'
import { ownerInMap } from '../spans/span-map.ts'

/**
 * The queue arrays of a slot. Each has a word for every other slot. Arrays of two slots never share
 * a cache line.
 */
export const OUTBOX_WRITTEN = 0
export const OUTBOX_SENT = 1
export const OUTBOX_FIRST = 2
export const OUTBOX_LAST = 3
export const INBOX_TAKEN = 4
export const INBOX_SEGMENT = 5

/**
 * Returns the index of a word in a queue array of `slot`: the word for slot `other`.
 * @param array an `OUTBOX_` or `INBOX_` constant
 */
export const queueWord = (
  memory: ArenaMemory,
  slot: SlotIndex,
  array: number,
  other: SlotIndex,
): number =>
  slotWord(memory, slot, layout.SLOT_FIXED_WORD_COUNT) +
  array * layout.queueStrideFor(memory.slotCount) +
  other

/** How many offsets a segment holds. It is a power of two, so that counts may wrap. */
export const SEGMENT_CAPACITY = 128
/** The shift from the number of an offset to the number of its segment. */
const SEGMENT_SHIFT = 7
/**
 * The words of a segment: the next segment, the stamp, and the offsets. A segment has 520 bytes,
 * which fill a block of a size class.
 */
export const SEGMENT_NEXT = 0
export const SEGMENT_STAMP = 1
export const SEGMENT_OFFSETS = 2
export const SEGMENT_BYTE_LENGTH = (SEGMENT_OFFSETS + SEGMENT_CAPACITY) * 4

/**
 * Returns the stamp of a segment: the slot that writes the segment, and the number of the segment
 * in its queue, modulo 2^24.
 * @param slot the slot that writes the segment
 * @param count the number of any offset in the segment
 */
export const stampOf = (slot: SlotIndex, count: number) =>
  (slot << 24) | ((count >>> SEGMENT_SHIFT) & 0xff_ffff)
/** Returns the index of the offset number `count` in its segment. */
export const placeOf = (count: number) => count & (SEGMENT_CAPACITY - 1)

/**
 * Returns the most segments that fit into an arena. (It is computed by a shift, because V8 would
 * box a fraction.)
 */
export const maxSegmentCount = (memory: ArenaMemory) => memory.byteLength >>> 9

/** Creates the error for a queue whose words or segments were overwritten. */
export const overwrittenQueue = (freer: SlotIndex, owner: SlotIndex) =>
  corrupt(`the queue from slot ${freer} to slot ${owner} was overwritten`)

/**
 * Returns true if a segment of the slot can be at `offset`. After a stray write, `offset` may be
 * any number.
 */
export const isSegmentOf = (memory: ArenaMemory, slot: SlotIndex, offset: number): boolean =>
  isInside(memory, offset) &&
  offset % 16 === 0 &&
  ownerInMap(mapAt(memory, spanOf(memory, offset))) === slot &&
  stateAt(memory, offset) === BLOCK_INTERNAL
