/** What other threads freed wrongly, which shows only when the owner takes it back. */
import { ArenaError } from '../base/errors.ts'
import { SLOT_VIOLATIONS } from '../base/layout.ts'
import type { SlotIndex } from '../base/units.ts'
import type { ArenaMemory } from '../memory/memory.ts'

/** Counts and reports it: an innocent alloc never throws for it. What is no ArenaError is thrown on. */
export function violate(memory: ArenaMemory, slot: SlotIndex, error: unknown): void {
  if (!(error instanceof ArenaError)) throw error
  memory.i32[memory.slotWord(slot, SLOT_VIOLATIONS)]++
  memory.report(error)
}
