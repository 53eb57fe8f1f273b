/*
 * Room base: the byte layout in this file, branded numbers, errors, and checks of arguments.
 * Invariant: every byte constant of an arena but those of block headers is here once, and none of
 * these files touches memory.
 */

/*
 * An arena is one buffer, or a region of one, cut into spans of 64 KiB. The first spans hold the
 * control area. All others are free, or belong to slots.
 *
 *     base                                                            base + byteLength
 *     | control header | tables, bits, slots | pad | span | span | ... |
 *     '------ controlSpanCount whole spans --------'
 *
 * The tables, in this order: class table (strides in bytes, ascending), span map, touched map,
 * span records, live bits, freed bits, slots. In a buffer that the arena created, pages that hold
 * only zeros are not committed.
 *
 * A span in use holds blocks of one stride, end to end. Payloads are aligned to 16 bytes.
 *
 *     0        8                8 + stride               8 + n * stride         end of the run
 *     | unused | header payload | header payload | ...  | uncarved or rest      |
 * memory/block-header.ts draws the header.
 */

export const MAGIC = 0x4c485341 // 'ASHL' in little-endian bytes
export const VERSION = 2

/** Offsets are positive int32: the end of the arena is at most here. */
export const MAX_BYTE_END = 2 ** 31

export const SPAN_SHIFT = 16
export const SPAN_BYTE_LENGTH = 1 << SPAN_SHIFT
export const LINE_BYTE_LENGTH = 64

/*
 * Control header: 64 words at `base`. `create` writes the first 17; tables are byte offsets from
 * `base`. Any thread writes those behind the checksum. Words without a name are 0.
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
export const CONTROL_TAG = 8 // 1..255
export const CONTROL_SHARED = 9 // 0 or 1
export const CONTROL_CLASS_TABLE = 10
export const CONTROL_SPAN_MAP = 11
export const CONTROL_SPAN_RECORDS = 12
export const CONTROL_SLOTS = 13
export const CONTROL_TOUCHED_MAP = 14
export const CONTROL_LIVE_BITS = 15
export const CONTROL_FREED_BITS = 16
/** Words that never change, from word 0 on. */
export const CONTROL_CONSTANT_WORD_COUNT = 17
export const CONTROL_FIRST_FREE_SPAN = 17 // a hint where a search for spans begins
export const CONTROL_PEAK_SPAN_COUNT = 18 // spans from here on were never in use
export const CONTROL_CHECKSUM = 19 // of the constant words and the class table
export const CONTROL_OPENED_SLOT_COUNT = 20 // slots from here on were never opened

/*
 * Span map: one word per span. It alone says who owns a block. A free span is the word 0.
 *
 *     31         30       20 19   16 15        8 7      0
 *     | draining | position | state | owner + 1 | class |
 *
 * Position is the distance of a tail to the head of its run. A block that is freed in a draining
 * run is parked at once, so that the run becomes empty. The fast path of `free` does not recognise
 * the word of a draining head, so the check costs nothing there.
 */
export const MAP_OWNER_SHIFT = 8
export const MAP_STATE_SHIFT = 16
export const MAP_POSITION_SHIFT = 20
export const MAX_POSITION = 2047
export const MAP_DRAINING = 1 << 31
export const SPAN_FREE = 0 // a thread claims it by compare-and-swap of the whole word
export const SPAN_CLAIMED = 1 // has an owner, but is not in use yet, or is being given back
export const SPAN_HEAD = 2 // first span of a run of blocks of one class
export const SPAN_TAIL = 3 // further span of a run
export const SPAN_CONTROL = 4
export const SPAN_LARGE = 5 // first span of a large block: no head to the fast path of `free`
/** Owners are stored plus one in eight bits. */
export const MAX_SLOT_COUNT = 254

/*
 * Touched map: one word per span: how many bytes from its start may differ from 0. Whoever hands
 * out bytes raises the word first. A buffer of the caller begins fully touched.
 *
 * Span records: one per span. The owner uses and writes that of the head of a run.
 */
export const RECORD_WORD_COUNT = 8
export const RECORD_PARKED_HEAD = 0 // payload offset; parked blocks are on no list of the slot
export const RECORD_PARKED_COUNT = 1
export const RECORD_CARVED_COUNT = 2 // so many blocks have a header
export const RECORD_NEXT_PARTIAL = 3 // span index; partial spans have parked or uncarved blocks
export const RECORD_PREVIOUS_PARTIAL = 4 // span index; 0 = none
export const RECORD_RUN_SPAN_COUNT = 5
export const RECORD_UNMARKED_COUNT = 6 // live blocks without a live bit; never too few
export const RECORD_HAS_FREED_BITS = 7 // any thread: 1 if freed bits are set, or an end was cut off

export const HEADER_BYTE_LENGTH = 8
export const GRANULE_SHIFT = 4
/** Strides are multiples of this, and payloads are aligned to it. */
export const GRANULE_BYTE_LENGTH = 1 << GRANULE_SHIFT
/** From the start of a run to its first payload: the unused bytes and the first header. */
export const FIRST_PAYLOAD = 16
export const MAX_ALIGNMENT = 4096

