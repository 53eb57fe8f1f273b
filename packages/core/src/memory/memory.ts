/*
 * Room memory: the views and the geometry of an arena, size classes, header words, how many
 * blocks a refill hands out, the Pool API.
 * Invariant: nothing here allocates or frees. `ArenaMemory`, in this file, is the arena that all
 * higher rooms work on.
 */
import { type ArenaError, checkInteger } from '../base/errors.ts'
import * as layout from '../base/layout.ts'
import type { SlotIndex, SpanIndex } from '../base/units.ts'
import { BLOCK_FREED, BLOCK_PLAIN, headerWith, stateInHeader } from './block-header.ts'
import { tablesOf } from './size-classes.ts'

/** The part of a WebAssembly.Memory that an arena needs. */
export interface GrowableMemory {
  readonly buffer: ArrayBufferLike
}

/**
 * Views from the buffer's start to the arena's end. Their length is fixed, because views that track
 * the length of a growable SharedArrayBuffer are 30 to 80 times slower.
 * @param byteEnd the arena's end: a multiple of 16, up to 2^31, which is no int32
 */
export const viewsOf = (buffer: ArrayBufferLike, byteEnd: number) => ({
  buffer,
  u8: new Uint8Array(buffer, 0, byteEnd),
  i8: new Int8Array(buffer, 0, byteEnd),
  u16: new Uint16Array(buffer, 0, byteEnd / 2),
  i16: new Int16Array(buffer, 0, byteEnd / 2),
  u32: new Uint32Array(buffer, 0, byteEnd / 4),
  i32: new Int32Array(buffer, 0, byteEnd / 4),
  f32: new Float32Array(buffer, 0, byteEnd / 4),
  f64: new Float64Array(buffer, 0, byteEnd / 8),
})
export type Views = ReturnType<typeof viewsOf>

export type ArenaMemory = ReturnType<typeof openMemory>

/**
 * The views and the geometry of one arena. Indices of words count from the buffer's start.
 * @param buffer has a valid control header at `base`, which is a multiple of 16
 * @param growable the WebAssembly.Memory of the buffer, if any: its growth detaches old buffers
 */
export function openMemory(buffer: ArrayBufferLike, base: number, growable?: GrowableMemory) {
  // Only as far as the class table may reach: a view of a buffer of odd length would throw.
  const words = new Int32Array(buffer, base, layout.SPAN_BYTE_LENGTH >> 2)
  const tableAt = (field: number) => (base + words[field]) >> 2
  const byteLength = words[layout.CONTROL_BYTE_LENGTH] >>> 0
  const slotCount = words[layout.CONTROL_SLOT_COUNT]
  const tag = words[layout.CONTROL_TAG]
  const classTable = words[layout.CONTROL_CLASS_TABLE] >> 2
  const byteEnd = base + byteLength
  let views = viewsOf(buffer, byteEnd)
  return {
    // First: V8 makes a slow object if it copies many properties to one that has some already.
    ...tablesOf(words.slice(classTable, classTable + words[layout.CONTROL_CLASS_COUNT])),
    base,
    byteLength,
    spanCount: byteLength / layout.SPAN_BYTE_LENGTH,
    controlSpanCount: words[layout.CONTROL_SPAN_COUNT],
    slotCount,
    slotWordCount: words[layout.CONTROL_SLOT_BYTE_LENGTH] >> 2,
    /** Called when this thread receives a block that another thread freed wrongly. */
    onViolation: undefined as ((error: ArenaError) => void) | undefined,
    tag,
    /** The header words of an untyped block with natural alignment, by the state of the block. */
    plainHeader: headerWith(BLOCK_PLAIN, tag),
    freedHeader: headerWith(BLOCK_FREED, tag),
    spanMap: tableAt(layout.CONTROL_SPAN_MAP),
    touchedMap: tableAt(layout.CONTROL_TOUCHED_MAP),
    spanRecords: tableAt(layout.CONTROL_SPAN_RECORDS),
    liveBits: tableAt(layout.CONTROL_LIVE_BITS),
    freedBits: tableAt(layout.CONTROL_FREED_BITS),
    slots: tableAt(layout.CONTROL_SLOTS),

    /**
     * The current views. After a WebAssembly.Memory has grown, its old views are empty, and this
     * getter makes new ones. (It tests a word, not `length`: on Node 20, compiled code that has
     * seen views of a resizable buffer gets an old `length`. `byteLength` takes 7 ns more.)
     */
    get views(): Views {
      if (views.i32[0] === undefined) {
        const { buffer } = growable ?? views
        checkInteger('buffer.byteLength', buffer.byteLength, byteEnd, 2 ** 53)
        views = viewsOf(buffer, byteEnd)
      }
      return views
    },

    get i32(): Int32Array {
      return this.views.i32
    },
  }
}

