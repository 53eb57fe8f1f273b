/** Whether an offset is that of a block in use. */
import type { Pool } from '@ashlar/core'
import { codeOf } from '../base/thrown.ts'

/**
 * What a pool throws where no block is in use. While another thread frees a block, a link replaces
 * its length: 'corrupt'.
 */
const NO_BLOCK: readonly unknown[] = ['invalid-offset', 'double-free', 'corrupt']

/** -1 where no block is in use. @throws ArenaError 'pool-closed' */
export function liveByteLength(pool: Pool, offset: number): number {
  try {
    return pool.byteLengthOf(offset)
  } catch (error) {
    if (NO_BLOCK.includes(codeOf(error))) return -1
    throw error
  }
}

export const isLiveBlock = (pool: Pool, offset: number) => liveByteLength(pool, offset) > 0
