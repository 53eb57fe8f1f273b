/**
 * Every byte constant of an arena, and the pictures that go with them.
 *
 * ## The arena
 *
 * One buffer, or a region of one, cut into spans of 64 KiB. The first spans hold the control area;
 * all others are given to slots, one by one or in runs.
 *
 *     base                                                                   base + byteLength
 *     | control header | tables, bits, slots | pad | span | span | ... |
 *     '------ controlSpanCount whole spans --------'
 *
 * The tables, in this order: class table (strides in bytes, ascending), span map, touched map, span
 * records, live bits, freed bits, slots. In a buffer of the arena's own, what is 0 takes no page.
 *
 * ## Control header: 64 words at `base` (constants `CONTROL_*`)
 *
 *     word  field                  unit           written by
 *        0  magic                  'ASHL'         create
 *        1  version                               create
 *        2  arena byte length      bytes          create
 *        3  span byte length       bytes          create
 *        4  control span count     spans          create
 *        5  slot count             slots          create
 *        6  slot byte length       bytes          create
 *        7  class count            classes        create
 *        8  arena tag              1..255         create
 *        9  shared                 0 or 1         create
 *       10  class table            byte offset    create     from base
 *       11  span map               byte offset    create     from base
 *       12  span records           byte offset    create     from base
 *       13  slots                  byte offset    create     from base
 *       14  touched map            byte offset    create     from base
 *       15  live bits              byte offset    create     from base
 *       16  freed bits             byte offset    create     from base
 *       17  first free span        span index     anyone     a hint: searches for spans begin here
 *       18  peak span count        spans          anyone     spans below it were in use at some time
 *       19  checksum                              create     of words 0 to 16 and the class table
 *       20  opened slot count      slots          anyone     slots below it were opened at some time
 *    21-63  zero                                             room for later versions
 *
 * ## Span map: one word per span. It alone says who owns a block
 *
 *     31         30       20 19   16 15        8 7      0
 *     | draining | position | state | owner + 1 | class |     a free span is the word 0
 *
 *     free       nobody's: claimed by compare-and-swap of the whole word
 *     claimed    taken by `owner`, not in use yet, or being given back
 *     head       first span of a run of blocks of one class (most runs are one span long)
 *     large      first span of a large block. Not `head`, so that the fast path of free passes it by
 *     tail       further span of a run; position = its distance to the first, at most 2047
 *     control    part of the control area
 *
 *     draining: of a head. Blocks that are freed are parked at once, so that the run becomes empty. To
 *     the fast path of free the word is not that of a head, so it costs nothing there.
 *
 * ## Touched map: one word per span: how many of its bytes, from its start on, may be other than 0
 *
 * Whoever hands out bytes raises them first; zeroing looks no further. A caller's buffer begins full.
 *
 * ## Span record: 8 words per span, used in the head of a run, written by its owner
 *
 *     word  field                  unit
 *        0  parked head            payload offset   free blocks that are on no list of the slot
 *        1  parked count           blocks
 *        2  carved count           blocks           blocks 0..carved have a header
 *        3  next partial           span index       of the slot's list of spans, per class, that have
 *        4  previous partial       span index       parked or uncarved blocks; 0 = none
 *        5  run span count         spans
 *        6  unmarked count         blocks           live ones without a live bit; never too few
 *        7  has freed bits         0 or 1           anyone: or an end that was cut off
 *
 * ## Live bits and freed bits: 128 words of each per span, one bit for every 16 bytes
 *
 * A live bit is set while an ordinary block is live whose payload begins there; the owner alone writes
 * it. So `free` reads no header, which would be a cache miss, and needs no division to refuse an offset
 * where no block begins. Large, shifted and internal blocks have none: the fast path passes them by.
 *
 * A thread that frees another one's block, and has no memory to note it in, sets its freed bit.
 *
 * ## Span in use: blocks of one stride, end to end. Payloads are 16-byte aligned
 *
 *     0        8                8 + stride               8 + n * stride         run's end
 *     | unused | header payload | header payload | ...  | uncarved or rest      |
 *
 * ## Block in use, and block free
 *
 *     -8                -4               0
 *     | header word     | byte length    | payload ...                |  live
 *     | header word     | next offset    | what it last held          |  free
 *
 * The link lies in the header, not in the payload: a write after free damages no list.
 *
 * ## Header word
 *
 *     31   28 27      20 19       16 15          12    11       10     0
 *     | state | arena tag | alignment | element type | red zone | struct |
 *
 *     state      plain: an ordinary block, live by its bit; a large block or shifted payload that is live
 *                freed: a large block or shifted payload that is not
 *                shifted: an aligned payload begins later in the block, at the offset in the second word
 *                internal: a block of the library's own
 *     alignment  log2(alignment) - 4, so 0 is the natural alignment of 16 bytes
 *     red zone   whether one lies behind the payload
 *     struct     the number of a registered struct, or 0
 *
 * ## Slot: the memory's record of one pool. Slots begin on lines of their own, where the arena does
 *
 *     word        field
 *          0      state of the slot | reclaimer + 1 << 8 | generation << 16
 *          1      owned span count
 *          2      peak owned span count
 *          3      owned span count when the free lists were last looked at for empty spans
 *          4      blocks that other slots freed and this one took back
 *          5      violations among them: blocks that were free already, or not there, or damaged
 *          6      class that the next look begins with
 *          7      1 when a run of the slot may have freed bits, or a cut end   anyone
 *         16      slot whose mail is being taken, plus one
 *         17      payload offset whose freed bit this slot's thread is setting, or 0
 *         18      first span of the run whose freed bits are being swept, or 0
 *     32-127      head of the free list, per class                       payload offset
 *    128-223      first partial span, per class                         span index
 *    224-319      handed count: live blocks and those on the free list, per class
 *    320-415      live count when the free list was last empty, per class
 *    416-511      peak of that, per class
 *    512-607      refill count, per class
 *    608-703      blocks that refills have handed out, per class
 *    704-799      blocks that other slots freed and this one took back, per class
 *    800-895      that, as of the last refill, per class
 *    896-991      learned: blocks a refill | misses since the last look << 16, per class
 *    992-1087     blocks that lay on the free list at the last look, 0 after a refill, per class
 *   1088-1183     blocks parked since the partial spans were last sorted, per class
 *   1184-1279     published: blocks a refill, or 0, per class                        anyone
 *   1280-1375     spans, per class
 *   1376-1471     blocks that they have room for, per class
 *   1472-1567     carved blocks, per class
 *   1568-1855     telemetry ring
 *   1856-         mail: six arrays of a word per slot, each on lines of its own. The outbox, per
 *                 owner that blocks were freed for, and the inbox, per slot that freed them
 *
 * Class arrays are `CLASS_CAPACITY` long; the last element is that of large blocks. Other words are 0.
 * What is counted modulo 2^32 may wrap.
 *
 * ## Telemetry ring: 32 words, and 64 events of 4 words
 *
 *     word  field                                    written by
 *        0  written: events ever, modulo 2^32        the slot's thread, last
 *        1  read, as that thread last saw it         the slot's thread
 *        2  dropped events                           the slot's thread
 *       16  read: events ever                        whoever reads, by compare-and-swap
 *      32-  events: kind | row << 8, and three numbers that the kind gives a meaning
 */

