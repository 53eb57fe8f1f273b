/**
 * Which partial spans drain. A free list gives out what was freed last, so a block that is freed in a
 * sparse span would soon be live again, and the span never empty. In a span that drains, freed blocks are
 * parked at once; new ones come from those that do not.
 */
import {
  MAP_DRAINING,
  RECORD_CARVED_COUNT,
  RECORD_NEXT_PARTIAL,
  RECORD_PARKED_COUNT,
  SLOT_PARTIAL_HEADS,
} from '../base/layout.ts'
import { asSpanIndex, type ClassIndex, type SlotIndex, type SpanIndex } from '../base/units.ts'
import type { ArenaMemory } from '../memory/memory.ts'
import { capacityOf } from './runs.ts'

/**
 * Of the partial spans of a class, in ascending order and with every free block parked, lets those drain
 * whose live blocks the ones below have room for.
 * @param batch of the next refill: there is room for that as well, and for an eighth more
 */
export function drainSparse(
  memory: ArenaMemory,
  slot: SlotIndex,
  classIndex: ClassIndex,
  batch: number,
): void {
  const { i32 } = memory
  const first = asSpanIndex(i32[memory.slotWord(slot, SLOT_PARTIAL_HEADS + classIndex)])
  let wanted = batch
  for (let span = first; span !== 0; span = nextOf(memory, span)) {
    const liveCount =
      i32[memory.recordWord(span, RECORD_CARVED_COUNT)] -
      i32[memory.recordWord(span, RECORD_PARKED_COUNT)]
    wanted += liveCount + (liveCount >> 3)
  }
  for (let span = first; span !== 0; span = nextOf(memory, span)) {
    setDraining(memory, span, wanted <= 0)
    wanted -= capacityOf(memory, span, classIndex)
  }
}

const nextOf = (memory: ArenaMemory, span: SpanIndex) =>
  asSpanIndex(memory.i32[memory.recordWord(span, RECORD_NEXT_PARTIAL)])

/** Says of a run of the slot's own whether it drains. */
export function setDraining(memory: ArenaMemory, head: SpanIndex, isDraining: boolean): void {
  const word = memory.mapWord(head)
  const before = memory.i32[word]
  const after = isDraining ? before | MAP_DRAINING : before & ~MAP_DRAINING
  if (after !== before) Atomics.store(memory.i32, word, after)
}
