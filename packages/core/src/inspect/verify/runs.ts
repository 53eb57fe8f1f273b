/**
 * Every carved block is live and on no list, or free and on one. Live bits are set for live blocks
 * only; memory in use counts as touched.
 */

import {
  CONTROL_PEAK_SPAN_COUNT,
  FIRST_PAYLOAD,
  HEADER_BYTE_LENGTH,
  LARGE_CLASS,
  RECORD_CARVED_COUNT,
  RECORD_UNMARKED_COUNT,
  SLOT_CARVED,
  SLOT_OUTSTANDING,
  SLOT_ROOM,
  SLOT_SPANS,
  SPAN_BIT_WORD_COUNT,
  SPAN_BYTE_LENGTH,
  SPAN_FREE,
} from '../../base/layout.ts'
import {
  asSpanIndex,
  type ClassIndex,
  type PayloadOffset,
  type SlotIndex,
  type SpanIndex,
} from '../../base/units.ts'
import { forEachBlockIn, forEachLiveIn } from '../../blocks/walk.ts'
import {
  alignmentInHeader,
  BLOCK_INTERNAL,
  BLOCK_PLAIN,
  typeInHeader,
} from '../../memory/block-header.ts'
import { ELEMENT_TYPES } from '../../memory/element-types.ts'
import type { ArenaMemory } from '../../memory/memory.ts'
import { capacityOf, rowOf, runSpanCountOf } from '../../spans/runs.ts'
import { isDraining } from '../../spans/span-map.ts'
import type { Findings } from './findings.ts'

export function checkRun(
  findings: Findings,
  head: SpanIndex,
  classIndex: ClassIndex,
  owner: SlotIndex,
): void {
  const { memory } = findings
  const isLarge = classIndex === LARGE_CLASS
  const fail = (what: string) => findings.fail(memory.spanStart(head), `span ${head} ${what}`)
  const row = rowOf(classIndex)
  const spanCount = runSpanCountOf(memory, head)
  const carvedCount = memory.recordAt(head, RECORD_CARVED_COUNT)
  const capacity = capacityOf(memory, head)
  findings.add(SLOT_SPANS + row, owner, spanCount)
  if (!isLarge) {
    findings.add(SLOT_ROOM + row, owner, capacity)
    findings.add(SLOT_CARVED + row, owner, carvedCount)
  }
  if (carvedCount < (isLarge ? 1 : 0) || carvedCount > capacity) {
    fail(`has ${carvedCount} carved blocks of ${capacity}`)
    return
  }
  const stride = isLarge
    ? spanCount * SPAN_BYTE_LENGTH - HEADER_BYTE_LENGTH
    : memory.classes.strides[classIndex]
  const rest = spanCount * SPAN_BYTE_LENGTH - capacity * stride
  if (rest < HEADER_BYTE_LENGTH || rest - HEADER_BYTE_LENGTH >= stride) {
    fail(`has room for ${capacity} blocks and ${rest} bytes over`)
  }
  if (!findings.partial.has(head)) {
    if (carvedCount < capacity) fail('has uncarved blocks, but is not listed as partial')
    if (isDraining(memory.mapAt(head))) fail('drains, but is not listed as partial')
  }
  const live = new Set<PayloadOffset>()
  let unmarkedCount = 0
  forEachLiveIn(memory, head, (block, offset) => {
    live.add(block)
    if (!isLarge && !memory.hasLiveBit(block)) unmarkedCount++
    checkBlock(findings, block, offset, stride - HEADER_BYTE_LENGTH)
  })
  findings.add(SLOT_OUTSTANDING + row, owner, live.size)
  if (!isLarge) checkFree(findings, head, live)
  else if (live.size === 0) {
    const block = memory.spanStart(head) + FIRST_PAYLOAD
    findings.fail(block, `the header of large block ${block} is damaged: it is not live`)
  }
  const markedCount = isLarge ? 0 : live.size - unmarkedCount
  const bitCount = countLiveBits(memory, head, spanCount)
  if (bitCount !== markedCount) fail(`has ${bitCount} live bits for ${markedCount} blocks`)
  const counted = memory.recordAt(head, RECORD_UNMARKED_COUNT)
  if (counted !== unmarkedCount) {
    fail(`counts ${counted} live blocks without a bit, there are ${unmarkedCount}`)
  }
  checkTouched(findings, head, spanCount, isLarge)
}

/** Every free block is on a list; no live one is. */
function checkFree(findings: Findings, head: SpanIndex, live: ReadonlySet<PayloadOffset>): void {
  const { memory, listed } = findings
  forEachBlockIn(memory, head, (block) => {
    if (!live.has(block) && !listed.has(block)) {
      findings.fail(block, `the free block at ${block} is on no list`)
    } else if (live.has(block) && listed.has(block)) {
      findings.fail(block, `the live block at ${block} is on a list of free ones`)
    }
  })
}

/** The headers of a live block are sound, and it has room for its bytes. */
function checkBlock(
  findings: Findings,
  block: PayloadOffset,
  offset: PayloadOffset,
  room: number,
): void {
  const { memory } = findings
  const header = memory.headerAt(offset)
  const state = memory.stateAt(offset)
  const isSound =
    (state === BLOCK_INTERNAL && !memory.hasLiveBit(block)) ||
    (state === BLOCK_PLAIN &&
      typeInHeader(header) < ELEMENT_TYPES.length &&
      offset % alignmentInHeader(header) === 0)
  if (!isSound) {
    findings.fail(block, `the header of block ${block} is damaged: ${header >>> 0}`)
    return
  }
  const byteLength = memory.secondWordAt(offset) >>> 0
  if (offset + byteLength > block + room) {
    findings.fail(block, `block ${offset} says it has ${byteLength} bytes, ${room} is the most`)
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

/** Skips spans that were never in use: to read their words would take pages. */
export function checkFreeSpans(findings: Findings): void {
  const { memory } = findings
  const peakSpanCount = memory.i32[memory.controlWord(CONTROL_PEAK_SPAN_COUNT)]
  const end = Math.min(peakSpanCount, memory.spanCount)
  for (let span = asSpanIndex(memory.controlSpanCount); span < end; span++) {
    if (memory.mapAt(span) !== SPAN_FREE) continue
    const bitCount = countLiveBits(memory, span, 1)
    if (bitCount === 0) continue
    findings.fail(memory.spanStart(span), `span ${span} is free, but has ${bitCount} live bits`)
  }
}

/** All bytes of a run of blocks may be other than 0, and the first ones of a large block's run. */
function checkTouched(
  findings: Findings,
  head: SpanIndex,
  spanCount: number,
  isLarge: boolean,
): void {
  const { memory } = findings
  for (let i = 0; i < spanCount; i++) {
    const span = asSpanIndex(head + i)
    const touched = memory.i32[memory.touchedWord(span)]
    const least = isLarge ? (i === 0 ? FIRST_PAYLOAD : 0) : SPAN_BYTE_LENGTH
    if (touched >= least && touched <= SPAN_BYTE_LENGTH) continue
    const what = `span ${span} has ${touched} touched bytes, ${least} are in use`
    findings.fail(memory.spanStart(span), what)
  }
}
