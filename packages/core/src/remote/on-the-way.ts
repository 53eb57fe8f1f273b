/** What was freed, but has not come back to its owner yet. */

import { asSlotIndex, type SlotIndex } from '../base/units.ts'
import { forEachRun } from '../blocks/walk.ts'
import type { ArenaMemory } from '../memory/memory.ts'
import { forEachFreedBit } from './freed-bits.ts'
import {
  INBOX_TAKEN,
  OUTBOX_WRITTEN,
  placeOf,
  queueWord,
  SEGMENT_OFFSETS,
  SEGMENT_STAMP,
  stampOf,
} from './queue.ts'
import { segmentsFor } from './settle.ts'

/** The offsets in all mail, and those with freed bits. Other threads must pause. */
export function offsetsOnTheWay(memory: ArenaMemory): ReadonlySet<number> {
  const offsets = new Set<number>()
  forEachRun(memory, (head) => {
    forEachFreedBit(memory, head, (offset) => offsets.add(offset).size > 0)
  })
  for (let from = 0; from < memory.openedSlotCount; from++) {
    for (let to = 0; to < memory.openedSlotCount; to++) {
      for (const offset of offsetsBetween(memory, asSlotIndex(from), asSlotIndex(to))) {
        offsets.add(offset)
      }
    }
  }
  return offsets
}

/** Those in the queue from a freer to an owner, up to where a segment is missing. */
export function offsetsBetween(
  memory: ArenaMemory,
  freer: SlotIndex,
  owner: SlotIndex,
): readonly number[] {
  const { i32 } = memory
  const offsets: number[] = []
  const written = i32[queueWord(memory, freer, OUTBOX_WRITTEN, owner)]
  let taken = i32[queueWord(memory, owner, INBOX_TAKEN, freer)]
  if (taken === written) return offsets
  const segments = new Map(
    segmentsFor(memory, freer, owner).map((one) => [i32[(one >> 2) + SEGMENT_STAMP], one]),
  )
  for (; taken !== written; taken = (taken + 1) | 0) {
    const segment = segments.get(stampOf(freer, taken))
    if (segment === undefined) break
    offsets.push(i32[(segment >> 2) + SEGMENT_OFFSETS + placeOf(taken)])
  }
  return offsets
}
