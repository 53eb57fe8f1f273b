/*
 * Room base: the byte layout of an arena (this file), branded numbers, errors, and checks of
 * arguments.
 * Invariant: only this file defines the byte constants of an arena, except the constants of block
 * headers. No file of the room reads or writes memory.
 */

/*
 * An arena is a buffer, or a region of a buffer, cut into spans of 64 KiB. The first spans hold the
 * control area. Every other span is free, or belongs to a slot.
 *
 *     base                                                            base + byteLength
 *     | control header | tables, bits, slots | pad | span | span | ... |
 *     '------ controlSpanCount whole spans --------'
 *
 * The tables, in this order: class table (the stride of each class in bytes, ascending), span map,
 * touched map, span records, live bits, freed bits, slots. In a new buffer, `create` writes no
 * zeros. So the platform commits no page that holds only zeros.
 *
 * A run of spans for a size class holds blocks of one stride without gaps. Payloads are aligned to
 * 16 bytes.
 *
 *     0        8                8 + stride               8 + n * stride         end of the run
 *     | unused | header payload | header payload | ...  | uncarved or rest      |
 *
 * The comment of memory/block-header.ts shows the parts of a header.
 */

/** The first word of every arena: 'ASHL' in little-endian bytes. */
export const MAGIC = 0x4c485341
/** The version of this layout. A thread can attach only to an arena of the same version. */
export const VERSION = 2

/** No arena ends beyond this byte, so that an offset is a positive int32. */
export const MAX_BYTE_END = 2 ** 31

/** The binary logarithm of the length of a span. A span has 64 KiB. */
export const SPAN_SHIFT = 16
export const SPAN_BYTE_LENGTH = 1 << SPAN_SHIFT
/** The length of a cache line in bytes. */
export const LINE_BYTE_LENGTH = 64

/*
 * Control header: 64 words at `base`. `create` writes words 0 to 19. Later, any thread may write
 * words 17, 18 and 20. The word of a table holds the byte offset of the table from `base`. Words
 * without a name are 0.
 */
export const CONTROL_WORD_COUNT = 64
export const CONTROL_MAGIC = 0
export const CONTROL_VERSION = 1
export const CONTROL_BYTE_LENGTH = 2 // the length of the arena
export const CONTROL_SPAN_BYTE_LENGTH = 3
export const CONTROL_SPAN_COUNT = 4 // how many spans the control area takes
export const CONTROL_SLOT_COUNT = 5
export const CONTROL_SLOT_BYTE_LENGTH = 6
export const CONTROL_CLASS_COUNT = 7
export const CONTROL_TAG = 8 // the arena's tag, 1 to 255: every block header contains it
export const CONTROL_SHARED = 9 // 1 if the arena is shared, 0 if not
export const CONTROL_CLASS_TABLE = 10
export const CONTROL_SPAN_MAP = 11
export const CONTROL_SPAN_RECORDS = 12
export const CONTROL_SLOTS = 13
export const CONTROL_TOUCHED_MAP = 14
export const CONTROL_LIVE_BITS = 15
export const CONTROL_FREED_BITS = 16
/** How many words, from word 0 on, never change after `create`. */
export const CONTROL_CONSTANT_WORD_COUNT = 17
export const CONTROL_FIRST_FREE_SPAN = 17 // a hint: the span where a search for free spans begins
export const CONTROL_PEAK_SPAN_COUNT = 18 // index: no span from this index on was ever in use
export const CONTROL_CHECKSUM = 19 // the checksum of the constant words and the class table
export const CONTROL_OPENED_SLOT_COUNT = 20 // index: no slot from this index on was ever in use

/*
 * Span map: one word for each span. Only the span map says which slot owns a block. The word of a
 * free span is 0.
 *
 *     31         30       20 19   16 15        8 7      0
 *     | draining | position | state | owner + 1 | class |
 *
 * The position is the distance in spans from a tail to the head of its run. If a block of a
 * draining run is freed, `free` parks the block at once, so that the run becomes empty. The
 * draining bit makes the comparison in the fast path of `free` fail. So the fast path needs no
 * check for draining runs.
 */
