/**
 * Checks the invariants of an arena, and reports the invariants that do not hold:
 *
 *     every run     live + free + uncarved blocks = capacity, and less than a stride is left;
 *                   live bits + unmarked blocks = live blocks; a class's spans count as touched
 *     every block   on exactly one list if free, on none if live
 *     every slot    outstanding = live + on the free list, per class; owned spans as in the map;
 *                   spans, room and carved blocks, per class, as in the map and the records
 *     every queue   taken <= sent <= written, and every offset that waits is in a segment
 */
import * as layout from '../../base/layout.ts'
import type { SlotIndex, SpanIndex } from '../../base/units.ts'
import { forEachRun } from '../../blocks/walk.ts'
import { type ArenaMemory, mapAt, openedSlotCount, recordAt, slotAt } from '../../memory/memory.ts'
import { forEachFreedBit } from '../../remote/freed-bits.ts'
import { INBOX_TAKEN, OUTBOX_SENT, OUTBOX_WRITTEN, queueWord } from '../../remote/queue.ts'
import { offsetsBetween } from '../../remote/settle.ts'
import { classInMap, mapWord, ownerInMap, stateInMap } from '../../spans/span-map.ts'
import { Findings, type Violation } from './findings.ts'
import { checkLists } from './lists.ts'
import { checkFreeSpans, checkRun } from './runs.ts'

export type { Violation } from './findings.ts'

/** Returns all faults of an arena. If the arena is sound, the list is empty. */
export function verifyArena(memory: ArenaMemory): Violation[] {
  const findings = new Findings(memory)
  checkMap(findings)
  // The other checks depend on the span map. If the map is damaged, their results mean nothing.
  if (findings.violations.length > 0) return findings.violations
  checkFreeSpans(findings)
  checkLists(findings)
  forEachRun(memory, (head, classIndex, owner) => {
    checkRun(findings, head, classIndex, owner)
    checkFreedBits(findings, head, owner)
  })
  for (let slot = 0 as SlotIndex; slot < memory.slotCount; slot++) checkCounts(findings, slot)
  for (let freer = 0 as SlotIndex; freer < openedSlotCount(memory); freer++) {
    for (let owner = 0 as SlotIndex; owner < openedSlotCount(memory); owner++) {
      checkQueue(findings, freer, owner)
    }
  }
  return findings.violations
}

/**
 * Checks the span map. Each span must be free, in the control area, or in one run. Each slot must
 * count its owned spans right.
 */
function checkMap(findings: Findings): void {
  const { memory } = findings
  let spanCount = 1
  for (let index = 0; index < memory.spanCount; index += spanCount) {
    const span = index as SpanIndex
    const word = mapAt(memory, span)
    const state = stateInMap(word)
    spanCount = 1
    if ((state === layout.SPAN_CONTROL) !== index < memory.controlSpanCount) {
      findings.failSpan(span, `has state ${state}: control area or not?`)
    } else if (state === layout.SPAN_HEAD || state === layout.SPAN_LARGE) {
      spanCount = checkRunInMap(findings, span)
    } else if (word !== layout.SPAN_FREE && state !== layout.SPAN_CONTROL) {
      findings.failSpan(span, `belongs to slot ${ownerInMap(word)} but to no run (state ${state})`)
    }
  }
  for (let slot = 0 as SlotIndex; slot < memory.slotCount; slot++) {
    findings.checkCount(layout.SLOT_OWNED_SPANS, slot, 'spans in the map')
  }
}

/**
 * Checks the map words of a run, and counts its spans for its owner. Returns how many spans the run
 * has. Returns 1 if the run is damaged.
 */
