/**
 * What a block holds: numbers that follow from its first word, its cookie, so that whoever gets the
 * block can check it, and whoever kept it knows that it is still his.
 */
import type { Arena } from '@ashlar/core'

/** Blocks of more words than this are written and checked at some of them only. */
const DENSE_WORD_COUNT = 1024
const SPARSE_STEP = 61

const valueAt = (cookie: number, index: number) => (cookie + Math.imul(index, 0x9e3779b1)) | 0

const stepOf = (wordCount: number) => (wordCount > DENSE_WORD_COUNT ? SPARSE_STEP : 1)

export function fill(arena: Arena, offset: number, byteLength: number, cookie: number): void {
  const { i32, u8 } = arena
  const first = offset >> 2
  const wordCount = byteLength >> 2
  const step = stepOf(wordCount)
  for (let i = 0; i < wordCount; i += step) i32[first + i] = valueAt(cookie, i)
  for (let i = wordCount * 4; i < byteLength; i++) u8[offset + i] = cookie + i
}

/**
 * Throws where a block is not as `fill` left it. Of one that was resized since, the length that it
 * was filled with is given, and the length that must have been kept.
 */
export function check(
  arena: Arena,
  offset: number,
  filledByteLength: number,
  cookie: number,
  keptByteLength = filledByteLength,
): void {
  const { i32, u8 } = arena
  const first = offset >> 2
  const wordCount = filledByteLength >> 2
  const keptWordCount = Math.min(wordCount, keptByteLength >> 2)
  const step = stepOf(wordCount)
  for (let i = 0; i < keptWordCount; i += step) {
    if (i32[first + i] !== valueAt(cookie, i)) throw torn(offset, filledByteLength, i * 4)
  }
  for (let i = wordCount * 4; i < keptByteLength && i < filledByteLength; i++) {
    if (u8[offset + i] !== ((cookie + i) & 0xff)) throw torn(offset, filledByteLength, i)
  }
}

/** The cookie of a block that comes from another thread. */
export const cookieOf = (arena: Arena, offset: number) => arena.i32[offset >> 2]

const torn = (offset: number, byteLength: number, at: number) =>
  new Error(
    `the block at offset ${offset}, of ${byteLength} bytes, is not as it was left, at byte ${at}`,
  )
