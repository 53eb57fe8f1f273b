/**
 * The layout of the chunks of a table. A chunk is one block, which its owner writes:
 *
 *     word 0      rowCount
 *          1      id that is being removed, or was removed last
 *          16..   columns by element width: of 8 bytes, of 4 bytes and the ids, of 2 bytes and the
 *                 rows by slot (see `table-ids.ts`), of 1 byte
 */
import type { ScalarArrayConstructor } from '../base/typed-arrays.ts'
import type { Field } from '../schema/schema.ts'
import { layOutIds } from './table-ids.ts'

export const CHUNK_ROW_COUNT = 0
export const CHUNK_REMOVING = 1
export const CHUNK_HEAD_WORD_COUNT = 16
const CHUNK_HEAD_BYTE_LENGTH = 4 * CHUNK_HEAD_WORD_COUNT

/** The layout that all chunks of a table have. Byte offsets count from the start of a chunk. */
export type TableLayout = ReturnType<typeof layOut>

export interface TableChunkLimits {
  readonly chunkByteLength: number
  /** The greatest number of chunks in the table. */
  readonly chunkLimit: number
}

/**
 * Returns how many rows fit into a chunk: 16 times an odd number. So columns begin at multiples of
 * 16 bytes, and columns of 4-byte elements lie an odd number of cache lines apart. If they lay
 * whole pages apart, processors would at first confuse their addresses.
 */
export function capacityFor(chunkByteLength: number, rowByteLength: number): number {
  const groups = Math.floor((chunkByteLength - CHUNK_HEAD_BYTE_LENGTH) / rowByteLength / 16)
  return 16 * (groups % 2 === 0 ? groups - 1 : groups)
}

/**
 * The bytes that a new row holds in a column, if they are not 0. There are 1, 2, 4 or 8 of them.
 */
interface Initial {
  readonly width: number
  /**
   * The index of row 0, counted in elements of this width from the start of a chunk. For 8 bytes,
   * it counts in words.
   */
  readonly first: number
  /** The bytes as an integer. For 8 bytes, it holds the first 4. */
  readonly low: number
  readonly high: number
}

function initialOf({ array, initial, byteOffset }: PlacedColumn): Initial {
  const width = array.BYTES_PER_ELEMENT
  const buffer = new ArrayBuffer(8)
  new array(buffer, 0, 1)[0] = initial
  const [low, high] = new Int32Array(buffer)
  return { width, first: byteOffset / Math.min(width, 4), low, high }
}

interface PlacedColumn {
  readonly name: string
  readonly array: ScalarArrayConstructor
  readonly initial: number
  /** Byte offset from the start of a chunk. */
  byteOffset: number
}

/** Returns how many bytes a row takes, with its id and its element of `rowBySlot`. */
export const rowByteLengthOf = (fields: readonly Field[]): number =>
  fields.reduce((sum, { code }) => sum + code.array.BYTES_PER_ELEMENT, 4 + 2)

export const isCapacity = (rowCount: number) => rowCount >= 16 && rowCount <= 0xfff0

export function layOut(
  fields: readonly Field[],
  { name, chunkByteLength, chunkLimit }: TableChunkLimits & { readonly name: string },
) {
  const columns: readonly PlacedColumn[] = fields.map(({ name, code }) => {
    return { name, array: code.array, initial: code.initial, byteOffset: 0 }
  })
  const chunkCapacity = capacityFor(chunkByteLength, rowByteLengthOf(fields))
  let end = CHUNK_HEAD_BYTE_LENGTH
  const take = (width: number) => {
    end += width * chunkCapacity
    return end - width * chunkCapacity
  }
  /** Places the columns of one width one after the other. Returns their range in elements. */
  const place = (width: number) => {
    const first = end / width
    for (const column of columns) {
      if (column.array.BYTES_PER_ELEMENT === width) column.byteOffset = take(width)
    }
    return { first, end: end / width }
  }
  place(8) // the ids lie between the head of the chunk and the columns of 4 bytes
  const placed = {
    ...{ name, chunkByteLength, chunkLimit, chunkCapacity, columns },
    ...layOutIds(chunkCapacity, chunkLimit),
    // The calls are in the order in which the columns lie in the block.
    words: place(4),
    idsByteOffset: take(4),
    halves: place(2),
    rowsByteOffset: take(2),
    bytes: place(1),
  }
  const initials = columns.filter(({ initial }) => !Object.is(initial, 0)).map(initialOf)
  return { ...placed, initials }
}