export const MAGIC = 0x4c485341 // 'ASHL' in little-endian bytes
export const VERSION = 2

/** Offsets are positive int32: the end of the arena is at most here. */
export const MAX_BYTE_END = 2 ** 31

export const SPAN_SHIFT = 16
export const SPAN_BYTE_LENGTH = 1 << SPAN_SHIFT
export const LINE_BYTE_LENGTH = 64

export const CONTROL_WORD_COUNT = 64
export const CONTROL_MAGIC = 0
export const CONTROL_VERSION = 1
export const CONTROL_BYTE_LENGTH = 2
export const CONTROL_SPAN_BYTE_LENGTH = 3
export const CONTROL_SPAN_COUNT = 4
export const CONTROL_SLOT_COUNT = 5
export const CONTROL_SLOT_BYTE_LENGTH = 6
export const CONTROL_CLASS_COUNT = 7
export const CONTROL_TAG = 8
export const CONTROL_SHARED = 9
export const CONTROL_CLASS_TABLE = 10
export const CONTROL_SPAN_MAP = 11
export const CONTROL_SPAN_RECORDS = 12
export const CONTROL_SLOTS = 13
export const CONTROL_TOUCHED_MAP = 14
export const CONTROL_LIVE_BITS = 15
export const CONTROL_FREED_BITS = 16
export const CONTROL_FIRST_FREE_SPAN = 17
export const CONTROL_PEAK_SPAN_COUNT = 18
export const CONTROL_CHECKSUM = 19
export const CONTROL_OPENED_SLOT_COUNT = 20
/** Words that never change, from word 0 on. */
export const CONTROL_CONSTANT_WORD_COUNT = 17

