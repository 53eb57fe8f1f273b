/**
 * The queues between slots: their counts, and that every number between them is in a segment. Freed bits:
 * their owners know of them.
 */
import { RECORD_HAS_FREED_BITS, SLOT_HAS_FREED_BITS } from '../../base/layout.ts'
import { asSlotIndex, type SlotIndex, type SpanIndex } from '../../base/units.ts'
import { forEachFreedBit } from '../../remote/freed-bits.ts'
import { INBOX_TAKEN, OUTBOX_SENT, OUTBOX_WRITTEN, queueWord } from '../../remote/queue.ts'
import { offsetsBetween } from '../../remote/settle.ts'
import type { Findings } from './findings.ts'

export function checkQueues(findings: Findings): void {
  const { openedSlotCount } = findings.memory
  for (let freer = 0; freer < openedSlotCount; freer++) {
    for (let owner = 0; owner < openedSlotCount; owner++) {
      checkQueue(findings, asSlotIndex(freer), asSlotIndex(owner))
    }
  }
}

/** Whoever dies while it sets a bit leaves the rest to its adopter. */
export function checkFreedBits(findings: Findings, head: SpanIndex, owner: SlotIndex): void {
  const { memory } = findings
  const isKnown =
    memory.i32[memory.recordWord(head, RECORD_HAS_FREED_BITS)] !== 0 &&
    memory.i32[memory.slotWord(owner, SLOT_HAS_FREED_BITS)] !== 0
  forEachFreedBit(memory, head, (offset) => {
    if (!isKnown) findings.fail(offset, `slot ${owner} does not know of the freed bit at ${offset}`)
    return true
  })
}

function checkQueue(findings: Findings, freer: SlotIndex, owner: SlotIndex): void {
  const { memory } = findings
  const { i32 } = memory
  const writtenWord = queueWord(memory, freer, OUTBOX_WRITTEN, owner)
  const written = i32[writtenWord]
  const sent = i32[queueWord(memory, freer, OUTBOX_SENT, owner)]
  const taken = i32[queueWord(memory, owner, INBOX_TAKEN, freer)]
  const queue = `the mail of slot ${freer} to slot ${owner}`
  // Counts wrap; no arena holds 2^31 offsets.
  if (((sent - taken) | 0) < 0 || ((written - sent) | 0) < 0) {
    const counts = `${written} written, ${sent} sent, ${taken} taken`
    findings.fail(writtenWord * 4, `${queue} has ${counts}, which is not in order`)
    return
  }
  const waiting = (written - taken) | 0
  const found = offsetsBetween(memory, freer, owner).length
  if (found !== waiting) {
    findings.fail(writtenWord * 4, `${queue} has ${waiting} offsets waiting, but holds ${found}`)
  }
}
