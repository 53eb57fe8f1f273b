/**
 * Room recovery: confirms that a thread has died, and adopts its slot. Adoption repairs the slot:
 * it rebuilds lists and counts from live bits, headers and the span map, and settles the queues.
 * Invariant: every step can be done again, so if the adopter dies, others can adopt the slot.
 */
import { notAdoptable } from '../base/errors.ts'
import * as layout from '../base/layout.ts'
import type { SlotIndex, SpanIndex } from '../base/units.ts'
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
  // In generation `seen`: if two threads adopt the slot at once, the second one must fail.
  const isTaken =
    changeState(memory, slot, layout.SLOT_OPEN, layout.SLOT_OPEN, -1, seen) ||
    changeState(memory, slot, layout.SLOT_RESERVED, layout.SLOT_OPEN, -1, seen)
  if (!isTaken) throw notAdoptable(slot, `it is ${slotState(memory, slot)}`)
  // First the closed slots that were lent to the dead thread: it may have died in `handOverRun`.
  for (let lent = 0 as SlotIndex; lent < memory.slotCount; lent++) {
    if (slotState(memory, lent) !== 'lent' || reclaimerOf(memory, lent) !== slot) continue
    repair(memory, lent, slot)
    closeSlot(memory, lent)
  }
  repair(memory, slot, slot)
  const spanCount = slotAt(memory, slot, layout.SLOT_OWNED_SPANS)
  emit(memory, slot, EVENT_ADOPT, 0, spanCount, slotGeneration(memory, slot))
}

/** @param by the slot of the dead thread: `slot` itself, or its reclaimer's if it was lent */
function repair(memory: ArenaMemory, slot: SlotIndex, by: SlotIndex): void {
  settleQueues(memory, slot, by)
  repairMap(memory, slot, by)
  settleSweep(memory, slot)
  rebuildRuns(memory, slot)
}

/** Frees spans of `slot` in no run. In runs of `slot` and `by`, gives tails the head's owner. */
export function repairMap(memory: ArenaMemory, slot: SlotIndex, by: SlotIndex): void {
  let runEnd = 0
  for (let span = memory.controlSpanCount as SpanIndex; span < memory.spanCount; span++) {
    // Atomic: the record that the dead thread wrote before it published a run must be visible.
    const word = Atomics.load(memory.i32, spanMapWord(memory, span))
    const state = stateInMap(word)
    if (state === layout.SPAN_HEAD || state === layout.SPAN_LARGE) {
      const owner = ownerInMap(word)
      // Runs of other slots have no spans of `slot`, and their records may be half written.
      runEnd = span + 1
      if (owner !== slot && owner !== by) continue
      const spanCount = runSpanCountOf(memory, span)
      runEnd = span + spanCount
      // If the thread died as it handed the run over, tails may still name the former owner.
      extendRun(memory, owner, span, 1, spanCount, classInMap(word))
    } else if (ownerInMap(word) === slot && (state === layout.SPAN_CLAIMED || span >= runEnd)) {
      freeSpans(memory, span, 1)
    }
  }
}
