/** The control area: writes that of a new arena, and checks that of one to attach to. */
import { corrupt, notAnArena, versionMismatch } from '../base/errors.ts'
import {
  CONTROL_BYTE_LENGTH,
  CONTROL_CHECKSUM,
  CONTROL_CLASS_COUNT,
  CONTROL_CLASS_TABLE,
  CONTROL_CONSTANT_WORD_COUNT,
  CONTROL_FIRST_FREE_SPAN,
  CONTROL_FREED_BITS,
  CONTROL_LIVE_BITS,
  CONTROL_MAGIC,
  CONTROL_OPENED_SLOT_COUNT,
  CONTROL_PEAK_SPAN_COUNT,
  CONTROL_SHARED,
  CONTROL_SLOT_BYTE_LENGTH,
  CONTROL_SLOT_COUNT,
  CONTROL_SLOTS,
  CONTROL_SPAN_BYTE_LENGTH,
  CONTROL_SPAN_COUNT,
  CONTROL_SPAN_MAP,
  CONTROL_SPAN_RECORDS,
  CONTROL_TAG,
  CONTROL_TOUCHED_MAP,
  CONTROL_VERSION,
  CONTROL_WORD_COUNT,
  LINE_BYTE_LENGTH,
  MAGIC,
  MAX_BYTE_END,
  MAX_CLASS_COUNT,
  MAX_SLOT_COUNT,
  RECORD_WORD_COUNT,
  SPAN_BIT_WORD_COUNT,
  SPAN_BYTE_LENGTH,
  slotWordCount,
  VERSION,
} from '../base/layout.ts'
import type { GrowableMemory } from '../memory/memory.ts'
import { MAX_STRIDE } from '../memory/size-classes.ts'
import { CONTROL_SPAN_WORD } from '../spans/span-map.ts'

/** What the size of every table of the control area follows from. */
export interface Geometry {
  /** Whole spans, in bytes. */
  readonly byteLength: number
  readonly slotCount: number
  readonly classCount: number
}

/** The memory for a new arena, and what to make there. */
export interface ArenaRegion extends Geometry {
  readonly buffer: ArrayBufferLike
  readonly base: number
  readonly strides: readonly number[]
  readonly shared: boolean
  /** Whether every byte of the buffer is 0, and no page of it was written. */
  readonly isNew: boolean
  readonly growable?: GrowableMemory | undefined
}

const roundUpToLine = (byteLength: number) =>
  Math.ceil(byteLength / LINE_BYTE_LENGTH) * LINE_BYTE_LENGTH

/** Lays the control area out: gives the words that never change. */
function constantWords({ byteLength, slotCount, classCount }: Geometry, tag = 0, shared = 0) {
  const spanCount = byteLength / SPAN_BYTE_LENGTH
  const bitsByteLength = spanCount * SPAN_BIT_WORD_COUNT * 4
  const slotByteLength = slotWordCount(slotCount) * 4
  const classTable = CONTROL_WORD_COUNT * 4
  const spanMap = roundUpToLine(classTable + classCount * 4)
  const touchedMap = roundUpToLine(spanMap + spanCount * 4)
  const spanRecords = roundUpToLine(touchedMap + spanCount * 4)
  const liveBits = roundUpToLine(spanRecords + spanCount * RECORD_WORD_COUNT * 4)
  const slots = liveBits + 2 * bitsByteLength
  const words = new Int32Array(CONTROL_CONSTANT_WORD_COUNT)
  words[CONTROL_MAGIC] = MAGIC
  words[CONTROL_VERSION] = VERSION
  words[CONTROL_BYTE_LENGTH] = byteLength
  words[CONTROL_SPAN_BYTE_LENGTH] = SPAN_BYTE_LENGTH
  words[CONTROL_SPAN_COUNT] = Math.ceil((slots + slotCount * slotByteLength) / SPAN_BYTE_LENGTH)
  words[CONTROL_SLOT_COUNT] = slotCount
  words[CONTROL_SLOT_BYTE_LENGTH] = slotByteLength
  words[CONTROL_CLASS_COUNT] = classCount
  words[CONTROL_TAG] = tag
  words[CONTROL_SHARED] = shared
  words[CONTROL_CLASS_TABLE] = classTable
  words[CONTROL_SPAN_MAP] = spanMap
  words[CONTROL_SPAN_RECORDS] = spanRecords
  words[CONTROL_SLOTS] = slots
  words[CONTROL_TOUCHED_MAP] = touchedMap
  words[CONTROL_LIVE_BITS] = liveBits
  words[CONTROL_FREED_BITS] = liveBits + bitsByteLength
  return words
}

/** How many spans the control area takes. */
export const controlSpanCountOf = (geometry: Geometry) =>
  constantWords(geometry)[CONTROL_SPAN_COUNT]

