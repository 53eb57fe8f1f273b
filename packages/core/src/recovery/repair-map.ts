/** The span map after a death: spans that the dead slot had half claimed, or half given back. */
import { SPAN_CLAIMED, SPAN_HEAD, SPAN_LARGE } from '../base/layout.ts'
import { asSpanIndex, type SlotIndex } from '../base/units.ts'
import type { ArenaMemory } from '../memory/memory.ts'
import { extendRun, runSpanCountOf } from '../spans/runs.ts'
import { classInMap, freeSpans, ownerInMap, stateInMap } from '../spans/span-map.ts'

/** Frees every span that names the slot but is part of no run; makes the tails of its runs its own. */
export function repairMap(memory: ArenaMemory, slot: SlotIndex, by: SlotIndex): void {
  let runEnd = 0
  for (let index = memory.controlSpanCount; index < memory.spanCount; index++) {
    const span = asSpanIndex(index)
    // Atomic: other threads go on, and the record of a run that they have just published must show.
    const word = Atomics.load(memory.i32, memory.mapWord(span))
    const state = stateInMap(word)
    const isHead = state === SPAN_HEAD || state === SPAN_LARGE
    if (isHead) {
      const owner = ownerInMap(word)
      // Runs of threads that live have no spans of a dead slot's; their records may be being written.
      runEnd = index + 1
      if (owner !== slot && owner !== by) continue
      const spanCount = runSpanCountOf(memory, span)
      runEnd = index + spanCount
      // A run that was being handed over has tails of its former owner.
      extendRun(memory, owner, span, 1, spanCount, classInMap(word))
    } else if (ownerInMap(word) === slot && (state === SPAN_CLAIMED || index >= runEnd)) {
      freeSpans(memory, span, 1)
    }
  }
}
