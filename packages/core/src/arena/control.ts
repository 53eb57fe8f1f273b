/** Writes the control area of a new arena, and checks the control area of an arena to attach to. */
import { corrupt, notAnArena, versionMismatch } from '../base/errors.ts'
import * as layout from '../base/layout.ts'
import type { GrowableMemory } from '../memory/memory.ts'
import { MAX_STRIDE } from '../memory/size-classes.ts'
import { CONTROL_SPAN_WORD } from '../spans/span-map.ts'

/** The numbers that determine the size of every table in the control area. */
export interface Geometry {
  /** The arena's length in bytes: a multiple of 64 KiB. */
  readonly byteLength: number
  /** How many slots the arena has. */
  readonly slotCount: number
  /** How many size classes the arena has. */
  readonly classCount: number
}

/** The memory for a new arena, and the arena's parameters. */
export interface ArenaRegion extends Geometry {
  /** The buffer in which to create the arena. */
  readonly buffer: ArrayBufferLike
  /** The byte offset of the arena in `buffer`. */
  readonly base: number
  /** The stride of each size class, ascending. */
  readonly strides: readonly number[]
  /** Whether `buffer` is shared memory. */
  readonly shared: boolean
  /** Whether the buffer is new. In a new buffer, every byte is 0, and no page was ever written. */
  readonly isNew: boolean
  /** The WebAssembly.Memory that the buffer belongs to, if there is one. */
  readonly growable?: GrowableMemory | undefined
}

/** Rounds a length up to whole cache lines. */
const roundUpToLine = (byteLength: number) =>
  Math.ceil(byteLength / layout.LINE_BYTE_LENGTH) * layout.LINE_BYTE_LENGTH

/** Returns the constant words of the control area. They say where each table begins. */
function constantWords({ byteLength, slotCount, classCount }: Geometry, tag = 0, shared = 0) {
  const spanCount = byteLength / layout.SPAN_BYTE_LENGTH
  const bitsByteLength = spanCount * layout.SPAN_BIT_WORD_COUNT * 4
  const slotByteLength = layout.slotWordCount(slotCount) * 4
  const classTable = layout.CONTROL_WORD_COUNT * 4
  const spanMap = roundUpToLine(classTable + classCount * 4)
  const touchedMap = roundUpToLine(spanMap + spanCount * 4)
  const spanRecords = roundUpToLine(touchedMap + spanCount * 4)
  const liveBits = roundUpToLine(spanRecords + spanCount * layout.RECORD_WORD_COUNT * 4)
  const slots = liveBits + 2 * bitsByteLength
  // The order is that of the `CONTROL_` constants in base/layout.
  return Int32Array.of(
    layout.MAGIC,
    layout.VERSION,
    byteLength,
    layout.SPAN_BYTE_LENGTH,
    Math.ceil((slots + slotCount * slotByteLength) / layout.SPAN_BYTE_LENGTH),
    slotCount,
    slotByteLength,
    classCount,
    tag,
    shared,
    classTable,
    spanMap,
    spanRecords,
    slots,
    touchedMap,
    liveBits,
    liveBits + bitsByteLength,
  )
}

/** Returns how many spans the control area takes. */
export const controlSpanCountOf = (geometry: Geometry) =>
  constantWords(geometry)[layout.CONTROL_SPAN_COUNT]

/**
 * Writes the control area of an empty arena. The magic word is written last, because threads can
 * attach as soon as it is there.
 */
export function writeControl(region: ArenaRegion, tag: number): void {
  const constant = constantWords(region, tag, region.shared ? 1 : 0)
  const controlSpanCount = constant[layout.CONTROL_SPAN_COUNT]
  const wordCount = (controlSpanCount * layout.SPAN_BYTE_LENGTH) >> 2
  const words = new Int32Array(region.buffer, region.base, wordCount)
  const fill = (value: number, table: number, count: number) =>
    words.fill(value, constant[table] >> 2, (constant[table] >> 2) + count)
  if (!region.isNew) {
    words.fill(0)
    fill(
      layout.SPAN_BYTE_LENGTH,
      layout.CONTROL_TOUCHED_MAP,
      region.byteLength / layout.SPAN_BYTE_LENGTH,
    )
  }
  words.set(constant.subarray(layout.CONTROL_VERSION), layout.CONTROL_VERSION)
  fill(CONTROL_SPAN_WORD, layout.CONTROL_SPAN_MAP, controlSpanCount)
  words.set(region.strides, constant[layout.CONTROL_CLASS_TABLE] >> 2)
  words[layout.CONTROL_FIRST_FREE_SPAN] = controlSpanCount
  words[layout.CONTROL_PEAK_SPAN_COUNT] = controlSpanCount
  words[layout.CONTROL_CHECKSUM] = checksumOf(words)
  Atomics.store(words, layout.CONTROL_MAGIC, layout.MAGIC)
}

