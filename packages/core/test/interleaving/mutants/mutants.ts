/** All faults that the search has to find. */
import { ADOPTION } from './adoption.ts'
import { BLOCKS } from './blocks.ts'
import { FREED_BITS } from './freed-bits.ts'
import { INBOX } from './inbox.ts'
import type { Mutant } from './mutant.ts'
import { OUTBOX } from './outbox.ts'
import { RING } from './ring.ts'
import { SLOT_STATES } from './slot-states.ts'
import { SPAN_MAP } from './span-map.ts'

export const MUTANTS: readonly Mutant[] = [
  SPAN_MAP,
  OUTBOX,
  INBOX,
  FREED_BITS,
  ADOPTION,
  SLOT_STATES,
  BLOCKS,
  RING,
].flat()
