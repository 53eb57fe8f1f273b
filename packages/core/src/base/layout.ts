/*
 * Room base: the byte layout in this file, branded numbers, errors, and checks of arguments.
 * Invariant: this file alone defines the byte constants of an arena, except those of block headers;
 * and no file of the room touches memory.
 */

/*
 * An arena is a buffer, or a region of a buffer, cut into spans of 64 KiB. The first spans hold the
 * control area. Every other span is free, or belongs to a slot.
 *
 *     base                                                            base + byteLength
 *     | control header | tables, bits, slots | pad | span | span | ... |
 *     '------ controlSpanCount whole spans --------'
 *
 * The tables, in this order: class table (strides in bytes, ascending), span map, touched map, span
 * records, live bits, freed bits, slots. In a new buffer, `create` writes no zeros, so pages that
 * hold only zeros are not committed.
 *
 * A run of a size class holds blocks of one stride, end to end. Payloads are aligned to 16 bytes.
 *
 *     0        8                8 + stride               8 + n * stride         end of the run
 *     | unused | header payload | header payload | ...  | uncarved or rest      |
 * memory/block-header.ts draws the header.
 */

export const MAGIC = 0x4c485341 // 'ASHL' in little-endian bytes
export const VERSION = 2

/** The end of every arena is at most here, so that an offset is a positive int32. */
export const MAX_BYTE_END = 2 ** 31

export const SPAN_SHIFT = 16
export const SPAN_BYTE_LENGTH = 1 << SPAN_SHIFT
export const LINE_BYTE_LENGTH = 64

/*
 * Control header: 64 words at `base`. `create` writes words 0 to 19; later, any thread writes words
 * 17, 18 and 20. A table's word is its byte offset from `base`. Words without a name are 0.
 */
export const CONTROL_WORD_COUNT = 64
export const CONTROL_MAGIC = 0
export const CONTROL_VERSION = 1
export const CONTROL_BYTE_LENGTH = 2 // of the arena
export const CONTROL_SPAN_BYTE_LENGTH = 3
export const CONTROL_SPAN_COUNT = 4 // of the control area
export const CONTROL_SLOT_COUNT = 5
export const CONTROL_SLOT_BYTE_LENGTH = 6
export const CONTROL_CLASS_COUNT = 7
export const CONTROL_TAG = 8 // 1 to 255; every block header holds it
export const CONTROL_SHARED = 9 // 0 or 1
export const CONTROL_CLASS_TABLE = 10
export const CONTROL_SPAN_MAP = 11
export const CONTROL_SPAN_RECORDS = 12
export const CONTROL_SLOTS = 13
export const CONTROL_TOUCHED_MAP = 14
export const CONTROL_LIVE_BITS = 15
export const CONTROL_FREED_BITS = 16
/** How many words never change, from word 0 on. */
export const CONTROL_CONSTANT_WORD_COUNT = 17
export const CONTROL_FIRST_FREE_SPAN = 17 // a hint: the span where a search for free spans begins
export const CONTROL_PEAK_SPAN_COUNT = 18 // index; no span from here on was ever in use
export const CONTROL_CHECKSUM = 19 // of the constant words and the class table
export const CONTROL_OPENED_SLOT_COUNT = 20 // index; no slot from here on was ever in use

/*
 * Span map: one word per span. It alone says which slot owns a block. The word of a free span is 0.
 *
 *     31         30       20 19   16 15        8 7      0
 *     | draining | position | state | owner + 1 | class |
 *
 * Position: how many spans a tail is behind the head of its run. A block that is freed in a
 * draining run is parked at once, so that the run becomes empty. The draining bit sends `free` from
 * its fast path to its slow path, so the fast path has no check for it.
 */