export const MAP_OWNER_SHIFT = 8
export const MAP_STATE_SHIFT = 16
export const MAP_POSITION_SHIFT = 20
/** The largest position that fits into a map word. */
export const MAX_POSITION = 2047
export const MAP_DRAINING = 1 << 31
export const SPAN_FREE = 0 // a thread claims a free span by compare-and-swap of its whole word
export const SPAN_CLAIMED = 1 // a slot owns the span, but the span is in no run
export const SPAN_HEAD = 2 // the first span of a run that holds blocks of one size class
export const SPAN_TAIL = 3 // any other span of a run
export const SPAN_CONTROL = 4 // a span of the control area
export const SPAN_LARGE = 5 // the first span of a large block, which only the slow path frees
/** The most slots that an arena can have: in the span map, `owner + 1` has eight bits. */
export const MAX_SLOT_COUNT = 254

/*
 * Touched map: one word for each span. The word says how many bytes from the start of the span may
 * differ from 0. A thread raises the word before it hands out these bytes. In a buffer that the
 * caller passed, all bytes count as touched from the start.
 *
 * Span records: one for each span. The record of a run's head describes the run. Only the owner of
 * the run writes the record, except for the flag `RECORD_HAS_FREED_BITS`. A parked block is a free
 * block on the list in this record, instead of on a free list of the slot.
 */
export const RECORD_WORD_COUNT = 8
export const RECORD_PARKED_HEAD = 0 // payload offset of the first parked block; 0 = none
export const RECORD_PARKED_COUNT = 1 // how many blocks are parked
export const RECORD_CARVED_COUNT = 2 // how many blocks were carved
export const RECORD_NEXT_PARTIAL = 3 // index of the next partial span; 0 = none
export const RECORD_PREVIOUS_PARTIAL = 4 // index of the previous partial span; 0 = none
export const RECORD_RUN_SPAN_COUNT = 5 // how many spans the run has
export const RECORD_UNMARKED_COUNT = 6 // live blocks without a live bit; may be too high
export const RECORD_HAS_FREED_BITS = 7 // any thread: 1 = has freed bits, or a shrunk large block

/** The length of a block's header in bytes. */
export const HEADER_BYTE_LENGTH = 8
export const GRANULE_SHIFT = 4
/**
 * The unit of strides and of alignment: every stride and every payload offset is a multiple of it.
 */
export const GRANULE_BYTE_LENGTH = 1 << GRANULE_SHIFT
/**
 * The distance in bytes from the start of a run to its first payload: unused bytes and a header.
 */
export const FIRST_PAYLOAD = 16
/** The largest alignment that a caller can request, in bytes. */
export const MAX_ALIGNMENT = 4096

/*
 * Live bits and freed bits: one bit of each kind for every 16 bytes.
 *
 * A live bit is set while a live ordinary block has its payload at these 16 bytes. Only the block's
 * owner writes the live bit. With live bits, `free` reads no header, which would be a cache miss.
 * It also needs no division to refuse an offset at which no block begins. Large, shifted and
 * internal blocks have no live bit.
 *
 * If a thread frees another thread's block and has no memory for a queue, it sets the freed bit.
 */
/**
 * The word with the index `byteOffset >>> BIT_WORD_SHIFT` holds the bit for the byte at
 * `byteOffset`.
 */
export const BIT_WORD_SHIFT = GRANULE_SHIFT + 5
/** How many words of live bits each span has. It has the same number of words of freed bits. */
export const SPAN_BIT_WORD_COUNT = SPAN_BYTE_LENGTH >> BIT_WORD_SHIFT

/**
 * The length in words of each array in a slot that has a word for each class. The last word is for
 * large blocks.
 */
export const CLASS_CAPACITY = 96
/** The most size classes that an arena can have. */
export const MAX_CLASS_COUNT = CLASS_CAPACITY - 1
/** The class index of a large block, which has a run of spans of its own. */
export const LARGE_CLASS = CLASS_CAPACITY - 1

/*
 * Telemetry ring of a slot: 32 words, then the events. An event has four words. The first is kind |
 * class row << 8, and the others are numbers. The slot's thread writes all words except
 * `TELEMETRY_READ`. Counts are modulo 2^32.
 */
export const TELEMETRY_WRITTEN = 0 // how many events were written; stored after each event
export const TELEMETRY_READ_SEEN = 1 // `TELEMETRY_READ` when the slot's thread last loaded it
export const TELEMETRY_DROPPED = 2 // how many events were dropped because the ring was full
export const TELEMETRY_READ = 16 // how many events were read; readers use compare-and-swap
export const TELEMETRY_EVENTS = 32
/** How many events the ring holds: a power of two, so that event numbers may wrap. */
export const TELEMETRY_EVENT_COUNT = 64
export const TELEMETRY_EVENT_WORD_COUNT = 4

