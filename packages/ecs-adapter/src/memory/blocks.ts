/** Blocks of a pool: whether an offset is that of a live one, and blocks of `pool.reserve`. */
import type { Pool } from '@ashlar/core'
import { codeOf } from '../base/thrown.ts'

/**
 * What a pool throws where no block is in use. While another thread frees a block, a link replaces
 * its length: 'corrupt'.
 */
const NO_BLOCK: readonly unknown[] = ['invalid-offset', 'double-free', 'corrupt']

/** -1 where no block is in use. @throws ArenaError 'pool-closed' */
export function liveByteLength(pool: Pool, offset: number): number {
  try {
    return pool.byteLengthOf(offset)
  } catch (error) {
    if (NO_BLOCK.includes(codeOf(error))) return -1
    throw error
  }
}

export const isLiveBlock = (pool: Pool, offset: number) => liveByteLength(pool, offset) > 0

/** A longer block is a run of spans of its own, which may be touched in part. */
export const CLASS_BYTE_LENGTH_MAX = 512 * 1024

/**
 * Touches a block of `pool.reserve` up to its last byte that is not 0, and returns how many bytes
 * that is: all for a block of a size class. Other threads write there by views of their own, also
 * ahead of `touch`: for example a system that writes rows without an entity. The pool would later
 * take such bytes for 0.
 *
 * Reads each word behind the last byte. Most Linux systems map one page of zeros for such reads.
 * Others, such as Windows and macOS, commit pages.
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
