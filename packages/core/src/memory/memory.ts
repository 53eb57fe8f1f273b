/*
 * Room memory: the views and the geometry of an arena, size classes, header words, the size of a
 * refill batch, and the interface of a pool.
 * Invariant: no code here allocates or frees. `ArenaMemory` (this file) is the object by which all
 * higher rooms read and write an arena.
 */
import { type ArenaError, checkInteger } from '../base/errors.ts'
import * as layout from '../base/layout.ts'
import type { SlotIndex, SpanIndex } from '../base/units.ts'
import { BLOCK_FREED, BLOCK_PLAIN, headerWith, stateInHeader } from './block-header.ts'
import { tablesOf } from './size-classes.ts'

/** The part of a `WebAssembly.Memory` that an arena needs. */
export interface GrowableMemory {
  /** The present buffer. When the memory grows, a new buffer replaces it. */
  readonly buffer: ArrayBufferLike
}

/**
 * Returns views from the buffer's start to the arena's end. Their length is fixed, because views
 * that track the length of a growable SharedArrayBuffer are 30 to 80 times slower.
 * @param byteEnd the arena's end: a multiple of 16, up to 2^31, which does not fit into an int32
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
/** Views of every number type over one buffer. */
export type Views = ReturnType<typeof viewsOf>

/** The views, the geometry and the size classes of one arena. */
export type ArenaMemory = ReturnType<typeof openMemory>

/**
 * Returns the views and the geometry of one arena. An index of a word counts from the buffer's
 * start.
 * @param buffer holds a valid control header at `base`
 * @param base the byte offset of the arena in the buffer: a multiple of 16
 * @param growable the WebAssembly.Memory of the buffer, if there is one. When it grows, the old
 * buffer is detached
 */
export function openMemory(buffer: ArrayBufferLike, base: number, growable?: GrowableMemory) {
  // The view covers one span, which contains the whole class table. A view to the buffer's end
  // would throw if the length of the buffer is not a multiple of four.
  const words = new Int32Array(buffer, base, layout.SPAN_BYTE_LENGTH >> 2)
  const tableAt = (field: number) => (base + words[field]) >> 2
  const byteLength = words[layout.CONTROL_BYTE_LENGTH] >>> 0
  const slotCount = words[layout.CONTROL_SLOT_COUNT]
  const tag = words[layout.CONTROL_TAG]
  const classTable = words[layout.CONTROL_CLASS_TABLE] >> 2
  const byteEnd = base + byteLength
  let views = viewsOf(buffer, byteEnd)
  return {
    // The tables come first. If V8 copies many properties to an object that already has some, it
    // makes a slow object.
    ...tablesOf(words.slice(classTable, classTable + words[layout.CONTROL_CLASS_COUNT])),
    base,
    byteLength,
    spanCount: byteLength / layout.SPAN_BYTE_LENGTH,
    controlSpanCount: words[layout.CONTROL_SPAN_COUNT],
    slotCount,
    slotWordCount: words[layout.CONTROL_SLOT_BYTE_LENGTH] >> 2,
    /**
     * If this thread receives a block that another thread freed wrongly, the library calls this
     * function.
     */
    onViolation: undefined as ((error: ArenaError) => void) | undefined,
    tag,
    /**
     * The header words of an untyped block with natural alignment: `plainHeader` for `BLOCK_PLAIN`,
     * `freedHeader` for `BLOCK_FREED`.
     */
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
     * getter makes new views. (The getter tests a word, not `length`: on Node 20, compiled code
     * that has seen views of a resizable buffer gets an old `length`. A test of `byteLength` takes
     * 7 ns more than the test of a word.)
     */
    get views(): Views {
      if (views.i32[0] === undefined) {
        const { buffer } = growable ?? views
        checkInteger('buffer.byteLength', buffer.byteLength, byteEnd, 2 ** 53)
        views = viewsOf(buffer, byteEnd)
      }
      return views
    },

    /** The current view of int32 words. */
    get i32(): Int32Array {
      return this.views.i32
    },
  }
}

/**
 * Returns how many slots, from slot 0 on, may have been opened or reserved. Later slots were never
 * in use, so they have no queues.
 */
export const openedSlotCount = (memory: ArenaMemory) =>
  Math.min(memory.i32[controlWord(memory, layout.CONTROL_OPENED_SLOT_COUNT)], memory.slotCount)

/*
 * The functions below find the words of an arena, and read them. They are functions, because
 * minifiers do not shorten the names of methods.
 */

/** Returns the index of a word of the control header. `field` is a `CONTROL_` constant. */
export const controlWord = (memory: ArenaMemory, field: number) => (memory.base >> 2) + field

