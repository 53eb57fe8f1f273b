/** Whether an offset is that of a block in use. */
import type { Pool } from '@ashlar/core'
import { codeOf } from '../base/thrown.ts'

/**
 * By these a pool says that there is none: the offset is made up, or the block was freed. While another
 * thread frees a block, a link stands where its length was: 'corrupt'.
 */
const NO_BLOCK: readonly unknown[] = ['invalid-offset', 'double-free', 'corrupt']

/** Of the block at an offset; -1 where there is none. @throws ArenaError 'pool-closed' */
export function liveByteLength(pool: Pool, offset: number): number {
  try {
    return pool.byteLengthOf(offset)
  } catch (error) {
    if (NO_BLOCK.includes(codeOf(error))) return -1
    throw error
  }
}

export const isLiveBlock = (pool: Pool, offset: number) => liveByteLength(pool, offset) > 0