export const MAP_OWNER_SHIFT = 8
export const MAP_STATE_SHIFT = 16
export const MAP_POSITION_SHIFT = 20
export const MAX_POSITION = 2047
export const MAP_DRAINING = 1 << 31
export const SPAN_FREE = 0
export const SPAN_CLAIMED = 1
export const SPAN_HEAD = 2
export const SPAN_TAIL = 3
export const SPAN_CONTROL = 4
export const SPAN_LARGE = 5
/** Owners are stored plus one in eight bits. */
export const MAX_SLOT_COUNT = 254

export const RECORD_WORD_COUNT = 8
export const RECORD_PARKED_HEAD = 0
export const RECORD_PARKED_COUNT = 1
export const RECORD_CARVED_COUNT = 2
export const RECORD_NEXT_PARTIAL = 3
export const RECORD_PREVIOUS_PARTIAL = 4
export const RECORD_RUN_SPAN_COUNT = 5
export const RECORD_UNMARKED_COUNT = 6
export const RECORD_HAS_FREED_BITS = 7

export const HEADER_BYTE_LENGTH = 8
export const GRANULE_SHIFT = 4
/** Strides are multiples of this, and payloads are aligned to it. */
export const GRANULE_BYTE_LENGTH = 1 << GRANULE_SHIFT
/** From the start of a run to its first payload: the unused bytes and the first header. */
export const FIRST_PAYLOAD = 16
export const MAX_ALIGNMENT = 4096

/** Bytes that a word of live bits or freed bits is about: `byteOffset >>> BIT_WORD_SHIFT`. */
export const BIT_WORD_SHIFT = GRANULE_SHIFT + 5
/** Words of live bits, and of freed bits, per span. */
export const SPAN_BIT_WORD_COUNT = SPAN_BYTE_LENGTH >> BIT_WORD_SHIFT

export const MAX_STRUCT_NUMBER = 0x7ff
export const HEADER_RED_ZONE = 1 << 11
export const HEADER_TYPE_SHIFT = 12
export const HEADER_ALIGNMENT_SHIFT = 16
export const HEADER_TAG_SHIFT = 20
export const HEADER_STATE_SHIFT = 28
/** None is 0, or how a number begins that games store: a float from 2^-31 to 2^33, NaN, a count. */
export const BLOCK_PLAIN = 0xa
export const BLOCK_SHIFTED = 0x9
export const BLOCK_INTERNAL = 0x5
export const BLOCK_FREED = 0x6

/** Class of a block that is a run of its own. */
export const LARGE_CLASS = 255
/** Words of each per-class array in a slot; the last one is that of large blocks. */
export const CLASS_CAPACITY = 96
export const MAX_CLASS_COUNT = CLASS_CAPACITY - 1
export const LARGE_ROW = CLASS_CAPACITY - 1

