/** Each list ends, and holds free blocks of its own class and slot that no other list holds. */

import * as layout from '../../base/layout.ts'
import {
  asClassIndex,
  asSlotIndex,
  asSpanIndex,
  type ClassIndex,
  type SlotIndex,
} from '../../base/units.ts'
import {
  hasLiveBit,
  mapAt,
  recordAt,
  secondWordAt,
  slotAt,
  spanOf,
  spanStart,
} from '../../memory/memory.ts'
import { hasRoom } from '../../spans/partial.ts'
import { headOf, isHeadOf, stateInMap } from '../../spans/span-map.ts'
import type { Findings } from './findings.ts'

export function checkLists(findings: Findings): void {
  const { memory } = findings
  for (let slot = asSlotIndex(0); slot < memory.slotCount; slot++) {
    for (let row = asClassIndex(0); row < memory.classes.count; row++) {
      const first = slotAt(memory, slot, layout.SLOT_FREE_HEADS + row)
      findings.count(layout.SLOT_OUTSTANDING + row, slot, checkChain(findings, slot, row, first))
      checkPartial(findings, slot, row)
    }
  }
}

/** Gives the number of blocks on a chain, up to the first one that does not belong there. */
function checkChain(
  findings: Findings,
  slot: SlotIndex,
  classIndex: ClassIndex,
  first: number,
): number {
  const { memory, listed } = findings
  let blockCount = 0
  for (let block = first; block !== 0; block = secondWordAt(memory, block)) {
    const reason = whyNotListed(findings, slot, classIndex, block)
    if (reason !== '') {
      findings.fail(block, `a list of slot ${slot}, class ${classIndex} holds ${block}, ${reason}`)
      break
    }
    listed.add(block)
    blockCount++
  }
  return blockCount
}

function whyNotListed(
  { memory, listed }: Findings,
  slot: SlotIndex,
  classIndex: ClassIndex,
  block: number,
): string {
  const isInside = block > memory.base && block < memory.base + memory.byteLength
  if (!isInside || block % layout.GRANULE_BYTE_LENGTH !== 0) return 'which is no offset'
  if (listed.has(block)) return 'which is on a list already'
  const span = spanOf(memory, block)
  const isTail = stateInMap(mapAt(memory, span)) === layout.SPAN_TAIL
  const head = isTail ? headOf(memory, span) : span
  if (!isHeadOf(memory, head, slot, classIndex)) return 'which belongs to another slot or class'
  const within = block - spanStart(memory, head) - layout.FIRST_PAYLOAD
  const blockIndex = within / memory.classes.strides[classIndex]
  if (
    !Number.isInteger(blockIndex) ||
    blockIndex >= recordAt(memory, head, layout.RECORD_CARVED_COUNT)
  ) {
    return 'where no block begins'
  }
  return hasLiveBit(memory, block) ? 'which has a live bit' : ''
}

/** The partial spans of a slot and class are linked both ways, and have room. */
function checkPartial(findings: Findings, slot: SlotIndex, classIndex: ClassIndex): void {
  const { memory, partial } = findings
  let previous = 0
  let span = asSpanIndex(slotAt(memory, slot, layout.SLOT_PARTIAL_HEADS + classIndex))
  for (let steps = 0; span !== 0; steps++) {
    const isOwn = span > 0 && span < memory.spanCount && isHeadOf(memory, span, slot, classIndex)
    if (!isOwn || steps > memory.spanCount) {
      findings.fail(0, `the partial spans of slot ${slot}, class ${classIndex} lead to ${span}`)
      return
    }
    if (recordAt(memory, span, layout.RECORD_PREVIOUS_PARTIAL) !== previous) {
      findings.failSpan(span, `does not link back to ${previous}`)
    }
    if (!hasRoom(memory, span)) findings.failSpan(span, 'is listed as partial, but is full')
    const parkedHead = recordAt(memory, span, layout.RECORD_PARKED_HEAD)
    const listedCount = checkChain(findings, slot, classIndex, parkedHead)
    const parkedCount = recordAt(memory, span, layout.RECORD_PARKED_COUNT)
    if (listedCount !== parkedCount) {
      findings.failSpan(span, `counts ${parkedCount} parked blocks, ${listedCount} are listed`)
    }
    partial.add(span)
    previous = span
    span = asSpanIndex(recordAt(memory, span, layout.RECORD_NEXT_PARTIAL))
  }
}