export const MAP_OWNER_SHIFT = 8
export const MAP_STATE_SHIFT = 16
export const MAP_POSITION_SHIFT = 20
export const MAX_POSITION = 2047
export const MAP_DRAINING = 1 << 31
export const SPAN_FREE = 0 // a thread claims the span by compare-and-swap of the whole word
export const SPAN_CLAIMED = 1 // owned, but not in use yet, or being given back
export const SPAN_HEAD = 2 // first span of a run of blocks of one class
export const SPAN_TAIL = 3 // further span of a run
export const SPAN_CONTROL = 4
export const SPAN_LARGE = 5 // first span of a large block: the fast path of `free` leaves it alone
/** In the span map, `owner + 1` has eight bits. */
export const MAX_SLOT_COUNT = 254

/*
 * Touched map: one word per span says how many bytes, from the span's start, may differ from 0. A
 * thread raises the word before it hands out these bytes. A caller's buffer begins fully touched.
 *
 * Span records: one per span. The record of a run's head describes the run, and the run's owner
 * writes it. Parked blocks are free blocks on the list of that record, not on a list of the slot.
 */
export const RECORD_WORD_COUNT = 8
export const RECORD_PARKED_HEAD = 0 // payload offset of the first parked block, or 0
export const RECORD_PARKED_COUNT = 1
export const RECORD_CARVED_COUNT = 2 // how many blocks were carved
export const RECORD_NEXT_PARTIAL = 3 // span index; 0 = none
export const RECORD_PREVIOUS_PARTIAL = 4 // span index; 0 = none
export const RECORD_RUN_SPAN_COUNT = 5
export const RECORD_UNMARKED_COUNT = 6 // at least the number of live blocks without a live bit
export const RECORD_HAS_FREED_BITS = 7 // any thread: 1 for freed bits, or if its large block shrank

export const HEADER_BYTE_LENGTH = 8
export const GRANULE_SHIFT = 4
/** Strides are multiples of this, and payloads are aligned to it. */
export const GRANULE_BYTE_LENGTH = 1 << GRANULE_SHIFT
/** Bytes from the start of a run to its first payload: unused bytes, and the first header. */
export const FIRST_PAYLOAD = 16
export const MAX_ALIGNMENT = 4096

/*
 * Live bits and freed bits: one bit of each kind for every 16 bytes.
 *
 * A live bit is set while the payload of a live ordinary block begins there. Only the block's owner
 * writes it. With live bits, `free` needs no header, which would be a cache miss, and no division
 * to refuse an offset where no block begins. Large, shifted and internal blocks have no live bit.
 *
 * A thread sets a freed bit if it frees another thread's block and has no memory to queue it.
 */
/** The bit of a byte is in the word with the index `byteOffset >>> BIT_WORD_SHIFT`. */
export const BIT_WORD_SHIFT = GRANULE_SHIFT + 5
/** How many words of live bits a span has, and as many of freed bits. */
export const SPAN_BIT_WORD_COUNT = SPAN_BYTE_LENGTH >> BIT_WORD_SHIFT

/** Words of each per-class array in a slot; the last word is for large blocks. */
export const CLASS_CAPACITY = 96
export const MAX_CLASS_COUNT = CLASS_CAPACITY - 1
/** The class of a large block, which is a run by itself. */
export const LARGE_CLASS = CLASS_CAPACITY - 1

/*
 * Telemetry ring of a slot: 32 words, then events: kind | class row << 8, and three numbers. The
 * slot's thread writes all words but `TELEMETRY_READ`. Counts are modulo 2^32.
 */
export const TELEMETRY_WRITTEN = 0 // events ever written; stored after the event itself
export const TELEMETRY_READ_SEEN = 1 // `TELEMETRY_READ` when the slot's thread last loaded it
export const TELEMETRY_DROPPED = 2
export const TELEMETRY_READ = 16 // events ever read; readers write it by compare-and-swap
export const TELEMETRY_EVENTS = 32
/** A power of two, so that event numbers may wrap. */
export const TELEMETRY_EVENT_COUNT = 64
export const TELEMETRY_EVENT_WORD_COUNT = 4

