/** All that a slot does with its mail at a time. */
import type { ArenaMemory } from '../memory.ts'
import type { SlotIndex } from '../units.ts'
import { takeMail } from './inbox.ts'
import { deliverAll, type Front } from './outbox.ts'

/** Delivers, takes, and delivers what had to be sent on. */
export function exchangeMail(memory: ArenaMemory, slot: SlotIndex, front: Front): void {
  deliverAll(memory, slot)
  takeMail(memory, slot, front)
  deliverAll(memory, slot)
}
