/** All that a slot does with its mail at a time. */

import type { SlotIndex } from '../base/units.ts'
import type { ArenaMemory } from '../memory/memory.ts'
import { takeMail } from './inbox.ts'
import { ALL_MAIL } from './mail.ts'
import { deliverAll, type Front } from './outbox.ts'

/** Delivers and takes; gives how much was taken. */
export function exchangeMail(
  memory: ArenaMemory,
  slot: SlotIndex,
  front: Front,
  limit = ALL_MAIL,
): number {
  deliverAll(memory, slot)
  return takeMail(memory, slot, front, slot, limit)
}
