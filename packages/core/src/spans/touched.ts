/**
 * How far memory was touched, span by span: what lies behind is 0, and takes no page.
 *
 * A block of a size class is touched as a whole when its run is put to use. A large block is touched as
 * its bytes are handed out: all at once by `alloc`, bit by bit where its holder says so.
 */
import { SPAN_BYTE_LENGTH } from '../base/layout.ts'
import { asSpanIndex, type SpanIndex } from '../base/units.ts'
import type { ArenaMemory } from '../memory/memory.ts'
import { atomicMax } from './span-map.ts'

/** Says that all bytes of spans may be written. */
export function touchSpans(memory: ArenaMemory, first: SpanIndex, spanCount: number): void {
  const word = memory.touchedWord(first)
  memory.i32.fill(SPAN_BYTE_LENGTH, word, word + spanCount)
}

/** Says that the bytes of a block may be written, from `offset` up to `byteEnd`. By any thread. */
export function touchBytes(memory: ArenaMemory, offset: number, byteEnd: number): void {
  const first = memory.spanOf(offset)
  const last = memory.spanOf(byteEnd)
  touchSpans(memory, first, last - first)
  const rest = byteEnd - memory.spanStart(last)
  // Others may raise it as well; of the spans before it, all say the same.
  if (rest > 0) atomicMax(memory, memory.touchedWord(last), rest)
}

/** Makes spans 0, and untouched again. By who has claimed them. */
export function clearSpans(memory: ArenaMemory, first: SpanIndex, spanCount: number): void {
  const { i32, u8 } = memory.views
  const words: number = memory.touchedWord(first)
  for (let i = 0; i < spanCount; i++) {
    // What was overwritten must not lead to other blocks.
    const touched = Math.min(i32[words + i] >>> 0, SPAN_BYTE_LENGTH)
    if (touched === 0) continue
    const start = memory.spanStart(asSpanIndex(first + i))
    u8.fill(0, start, start + touched)
    i32[words + i] = 0
  }
}
