/**
 * The layout of a table's root and of its chunks. All words are of 32 bits.
 *
 *     root, found by the handle             chunk, one block, written by its owner
 *     0   magic                             0   rowCount
 *     1   epoch, incremented by each        1   id that is being removed, or was last
 *         change of the list of chunks      16  columns, those of wide elements first; among those
 *     2   chunkLimit                            of 4 bytes the ids, of 2 bytes the rows by slot
 *     3   byteLength of the description
 *     4   number where the search for a
 *         free one begins
 *     5   serial number of the table
 *     8   for each slot: generation + 1
 *         of the pool that is attached
 *     264 for each chunk number: offset of
 *         its block, or 0; its owner, see
 *         `ownerOf`, the only one who
 *         changes the others; the generation
 *         of the ids of its next chunk
 *     ... the description, as JSON
 *
 * An id is generation, chunk number, slot. The ids of a chunk are a permutation: the first
 * `rowCount` are in use; the others are given next, in a generation that nobody has seen. So the
 * equation `ids[rowBySlot[slot]] === id` holds for each id in use, and there is no list of free
 * slots.
 */

import { invalidArgument } from '../base/errors.ts'
import type { Field, ScalarArrayConstructor, ScalarType } from '../schema/schema.ts'
import { SLOT_CAPACITY } from '../shared/attachments.ts'

export const TABLE_MAGIC = 0x41535401
export const TABLE_EPOCH = 1
export const TABLE_CHUNK_LIMIT = 2
export const TABLE_TEXT_BYTE_LENGTH = 3
export const TABLE_NEXT_NUMBER = 4
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

/** The owner of a chunk in one word, for compare-and-swap: generation (16 bits), slot + 1. */
export const ownerOf = (slot: number, generation: number) => (generation << 8) | (slot + 1)
export const generationOfOwner = (owner: number) => owner >>> 8
export const slotOfOwner = (owner: number) => (owner & 0xff) - 1

/** A loop over 8 columns has 6 KiB of each: they stay in the L2 cache. */
const DEFAULT_CHUNK_BYTE_LENGTH = 64 * 1024
/** Narrow rows get smaller chunks by default: more rows a chunk leave fewer generations. */
const DEFAULT_ROWS_AT_MOST = 4096
const DEFAULT_CHUNK_LIMIT = 1024
const CHUNK_BYTE_LENGTH_MAX = 512 * 1024
const CHUNK_LIMIT_MAX = 2 ** 16
const GENERATION_BITS_AT_LEAST = 6
/** Chromium boxes larger numbers in fields of objects. */
const ID_BITS = 30
export const ID_LIMIT = 2 ** ID_BITS

export interface TableOptions {
  /** For messages, and for other threads. */
  name?: string
  /** Of each chunk. Default 64 KiB. Powers of two up to 512 KiB fill a size class. */
  chunkByteLength?: number
  /** Limit for the chunks of all threads together; default 1024. More leave fewer generations. */
  chunkLimit?: number
}

/** The columns of one element width, which follow each other. */
interface ColumnGroup {
  readonly count: number
  /** Index of the first element; for elements of 8 bytes, of the first 4-byte word. */
  readonly first: number
}

/** What is the same in all chunks of a table. Byte offsets count from the start of a chunk. */
export type TableLayout = ReturnType<typeof layOut>

const bitsFor = (count: number) => 32 - Math.clz32(count - 1)

/**
 * The rows of a chunk are 16 times an odd number. So columns begin at multiples of 16 bytes, and
 * those of 4-byte elements lie an odd number of cache lines apart. At a distance of whole pages,
 * processors would first take two addresses for the same.
 */
function capacityFor(chunkByteLength: number, rowByteLength: number): number {
  const groups = Math.floor((chunkByteLength - CHUNK_HEAD_BYTE_LENGTH) / rowByteLength / 16)
  return 16 * (groups % 2 === 0 ? groups - 1 : groups)
}

/** @throws StorageError 'invalid-argument' */
export function layOut(fields: readonly Field[], options: TableOptions & { name: string }) {
  const { name, chunkLimit = DEFAULT_CHUNK_LIMIT } = options
  const arrays = fields.map(({ type }) => (type as ScalarType).array)
  const rowByteLength = arrays.reduce((sum, array) => sum + array.BYTES_PER_ELEMENT, 4 + 2)
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
  const chunkBitsMax = ID_BITS - GENERATION_BITS_AT_LEAST - slotBits
  if (chunkBits > chunkBitsMax) {
    const rows = `chunks of ${chunkCapacity} rows: ids are of ${ID_BITS} bits`
    throw invalidArgument('chunkLimit', chunkLimit, `at most ${2 ** chunkBitsMax} for ${rows}`)
  }
  const generationStep = 2 ** (slotBits + chunkBits)
  return {
    name,
    chunkByteLength,
    chunkLimit,
    chunkCapacity,
    slotBits,
    chunkBits,
    /** The step from an id to that of the next generation. */
    generationStep,
    /** Generation 1 follows it. */
    lastGeneration: ID_LIMIT / generationStep - 1,
    ...placeColumns(fields, arrays, chunkCapacity),
  }
}

function placeColumns(
  fields: readonly Field[],
  arrays: readonly ScalarArrayConstructor[],
  chunkCapacity: number,
) {
  const byteOffsets: number[] = []
  let end = CHUNK_HEAD_BYTE_LENGTH
  function take(width: number): number {
    const byteOffset = end
    end += width * chunkCapacity
    return byteOffset
  }
  function takeAll(width: number): ColumnGroup {
    const first = end / Math.min(width, 4)
    let count = 0
    for (const [i, array] of arrays.entries()) {
      if (array.BYTES_PER_ELEMENT !== width) continue
      byteOffsets[i] = take(width)
      count++
    }
    return { count, first }
  }
  const doubles = takeAll(8)
  const words = takeAll(4)
  const idsByteOffset = take(4)
  const halves = takeAll(2)
  const rowsByteOffset = take(2)
  const bytes = takeAll(1)
  const columns = fields.map(({ name }, i) => {
    return { name, array: arrays[i], byteOffset: byteOffsets[i] }
  })
  return { columns, idsByteOffset, rowsByteOffset, doubles, words, halves, bytes }
}

function checkCount(what: string, given: unknown, most: number): void {
  if (typeof given !== 'number' || !Number.isInteger(given) || given < 1 || given > most) {
    throw invalidArgument(what, given, `a whole number from 1 to ${most}`)
  }
}
