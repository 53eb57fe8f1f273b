/**
 * The words by which blocks travel to the slot that owns them, and who writes which.
 *
 * For each pair of slots, a freer and an owner, there is a queue with one writer and one reader. It is
 * a chain of segments: blocks of the freer's own pool, of 128 offsets each. Those that nobody reads any
 * more are given back.
 *
 *     freer's outbox   first ----> segment 0 ----> segment 1 ----> segment 2 <---- last
 *                                  (read)           ^ being read   ^ being written
 *     owner's inbox    segment ----------------------'
 *
 *     written, sent (freer)    offsets put in, offsets that the owner may read
 *     taken         (owner)    offsets that were freed
 *
 * All three only count up, modulo 2^32, and each has one writer. Delivery is the one store to `sent`;
 * so whoever adopts a dead freer knows what was delivered, and whoever adopts a dead owner knows what
 * was taken. Nothing is linked through the freed blocks themselves: two threads that free one block by
 * mistake would tear such a list.
 *
 * Where there is no memory for a segment, blocks go by their freed bits: see freed-bits.ts.
 *
 * Losers: a stack per owner, pushed by compare-and-swap, leaves open whether a dead freer's batch was
 * taken or never pushed; a bitmap of freed blocks per span costs an atomic operation a block in random
 * order.
 */

import { SLOT_FIXED_WORD_COUNT } from '../base/layout.ts'
import type { SlotIndex } from '../base/units.ts'
import { headerWordAt } from '../blocks/lookup.ts'
import { isInternal } from '../memory/header.ts'
import type { ArenaMemory } from '../memory/memory.ts'
import { ownerInMap } from '../spans/span-map.ts'

/** Arrays of a word per other slot. Those that different threads write lie on different lines. */
export const OUTBOX_WRITTEN = 0
export const OUTBOX_SENT = 1
export const OUTBOX_FIRST = 2
export const OUTBOX_LAST = 3
export const INBOX_TAKEN = 4
export const INBOX_SEGMENT = 5

/** The word in a slot's mail array that is about another slot. */
export const queueWord = (
  memory: ArenaMemory,
  slot: SlotIndex,
  array: number,
  other: SlotIndex,
): number => memory.slotWord(slot, SLOT_FIXED_WORD_COUNT) + array * memory.queueStride + other

/** A limit: more blocks than an arena has. */
export const NO_LIMIT = 2 ** 30

/** Offsets in a segment; a power of two, so that counts may wrap. */
export const SEGMENT_CAPACITY = 128
export const SEGMENT_SHIFT = 7
/** Words of a segment: offset of the next one, stamp, offsets. 520 bytes: they fill their class. */
export const SEGMENT_NEXT = 0
export const SEGMENT_STAMP = 1
export const SEGMENT_OFFSETS = 2
export const SEGMENT_BYTE_LENGTH = (SEGMENT_OFFSETS + SEGMENT_CAPACITY) * 4

/** The slot that wrote a segment, and which one of its segments it is, modulo 2^24. */
export const stampOf = (slot: SlotIndex, count: number) =>
  (slot << 24) | ((count >>> SEGMENT_SHIFT) & 0xff_ffff)
/** The place in its segment of the offset of a number. */
export const placeOf = (count: number) => count & (SEGMENT_CAPACITY - 1)

/** No chain is longer than the arena has room for. (A shift: fractions are boxed, which is garbage.) */
export const maxSegmentCount = (memory: ArenaMemory) => memory.byteLength >>> 9

/** Whether an offset is that of a segment of a slot, and not what a write astray left there. */
export const isSegmentOf = (memory: ArenaMemory, slot: SlotIndex, offset: number): boolean =>
  offset > memory.base &&
  offset < memory.base + memory.byteLength &&
  offset % 16 === 0 &&
  ownerInMap(memory.i32[memory.mapWord(memory.spanOf(offset))]) === slot &&
  isInternal(memory.tag, headerWordAt(memory, offset))
