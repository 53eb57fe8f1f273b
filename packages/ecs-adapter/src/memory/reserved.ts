/**
 * Blocks of `pool.reserve` in which others write by views of their own, also ahead of `touch`: a system that
 * writes rows which nobody was given does so. The pool would take such bytes for 0 later.
 */
import type { Pool } from '@ashlar/core'

/** Above it a block is a run of spans of its own, which may be touched in part. */
export const CLASS_BYTE_LENGTH_MAX = 512 * 1024

/**
 * How many bytes of a block hold something: up to the last that is not 0. Touches these. It costs a look at
 * each word behind them. Most Linux systems show one page of zeros to such a look; others, Windows and macOS
 * among them, give the memory pages of its own then. A block of a size class holds something everywhere.
 */
export function settleTouched(pool: Pool, offset: number): number {
  const byteLength = pool.byteLengthOf(offset)
  if (byteLength <= CLASS_BYTE_LENGTH_MAX) return byteLength
  const { i32, u8 } = pool.arena
  let end = offset + byteLength
  while (end % 4 !== 0 && u8[end - 1] === 0) end--
  if (end % 4 === 0) {
    let word = end >>> 2
    const first = offset >>> 2
    while (word > first && i32[word - 1] === 0) word--
    end = word * 4
  }
  pool.touch(offset, end - offset)
  return end - offset
}

/** Frees a block once nobody writes there any more. */
export function freeReserved(pool: Pool, offset: number): void {
  settleTouched(pool, offset)
  pool.free(offset)
}