/*
 * Live bits and freed bits: one bit each for every 16 bytes.
 *
 * A live bit is set while an ordinary block is live whose payload begins there. Only the owner
 * writes it. With it, `free` reads no header, which would be a cache miss, and needs no division
 * to refuse an offset where no block begins. Large, shifted and internal blocks have no live bit.
 *
 * A thread sets a freed bit if it frees a block of another thread and has no memory to queue it.
 */
/** Bytes per word of live bits or freed bits: `byteOffset >>> BIT_WORD_SHIFT`. */
export const BIT_WORD_SHIFT = GRANULE_SHIFT + 5
/** Words of live bits, and of freed bits, per span. */
export const SPAN_BIT_WORD_COUNT = SPAN_BYTE_LENGTH >> BIT_WORD_SHIFT

/** Class of a block that is a run by itself. */
export const LARGE_CLASS = 255
/** Words of each per-class array in a slot; the last one is that of large blocks. */
export const CLASS_CAPACITY = 96
export const MAX_CLASS_COUNT = CLASS_CAPACITY - 1
export const LARGE_ROW = CLASS_CAPACITY - 1

/*
 * Telemetry ring of a slot: 32 words, then events: kind | row << 8, and three numbers. The slot's
 * thread writes all but `TELEMETRY_READ`. Counts are modulo 2^32.
 */
export const TELEMETRY_WRITTEN = 0 // events ever; written last
export const TELEMETRY_READ_SEEN = 1 // the read count that the slot's thread last saw
export const TELEMETRY_DROPPED = 2
export const TELEMETRY_READ = 16 // events ever; readers write it by compare-and-swap
export const TELEMETRY_EVENTS = 32
/** A power of two: counts wrap. */
export const TELEMETRY_EVENT_COUNT = 64
export const TELEMETRY_EVENT_WORD_COUNT = 4

/*
 * Slot: the state of one pool. Slots begin on cache lines if the arena does. Its thread writes all
 * but the words marked "any thread". Counts are modulo 2^32.
 */
export const SLOT_STATE = 0 // any thread: state | reclaimer + 1 << 8 | generation << 16
export const SLOT_OWNED_SPANS = 1
export const SLOT_PEAK_OWNED_SPANS = 2
export const SLOT_SPANS_AT_SWEEP = 3 // owned spans at the last sweep for empty spans
export const SLOT_DRAINED = 4 // blocks that other slots freed and this one received
export const SLOT_VIOLATIONS = 5 // those of them that were already free, damaged, or no block
export const SLOT_NEXT_SWEEP = 6 // class that the next sweep begins with
export const SLOT_HAS_FREED_BITS = 7 // any thread: 1 if a run may have freed bits, or a cut end
export const SLOT_TAKING_FROM = 16 // slot whose queue is being received, plus one
export const SLOT_MARKING = 17 // payload offset whose freed bit is being set, or 0
export const SLOT_SWEEPING = 18 // head of the run whose freed bits are being swept, or 0
// Arrays of CLASS_CAPACITY words.
export const SLOT_FREE_HEADS = 32 // payload offset of the first free block
export const SLOT_PARTIAL_HEADS = 128 // first partial span
export const SLOT_OUTSTANDING = 224 // live blocks and those on the free list
export const SLOT_LIVE_SEEN = 320 // live count when the free list was last empty
export const SLOT_PEAK_LIVE = 416 // peak of that
export const SLOT_REFILLS = 512
export const SLOT_REFILLED = 608 // blocks that refills have handed out
export const SLOT_ARRIVED = 704 // blocks that other slots freed and this one received
export const SLOT_ARRIVED_AT_REFILL = 800 // that, at the last refill
export const SLOT_LEARNED = 896 // batch of a refill | misses since the last sweep << 16
export const SLOT_UNUSED_AT_SWEEP = 992 // blocks on the free list at the sweep; 0 after a refill
export const SLOT_UNSORTED = 1088 // blocks parked since the partial spans were last sorted
export const SLOT_PUBLISHED = 1184 // any thread: batch of a refill, or 0
export const SLOT_SPANS = 1280
export const SLOT_ROOM = 1376 // blocks that the spans have room for
export const SLOT_CARVED = 1472
export const SLOT_TELEMETRY = 1568
export const SLOT_FIXED_WORD_COUNT =
  SLOT_TELEMETRY + TELEMETRY_EVENTS + TELEMETRY_EVENT_COUNT * TELEMETRY_EVENT_WORD_COUNT

/** Remote-free queues, behind the fixed words: four arrays of the outbox, two of the inbox. */
const QUEUE_ARRAY_COUNT = 6
/** Words of a queue array: one per slot, in whole cache lines. */
export const queueStrideFor = (slotCount: number) => (slotCount + 15) & ~15

/** Words of a slot; with the default of 15 slots it is 7 KiB long. */
export const slotWordCount = (slotCount: number) =>
  SLOT_FIXED_WORD_COUNT + QUEUE_ARRAY_COUNT * queueStrideFor(slotCount)

export const SLOT_STATE_MASK = 0xff
export const SLOT_RECLAIMER_SHIFT = 8
export const SLOT_GENERATION_SHIFT = 16
export const SLOT_VACANT = 0 // never opened
export const SLOT_OPEN = 1
export const SLOT_CLOSED = 2 // may still own spans; the next pool to open takes it first
export const SLOT_RESERVED = 3 // kept for a thread that has yet to open its pool
export const SLOT_LENT = 4 // closed; a reclaimer, the thread of another slot, empties it
