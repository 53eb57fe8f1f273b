// What an arena holds, during a run and after it.

import type { Arena } from '@ashlar/core'
import { blocks, exactStats, verify } from '@ashlar/core'

export interface MemoryFigures {
  readonly liveByteLength: number
  readonly committedByteLength: number
  readonly reservedByteLength: number
}

/** While every other thread is outside of the library. */
export function memoryOf(arena: Arena): MemoryFigures {
  const { liveByteLength, committedByteLength, reservedByteLength } = exactStats(arena)
  return { liveByteLength, committedByteLength, reservedByteLength }
}

/** Throws unless the arena is sound and has no live block. @param what has just been run */
export function assertEmpty(arena: Arena, what: string): void {
  const faults = verify(arena)
  if (faults.length > 0) throw new Error(`${what} left ${JSON.stringify(faults)} behind`)
  const blockCount = blocks(arena).length
  if (blockCount > 0) throw new Error(`${blockCount} blocks are still live after ${what}`)
}
