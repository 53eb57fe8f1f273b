/** Whether an offset is that of a block in use. */
import type { Pool } from '@ashlar/core'

export function isLiveBlock(pool: Pool, offset: number): boolean {
  try {
    return pool.byteLengthOf(offset) > 0
  } catch {
    return false // made up, or freed
  }
}
