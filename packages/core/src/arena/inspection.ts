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

/** Lists what is damaged, if anything. No other thread may call the library during the call. */
export const verify = (arena: Arena): Violation[] => verifyArena(checkedMemory(arena))

/** Lists every live block. No other thread may call the library during the call. */
export const blocks = (arena: Arena): BlockInfo[] => listBlocks(checkedMemory(arena))

/**
 * `arena.stats()`, but counts live and free blocks now, by a walk over all blocks. No other thread
 * may call the library during the call.
 * @throws ArenaError 'invalid-argument'
 */
export const exactStats = (arena: Arena, options?: StatsOptions): ArenaStats =>
  walkStats(checkedMemory(arena), options)
