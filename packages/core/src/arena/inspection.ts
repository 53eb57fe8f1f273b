/** What walks over a whole arena: functions, so that a program that calls none ships none. */
import { type BlockInfo, listBlocks } from '../inspect/blocks.ts'
import { walkStats } from '../inspect/stats/exact.ts'
import type { ArenaStats, StatsOptions } from '../inspect/stats/stats.ts'
import { type Violation, verifyArena } from '../inspect/verify/verify.ts'
import { type AnyArena, memoryOf } from './arena.ts'

/** Lists what is damaged, if anything. No other thread may call the library during the call. */
export const verify = (arena: AnyArena): Violation[] => verifyArena(memoryOf(arena))

/** Lists every live block. No other thread may call the library during the call. */
export const blocks = (arena: AnyArena): BlockInfo[] => listBlocks(memoryOf(arena))

/**
 * `arena.stats()`, but counts live and free blocks now, by a walk over all blocks. No other thread
 * may call the library during the call.
 * @throws ArenaError 'invalid-argument'
 */
export const exactStats = (arena: AnyArena, options?: StatsOptions): ArenaStats =>
  walkStats(memoryOf(arena), options)
