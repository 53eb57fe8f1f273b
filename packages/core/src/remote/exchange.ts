/** All that a slot does with its mail at a time. */

import type { SlotIndex } from '../base/units.ts'
import type { ArenaMemory } from '../memory/memory.ts'
import { receiveAll } from './inbox.ts'
import { deliverAll, type PoolFastPaths } from './outbox.ts'
import { NO_LIMIT } from './queue.ts'

/** Delivers and takes; gives how much was taken. */
export function exchangeQueues(
  memory: ArenaMemory,
  slot: SlotIndex,
  fastPaths: PoolFastPaths,
  limit = NO_LIMIT,
): number {
  deliverAll(memory, slot)
  return receiveAll(memory, slot, fastPaths, slot, limit)
}
