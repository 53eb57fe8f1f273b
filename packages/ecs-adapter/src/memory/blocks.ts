/** Finds out whether a block is live; touches and frees blocks of `pool.reserve`. */
import type { Pool } from '@ashlar/core'
import { codeOf } from '../base/thrown.ts'

/**
 * Codes of the errors that a pool throws for an offset without a live block. While another thread
 * frees a block, a free-list link replaces the block's byte length: then the code is 'corrupt'.
 */
const NO_BLOCK: readonly unknown[] = ['invalid-offset', 'double-free', 'corrupt']

/** The byte length of a live block; -1 if the offset has none. @throws ArenaError 'pool-closed' */
export function liveByteLength(pool: Pool, offset: number): number {
  try {
    return pool.byteLengthOf(offset)
  } catch (error) {
    if (NO_BLOCK.includes(codeOf(error))) return -1
    throw error
  }
}

export const isLiveBlock = (pool: Pool, offset: number) => liveByteLength(pool, offset) > 0

/** The longest block of a size class. A longer block is a run, which may be touched in part. */
export const CLASS_BYTE_LENGTH_MAX = 512 * 1024

/**
 * Touches a block of `pool.reserve` up to its last byte that is not 0, and returns how many bytes
 * these are; for a block of a size class, all its bytes. Other threads may have written, by views
 * of their own, to bytes for which nobody called `pool.touch`: for example a system that writes
 * rows without an entity. The pool would later take such bytes for 0.
 *
 * Reads all words behind that last byte. For such reads, most Linux systems map one page of zeros.
 * Other systems, such as Windows and macOS, commit pages.
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

/** Frees a block of `pool.reserve` that no thread writes to any more. */
export function freeReserved(pool: Pool, offset: number): void {
  settleTouched(pool, offset)
  pool.free(offset)
}
