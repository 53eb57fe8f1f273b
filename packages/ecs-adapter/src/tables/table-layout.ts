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

/** What is the same in all chunks of a table. Byte offsets count from the start of a chunk. */
export type TableLayout = ReturnType<typeof layOut>

export interface TableChunkLimits {
  readonly chunkByteLength: number
  /** How many chunks there may be. */
  readonly chunkLimit: number
}

/**
 * How many rows a chunk has room for: 16 times an odd number. So columns begin at multiples of 16
 * bytes, and columns of 4-byte elements lie an odd number of cache lines apart. If they lay whole
 * pages apart, processors would at first take two addresses for the same.
 */
export function capacityFor(chunkByteLength: number, rowByteLength: number): number {
  const groups = Math.floor((chunkByteLength - CHUNK_HEAD_BYTE_LENGTH) / rowByteLength / 16)
  return 16 * (groups % 2 === 0 ? groups - 1 : groups)
}

/** What a new row holds in a column, if that is not 0: as bytes, of 1, 2, 4 or 8. */
interface Initial {
  readonly width: number
  /** Index of row 0 among the elements of a chunk that are as wide; of 8 bytes, among words. */
  readonly first: number
  /** The bytes, as an integer; of 8 bytes, the first 4. */
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
  /** From the start of a chunk. */
  byteOffset: number
}

/** How many bytes a row takes, with its id and its place in `rowBySlot`. */
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
  /** Places the columns of one width, which follow each other. Returns their range in elements. */
  const place = (width: number) => {
    const first = end / width
    for (const column of columns) {
      if (column.array.BYTES_PER_ELEMENT === width) column.byteOffset = take(width)
    }
    return { first, end: end / width }
  }
  place(8) // between the head of the chunk and the columns of 4 bytes
  const placed = {
    ...{ name, chunkByteLength, chunkLimit, chunkCapacity, columns },
    ...layOutIds(chunkCapacity, chunkLimit),
    // In the order in which they lie in the block.
    words: place(4),
    idsByteOffset: take(4),
    halves: place(2),
    rowsByteOffset: take(2),
    bytes: place(1),
  }
  const initials = columns.filter(({ initial }) => !Object.is(initial, 0)).map(initialOf)
  return { ...placed, initials }
}