/** Returns the index of a span's word in the span map. */
export const spanMapWord = (memory: ArenaMemory, span: SpanIndex) => memory.spanMap + span

/** Returns a span's word in the span map. */
export const mapAt = (memory: ArenaMemory, span: SpanIndex) => memory.i32[memory.spanMap + span]

/** Returns the index of a span's word in the touched map. */
export const touchedWord = (memory: ArenaMemory, span: SpanIndex) => memory.touchedMap + span

/** Returns the index of a word in the record of a span. `field` is a `RECORD_` constant. */
export const recordWord = (memory: ArenaMemory, span: SpanIndex, field: number) =>
  memory.spanRecords + span * layout.RECORD_WORD_COUNT + field

/** Returns a word in the record of a span. `field` is a `RECORD_` constant. */
export const recordAt = (memory: ArenaMemory, span: SpanIndex, field: number) =>
  memory.i32[recordWord(memory, span, field)]

/**
 * Returns the index of a word of a slot. `field` is a `SLOT_` constant, plus the class for an
 * array.
 */
export const slotWord = (memory: ArenaMemory, slot: SlotIndex, field: number) =>
  memory.slots + slot * memory.slotWordCount + field

/** Returns a word of a slot. `field` is a `SLOT_` constant, plus the class for an array. */
export const slotAt = (memory: ArenaMemory, slot: SlotIndex, field: number) =>
  memory.i32[slotWord(memory, slot, field)]

/**
 * Adds `summand` to a word of a slot, not atomically. `field` is a `SLOT_` constant, plus the class
 * for an array.
 */
export function addToSlot(
  memory: ArenaMemory,
  slot: SlotIndex,
  field: number,
  summand: number,
): void {
  memory.i32[slotWord(memory, slot, field)] += summand
}

/** Returns the span that contains the byte at `byteOffset`, which must be within the arena. */
export const spanOf = (memory: ArenaMemory, byteOffset: number) =>
  ((byteOffset - memory.base) >>> layout.SPAN_SHIFT) as SpanIndex

/** Returns the byte offset at which a span begins. */
export const spanStart = (memory: ArenaMemory, span: SpanIndex) =>
  memory.base + span * layout.SPAN_BYTE_LENGTH

/**
 * Returns true if a block can begin at `byteOffset`: after the control area, and before the arena's
 * end. A list that was overwritten may lead to any number.
 */
export const isInside = (memory: ArenaMemory, byteOffset: number) =>
  byteOffset > spanStart(memory, memory.controlSpanCount as SpanIndex) &&
  byteOffset < memory.base + memory.byteLength

/** Returns the header word of the block whose payload begins at `offset`. */
export const headerAt = (memory: ArenaMemory, offset: number) => memory.i32[(offset >> 2) - 2]

/**
 * Returns the state in the header word at `offset`. Returns 0 if the word is no header of this
 * arena.
 */
export const stateAt = (memory: ArenaMemory, offset: number) =>
  stateInHeader(headerAt(memory, offset), memory.tag)

/**
 * Returns the second word of a header: a byte length, the offset of the next free block, or a
 * shifted offset.
 */
export const secondWordAt = (memory: ArenaMemory, offset: number) => memory.i32[(offset >> 2) - 1]

/** Returns the index of the word that holds the live bit for the 16 bytes at `byteOffset`. */
export const liveWord = (memory: ArenaMemory, byteOffset: number) =>
  memory.liveBits + ((byteOffset - memory.base) >>> layout.BIT_WORD_SHIFT)

/** Returns the index of the word that holds the freed bit for the 16 bytes at `byteOffset`. */
export const freedWord = (memory: ArenaMemory, byteOffset: number) =>
  memory.freedBits + ((byteOffset - memory.base) >>> layout.BIT_WORD_SHIFT)

/**
 * Returns the bit for the 16 bytes at `byteOffset`, as a mask for the word of `liveWord` or
 * `freedWord`.
 */
export const bitOf = (memory: ArenaMemory, byteOffset: number) =>
  1 << ((byteOffset - memory.base) >>> layout.GRANULE_SHIFT)

/** Returns true if a live ordinary block has its payload at `byteOffset`. */
export const hasLiveBit = (memory: ArenaMemory, byteOffset: number) =>
  (memory.i32[liveWord(memory, byteOffset)] & bitOf(memory, byteOffset)) !== 0

/** Clears the live bit of the block whose payload begins at `byteOffset`. */
export function clearLiveBit(memory: ArenaMemory, byteOffset: number): void {
  memory.i32[liveWord(memory, byteOffset)] &= ~bitOf(memory, byteOffset)
}
