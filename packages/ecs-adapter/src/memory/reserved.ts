/**
 * Blocks of `pool.reserve`. Other threads write there by views of their own, also ahead of `touch`:
 * for example a system that writes rows without an entity. The pool would later take such bytes for
 * 0.
 */
import type { Pool } from '@ashlar/core'

/** A longer block is a run of spans of its own, which may be touched in part. */
export const CLASS_BYTE_LENGTH_MAX = 512 * 1024

/**
 * Touches a block up to its last byte that is not 0, and returns how many bytes that is: all for a
 * block of a size class. Reads each word behind them. Most Linux systems map one page of zeros for
 * such reads. Others, such as Windows and macOS, commit pages.
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

/** For a block that no thread writes to any more. */
export function freeReserved(pool: Pool, offset: number): void {
  settleTouched(pool, offset)
  pool.free(offset)
}
