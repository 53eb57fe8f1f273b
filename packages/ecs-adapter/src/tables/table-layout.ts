/**
 * Where a table and its chunks have what. All words are of 32 bits.
 *
 *     root, found by the handle             chunk, one block, written by whose turn it is
 *     0   magic                             0   rowCount
 *     1   epoch, raised by each change      1   id that is removed, or was last
 *         of the list of chunks             16  columns, those of wide elements first; among those
 *     2   chunkLimit                            of 4 bytes the ids, of 2 bytes the rows by slot
 *     3   byteLength of the description
 *     4   number to be given next
 *     5   serial number of the table
 *     8   for each slot: generation + 1
 *         of the pool that is attached
 *     264 for each number of a chunk: its
 *         offset, 0 of none; its owner, see
 *         `ownerOf`, who alone changes the
 *         others; generation to begin with
 *     ... the description, as JSON
 *
 * An id is generation, chunk number, slot. The ids of a chunk are a permutation: those of the first
 * `rowCount` rows are in use, those behind are to be given next, of a generation that nobody has seen.
 * So `ids[rowBySlot[slot]] === id` for what was given, and no list of free slots is needed.
 */

import { invalidArgument } from '../base/errors.ts'
import type { Field, ScalarArrayConstructor, ScalarType } from '../schema/schema.ts'
import { SLOT_CAPACITY } from '../shared/attachments.ts'

export const TABLE_MAGIC = 0x41535401
export const TABLE_EPOCH = 1
export const TABLE_CHUNK_LIMIT = 2
export const TABLE_TEXT_BYTE_LENGTH = 3
export const TABLE_NEXT_NUMBER = 4
export const TABLE_SERIAL = 5
const TABLE_ATTACHMENTS = 8
const TABLE_ENTRIES = TABLE_ATTACHMENTS + SLOT_CAPACITY

/** Word indices from the root's first word. */
export const attachmentWord = (slot: number) => TABLE_ATTACHMENTS + slot
export const entryWord = (chunkNumber: number) => TABLE_ENTRIES + 3 * chunkNumber
export const ownerWord = (chunkNumber: number) => entryWord(chunkNumber) + 1
export const seedWord = (chunkNumber: number) => entryWord(chunkNumber) + 2

export const CHUNK_ROW_COUNT = 0
export const CHUNK_REMOVING = 1
const CHUNK_HEAD_BYTE_LENGTH = 64

/** Exactly what a size class holds. A loop over 8 columns has 6 KiB of each: they stay in the L2. */
const DEFAULT_CHUNK_BYTE_LENGTH = 64 * 1024
/** Narrow rows get smaller chunks by default: the more rows, the fewer generations. */
const DEFAULT_ROWS_AT_MOST = 4096
const DEFAULT_CHUNK_LIMIT = 1024
const CHUNK_BYTE_LENGTH_MAX = 512 * 1024
const CHUNK_LIMIT_MAX = 2 ** 16
const GENERATION_BITS_AT_LEAST = 6
/** Chromium boxes what is larger in fields of objects. */
const ID_BITS = 30
export const ID_LIMIT = 2 ** ID_BITS

/** The owner of a chunk in one word, for it is claimed by compare-and-swap: slot + 1, generation. */
export const ownerOf = (slot: number, generation: number) => (generation << 8) | (slot + 1)
/** Those of core have 16 bits. */
export const generationOfOwner = (owner: number) => owner >>> 8
export const slotOfOwner = (owner: number) => (owner & 0xff) - 1

export interface TableOptions {
  /** For messages, and in what other threads see. */
  name?: string
  /** Of each chunk. Default 64 KiB; sizes that fill a class are the powers of two to 512 KiB. */
  chunkByteLength?: number
  /** Chunks there can be, of all threads together; default 1024. More leave fewer generations. */
  chunkLimit?: number
}

export interface ColumnPlace {
  readonly name: string
  readonly array: ScalarArrayConstructor
  readonly byteOffset: number
}

/** What is the same in all chunks of a table. */
export interface TableLayout {
  readonly name: string
  readonly chunkByteLength: number
  readonly chunkLimit: number
  readonly chunkCapacity: number
  readonly slotBits: number
  readonly chunkBits: number
  /** A generation is counted in these. */
  readonly generationStep: number
  /** After it comes 1 again. */
  readonly lastGeneration: number
  /** From the chunk's first byte. */
  readonly columns: readonly ColumnPlace[]
  readonly idsByteOffset: number
  readonly rowsByteOffset: number
  /** Of the columns of a width: how many, and where the first of them begins, in its elements. */
  readonly doubleCount: number
  readonly doublesFirst: number
  readonly wordCount: number
  readonly wordsFirst: number
  readonly halfCount: number
  readonly halvesFirst: number
  readonly byteCount: number
  readonly bytesFirst: number
}

