/** A look into the mail, for tests. */
import type { ArenaMemory } from '../../packages/core/src/memory.ts'
import {
  INBOX_TAKEN,
  mailWord,
  OUTBOX_WRITTEN,
  PARCEL_OFFSETS,
  PARCEL_STAMP,
  placeOf,
  stampOf,
} from '../../packages/core/src/remote/mail.ts'
import { parcelsFor } from '../../packages/core/src/remote/settle.ts'
import { asSlotIndex } from '../../packages/core/src/units.ts'

/** What was freed, but has not come back to its owner yet. */
export function offsetsOnTheWay(memory: ArenaMemory): Set<number> {
  const { i32 } = memory
  const offsets = new Set<number>()
  const slots = Array.from({ length: memory.slotCount }, (_, slot) => asSlotIndex(slot))
  for (const freer of slots) {
    for (const owner of slots) {
      const written = i32[mailWord(memory, freer, OUTBOX_WRITTEN, owner)]
      const parcels = parcelsFor(memory, freer, owner)
      let taken = i32[mailWord(memory, owner, INBOX_TAKEN, freer)]
      for (; taken !== written; taken = (taken + 1) | 0) {
        const stamp = stampOf(freer, taken)
        const parcel = parcels.find((one) => i32[(one >> 2) + PARCEL_STAMP] === stamp)
        if (parcel === undefined) throw new Error(`number ${taken} is in no parcel`)
        offsets.add(i32[(parcel >> 2) + PARCEL_OFFSETS + placeOf(taken)])
      }
    }
  }
  return offsets
}