/*
 * Slot: the state of one pool. If the arena begins on a cache line, so does each slot. The pool's
 * thread writes all words, except the words marked "any thread". Counts are modulo 2^32.
 */
export const SLOT_STATE = 0 // any thread: state | reclaimer + 1 << 8 | generation << 16
export const SLOT_OWNED_SPANS = 1 // how many spans the slot owns
export const SLOT_PEAK_OWNED_SPANS = 2 // the highest value of `SLOT_OWNED_SPANS`
export const SLOT_SPANS_AT_SWEEP = 3 // spans that the slot owned after its last whole sweep
export const SLOT_DRAINED = 4 // blocks that other slots freed and this slot received
export const SLOT_VIOLATIONS = 5 // received offsets of free blocks, damaged blocks, or no block
export const SLOT_NEXT_SWEEP = 6 // the class that the next sweep begins with
export const SLOT_HAS_FREED_BITS = 7 // any thread: 1 if `RECORD_HAS_FREED_BITS` of a run may be 1
export const SLOT_TAKING_FROM = 16 // 1 + the slot whose queue is being received, or 0
export const SLOT_MARKING = 17 // payload offset whose freed bit is being set, or 0
export const SLOT_SWEEPING = 18 // head of the run whose freed bits are being swept, or 0
// From `SLOT_FREE_HEADS` to `SLOT_CARVED`: arrays of CLASS_CAPACITY words, with one word for each
// class.
export const SLOT_FREE_HEADS = 32 // payload offset of the first block on the free list
export const SLOT_PARTIAL_HEADS = 128 // index of the first partial span
export const SLOT_OUTSTANDING = 224 // number of live blocks and of blocks on the free list
export const SLOT_LIVE_SEEN = 320 // number of live blocks at the last refill or sweep
export const SLOT_PEAK_LIVE = 416 // the highest value of `SLOT_LIVE_SEEN`
export const SLOT_REFILLS = 512 // how many refills there were
export const SLOT_REFILLED = 608 // how many blocks all refills have handed out
export const SLOT_ARRIVED = 704 // blocks that other slots freed and this slot received
export const SLOT_ARRIVED_AT_REFILL = 800 // `SLOT_ARRIVED` at the last refill
export const SLOT_LEARNED = 896 // the learned batch | misses since the last sweep << 16
export const SLOT_UNUSED_AT_SWEEP = 992 // free blocks that the last sweep found; 0 after a refill
export const SLOT_UNSORTED = 1088 // blocks parked since the last sort of the partial spans
export const SLOT_PUBLISHED = 1184 // any thread: the published batch, or 0 if there is none
export const SLOT_SPANS = 1280 // how many spans the slot owns for blocks of the class
export const SLOT_ROOM = 1376 // how many blocks fit into these spans
export const SLOT_CARVED = 1472 // how many blocks were carved from these spans
export const SLOT_TELEMETRY = 1568
/** How many words of a slot come before its remote-free queues. */
export const SLOT_FIXED_WORD_COUNT =
  SLOT_TELEMETRY + TELEMETRY_EVENTS + TELEMETRY_EVENT_COUNT * TELEMETRY_EVENT_WORD_COUNT

/**
 * The arrays of the remote-free queues, which follow the fixed words: four for the outbox, two for
 * the inbox.
 */
const QUEUE_ARRAY_COUNT = 6
/**
 * Returns the length in words of a queue array: one word for each slot, rounded up to whole cache
 * lines.
 */
export const queueStrideFor = (slotCount: number) => (slotCount + 15) & ~15

/** Returns the length of a slot in words. With the default of 15 slots, each slot takes 7.6 KiB. */
export const slotWordCount = (slotCount: number) =>
  SLOT_FIXED_WORD_COUNT + QUEUE_ARRAY_COUNT * queueStrideFor(slotCount)

/** The parts of a slot's state word: the state, the reclaimer, and the generation. */
export const SLOT_STATE_MASK = 0xff
export const SLOT_RECLAIMER_SHIFT = 8
export const SLOT_GENERATION_SHIFT = 16
export const SLOT_VACANT = 0 // no thread has opened the slot yet
export const SLOT_OPEN = 1 // the slot has an open pool
export const SLOT_CLOSED = 2 // may still own spans; `openPool` prefers a closed to a vacant slot
export const SLOT_RESERVED = 3 // reserved for a thread that has not opened its pool yet
export const SLOT_LENT = 4 // closed, while the thread of another slot frees memory in it