/** Writes the control area of an empty arena. The magic comes last: it makes it an arena. */
export function writeControl(region: ArenaRegion, tag: number): void {
  const constant = constantWords(region, tag, region.shared ? 1 : 0)
  const controlSpanCount = constant[CONTROL_SPAN_COUNT]
  const wordCount = (controlSpanCount * SPAN_BYTE_LENGTH) >> 2
  const words = new Int32Array(region.buffer, region.base, wordCount)
  if (!region.isNew) words.fill(0)
  words.set(constant.subarray(CONTROL_VERSION), CONTROL_VERSION)
  const fill = (value: number, table: number, count: number) =>
    words.fill(value, constant[table] >> 2, (constant[table] >> 2) + count)
  if (!region.isNew) {
    fill(SPAN_BYTE_LENGTH, CONTROL_TOUCHED_MAP, region.byteLength / SPAN_BYTE_LENGTH)
  }
  fill(CONTROL_SPAN_WORD, CONTROL_SPAN_MAP, controlSpanCount)
  words.set(region.strides, constant[CONTROL_CLASS_TABLE] >> 2)
  words[CONTROL_FIRST_FREE_SPAN] = controlSpanCount
  words[CONTROL_PEAK_SPAN_COUNT] = controlSpanCount
  words[CONTROL_CHECKSUM] = checksumOf(words)
  Atomics.store(words, CONTROL_MAGIC, MAGIC)
}

/**
 * The checksum of the words that never change. Each step is a bijection of the word and of the sum
 * so far, so it shows every change of a single word.
 */
function checksumOf(words: Int32Array): number {
  let sum: number = MAGIC
  const add = (word: number) => {
    sum = Math.imul(sum ^ word, 0x0100_0193)
  }
  words.subarray(CONTROL_MAGIC + 1, CONTROL_CONSTANT_WORD_COUNT).forEach(add)
  const classTable = words[CONTROL_CLASS_TABLE] >> 2
  words.subarray(classTable, classTable + words[CONTROL_CLASS_COUNT]).forEach(add)
  return sum
}

/**
 * Checks that `buffer` holds an arena of this version at `base`, word by word: each word that
 * follows from the geometry must be as computed, so no table can lie outside.
 * @throws ArenaError 'not-an-arena', 'version-mismatch', 'corrupt'
 */
export function checkControl(buffer: ArrayBufferLike, base: number): void {
  const room = buffer.byteLength - base
  if (room < 2 * SPAN_BYTE_LENGTH) {
    throw notAnArena(`${room} bytes from offset ${base} on are too few for an arena`)
  }
  const words = new Int32Array(buffer, base, SPAN_BYTE_LENGTH >> 2)
  if (Atomics.load(words, CONTROL_MAGIC) !== MAGIC) {
    throw notAnArena(`there is no arena at byte offset ${base} of this buffer`)
  }
  if (words[CONTROL_VERSION] !== VERSION) throw versionMismatch(words[CONTROL_VERSION], VERSION)
  const byteLength = words[CONTROL_BYTE_LENGTH] >>> 0
  if (byteLength > Math.min(room, MAX_BYTE_END - base) || byteLength % SPAN_BYTE_LENGTH !== 0) {
    throw corrupt(`it has ${byteLength} bytes, expected whole spans within ${room} bytes`)
  }
  const check = (field: number, min: number, max: number) => {
    if (words[field] >= min && words[field] <= max) return words[field]
    throw corrupt(`control word ${field} is ${words[field]}, expected ${min} to ${max}`)
  }
  const slotCount = check(CONTROL_SLOT_COUNT, 1, MAX_SLOT_COUNT)
  const classCount = check(CONTROL_CLASS_COUNT, 1, MAX_CLASS_COUNT)
  const tag = check(CONTROL_TAG, 1, 255)
  constantWords({ byteLength, slotCount, classCount }, tag, words[CONTROL_SHARED]).forEach(
    (value, field) => check(field, value, value),
  )
  checkStrides(words.subarray(words[CONTROL_CLASS_TABLE] >> 2), classCount)
  for (const field of [CONTROL_FIRST_FREE_SPAN, CONTROL_PEAK_SPAN_COUNT]) {
    check(field, words[CONTROL_SPAN_COUNT], byteLength / SPAN_BYTE_LENGTH)
  }
  check(CONTROL_OPENED_SLOT_COUNT, 0, slotCount)
  const checksum = checksumOf(words)
  check(CONTROL_CHECKSUM, checksum, checksum)
}

function checkStrides(strides: Int32Array, classCount: number): void {
  for (let i = 0; i < classCount; i++) {
    const below = i === 0 ? 0 : strides[i - 1]
    if (strides[i] <= below || strides[i] % 16 !== 0 || strides[i] > MAX_STRIDE) {
      throw corrupt(`stride ${strides[i]} of class ${i} is no multiple of 16 above ${below}`)
    }
  }
}

let lastTag = Math.floor(Math.random() * 255)

/** 1 to 255, another tag for each arena: it shows that a header belongs to another arena. */
export function nextTag(): number {
  lastTag = (lastTag % 255) + 1
  return lastTag
}
