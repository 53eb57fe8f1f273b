/**
 * Checks the free lists and the lists of parked blocks. Each list must end. It may hold only carved
 * blocks of its own slot and class, which have no live bit, and no block twice. Also checks the
 * lists of partial spans. The spans must be linked in both directions, must have room, and must
 * count their parked blocks.
 */
import * as layout from '../../base/layout.ts'
import type { SlotIndex, SpanIndex } from '../../base/units.ts'
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
import {
  classInMap,
  headOf,
  headPattern,
  isHeadWith,
  ownerInMap,
  stateInMap,
} from '../../spans/span-map.ts'
import type { Findings } from './findings.ts'

/** Checks the lists of all slots and classes. */
export function checkLists(findings: Findings): void {
  const { memory } = findings
  for (let slot = 0 as SlotIndex; slot < memory.slotCount; slot++) {
    for (let row = 0; row < memory.classCount; row++) {
      const owner = headPattern(slot) | row
      const first = slotAt(memory, slot, layout.SLOT_FREE_HEADS + row)
      findings.count(layout.SLOT_OUTSTANDING + row, slot, checkChain(findings, owner, first))
      checkPartial(findings, owner, slotAt(memory, slot, layout.SLOT_PARTIAL_HEADS + row))
    }
  }
}

/** Returns the slot and class in a map word, for a message. */
const nameOf = (owner: number) => `slot ${ownerInMap(owner)}, class ${classInMap(owner)}`

/**
 * Checks a list of free blocks, and returns how many blocks come before the first wrong one.
 * @param owner the map word of the head of every run that the list's blocks may belong to
 * @param first the first block of the list, or 0
 */
function checkChain(findings: Findings, owner: number, first: number): number {
  const { memory, listed } = findings
  let blockCount = 0
  for (let block = first; block !== 0; block = secondWordAt(memory, block)) {
    const reason = whyNotListed(findings, owner, block)
    if (reason !== '') {
      findings.fail(block, `a list of ${nameOf(owner)} holds ${block}, ${reason}`)
      break
    }
    listed.add(block)
    blockCount++
  }
  return blockCount
}

/**
 * Returns why a block must not be on the list that is being checked. Returns an empty string if the
 * block may be on the list.
 * @param owner the map word of a head with the slot and class of the list
 */
function whyNotListed({ memory, listed }: Findings, owner: number, block: number): string {
  const isWithin = block > memory.base && block < memory.base + memory.byteLength
  if (!isWithin || block % layout.GRANULE_BYTE_LENGTH !== 0) return 'which is no offset'
  if (listed.has(block)) return 'which is on a list already'
  const span = spanOf(memory, block)
  const isTail = stateInMap(mapAt(memory, span)) === layout.SPAN_TAIL
  const head = isTail ? headOf(memory, span) : span
  if (!isHeadWith(memory, head, owner)) return 'which belongs to another slot or class'
  const within = block - spanStart(memory, head) - layout.FIRST_PAYLOAD
  const blockIndex = within / memory.strides[classInMap(owner)]
  const carvedCount = recordAt(memory, head, layout.RECORD_CARVED_COUNT)
  if (!Number.isInteger(blockIndex) || blockIndex >= carvedCount) return 'where no block begins'
  return hasLiveBit(memory, block) ? 'which has a live bit' : ''
}

/**
 * Checks the partial spans of a slot and class. They must be linked in both directions, must have
 * room, and must count their parked blocks.
 * @param owner the map word of a head with this slot and class
 * @param first the first span of the list, or 0
 */
function checkPartial(findings: Findings, owner: number, first: number): void {
  const { memory, partial } = findings
  let previous = 0
  let span = first as SpanIndex
  for (let steps = 0; span !== 0; steps++) {
    const isOwn = span > 0 && span < memory.spanCount && isHeadWith(memory, span, owner)
    if (!isOwn || steps > memory.spanCount) {
      findings.fail(0, `the partial spans of ${nameOf(owner)} lead to ${span}`)
      return
    }
    if (recordAt(memory, span, layout.RECORD_PREVIOUS_PARTIAL) !== previous) {
      findings.failSpan(span, `does not link back to ${previous}`)
    }
    if (!hasRoom(memory, span)) findings.failSpan(span, 'is listed as partial, but is full')
    const parkedHead = recordAt(memory, span, layout.RECORD_PARKED_HEAD)
    const listedCount = checkChain(findings, owner, parkedHead)
    const parkedCount = recordAt(memory, span, layout.RECORD_PARKED_COUNT)
    if (listedCount !== parkedCount) {
      findings.failSpan(span, `counts ${parkedCount} parked blocks, ${listedCount} are listed`)
    }
    partial.add(span)
    previous = span
    span = recordAt(memory, span, layout.RECORD_NEXT_PARTIAL) as SpanIndex
  }
}
