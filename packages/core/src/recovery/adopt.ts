/**
 * Room recovery: confirms that a thread has died, and adopts its slot. Adoption repairs the slot.
 * It rebuilds lists and counts from live bits, headers and the span map, and it settles the queues.
 * Invariant: every step can be repeated. So if the adopter dies, another thread can adopt the slot.
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

/**
 * Repairs the slot of a dead thread, and opens it for the calling thread. Also repairs and closes
 * each closed slot that was lent to the dead thread.
 * @param generation the generation that the slot must have. By default, any generation
 * @throws ArenaError 'not-adoptable' if the slot is not open or reserved, or has another generation
 */
export function adoptSlot(memory: ArenaMemory, slot: SlotIndex, generation?: number): void {
  const seen = slotGeneration(memory, slot)
  if (generation !== undefined && generation !== seen) {
    throw notAdoptable(slot, `it is in generation ${seen}, not ${generation}`)
  }
  // Both calls require generation `seen`: if two threads adopt the slot at the same time, the
  // second one must fail.
  const isTaken =
    changeState(memory, slot, layout.SLOT_OPEN, layout.SLOT_OPEN, -1, seen) ||
    changeState(memory, slot, layout.SLOT_RESERVED, layout.SLOT_OPEN, -1, seen)
  if (!isTaken) throw notAdoptable(slot, `it is ${slotState(memory, slot)}`)
  // The closed slots that were lent to the dead thread come first, because the thread may have died
  // in `handOverRun`.
  for (let lent = 0 as SlotIndex; lent < memory.slotCount; lent++) {
    if (slotState(memory, lent) !== 'lent' || reclaimerOf(memory, lent) !== slot) continue
    repair(memory, lent, slot)
    closeSlot(memory, lent)
  }
  repair(memory, slot, slot)
  const spanCount = slotAt(memory, slot, layout.SLOT_OWNED_SPANS)
  emit(memory, slot, EVENT_ADOPT, 0, spanCount, slotGeneration(memory, slot))
}

/**
 * Repairs a slot after a thread has died.
 * @param by the slot of the dead thread: `slot` itself, or the reclaimer's slot if `slot` was lent
 * to it
 */
function repair(memory: ArenaMemory, slot: SlotIndex, by: SlotIndex): void {
  settleQueues(memory, slot, by)
  repairMap(memory, slot, by)
  settleSweep(memory, slot)
  rebuildRuns(memory, slot)
}

/**
 * Frees the spans of `slot` that are in no run. In the runs of `slot` and of `by`, sets the owner
 * of each tail to the owner of the head.
 * @param by the slot of the dead thread: see `repair`
 */
export function repairMap(memory: ArenaMemory, slot: SlotIndex, by: SlotIndex): void {
  let runEnd = 0
  for (let span = memory.controlSpanCount as SpanIndex; span < memory.spanCount; span++) {
    // The load is atomic, because the record that the dead thread wrote before it published a run
    // must be visible.
    const word = Atomics.load(memory.i32, spanMapWord(memory, span))
    const state = stateInMap(word)
    if (state === layout.SPAN_HEAD || state === layout.SPAN_LARGE) {
      const owner = ownerInMap(word)
      // A run of any other slot has no spans of `slot`, and its record may be half written.
      runEnd = span + 1
      if (owner !== slot && owner !== by) continue
      const spanCount = runSpanCountOf(memory, span)
      runEnd = span + spanCount
      // If the thread died while it handed the run over, tails may still name the former owner.
      extendRun(memory, owner, span, 1, spanCount, classInMap(word))
    } else if (ownerInMap(word) === slot && (state === layout.SPAN_CLAIMED || span >= runEnd)) {
      freeSpans(memory, span, 1)
    }
  }
}
