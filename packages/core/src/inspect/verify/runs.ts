/** Every carved block is live and on no list, or free and on one. */

import {
  FIRST_PAYLOAD,
  HEADER_BYTE_LENGTH,
  LARGE_CLASS,
  RECORD_CARVED_COUNT,
  SLOT_CARVED,
  SLOT_OUTSTANDING,
  SLOT_ROOM,
  SLOT_SPANS,
  SPAN_BYTE_LENGTH,
} from '../../base/layout.ts'
import type { ClassIndex, PayloadOffset, SlotIndex, SpanIndex } from '../../base/units.ts'
import { headerWordAt, secondWordAt } from '../../blocks/lookup.ts'
import { forEachBlockIn, forEachLiveIn } from '../../blocks/walk.ts'
import {
  alignmentInHeader,
  ELEMENT_TYPES,
  isInternal,
  plainPattern,
  STATE_AND_TAG,
  typeInHeader,
} from '../../memory/header.ts'
import { capacityOf, rowOf, runSpanCountOf } from '../../spans/runs.ts'
import { isDraining } from '../../spans/span-map.ts'
import { checkBits, checkTouched } from './bits.ts'
import type { Findings } from './findings.ts'

export function checkRun(
  findings: Findings,
  head: SpanIndex,
  classIndex: ClassIndex,
  owner: SlotIndex,
): void {
  const { memory } = findings
  const start = memory.spanStart(head)
  const isLarge = classIndex === LARGE_CLASS
  const spanCount = runSpanCountOf(memory, head)
  const carvedCount = memory.i32[memory.recordWord(head, RECORD_CARVED_COUNT)]
  const capacity = isLarge ? 1 : capacityOf(memory, head, classIndex)
  const row = rowOf(classIndex)
  findings.add(SLOT_SPANS, owner, row, spanCount)
  if (!isLarge) {
    findings.add(SLOT_ROOM, owner, row, capacity)
    findings.add(SLOT_CARVED, owner, row, carvedCount)
  }
  if (carvedCount < 0 || carvedCount > capacity || (isLarge && carvedCount !== 1)) {
    findings.fail(start, `span ${head} has ${carvedCount} carved blocks of ${capacity}`)
    return
  }
  const stride = isLarge
    ? spanCount * SPAN_BYTE_LENGTH - HEADER_BYTE_LENGTH
    : memory.classes.strides[classIndex]
  const rest = spanCount * SPAN_BYTE_LENGTH - capacity * stride
  if (rest < HEADER_BYTE_LENGTH || rest - HEADER_BYTE_LENGTH >= stride) {
    findings.fail(start, `span ${head} has room for ${capacity} blocks and ${rest} bytes over`)
  }
  if (carvedCount < capacity && !findings.partial.has(head)) {
    findings.fail(start, `span ${head} has uncarved blocks, but is not listed as partial`)
  }
  if (isDraining(memory.i32[memory.mapWord(head)]) && !findings.partial.has(head)) {
    findings.fail(start, `span ${head} drains, but is not listed as partial`)
  }
  let liveCount = 0
  let unmarkedCount = 0
  forEachLiveIn(memory, head, (block, offset) => {
    liveCount++
    if (!memory.hasLiveBit(block)) unmarkedCount++
    checkBlock(findings, block, offset, stride - HEADER_BYTE_LENGTH)
  })
  findings.add(SLOT_OUTSTANDING, owner, row, liveCount)
  if (!isLarge) checkFree(findings, head)
  else if (liveCount === 0) {
    const block = start + FIRST_PAYLOAD
    findings.fail(block, `the header of large block ${block} is damaged: it does not say live`)
  }
  if (isLarge) checkBits(findings, head, 0, 0)
  else checkBits(findings, head, liveCount - unmarkedCount, unmarkedCount)
  checkTouched(findings, head)
}

/** Every free block is on a list; no live one is. */
function checkFree(findings: Findings, head: SpanIndex): void {
  const { memory, listed } = findings
  const live = new Set<PayloadOffset>()
  forEachLiveIn(memory, head, (block) => live.add(block))
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
  const header = headerWordAt(memory, offset)
  const isSound =
    (isInternal(memory.tag, header) && !memory.hasLiveBit(block)) ||
    ((header & STATE_AND_TAG) === plainPattern(memory.tag) &&
      typeInHeader(header) < ELEMENT_TYPES.length &&
      offset % alignmentInHeader(header) === 0)
  if (!isSound) {
    findings.fail(block, `the header of block ${block} is damaged: ${header >>> 0}`)
    return
  }
  const byteLength = secondWordAt(memory, offset) >>> 0
  if (offset + byteLength > block + room) {
    findings.fail(block, `block ${offset} says it has ${byteLength} bytes, ${room} is the most`)
  }
}
