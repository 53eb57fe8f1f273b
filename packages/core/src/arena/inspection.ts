/**
 * Functions that walk over a whole arena. They are functions, not methods, so that the bundle of a
 * program that calls none of them contains none of them.
 */
import { invalidArgument } from '../base/errors.ts'
import { type BlockInfo, listBlocks } from '../inspect/blocks.ts'
import { walkStats } from '../inspect/stats/exact.ts'
import type { ArenaStats, StatsOptions } from '../inspect/stats/stats.ts'
import { type Violation, verifyArena } from '../inspect/verify/verify.ts'
import type { ArenaMemory } from '../memory/memory.ts'
import { type Arena, memoryOf } from './arena.ts'

/**
 * Returns the memory of an arena.
 * @throws ArenaError 'invalid-argument' if `arena` is not an arena
 */
export function checkedMemory(arena: Arena): ArenaMemory {
  try {
    return memoryOf(arena)
  } catch {
    throw invalidArgument('the arena', arena, 'what Arena.create() or Arena.attach() gives')
  }
}

/**
 * Checks the whole arena, and returns a list of what is damaged. If nothing is damaged, the list is
 * empty. No other thread may use the arena during the call.
 * @throws ArenaError 'invalid-argument' if `arena` is not an arena
 */
export const verify = (arena: Arena): Violation[] => verifyArena(checkedMemory(arena))

/**
 * Lists every live block by ascending offset. The list leaves out blocks that a thread has freed,
 * even if their owner has not received them yet. No other thread may use the arena during the call.
 * @throws ArenaError 'invalid-argument' if `arena` is not an arena
 */
export const blocks = (arena: Arena): BlockInfo[] => listBlocks(checkedMemory(arena))

/**
 * Returns the same figures as `arena.stats()`, but counts the live and free blocks now. For this,
 * it visits all blocks. No other thread may use the arena during the call.
 * @throws ArenaError 'invalid-argument' if `arena` is not an arena, or if an option is wrong
 */
export const exactStats = (arena: Arena, options?: StatsOptions): ArenaStats =>
  walkStats(checkedMemory(arena), options)
