/** The views over an arena's buffer, and the geometry that its control header states. */
import { type ArenaError, invalidArgument } from '../base/errors.ts'
import {
  BIT_WORD_SHIFT,
  CONTROL_BYTE_LENGTH,
  CONTROL_CLASS_COUNT,
  CONTROL_CLASS_TABLE,
  CONTROL_FREED_BITS,
  CONTROL_LIVE_BITS,
  CONTROL_OPENED_SLOT_COUNT,
  CONTROL_SLOT_BYTE_LENGTH,
  CONTROL_SLOT_COUNT,
  CONTROL_SLOTS,
  CONTROL_SPAN_COUNT,
  CONTROL_SPAN_MAP,
  CONTROL_SPAN_RECORDS,
  CONTROL_TAG,
  CONTROL_TOUCHED_MAP,
  GRANULE_SHIFT,
  RECORD_WORD_COUNT,
  SPAN_BYTE_LENGTH,
  SPAN_SHIFT,
} from '../base/layout.ts'
import {
  asSpanIndex,
  asWordIndex,
  type SlotIndex,
  type SpanIndex,
  type WordIndex,
} from '../base/units.ts'
import { SizeClasses } from './size-classes.ts'

/** A WebAssembly.Memory, as far as an arena needs one. */
export interface GrowableMemory {
  readonly buffer: ArrayBufferLike
}

/**
 * Fixed-length views of the whole buffer, up to the arena's end.
 *
 * Never length-tracking ones: on a growable SharedArrayBuffer these are 30 to 80 times slower.
 */
export class Views {
  readonly buffer: ArrayBufferLike
  readonly u8: Uint8Array
  readonly i8: Int8Array
  readonly u16: Uint16Array
  readonly i16: Int16Array
  readonly u32: Uint32Array
  readonly i32: Int32Array
  readonly f32: Float32Array
  readonly f64: Float64Array

  /** @param byteEnd a multiple of 16, up to 2^31: no int32 */
  constructor(buffer: ArrayBufferLike, byteEnd: number) {
    this.buffer = buffer
    this.u8 = new Uint8Array(buffer, 0, byteEnd)
    this.i8 = new Int8Array(buffer, 0, byteEnd)
    this.u16 = new Uint16Array(buffer, 0, byteEnd / 2)
    this.i16 = new Int16Array(buffer, 0, byteEnd / 2)
    this.u32 = new Uint32Array(buffer, 0, byteEnd / 4)
    this.i32 = new Int32Array(buffer, 0, byteEnd / 4)
    this.f32 = new Float32Array(buffer, 0, byteEnd / 4)
    this.f64 = new Float64Array(buffer, 0, byteEnd / 8)
  }
}

/** What every room below the pool works on: views and geometry. Word indices are absolute. */
export class ArenaMemory {
  /** Set when the buffer is that of a WebAssembly.Memory, whose growth detaches it. */
  readonly #growable: GrowableMemory | undefined
  #views: Views
  /** Byte offset of the arena in its buffer; a multiple of 16. */
  readonly base: number
  readonly byteLength: number
  readonly spanCount: number
  readonly controlSpanCount: number
  readonly slotCount: number
  /** Words of a mail array: one per slot, rounded up to whole lines. */
  readonly queueStride: number
  /** Told of what another thread freed wrongly, when its owner takes its mail. */
  onViolation: ((error: ArenaError) => void) | undefined
  readonly tag: number
  readonly classes: SizeClasses
  readonly #control: number
  readonly #spanMap: number
  readonly #touchedMap: number
  readonly #spanRecords: number
  readonly #liveBits: number
  readonly #freedBits: number
  readonly #slots: number
  readonly #slotWordCount: number

  /** Of a buffer with a valid control header at `base`. */
  constructor(buffer: ArrayBufferLike, base: number, growable?: GrowableMemory) {
    // The control header and the class table; the buffer may end at an odd byte.
    const words = new Int32Array(buffer, base, SPAN_BYTE_LENGTH >> 2)
    const regionAt = (field: number) => (base + words[field]) >> 2
    this.base = base
    this.byteLength = words[CONTROL_BYTE_LENGTH] >>> 0
    this.spanCount = this.byteLength / 2 ** SPAN_SHIFT
    this.controlSpanCount = words[CONTROL_SPAN_COUNT]
    this.slotCount = words[CONTROL_SLOT_COUNT]
    this.queueStride = Math.ceil(this.slotCount / 16) * 16
    this.tag = words[CONTROL_TAG]
    const classTable = words[CONTROL_CLASS_TABLE] >> 2
    const strides = words.subarray(classTable, classTable + words[CONTROL_CLASS_COUNT])
    this.classes = new SizeClasses([...strides])
    this.#control = base >> 2
    this.#spanMap = regionAt(CONTROL_SPAN_MAP)
    this.#touchedMap = regionAt(CONTROL_TOUCHED_MAP)
    this.#spanRecords = regionAt(CONTROL_SPAN_RECORDS)
    this.#liveBits = regionAt(CONTROL_LIVE_BITS)
    this.#freedBits = regionAt(CONTROL_FREED_BITS)
    this.#slots = regionAt(CONTROL_SLOTS)
    this.#slotWordCount = words[CONTROL_SLOT_BYTE_LENGTH] >> 2
    this.#growable = growable
    this.#views = new Views(buffer, base + this.byteLength)
  }

