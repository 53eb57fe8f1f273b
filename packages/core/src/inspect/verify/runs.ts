/**
 * Checks runs. Each carved block is either live and on no list, or free and on a list. Only live
 * blocks have live bits. All memory in use counts as touched.
 */
import * as layout from '../../base/layout.ts'
import type { ClassIndex, PayloadOffset, SlotIndex, SpanIndex } from '../../base/units.ts'
import { forEachBlockIn, forEachLiveIn } from '../../blocks/walk.ts'
import {
  alignmentInHeader,
  BLOCK_INTERNAL,
  BLOCK_PLAIN,
  typeInHeader,
} from '../../memory/block-header.ts'
import { ELEMENT_TYPES } from '../../memory/element-types.ts'
import {
  type ArenaMemory,
  controlWord,
  hasLiveBit,
  headerAt,
  liveWord,
  mapAt,
  recordAt,
  secondWordAt,
  spanStart,
  stateAt,
  touchedWord,
} from '../../memory/memory.ts'
import { capacityOf, classOf, runSpanCountOf } from '../../spans/runs.ts'
import { isDraining } from '../../spans/span-map.ts'
import type { Findings } from './findings.ts'

/**
 * Checks a run: its counts, its blocks, and the touched map of its spans.
 * @param head the first span of the run
 */
export function checkRun(
  findings: Findings,
  head: SpanIndex,
  classIndex: ClassIndex,
  owner: SlotIndex,
): void {
  const { memory } = findings
  const isLarge = classIndex === layout.LARGE_CLASS
  const spanCount = runSpanCountOf(memory, head)
  const carvedCount = recordAt(memory, head, layout.RECORD_CARVED_COUNT)
  const capacity = capacityOf(memory, head)
  findings.count(layout.SLOT_SPANS + classIndex, owner, spanCount)
  findings.count(layout.SLOT_ROOM + classIndex, owner, capacity)
  findings.count(layout.SLOT_CARVED + classIndex, owner, carvedCount)
  if (carvedCount < (isLarge ? 1 : 0) || carvedCount > capacity) {
    findings.failSpan(head, `has ${carvedCount} carved blocks of ${capacity}`)
    return
  }
  const byteLength = spanCount * layout.SPAN_BYTE_LENGTH
  const stride = isLarge ? byteLength - layout.HEADER_BYTE_LENGTH : memory.strides[classIndex]
  const rest = byteLength - capacity * stride
  if (rest < layout.HEADER_BYTE_LENGTH || rest - layout.HEADER_BYTE_LENGTH >= stride) {
    findings.failSpan(head, `has room for ${capacity} blocks and ${rest} bytes over`)
  }
  if (!findings.partial.has(head)) {
    const reasons = [
      ...(carvedCount < capacity ? ['has uncarved blocks'] : []),
      ...(isDraining(mapAt(memory, head)) ? ['drains'] : []),
    ]
    for (const reason of reasons) findings.failSpan(head, `${reason}, but is not listed as partial`)
  }
  checkBlocks(findings, head, owner, stride - layout.HEADER_BYTE_LENGTH)
  for (let i = 0; i < spanCount; i++) {
    const span = (head + i) as SpanIndex
    const touched = memory.i32[touchedWord(memory, span)]
    const least = isLarge ? (i === 0 ? layout.FIRST_PAYLOAD : 0) : layout.SPAN_BYTE_LENGTH
    if (touched < least || touched > layout.SPAN_BYTE_LENGTH) {
      findings.failSpan(span, `has ${touched} touched bytes, ${least} are in use`)
    }
  }
}

/**
 * Checks that each block of a run is either live, or on a list.
 * @param room how many bytes fit into the payload of a block
 */
function checkBlocks(findings: Findings, head: SpanIndex, owner: SlotIndex, room: number): void {
  const { memory, listed } = findings
  const isLarge = classOf(memory, head) === layout.LARGE_CLASS
  const live = new Set<PayloadOffset>()
  let markedCount = 0
  forEachLiveIn(memory, head, (block, offset) => {
    live.add(block)
    if (!isLarge && hasLiveBit(memory, block)) markedCount++
    checkHeader(findings, block, offset, room)
  })
  findings.count(layout.SLOT_OUTSTANDING + classOf(memory, head), owner, live.size)
  forEachBlockIn(memory, head, (block) => {
    if (live.has(block)) {
      if (listed.has(block)) findings.fail(block, `the live block at ${block} is on a list`)
    } else if (isLarge) {
      findings.fail(block, `the header of large block ${block} is damaged: it is not live`)
    } else if (!listed.has(block)) {
      findings.fail(block, `the free block at ${block} is on no list`)
    }
  })
  const bitCount = countLiveBits(memory, head, runSpanCountOf(memory, head))
  if (bitCount !== markedCount) {
    findings.failSpan(head, `has ${bitCount} live bits for ${markedCount} blocks`)
  }
  const unmarkedCount = isLarge ? 0 : live.size - markedCount
  const counted = recordAt(memory, head, layout.RECORD_UNMARKED_COUNT)
  if (counted !== unmarkedCount) {
    findings.failSpan(
      head,
      `counts ${counted} live blocks without a bit, there are ${unmarkedCount}`,
    )
  }
}

/**
 * Checks that the header of a live block is sound, and that its byte length fits into the block.
 * @param block the start of the block
 * @param offset what `alloc` returned for the block
 * @param room how many bytes fit into the payload of a block
 */
function checkHeader(
  findings: Findings,
  block: PayloadOffset,
  offset: PayloadOffset,
  room: number,
): void {
  const { memory } = findings
  const header = headerAt(memory, offset)
  const state = stateAt(memory, offset)
  const isSound =
    (state === BLOCK_INTERNAL && !hasLiveBit(memory, block)) ||
    (state === BLOCK_PLAIN &&
      typeInHeader(header) < ELEMENT_TYPES.length &&
      offset % alignmentInHeader(header) === 0)
  const byteLength = secondWordAt(memory, offset) >>> 0
  if (!isSound) {
    findings.fail(block, `the header of block ${block} is damaged: ${header >>> 0}`)
  } else if (offset + byteLength > block + room) {
    findings.fail(block, `block ${offset} says it has ${byteLength} bytes, ${room} is the most`)
  }
}

/** Returns how many live bits are set in `spanCount` spans. */
function countLiveBits(memory: ArenaMemory, first: SpanIndex, spanCount: number): number {
  const firstWord: number = liveWord(memory, spanStart(memory, first))
  const end = firstWord + spanCount * layout.SPAN_BIT_WORD_COUNT
  let count = 0
  for (let word = firstWord; word < end; word++) {
    for (let bits = memory.i32[word]; bits !== 0; bits &= bits - 1) count++
  }
  return count
}

/**
 * Checks that free spans have no live bits. Leaves out spans that were never in use, because
 * reading their bits would commit pages.
 */
export function checkFreeSpans(findings: Findings): void {
  const { memory } = findings
  const peakSpanCount = memory.i32[controlWord(memory, layout.CONTROL_PEAK_SPAN_COUNT)]
  const end = Math.min(peakSpanCount, memory.spanCount)
  for (let span = memory.controlSpanCount as SpanIndex; span < end; span++) {
    const bitCount = mapAt(memory, span) === layout.SPAN_FREE ? countLiveBits(memory, span, 1) : 0
    if (bitCount !== 0) findings.failSpan(span, `is free, but has ${bitCount} live bits`)
  }
}
