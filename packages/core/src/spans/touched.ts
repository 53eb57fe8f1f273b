/**
 * How far memory was touched, span by span. All bytes behind are 0, and take no page.
 *
 * A run of a size class is touched as a whole when it is put to use. A large block is touched as its
 * bytes are handed out: all at once by `alloc`, or as its holder says by `pool.touch`.
 */
import { SPAN_BYTE_LENGTH } from '../base/layout.ts'
import { asSpanIndex, type SpanIndex } from '../base/units.ts'
import type { ArenaMemory } from '../memory/memory.ts'
import { atomicMax } from './span-map.ts'

export function touchSpans(memory: ArenaMemory, first: SpanIndex, spanCount: number): void {
  const word = memory.touchedWord(first)
  memory.i32.fill(SPAN_BYTE_LENGTH, word, word + spanCount)
}

/** Any thread may call it, before bytes of a block from `offset` to `byteEnd` are written. */
export function touchBytes(memory: ArenaMemory, offset: number, byteEnd: number): void {
  const first = memory.spanOf(offset)
  const last = memory.spanOf(byteEnd)
  touchSpans(memory, first, last - first)
  const rest = byteEnd - memory.spanStart(last)
  // Other threads may raise this word as well. The words before it get one value from all.
  if (rest > 0) atomicMax(memory, memory.touchedWord(last), rest)
}

/** Zeroes spans, which are untouched then. Only the thread that claimed them may call it. */
export function clearSpans(memory: ArenaMemory, first: SpanIndex, spanCount: number): void {
  const { i32, u8 } = memory.views
  const words = memory.touchedWord(first)
  for (let i = 0; i < spanCount; i++) {
    // An overwritten word must not lead to other blocks.
    const touched = Math.min(i32[words + i] >>> 0, SPAN_BYTE_LENGTH)
    if (touched === 0) continue
    const start = memory.spanStart(asSpanIndex(first + i))
    u8.fill(0, start, start + touched)
    i32[words + i] = 0
  }
}
