/** Every carved block is live and on no list, or free and on one. */
import {
  alignmentInHeader,
  classInHeader,
  ELEMENT_TYPES,
  freePattern,
  isParcel,
  livePattern,
  STATE_AND_TAG,
  shiftedPattern,
  typeInHeader,
} from '../header.ts'
import {
  HEADER_BYTE_LENGTH,
  LARGE_CLASS,
  RECORD_CARVED_COUNT,
  RECORD_RUN_SPAN_COUNT,
  SLOT_CARVED,
  SLOT_HANDED,
  SLOT_ROOM,
  SLOT_SPANS,
  SPAN_BYTE_LENGTH,
} from '../layout.ts'
import { headerWordAt, secondWordAt } from '../lookup.ts'
import { capacityOf, rowOf } from '../runs.ts'
import { isDraining } from '../span-map.ts'
import type { ClassIndex, PayloadOffset, SlotIndex, SpanIndex } from '../units.ts'
import { forEachBlockIn } from '../walk.ts'
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
  const spanCount = memory.i32[memory.recordWord(head, RECORD_RUN_SPAN_COUNT)]
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
  forEachBlockIn(memory, head, (block) => {
    if (checkBlock(findings, block, classIndex, stride - HEADER_BYTE_LENGTH)) liveCount++
  })
  findings.add(SLOT_HANDED, owner, row, liveCount)
}

/** Whether the block is live. */
function checkBlock(
  findings: Findings,
  block: PayloadOffset,
  classIndex: ClassIndex,
  room: number,
): boolean {
  const { memory } = findings
  const header = headerWordAt(memory, block)
  const state = header & STATE_AND_TAG
  const isListed = findings.listed.has(block)
  if (state === freePattern(memory.tag)) {
    if (!isListed) findings.fail(block, `the free block at ${block} is on no list`)
    return false
  }
  if (isListed) return false // reported with the list
  const isShifted = state === shiftedPattern(memory.tag)
  const offset = isShifted ? secondWordAt(memory, block) : block
  const isWithin = offset >= block && offset <= block + room
  const held = isWithin ? headerWordAt(memory, offset) : 0
  const isLive =
    (held & STATE_AND_TAG) === livePattern(memory.tag) &&
    classInHeader(held) === classIndex &&
    (isParcel(held) ||
      (typeInHeader(held) < ELEMENT_TYPES.length && offset % alignmentInHeader(held) === 0))
  if (!isLive) {
    findings.fail(block, `the header of block ${block} is damaged: ${header >>> 0}`)
    return true
  }
  const byteLength = secondWordAt(memory, offset) >>> 0
  if (offset + byteLength > block + room) {
    findings.fail(block, `block ${offset} says it has ${byteLength} bytes, ${room} is the most`)
  }
  return true
}
