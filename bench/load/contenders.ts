// The same arena and pool; only what refills hand out differs.

import { Arena, type Pool } from '@ashlar/core'
import { publishBatch } from '@ashlar/core/tuning'
import { type ContenderName, fixed } from './cases.ts'

const byteLength = 256 * 2 ** 20

export interface Opened {
  readonly arena: Arena
  readonly pool: Pool
}

export function openContender(contender: ContenderName): Opened {
  const arena = Arena.create({ byteLength, shared: true })
  if (contender === fixed) publishFixed(arena)
  return { arena, pool: arena.openPool() }
}

/** From 64 blocks of the smallest class to 16 of the largest, about 8 KiB a refill. */
function publishFixed(arena: Arena): void {
  for (const { stride, maxByteLength } of arena.stats().classes) {
    if (stride === 0) continue // large blocks
    const blockCount = Math.min(64, Math.max(16, Math.floor(8192 / stride)))
    publishBatch(arena, maxByteLength, blockCount)
  }
}