  /**
   * The current views. Those of a WebAssembly.Memory are made anew after it has grown, which makes the
   * old ones empty. (Not asked for by `length`: on Node 20, compiled code that has also seen views of a
   * resizable buffer has the length of before. Nor by `byteLength`: 7 ns a call more.)
   */
  get views(): Views {
    if (this.#views.i32[0] === undefined) this.#renew()
    return this.#views
  }

  get i32(): Int32Array {
    return this.views.i32
  }

  #renew(): void {
    const buffer = this.#growable?.buffer ?? this.#views.buffer
    const byteEnd = this.base + this.byteLength
    if (buffer.byteLength < byteEnd) {
      throw invalidArgument('the arena’s buffer', `${buffer.byteLength} bytes`, `${byteEnd} bytes`)
    }
    this.#views = new Views(buffer, byteEnd)
  }

  /** Tells the user's hook of a violation; what the hook throws does not meet an innocent caller. */
  report(error: ArenaError): void {
    const { onViolation } = this
    if (onViolation !== undefined) queueMicrotask(() => onViolation(error))
  }

  controlWord(field: number): WordIndex {
    return asWordIndex(this.#control + field)
  }

  mapWord(span: SpanIndex): WordIndex {
    return asWordIndex(this.#spanMap + span)
  }

  touchedWord(span: SpanIndex): WordIndex {
    return asWordIndex(this.#touchedMap + span)
  }

  recordWord(span: SpanIndex, field: number): WordIndex {
    return asWordIndex(this.#spanRecords + span * RECORD_WORD_COUNT + field)
  }

  /** The word with the live bit of the 16 bytes at an offset within the arena. */
  liveWord(byteOffset: number): WordIndex {
    return asWordIndex(this.#liveBits + ((byteOffset - this.base) >>> BIT_WORD_SHIFT))
  }

  /** The word with the freed bit of the 16 bytes at an offset within the arena. */
  freedWord(byteOffset: number): WordIndex {
    return asWordIndex(this.#freedBits + ((byteOffset - this.base) >>> BIT_WORD_SHIFT))
  }

  /** The bit of the 16 bytes at an offset, in either of these words. */
  bitOf(byteOffset: number): number {
    return 1 << ((byteOffset - this.base) >>> GRANULE_SHIFT)
  }

  /** Whether an ordinary block is live at an offset. */
  hasLiveBit(byteOffset: number): boolean {
    return (this.i32[this.liveWord(byteOffset)] & this.bitOf(byteOffset)) !== 0
  }

  /** By the owner of the span, after all else that makes the block live. */
  setLiveBit(byteOffset: number): void {
    this.i32[this.liveWord(byteOffset)] |= this.bitOf(byteOffset)
  }

  clearLiveBit(byteOffset: number): void {
    this.i32[this.liveWord(byteOffset)] &= ~this.bitOf(byteOffset)
  }

  /** Words from one slot to the next. */
  get slotWordCount(): number {
    return this.#slotWordCount
  }

  slotWord(slot: SlotIndex, field: number): WordIndex {
    return asWordIndex(this.#slots + slot * this.#slotWordCount + field)
  }

  /** No slot from this one on was ever opened: nobody has mail there. */
  get openedSlotCount(): number {
    return Math.min(this.i32[this.controlWord(CONTROL_OPENED_SLOT_COUNT)], this.slotCount)
  }

  /** Whether a block can be at an offset: what a list that was overwritten leads to is elsewhere. */
  isInside(byteOffset: number): boolean {
    const first = this.base + this.controlSpanCount * SPAN_BYTE_LENGTH
    return byteOffset > first && byteOffset < this.base + this.byteLength
  }

  /** The span that a byte offset within the arena lies in. */
  spanOf(byteOffset: number): SpanIndex {
    return asSpanIndex((byteOffset - this.base) >>> SPAN_SHIFT)
  }

  /** Byte offset of the first byte of a span. */
  spanStart(span: SpanIndex): number {
    return this.base + span * 2 ** SPAN_SHIFT
  }
}
