/** Marks blocks as a thread does that has no memory to note them in, and reads what that left. */

import type { Pool } from '@ashlar/core'
import { RECORD_HAS_FREED_BITS, SLOT_HAS_FREED_BITS } from '../../src/base/layout.ts'
import type { SlotIndex } from '../../src/base/units.ts'
import {
  type ArenaMemory,
  bitOf,
  freedWord,
  recordWord,
  slotWord,
  spanOf,
} from '../../src/memory/memory.ts'
import { markFreed } from '../../src/remote/freed-bits.ts'
import { headOf } from '../../src/spans/span-map.ts'

/** Of blocks that can be marked. */
export const kinds: [name: string, byteLength: number, alignment?: number][] = [
  ['small', 100],
  ['in a run of several spans', 16_384],
  ['longer than a span', 90_000],
  ['aligned', 100, 1024],
  ['aligned, longer than a span', 90_000, 4096],
  ['large', 600_000],
  ['aligned, large', 600_000, 4096],
]

export const slotOf = (pool: Pool) => pool.slot as SlotIndex
export const mark = (memory: ArenaMemory, freer: Pool, ...blocks: number[]) => {
  for (const block of blocks) markFreed(memory, slotOf(freer), block)
}
export const hasFreedBit = (memory: ArenaMemory, block: number) =>
  (memory.i32[freedWord(memory, block)] & bitOf(memory, block)) !== 0
/** Of the words that say whether a run, and whether a slot, may have freed bits. */
export const saidOf = (memory: ArenaMemory, owner: Pool, block: number) => [
  memory.i32[recordWord(memory, headOf(memory, spanOf(memory, block)), RECORD_HAS_FREED_BITS)],
  memory.i32[slotWord(memory, slotOf(owner), SLOT_HAS_FREED_BITS)],
]