/**
 * Returns the checksum of the constant words and the class table. Each step is a bijection, both of
 * the word and of the sum so far. So if any single word changes, the checksum changes.
 */
function checksumOf(words: Int32Array): number {
  let sum: number = layout.MAGIC
  const add = (word: number) => {
    sum = Math.imul(sum ^ word, 0x0100_0193)
  }
  words.subarray(layout.CONTROL_MAGIC + 1, layout.CONTROL_CONSTANT_WORD_COUNT).forEach(add)
  const classTable = words[layout.CONTROL_CLASS_TABLE] >> 2
  words.subarray(classTable, classTable + words[layout.CONTROL_CLASS_COUNT]).forEach(add)
  return sum
}

/**
 * Checks word by word that `buffer` holds an arena of this version at `base`. Each word that
 * follows from the geometry must equal the computed value. So no table can lie outside the arena.
 * @throws ArenaError 'not-an-arena', 'version-mismatch' or 'corrupt' if the check fails
 */
export function checkControl(buffer: ArrayBufferLike, base: number): void {
  const room = buffer.byteLength - base
  const words =
    room < 2 * layout.SPAN_BYTE_LENGTH
      ? new Int32Array(1)
      : new Int32Array(buffer, base, layout.SPAN_BYTE_LENGTH >> 2)
  if (Atomics.load(words, layout.CONTROL_MAGIC) !== layout.MAGIC) {
    throw notAnArena(`there is no arena at byte offset ${base} of this buffer`)
  }
  const version = words[layout.CONTROL_VERSION]
  if (version !== layout.VERSION) throw versionMismatch(version, layout.VERSION)
  const check = (word: number, min: number, max = min) => {
    const found = words[word] >>> 0
    if (found >= min && found <= max) return found
    throw corrupt(`control word ${word} is ${found}, expected ${min} to ${max}`)
  }
  const longest = Math.min(room, layout.MAX_BYTE_END - base)
  // The length is rounded down to whole spans. If the word holds any other length, the loop below
  // finds the difference.
  const byteLength = check(layout.CONTROL_BYTE_LENGTH, 0, longest) & -layout.SPAN_BYTE_LENGTH
  const slotCount = check(layout.CONTROL_SLOT_COUNT, 1, layout.MAX_SLOT_COUNT)
  const classCount = check(layout.CONTROL_CLASS_COUNT, 1, layout.MAX_CLASS_COUNT)
  const tag = check(layout.CONTROL_TAG, 1, 255)
  const geometry = { byteLength: byteLength >>> 0, slotCount, classCount }
  const constant = constantWords(geometry, tag, words[layout.CONTROL_SHARED])
  constant.forEach((value, word) => {
    check(word, value)
  })
  const classTable = constant[layout.CONTROL_CLASS_TABLE] >> 2
  for (let word = classTable, stride = 0; word < classTable + classCount; word++) {
    stride = check(word, stride + 1, MAX_STRIDE)
    check(word, stride & -layout.GRANULE_BYTE_LENGTH)
  }
  for (const word of [layout.CONTROL_FIRST_FREE_SPAN, layout.CONTROL_PEAK_SPAN_COUNT]) {
    check(word, constant[layout.CONTROL_SPAN_COUNT], geometry.byteLength / layout.SPAN_BYTE_LENGTH)
  }
  check(layout.CONTROL_OPENED_SLOT_COUNT, 0, slotCount)
  check(layout.CONTROL_CHECKSUM, checksumOf(words) >>> 0)
}

/** The next tag, minus 1. It starts at random, because other threads count their arenas too. */
let arenaCount = Math.floor(Math.random() * 255)

/**
 * Returns the tag for a new arena: 1 to 255 in turn. If a block header has another tag, the block
 * belongs to another arena.
 */
export const nextTag = () => 1 + (arenaCount++ % 255)
