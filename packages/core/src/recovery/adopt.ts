/**
 * Adoption: makes the slot of a dead thread whole again, trusting nothing that it may have left half
 * done. Lists and counts are rebuilt from headers and the span map; mail is settled by its counts. All
 * of it can be done again, should the adopter die as well.
 */
import { notAdoptable } from '../base/errors.ts'
import { SLOT_OPEN, SLOT_OWNED_SPANS, SLOT_RESERVED } from '../base/layout.ts'
import { asSlotIndex, type SlotIndex } from '../base/units.ts'
import type { ArenaMemory } from '../memory/memory.ts'
import { settleQueues, settleSweep } from '../remote/remote.ts'
import { changeState, closeSlot, reclaimerOf, slotGeneration, slotState } from '../spans/slots.ts'
import { EVENT_ADOPT, emit } from '../telemetry/telemetry.ts'
import { rebuildRuns } from './rebuild.ts'
import { repairMap } from './repair-map.ts'

export function adoptSlot(memory: ArenaMemory, slot: SlotIndex, generation?: number): void {
  const seen = slotGeneration(memory, slot)
  if (generation !== undefined && generation !== seen) {
    throw notAdoptable(slot, `it is in generation ${seen}, not ${generation}`)
  }
  // In that generation: of two that adopt at a time, one must find that the other was first.
  const isTaken =
    changeState(memory, slot, SLOT_OPEN, SLOT_OPEN, -1, seen) ||
    changeState(memory, slot, SLOT_RESERVED, SLOT_OPEN, -1, seen)
  if (!isTaken) throw notAdoptable(slot, `it is ${slotState(memory, slot)}`)
  // What the dead thread was tending comes first: a run may be on its way from there to here.
  for (let index = 0; index < memory.slotCount; index++) {
    const tended = asSlotIndex(index)
    if (slotState(memory, tended) !== 'tended' || reclaimerOf(memory, tended) !== slot) continue
    repair(memory, tended, slot)
    closeSlot(memory, tended)
  }
  repair(memory, slot, slot)
  const spanCount = memory.i32[memory.slotWord(slot, SLOT_OWNED_SPANS)]
  emit(memory, slot, EVENT_ADOPT, 0, spanCount, slotGeneration(memory, slot))
}

function repair(memory: ArenaMemory, slot: SlotIndex, by: SlotIndex): void {
  settleQueues(memory, slot, by)
  repairMap(memory, slot, by)
  settleSweep(memory, slot)
  rebuildRuns(memory, slot)
}