function checkRunInMap(findings: Findings, head: SpanIndex): number {
  const { memory } = findings
  const word = mapAt(memory, head)
  const classIndex = classInMap(word)
  const owner = ownerInMap(word)
  const spanCount = recordAt(memory, head, layout.RECORD_RUN_SPAN_COUNT)
  const isLarge = stateInMap(word) === layout.SPAN_LARGE
  if (isLarge ? classIndex !== layout.LARGE_CLASS : classIndex >= memory.classCount) {
    findings.failSpan(head, `has class ${classIndex}, which does not exist`)
  } else if (owner < 0 || owner >= memory.slotCount) {
    findings.failSpan(head, `belongs to slot ${owner}, which does not exist`)
  } else if (spanCount < 1 || head + spanCount > memory.spanCount) {
    findings.failSpan(head, `has ${spanCount} spans by its record`)
  } else {
    // Only a run of a size class may be draining.
    const sound = mapWord(isLarge ? layout.SPAN_LARGE : layout.SPAN_HEAD, owner, classIndex, 0)
    if ((isLarge ? word : word & ~layout.MAP_DRAINING) !== sound) {
      findings.failSpan(head, `begins with the map word ${word >>> 0}`)
    }
    for (let position = 1; position < spanCount; position++) {
      const span = (head + position) as SpanIndex
      const distance = Math.min(position, layout.MAX_POSITION)
      const tail = mapWord(layout.SPAN_TAIL, owner, classIndex, distance)
      if (mapAt(memory, span) !== tail) findings.failSpan(head, `has no tail at span ${span}`)
    }
    findings.count(layout.SLOT_OWNED_SPANS, owner, spanCount)
    return spanCount
  }
  return 1
}

/** The counts of a slot that the walk checks for each class, and their names in messages. */
const COUNTS = [
  [layout.SLOT_OUTSTANDING, 'outstanding blocks'],
  [layout.SLOT_SPANS, 'spans'],
  [layout.SLOT_ROOM, 'blocks of capacity'],
  [layout.SLOT_CARVED, 'carved blocks'],
] as const

/** Checks the counts of a slot for all classes. */
function checkCounts(findings: Findings, slot: SlotIndex): void {
  for (let row = 0; row <= layout.LARGE_CLASS; row++) {
    const where = `, class ${row}`
    for (const [field, what] of COUNTS) findings.checkCount(field + row, slot, what, where)
  }
}

/**
 * Checks that the flags of a run and its owner are set if the run has freed bits. (If a dead thread
 * has not set the flags, its adopter sets them.)
 */
function checkFreedBits(findings: Findings, head: SpanIndex, owner: SlotIndex): void {
  const { memory } = findings
  if (
    recordAt(memory, head, layout.RECORD_HAS_FREED_BITS) !== 0 &&
    slotAt(memory, owner, layout.SLOT_HAS_FREED_BITS) !== 0
  ) {
    return
  }
  forEachFreedBit(memory, head, (offset) => {
    findings.fail(offset, `no flag of slot ${owner} shows the freed bit at ${offset}`)
    return true
  })
}

/** Checks the counts and segments of one queue. */
function checkQueue(findings: Findings, freer: SlotIndex, owner: SlotIndex): void {
  const { memory } = findings
  const { i32 } = memory
  const writtenWord = queueWord(memory, freer, OUTBOX_WRITTEN, owner)
  const written = i32[writtenWord]
  const sent = i32[queueWord(memory, freer, OUTBOX_SENT, owner)]
  const taken = i32[queueWord(memory, owner, INBOX_TAKEN, freer)]
  const fail = (what: string) =>
    findings.fail(writtenWord * 4, `the queue from slot ${freer} to slot ${owner} has ${what}`)
  // The counts wrap, so their differences are compared. No arena holds 2^31 offsets.
  if (((sent - taken) | 0) < 0 || ((written - sent) | 0) < 0) {
    fail(`${written} written, ${sent} sent, ${taken} taken, which is not in order`)
    return
  }
  const waiting = (written - taken) | 0
  const found = offsetsBetween(memory, freer, owner).length
  if (found !== waiting) fail(`${waiting} offsets waiting, but holds ${found}`)
}
