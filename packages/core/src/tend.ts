/**
 * Closed slots: what lies free in them, and what is freed into them, serves the threads that are left.
 *
 * A thread that finds the arena full lends itself each closed slot for a moment: takes its mail, gives
 * its empty spans back, and takes over the spans that have room. Spans full of live blocks stay; what
 * is freed of them goes to the closed slot's inbox, until the next thread looks.
 */
import {
  RECORD_CARVED_COUNT,
  RECORD_PARKED_COUNT,
  SLOT_BUSY_WITH_MAIL,
  SLOT_HANDED,
  SLOT_PARTIAL_HEADS,
} from './layout.ts'
import type { ArenaMemory } from './memory.ts'
import { link, reclaim, unlink } from './partial.ts'
import { type Front, takeMail } from './remote/remote.ts'
import { closeSlot, tendSlot } from './slots.ts'
import { handOverRun } from './span-map.ts'
import { asClassIndex, asSlotIndex, asSpanIndex, type ClassIndex, type SlotIndex } from './units.ts'

/**
 * Looks after every closed slot; gives how many spans were given back or taken over. `front` is that of
 * the tender's pool: blocks that came to be the tender's are freed by it, others go on by its outbox.
 */
export function tendClosedSlots(memory: ArenaMemory, tender: SlotIndex, front: Front): number {
  // A tender that is at its own mail may be writing to the very queue that a block has to go on by.
  const isBusy = memory.i32[memory.slotWord(tender, SLOT_BUSY_WITH_MAIL)] !== 0
  let spanCount = 0
  for (let index = 0; index < memory.slotCount; index++) {
    const slot = asSlotIndex(index)
    if (!tendSlot(memory, slot, tender)) continue
    if (!isBusy) takeMail(memory, slot, front, tender)
    spanCount += reclaim(memory, slot, memory.spanCount)
    for (let row = 0; row < memory.classes.count; row++) {
      spanCount += takeOverPartial(memory, slot, tender, asClassIndex(row))
    }
    closeSlot(memory, slot)
  }
  return spanCount
}

function takeOverPartial(
  memory: ArenaMemory,
  from: SlotIndex,
  to: SlotIndex,
  classIndex: ClassIndex,
): number {
  const { i32 } = memory
  const first = memory.slotWord(from, SLOT_PARTIAL_HEADS + classIndex)
  let spanCount = 0
  while (i32[first] !== 0) {
    const span = asSpanIndex(i32[first])
    const carvedCount = i32[memory.recordWord(span, RECORD_CARVED_COUNT)]
    const liveCount = carvedCount - i32[memory.recordWord(span, RECORD_PARKED_COUNT)]
    unlink(memory, from, classIndex, span)
    handOverRun(memory, from, to, span)
    link(memory, to, classIndex, span)
    i32[memory.slotWord(from, SLOT_HANDED + classIndex)] -= liveCount
    i32[memory.slotWord(to, SLOT_HANDED + classIndex)] += liveCount
    spanCount++
  }
  return spanCount
}