const bitsFor = (count: number) => 32 - Math.clz32(count - 1)

/**
 * The rows of a chunk are 16 times an odd number. So columns begin at multiples of 16 bytes, and those
 * of 4-byte elements an odd number of cache lines apart: never whole pages, which processors take for
 * the same address at first.
 */
function capacityFor(chunkByteLength: number, rowByteLength: number): number {
  const groups = Math.floor((chunkByteLength - CHUNK_HEAD_BYTE_LENGTH) / rowByteLength / 16)
  return 16 * (groups % 2 === 0 ? groups - 1 : groups)
}

/** @throws StorageError 'invalid-argument' */
export function layOut(
  fields: readonly Field[],
  options: TableOptions & { name: string },
): TableLayout {
  const { name, chunkLimit = DEFAULT_CHUNK_LIMIT } = options
  const types = fields.map(({ type }) => type as ScalarType)
  const widths = types.map(({ array }) => array.BYTES_PER_ELEMENT)
  const rowByteLength = widths.reduce((sum, width) => sum + width, 4 + 2)
  let { chunkByteLength = DEFAULT_CHUNK_BYTE_LENGTH } = options
  if (options.chunkByteLength === undefined) {
    while (capacityFor(chunkByteLength, rowByteLength) > DEFAULT_ROWS_AT_MOST) chunkByteLength /= 2
  }
  checkCount('chunkByteLength', chunkByteLength, CHUNK_BYTE_LENGTH_MAX)
  checkCount('chunkLimit', chunkLimit, CHUNK_LIMIT_MAX)
  const chunkCapacity = capacityFor(chunkByteLength, rowByteLength)
  if (chunkCapacity < 16 || chunkCapacity > 0xfff0) {
    const expected = `room for 16 to ${0xfff0} rows of ${rowByteLength} bytes`
    throw invalidArgument('chunkByteLength', chunkByteLength, expected)
  }
  const slotBits = bitsFor(chunkCapacity)
  const chunkBits = bitsFor(Math.max(chunkLimit, 2))
  if (slotBits + chunkBits > ID_BITS - GENERATION_BITS_AT_LEAST) {
    const bits = ID_BITS - GENERATION_BITS_AT_LEAST - slotBits
    const expected = `at most ${2 ** bits} for chunks of ${chunkCapacity} rows: ids are of ${ID_BITS} bits`
    throw invalidArgument('chunkLimit', chunkLimit, expected)
  }
  const generationStep = 2 ** (slotBits + chunkBits)
  const countOf = (width: number) => widths.filter((one) => one === width).length
  const [doubleCount, wordCount, halfCount, byteCount] = [8, 4, 2, 1].map(countOf)
  const doubles = CHUNK_HEAD_BYTE_LENGTH
  const words = doubles + doubleCount * chunkCapacity * 8
  const idsByteOffset = words + wordCount * chunkCapacity * 4
  const halves = idsByteOffset + chunkCapacity * 4
  const rowsByteOffset = halves + halfCount * chunkCapacity * 2
  const bytes = rowsByteOffset + chunkCapacity * 2
  const next: Record<number, number> = { 8: doubles, 4: words, 2: halves, 1: bytes }
  const columns = fields.map(({ name }, i) => {
    const byteOffset = next[widths[i]]
    next[widths[i]] += widths[i] * chunkCapacity
    return { name, array: types[i].array, byteOffset }
  })
  return {
    ...{ name, chunkByteLength, chunkLimit, chunkCapacity, slotBits, chunkBits },
    ...{ columns, idsByteOffset, rowsByteOffset, generationStep },
    lastGeneration: ID_LIMIT / generationStep - 1,
    ...{ doubleCount, doublesFirst: doubles / 4, wordCount, wordsFirst: words / 4 },
    ...{ halfCount, halvesFirst: halves / 2, byteCount, bytesFirst: bytes },
  }
}

function checkCount(what: string, given: unknown, most: number): void {
  if (typeof given !== 'number' || !Number.isInteger(given) || given < 1 || given > most) {
    throw invalidArgument(what, given, `a whole number from 1 to ${most}`)
  }
}