/** No slot from this index on was ever opened or reserved, so these slots have no queues. */
export const openedSlotCount = (memory: ArenaMemory) =>
  Math.min(memory.i32[controlWord(memory, layout.CONTROL_OPENED_SLOT_COUNT)], memory.slotCount)

/*
 * Where the words of an arena are, and what they hold. These are functions, because minifiers do
 * not shorten the names of methods.
 */

export const controlWord = (memory: ArenaMemory, field: number) => (memory.base >> 2) + field

export const spanMapWord = (memory: ArenaMemory, span: SpanIndex) => memory.spanMap + span

export const mapAt = (memory: ArenaMemory, span: SpanIndex) => memory.i32[memory.spanMap + span]

export const touchedWord = (memory: ArenaMemory, span: SpanIndex) => memory.touchedMap + span

export const recordWord = (memory: ArenaMemory, span: SpanIndex, field: number) =>
  memory.spanRecords + span * layout.RECORD_WORD_COUNT + field

export const recordAt = (memory: ArenaMemory, span: SpanIndex, field: number) =>
  memory.i32[recordWord(memory, span, field)]

export const slotWord = (memory: ArenaMemory, slot: SlotIndex, field: number) =>
  memory.slots + slot * memory.slotWordCount + field

export const slotAt = (memory: ArenaMemory, slot: SlotIndex, field: number) =>
  memory.i32[slotWord(memory, slot, field)]

export function addToSlot(
  memory: ArenaMemory,
  slot: SlotIndex,
  field: number,
  summand: number,
): void {
  memory.i32[slotWord(memory, slot, field)] += summand
}

/** The span of a byte offset within the arena. */
export const spanOf = (memory: ArenaMemory, byteOffset: number) =>
  ((byteOffset - memory.base) >>> layout.SPAN_SHIFT) as SpanIndex

/** Byte offset of the first byte of a span. */
export const spanStart = (memory: ArenaMemory, span: SpanIndex) =>
  memory.base + span * layout.SPAN_BYTE_LENGTH

/** Whether a block can be at `byteOffset`; a list that was overwritten may lead anywhere. */
export const isInside = (memory: ArenaMemory, byteOffset: number) =>
  byteOffset > spanStart(memory, memory.controlSpanCount as SpanIndex) &&
  byteOffset < memory.base + memory.byteLength

/** The header word of the block whose payload begins at `offset`. */
export const headerAt = (memory: ArenaMemory, offset: number) => memory.i32[(offset >> 2) - 2]

/** The state in the header word at `offset`; 0 if that is no header of this arena. */
export const stateAt = (memory: ArenaMemory, offset: number) =>
  stateInHeader(headerAt(memory, offset), memory.tag)

/** The second word of a header: a byte length, link or shifted offset. */
export const secondWordAt = (memory: ArenaMemory, offset: number) => memory.i32[(offset >> 2) - 1]

/** Index of the word with the live bit of the 16 bytes at `byteOffset`. */
export const liveWord = (memory: ArenaMemory, byteOffset: number) =>
  memory.liveBits + ((byteOffset - memory.base) >>> layout.BIT_WORD_SHIFT)

export const freedWord = (memory: ArenaMemory, byteOffset: number) =>
  memory.freedBits + ((byteOffset - memory.base) >>> layout.BIT_WORD_SHIFT)

/** The bit of the 16 bytes at `byteOffset`, in the word of `liveWord` or `freedWord`. */
export const bitOf = (memory: ArenaMemory, byteOffset: number) =>
  1 << ((byteOffset - memory.base) >>> layout.GRANULE_SHIFT)

/** Whether a live ordinary block has its payload at `byteOffset`. */
export const hasLiveBit = (memory: ArenaMemory, byteOffset: number) =>
  (memory.i32[liveWord(memory, byteOffset)] & bitOf(memory, byteOffset)) !== 0

export function clearLiveBit(memory: ArenaMemory, byteOffset: number): void {
  memory.i32[liveWord(memory, byteOffset)] &= ~bitOf(memory, byteOffset)
}
