/** What walks over a whole arena: functions, so that a program that calls none ships none. */
import { invalidArgument } from '../base/errors.ts'
import { type BlockInfo, listBlocks } from '../inspect/blocks.ts'
import { walkStats } from '../inspect/stats/exact.ts'
import type { ArenaStats, StatsOptions } from '../inspect/stats/stats.ts'
import { type Violation, verifyArena } from '../inspect/verify/verify.ts'
import type { ArenaMemory } from '../memory/memory.ts'
import { type Arena, memoryOf } from './arena.ts'

/** @throws ArenaError 'invalid-argument' */
export function checkedMemory(arena: Arena): ArenaMemory {
  try {
    return memoryOf(arena)
  } catch {
    throw invalidArgument('the arena', arena, 'what Arena.create() or Arena.attach() gives')
  }
}

/**
 * Checks the whole arena, and returns a list of what is damaged. The list is empty if nothing is.
 * No other thread may call the library during the call.
 * @throws ArenaError 'invalid-argument'
 */
export const verify = (arena: Arena): Violation[] => verifyArena(checkedMemory(arena))

/**
 * Lists every live block by ascending offset. Blocks that a thread has freed are left out, even if
 * their owner has not received them yet. No other thread may call the library during the call.
 * @throws ArenaError 'invalid-argument'
 */
export const blocks = (arena: Arena): BlockInfo[] => listBlocks(checkedMemory(arena))

/**
 * Returns the figures of `arena.stats()`, but counts the live and free blocks now: it visits all
 * blocks. No other thread may call the library during the call.
 * @throws ArenaError 'invalid-argument'
 */
export const exactStats = (arena: Arena, options?: StatsOptions): ArenaStats =>
  walkStats(checkedMemory(arena), options)
