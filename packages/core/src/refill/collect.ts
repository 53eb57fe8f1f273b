/**
 * Implements `pool.collect`: frees the blocks that other threads have delivered, and gives empty
 * spans back.
 */
import { checkOptions, invalidArgument } from '../base/errors.ts'
import type { CollectOptions } from '../memory/pool-api.ts'
import { reclaim } from '../reclaim/reclaim.ts'
import { dropAllSegments, exchangeQueues, type PoolCore } from '../remote/remote.ts'

/** The names of all options. */
const KEYS = ['spans'] as const satisfies (keyof CollectOptions)[]
const NO_OPTIONS: CollectOptions = {}

/**
 * Receives freed blocks, and gives empty spans back. Returns how many spans it gave back.
 * @throws ArenaError 'invalid-argument' if an option is wrong
 */
export function collect(pool: PoolCore, options = NO_OPTIONS): number {
  const { memory, slot } = pool
  checkOptions(options, KEYS)
  const { spans = memory.spanCount } = options
  if (typeof spans !== 'number' || !(spans >= 0)) {
    throw invalidArgument('spans', spans, '0 or more')
  }
  exchangeQueues(pool)
  dropAllSegments(memory, slot)
  return reclaim(memory, slot, Math.min(spans, memory.spanCount))
}
