/** The options of tables, and their defaults. */
import { invalidArgument } from '../base/errors.ts'
import type { Field } from '../schema/schema.ts'
import { capacityFor, isCapacity, rowByteLengthOf, type TableChunkLimits } from './table-layout.ts'

/**
 * The default byte length of a chunk. With 8 columns, each column has about 6 KiB in a chunk. So a
 * loop over a chunk stays in the L2 cache.
 */
const DEFAULT_CHUNK_BYTE_LENGTH = 64 * 1024
/**
 * If rows are narrow, chunks are smaller by default. More rows in a chunk would leave fewer
 * generations for ids.
 */
const DEFAULT_ROWS_AT_MOST = 4096
const DEFAULT_CHUNK_LIMIT = 1024
const CHUNK_BYTE_LENGTH_MAX = 512 * 1024
const CHUNK_LIMIT_MAX = 2 ** 16

/** Options of `createTable`. */
export interface TableOptions {
  /** The name that errors show, in all threads. */
  name?: string
  /**
   * How many bytes a chunk has, at most 512 KiB. Powers of two waste least. Default 64 KiB, or less
   * if more than 4096 rows would fit.
   */
  chunkByteLength?: number
  /**
   * How many chunks the table may have, in all threads together. Default 1024.
   *
   * With a higher limit, ids of removed rows are reused sooner. By default, another row gets the
   * same id after its place was used at least 255 times; with any limit, at least 63 times. If
   * `trim` has freed the chunk in between, half as many. If trims have used up all chunk numbers,
   * ids are reused sooner still.
   */
  chunkLimit?: number
}

/**
 * Returns the byte length of a chunk and the limit of chunks, from the options or by default.
 * @throws StorageError 'invalid-argument' if an option is wrong
 */
export function chooseChunks(fields: readonly Field[], options: TableOptions): TableChunkLimits {
  const { chunkLimit = DEFAULT_CHUNK_LIMIT } = options
  const rowByteLength = rowByteLengthOf(fields)
  let { chunkByteLength = DEFAULT_CHUNK_BYTE_LENGTH } = options
  if (options.chunkByteLength === undefined) {
    while (capacityFor(chunkByteLength, rowByteLength) > DEFAULT_ROWS_AT_MOST) chunkByteLength /= 2
  }
  checkCount('chunkByteLength', chunkByteLength, CHUNK_BYTE_LENGTH_MAX)
  checkCount('chunkLimit', chunkLimit, CHUNK_LIMIT_MAX)
  if (!isCapacity(capacityFor(chunkByteLength, rowByteLength))) {
    const expected = `room for 16 to ${0xfff0} rows of ${rowByteLength} bytes`
    throw invalidArgument('chunkByteLength', chunkByteLength, expected)
  }
  return { chunkByteLength, chunkLimit }
}

function checkCount(what: string, given: unknown, most: number): void {
  if (typeof given !== 'number' || !Number.isInteger(given) || given < 1 || given > most) {
    throw invalidArgument(what, given, `a whole number from 1 to ${most}`)
  }
}
