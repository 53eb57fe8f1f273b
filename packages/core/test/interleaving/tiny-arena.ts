/** Arenas small enough for a search: a few spans, slots and classes, and few blocks in a span. */

import { writeControl } from '../../src/arena/control.ts'
import { FIRST_PAYLOAD, SPAN_BYTE_LENGTH } from '../../src/base/layout.ts'
import {
  BLOCK_INTERNAL,
  BLOCK_PLAIN,
  BLOCK_SHIFTED,
  headerWith,
} from '../../src/memory/block-header.ts'
import { type ArenaMemory, openMemory } from '../../src/memory/memory.ts'
import { SEGMENT_BYTE_LENGTH } from '../../src/remote/queue.ts'

/** Payloads of the classes, in bytes, and how their runs are cut. */
export const SEGMENT = SEGMENT_BYTE_LENGTH // 124 blocks in a span
export const THIRD = 21_832 // three blocks in a span
export const WHOLE = 65_512 // one block in a span
export const HALVES = 43_672 // three blocks in a run of two spans: the third begins in a tail
export const DOUBLE = 131_032 // one block in a run of two spans
/** Above all classes: a run of its own, of two spans. */
export const LARGE = 131_048
/** The same, of three. */
export const LARGE_3 = LARGE + SPAN_BYTE_LENGTH

/** Two blocks share a word of bits. */
export const SMALL = 248

const PAYLOADS = [SEGMENT, THIRD, HALVES, WHOLE, DOUBLE]
const TAG = 7

const LEFTOVERS = [
  ...[BLOCK_PLAIN, BLOCK_INTERNAL, BLOCK_SHIFTED].map((state) => headerWith(state, TAG)),
  ...[SPAN_BYTE_LENGTH + FIRST_PAYLOAD, -1, 100],
]

export interface TinyArena {
  /** Spans beside the control area, which takes one. */
  readonly spanCount: number
  readonly slotCount: number
  /** Whether there is a class for SMALL blocks as well. */
  readonly hasSmallClass?: boolean
}

/**
 * A new arena in a buffer of its own. Its memory is as bad as memory can be that was used before:
 * what is in it looks like headers of live blocks, of segments and shifted ones, and like offsets.
 */
export function createTiny({ spanCount, slotCount, hasSmallClass }: TinyArena): ArenaMemory {
  const payloads = hasSmallClass === true ? [SMALL, ...PAYLOADS] : PAYLOADS
  const strides = payloads.map((byteLength) => byteLength + 8)
  const byteLength = (1 + spanCount) * SPAN_BYTE_LENGTH
  const buffer = new SharedArrayBuffer(byteLength)
  const words = new Int32Array(buffer)
  for (let word = SPAN_BYTE_LENGTH >> 2; word < words.length; word++) {
    words[word] = LEFTOVERS[(word ^ (word >> 4)) % LEFTOVERS.length]
  }
  const geometry = { byteLength, slotCount, classCount: strides.length }
  writeControl({ ...geometry, buffer, base: 0, strides, shared: true, isNew: false }, TAG)
  return openMemory(buffer, 0)
}
