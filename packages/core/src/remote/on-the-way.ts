/** What was freed, but has not come back to its owner yet. */
import type { ArenaMemory } from '../memory.ts'
import { asSlotIndex } from '../units.ts'
import {
  INBOX_TAKEN,
  mailWord,
  OUTBOX_WRITTEN,
  PARCEL_OFFSETS,
  PARCEL_STAMP,
  placeOf,
  stampOf,
} from './mail.ts'
import { parcelsFor } from './settle.ts'

/** The offsets in all mail. Other threads must pause. */
export function offsetsOnTheWay(memory: ArenaMemory): ReadonlySet<number> {
  const { i32 } = memory
  const offsets = new Set<number>()
  for (let from = 0; from < memory.openedSlotCount; from++) {
    for (let to = 0; to < memory.openedSlotCount; to++) {
      const [freer, owner] = [asSlotIndex(from), asSlotIndex(to)]
      const written = i32[mailWord(memory, freer, OUTBOX_WRITTEN, owner)]
      let taken = i32[mailWord(memory, owner, INBOX_TAKEN, freer)]
      if (taken === written) continue
      const parcels = new Map(
        parcelsFor(memory, freer, owner).map((one) => [i32[(one >> 2) + PARCEL_STAMP], one]),
      )
      for (; taken !== written; taken = (taken + 1) | 0) {
        const parcel = parcels.get(stampOf(freer, taken))
        if (parcel === undefined) break // overwritten; taking the mail tells of it
        offsets.add(i32[(parcel >> 2) + PARCEL_OFFSETS + placeOf(taken)])
      }
    }
  }
  return offsets
}
