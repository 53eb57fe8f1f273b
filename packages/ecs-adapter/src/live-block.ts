/** Whether an offset is that of a block in use. */
import type { Pool } from '@ashlar/core'

/** The byte length of the block in use that begins at an offset; -1 where there is none. */
export function liveByteLength(pool: Pool, offset: number): number {
  try {
    return pool.byteLengthOf(offset)
  } catch {
    return -1 // made up, or freed
  }
}

export const isLiveBlock = (pool: Pool, offset: number) => liveByteLength(pool, offset) > 0