/*
 * Slot: the state of one pool. If the arena begins on a cache line, so does each slot. The pool's
 * thread writes all words but those marked "any thread". Counts are modulo 2^32.
 */
export const SLOT_STATE = 0 // any thread: state | reclaimer + 1 << 8 | generation << 16
export const SLOT_OWNED_SPANS = 1
export const SLOT_PEAK_OWNED_SPANS = 2
export const SLOT_SPANS_AT_SWEEP = 3 // owned spans after the last whole sweep
export const SLOT_DRAINED = 4 // frees by other slots that this slot received
export const SLOT_VIOLATIONS = 5 // received blocks that were free already, damaged, or no block
export const SLOT_NEXT_SWEEP = 6 // the class that the next sweep begins with
export const SLOT_HAS_FREED_BITS = 7 // any thread: 1 if `RECORD_HAS_FREED_BITS` of a run may be 1
export const SLOT_TAKING_FROM = 16 // 1 + the slot whose queue is being received, or 0
export const SLOT_MARKING = 17 // payload offset whose freed bit is being set, or 0
export const SLOT_SWEEPING = 18 // head of the run whose freed bits are being swept, or 0
// Arrays of CLASS_CAPACITY words, one for each class.
export const SLOT_FREE_HEADS = 32 // payload offset of the first block on the free list
export const SLOT_PARTIAL_HEADS = 128 // index of the first partial span
export const SLOT_OUTSTANDING = 224 // live blocks, and blocks on the free list
export const SLOT_LIVE_SEEN = 320 // live blocks, as counted at the last refill or sweep
export const SLOT_PEAK_LIVE = 416 // peak of `SLOT_LIVE_SEEN`
export const SLOT_REFILLS = 512
export const SLOT_REFILLED = 608 // blocks that refills have handed out
export const SLOT_ARRIVED = 704 // blocks that other slots freed and this slot took back
export const SLOT_ARRIVED_AT_REFILL = 800 // `SLOT_ARRIVED` at the last refill
export const SLOT_LEARNED = 896 // the learned batch | misses since the last sweep << 16
export const SLOT_UNUSED_AT_SWEEP = 992 // free blocks that the last sweep found; 0 after a refill
export const SLOT_UNSORTED = 1088 // blocks parked since the partial spans were last sorted
export const SLOT_PUBLISHED = 1184 // any thread: the published batch, or 0 if there is none
export const SLOT_SPANS = 1280
export const SLOT_ROOM = 1376 // how many blocks the spans have room for
export const SLOT_CARVED = 1472
export const SLOT_TELEMETRY = 1568
export const SLOT_FIXED_WORD_COUNT =
  SLOT_TELEMETRY + TELEMETRY_EVENTS + TELEMETRY_EVENT_COUNT * TELEMETRY_EVENT_WORD_COUNT

/** Remote-free queues, behind the fixed words: four arrays are the outbox, two the inbox. */
const QUEUE_ARRAY_COUNT = 6
/** Words of a queue array: one per slot, rounded up to whole cache lines. */
export const queueStrideFor = (slotCount: number) => (slotCount + 15) & ~15

/** Words of a slot. With the default of 15 slots, each takes 7.6 KiB. */
export const slotWordCount = (slotCount: number) =>
  SLOT_FIXED_WORD_COUNT + QUEUE_ARRAY_COUNT * queueStrideFor(slotCount)

export const SLOT_STATE_MASK = 0xff
export const SLOT_RECLAIMER_SHIFT = 8
export const SLOT_GENERATION_SHIFT = 16
export const SLOT_VACANT = 0 // never opened
export const SLOT_OPEN = 1
export const SLOT_CLOSED = 2 // may still own spans; `openPool` prefers it to a vacant slot
export const SLOT_RESERVED = 3 // kept for a thread that has yet to open its pool
export const SLOT_LENT = 4 // closed; another slot's thread, its reclaimer, is emptying it
