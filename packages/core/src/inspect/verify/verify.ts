/**
 * Walks everything and reports what does not hold:
 *
 *     every run     live + free + uncarved blocks = capacity, and the rest is shorter than a stride;
 *                   live bits + unmarked blocks = live blocks; its spans count as touched
 *     every block   on exactly one list if free, on none if live
 *     every slot    handed = live + on the free list, per class; owned spans as in the map; spans,
 *                   their room and what is carved of it, per class, as in the map and the records
 *     every queue   taken <= sent <= written, and what waits is in its segments
 */
import {
  LARGE_ROW,
  SLOT_CARVED,
  SLOT_OUTSTANDING,
  SLOT_ROOM,
  SLOT_SPANS,
} from '../../base/layout.ts'
import { asSlotIndex } from '../../base/units.ts'
import { forEachRun } from '../../blocks/walk.ts'
import type { ArenaMemory } from '../../memory/memory.ts'
import { checkFreeSpans } from './bits.ts'
import { type Counted, Findings, type Violation } from './findings.ts'
import { checkLists } from './lists.ts'
import { checkMap } from './map.ts'
import { checkFreedBits, checkQueues } from './queues.ts'
import { checkRun } from './runs.ts'

export type { Violation } from './findings.ts'

/** All violations; none when the arena is sound. */
export function verifyArena(memory: ArenaMemory): Violation[] {
  const findings = new Findings(memory)
  checkMap(findings)
  // Where the map is not sound, nothing else can be read by it.
  if (findings.violations.length > 0) return findings.violations
  checkFreeSpans(findings)
  checkLists(findings)
  forEachRun(memory, (head, classIndex, owner) => {
    checkRun(findings, head, classIndex, owner)
    checkFreedBits(findings, head, owner)
  })
  checkCounts(findings)
  checkQueues(findings)
  return findings.violations
}

/** What slots count per class. Of large blocks, neither the room is counted nor what is carved. */
const COUNTED: readonly (readonly [Counted, what: string])[] = [
  [SLOT_OUTSTANDING, 'blocks outstanding out'],
  [SLOT_SPANS, 'spans'],
  [SLOT_ROOM, 'blocks that there is room for'],
  [SLOT_CARVED, 'carved blocks'],
]

function checkCounts(findings: Findings): void {
  const { memory } = findings
  for (let index = 0; index < memory.slotCount; index++) {
    const slot = asSlotIndex(index)
    for (let row = 0; row <= LARGE_ROW; row++) {
      for (const [field, what] of COUNTED) {
        const counted = memory.i32[memory.slotWord(slot, field + row)]
        const found = findings.found(field, slot, row)
        if (counted === found) continue
        findings.fail(0, `slot ${slot}, class ${row} counts ${counted} ${what}, there are ${found}`)
      }
    }
  }
}
