/** Live bits are set where blocks are live and nowhere else; memory in use counts as touched. */
import {
  CONTROL_PEAK_SPAN_COUNT,
  FIRST_PAYLOAD,
  RECORD_UNMARKED_COUNT,
  SPAN_BIT_WORD_COUNT,
  SPAN_BYTE_LENGTH,
  SPAN_FREE,
  SPAN_LARGE,
} from '../../base/layout.ts'
import { asSpanIndex, type SpanIndex } from '../../base/units.ts'
import type { ArenaMemory } from '../../memory/memory.ts'
import { runSpanCountOf } from '../../spans/runs.ts'
import { stateInMap } from '../../spans/span-map.ts'
import type { Findings } from './findings.ts'

/** Of a run with so many live blocks that have a bit, and so many that are counted instead. */
export function checkBits(
  findings: Findings,
  head: SpanIndex,
  markedCount: number,
  unmarkedCount: number,
): void {
  const { memory } = findings
  const start = memory.spanStart(head)
  const bitCount = countLiveBits(memory, head, runSpanCountOf(memory, head))
  if (bitCount !== markedCount) {
    findings.fail(start, `span ${head} has ${bitCount} live bits for ${markedCount} blocks`)
  }
  const counted = memory.i32[memory.recordWord(head, RECORD_UNMARKED_COUNT)]
  if (counted !== unmarkedCount) {
    const what = `${counted} live blocks without a bit, there are ${unmarkedCount}`
    findings.fail(start, `span ${head} counts ${what}`)
  }
}

function countLiveBits(memory: ArenaMemory, first: SpanIndex, spanCount: number): number {
  const firstWord: number = memory.liveWord(memory.spanStart(first))
  const end = firstWord + spanCount * SPAN_BIT_WORD_COUNT
  let count = 0
  for (let word = firstWord; word < end; word++) {
    for (let bits = memory.i32[word]; bits !== 0; bits &= bits - 1) count++
  }
  return count
}

/** Spans that were never in use are passed by: a look at their words would take pages. */
export function checkFreeSpans(findings: Findings): void {
  const { memory } = findings
  const peakSpanCount = memory.i32[memory.controlWord(CONTROL_PEAK_SPAN_COUNT)]
  const end = Math.min(peakSpanCount, memory.spanCount)
  for (let index = memory.controlSpanCount; index < end; index++) {
    const span = asSpanIndex(index)
    if (memory.i32[memory.mapWord(span)] !== SPAN_FREE) continue
    const bitCount = countLiveBits(memory, span, 1)
    if (bitCount === 0) continue
    findings.fail(memory.spanStart(span), `span ${span} is free, but has ${bitCount} live bits`)
  }
}

/** Of a run: how much of its spans may be other than 0. */
export function checkTouched(findings: Findings, head: SpanIndex): void {
  const { memory } = findings
  const isLarge = stateInMap(memory.i32[memory.mapWord(head)]) === SPAN_LARGE
  const spanCount = runSpanCountOf(memory, head)
  for (let i = 0; i < spanCount; i++) {
    const span = asSpanIndex(head + i)
    const touched = memory.i32[memory.touchedWord(span)]
    const least = isLarge ? (i === 0 ? FIRST_PAYLOAD : 0) : SPAN_BYTE_LENGTH
    if (touched >= least && touched <= SPAN_BYTE_LENGTH) continue
    const what = `says that ${touched} of its bytes are touched, ${least} are in use`
    findings.fail(memory.spanStart(span), `span ${span} ${what}`)
  }
}
