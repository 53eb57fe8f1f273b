/**
 * The room of what a dead thread left. Adoption makes the slot of a dead thread whole again: lists
 * and counts are rebuilt from headers and the span map, and queues are settled by their counts.
 * Invariant: an adopter that dies as well can be adopted; every step can be done again.
 */
import { notAdoptable } from '../base/errors.ts'
import * as layout from '../base/layout.ts'
import { asSlotIndex, asSpanIndex, type SlotIndex } from '../base/units.ts'
import { type ArenaMemory, slotAt, spanMapWord } from '../memory/memory.ts'
import { settleQueues, settleSweep } from '../remote/remote.ts'
import { extendRun, runSpanCountOf } from '../spans/runs.ts'
import { changeState, closeSlot, reclaimerOf, slotGeneration, slotState } from '../spans/slots.ts'
import { classInMap, freeSpans, ownerInMap, stateInMap } from '../spans/span-map.ts'
import { EVENT_ADOPT, emit } from '../telemetry/telemetry.ts'
import { rebuildRuns } from './rebuild.ts'

export function adoptSlot(memory: ArenaMemory, slot: SlotIndex, generation?: number): void {
  const seen = slotGeneration(memory, slot)
  if (generation !== undefined && generation !== seen) {
    throw notAdoptable(slot, `it is in generation ${seen}, not ${generation}`)
  }
  // In that generation: if two threads adopt the slot at once, the second one must fail.
  const isTaken =
    changeState(memory, slot, layout.SLOT_OPEN, layout.SLOT_OPEN, -1, seen) ||
    changeState(memory, slot, layout.SLOT_RESERVED, layout.SLOT_OPEN, -1, seen)
  if (!isTaken) throw notAdoptable(slot, `it is ${slotState(memory, slot)}`)
  // Slots that the dead thread tended come first: a run may be on its way from there to here.
  for (let tended = asSlotIndex(0); tended < memory.slotCount; tended++) {
    if (slotState(memory, tended) !== 'tended' || reclaimerOf(memory, tended) !== slot) continue
    repair(memory, tended, slot)
    closeSlot(memory, tended)
  }
  repair(memory, slot, slot)
  const spanCount = slotAt(memory, slot, layout.SLOT_OWNED_SPANS)
  emit(memory, slot, EVENT_ADOPT, 0, spanCount, slotGeneration(memory, slot))
}

/** @param by the slot whose thread died: that of the reclaimer if the slot was tended */
function repair(memory: ArenaMemory, slot: SlotIndex, by: SlotIndex): void {
  settleQueues(memory, slot, by)
  repairMap(memory, slot, by)
  settleSweep(memory, slot)
  rebuildRuns(memory, slot)
}

/** Frees every span that names the slot but is in no run; makes the tails of its runs its own. */
export function repairMap(memory: ArenaMemory, slot: SlotIndex, by: SlotIndex): void {
  let runEnd = 0
  for (let span = asSpanIndex(memory.controlSpanCount); span < memory.spanCount; span++) {
    // Atomic: another thread may have published a run just now, and its record must show.
    const word = Atomics.load(memory.i32, spanMapWord(memory, span))
    const state = stateInMap(word)
    if (state === layout.SPAN_HEAD || state === layout.SPAN_LARGE) {
      const owner = ownerInMap(word)
      // Runs of live threads have no spans of a dead slot, and their records may be half written.
      runEnd = span + 1
      if (owner !== slot && owner !== by) continue
      const spanCount = runSpanCountOf(memory, span)
      runEnd = span + spanCount
      // If a run was being handed over, its tails still name its former owner.
      extendRun(memory, owner, span, 1, spanCount, classInMap(word))
    } else if (ownerInMap(word) === slot && (state === layout.SPAN_CLAIMED || span >= runEnd)) {
      freeSpans(memory, span, 1)
    }
  }
}