export const TELEMETRY_WRITTEN = 0
export const TELEMETRY_READ_SEEN = 1
export const TELEMETRY_DROPPED = 2
export const TELEMETRY_READ = 16
export const TELEMETRY_EVENTS = 32
/** A power of two: counts wrap. */
export const TELEMETRY_EVENT_COUNT = 64
export const TELEMETRY_EVENT_WORD_COUNT = 4

export const MAIL_ARRAY_COUNT = 6
export const SLOT_STATE = 0
export const SLOT_OWNED_SPANS = 1
export const SLOT_PEAK_OWNED_SPANS = 2
export const SLOT_SPANS_AT_SWEEP = 3
export const SLOT_DRAINED = 4
export const SLOT_VIOLATIONS = 5
export const SLOT_NEXT_SWEEP = 6
export const SLOT_HAS_FREED_BITS = 7
export const SLOT_TAKING_FROM = 16
export const SLOT_MARKING = 17
export const SLOT_SWEEPING = 18
export const SLOT_FREE_HEADS = 32
export const SLOT_PARTIAL_HEADS = SLOT_FREE_HEADS + CLASS_CAPACITY
export const SLOT_OUTSTANDING = SLOT_PARTIAL_HEADS + CLASS_CAPACITY
export const SLOT_LIVE_SEEN = SLOT_OUTSTANDING + CLASS_CAPACITY
export const SLOT_PEAK_LIVE = SLOT_LIVE_SEEN + CLASS_CAPACITY
export const SLOT_REFILLS = SLOT_PEAK_LIVE + CLASS_CAPACITY
export const SLOT_REFILLED = SLOT_REFILLS + CLASS_CAPACITY
export const SLOT_ARRIVED = SLOT_REFILLED + CLASS_CAPACITY
export const SLOT_ARRIVED_AT_REFILL = SLOT_ARRIVED + CLASS_CAPACITY
export const SLOT_LEARNED = SLOT_ARRIVED_AT_REFILL + CLASS_CAPACITY
export const SLOT_UNUSED_AT_SWEEP = SLOT_LEARNED + CLASS_CAPACITY
export const SLOT_UNSORTED = SLOT_UNUSED_AT_SWEEP + CLASS_CAPACITY
export const SLOT_PUBLISHED = SLOT_UNSORTED + CLASS_CAPACITY
export const SLOT_SPANS = SLOT_PUBLISHED + CLASS_CAPACITY
export const SLOT_ROOM = SLOT_SPANS + CLASS_CAPACITY
export const SLOT_CARVED = SLOT_ROOM + CLASS_CAPACITY
export const SLOT_TELEMETRY = SLOT_CARVED + CLASS_CAPACITY
export const SLOT_FIXED_WORD_COUNT =
  SLOT_TELEMETRY + TELEMETRY_EVENTS + TELEMETRY_EVENT_COUNT * TELEMETRY_EVENT_WORD_COUNT

/** Words of a slot; with the default of 15 slots it is 7 KiB long. */
export const slotWordCount = (slotCount: number) =>
  SLOT_FIXED_WORD_COUNT + MAIL_ARRAY_COUNT * (Math.ceil(slotCount / 16) * 16)

export const SLOT_STATE_MASK = 0xff
export const SLOT_TENDER_SHIFT = 8
export const SLOT_GENERATION_SHIFT = 16
export const SLOT_VACANT = 0 // never opened
export const SLOT_OPEN = 1
/** Closed; it may still own spans, and the next pool to open takes it first. */
export const SLOT_CLOSED = 2
/** Kept for a thread that has yet to open its pool. */
export const SLOT_RESERVED = 3
/** Closed, and in the hands of another slot's thread, its reclaimer, for a moment. */
export const SLOT_TENDED = 4
