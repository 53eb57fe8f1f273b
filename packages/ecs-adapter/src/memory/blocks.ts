/** Finds out whether a block is live. Touches and frees blocks that `pool.reserve` returned. */
import type { Pool } from '@ashlar/core'
import { codeOf } from '../base/thrown.ts'

/**
 * The codes of the errors that a pool throws for an offset without a live block. The code is
 * 'corrupt' while another thread frees the block, because a free-list link then replaces the byte
 * length.
 */
const NO_BLOCK: readonly unknown[] = ['invalid-offset', 'double-free', 'corrupt']

/**
 * Returns the byte length of a live block. Returns -1 if there is none at the offset.
 * @throws ArenaError 'pool-closed' if the pool is closed
 */
export function liveByteLength(pool: Pool, offset: number): number {
  try {
    return pool.byteLengthOf(offset)
  } catch (error) {
    if (NO_BLOCK.includes(codeOf(error))) return -1
    throw error
  }
}

export const isLiveBlock = (pool: Pool, offset: number) => liveByteLength(pool, offset) > 0

/**
 * The byte length of the longest block in a size class. A longer block is a run of spans, of which
 * the pool may touch a part.
 */
export const CLASS_BYTE_LENGTH_MAX = 512 * 1024

/**
 * Touches a block of `pool.reserve` up to its last byte that is not 0, and returns how many bytes
 * it has touched. In a size class, it touches the whole block. Other threads may have written to
 * bytes for which nobody called `pool.touch`: for example a system that writes rows without an
 * entity. Without this call, the pool would later assume that such bytes are 0.
 *
 * This function reads all words behind the last byte that is not 0. For such reads, most Linux
 * systems map one page of zeros. Other systems, such as Windows and macOS, commit pages.
 */
export function settleTouched(pool: Pool, offset: number): number {
  const byteLength = pool.byteLengthOf(offset)
  if (byteLength <= CLASS_BYTE_LENGTH_MAX) return byteLength
  const { i32, u8 } = pool.arena
  let end = offset + byteLength
  while (end % 4 !== 0 && u8[end - 1] === 0) end--
  if (end % 4 === 0) {
    while (end > offset && i32[(end >>> 2) - 1] === 0) end -= 4
  }
  pool.touch(offset, end - offset)
  return end - offset
}

/** Frees a block of `pool.reserve`. No thread may write to the block any more. */
export function freeReserved(pool: Pool, offset: number): void {
  settleTouched(pool, offset)
  pool.free(offset)
}
