/** The inside of an arena, for tests of the rooms and for planting damage. */
import { Arena, type Pool } from '@ashlar/core'
import type { SlotIndex } from '../../src/base/units.ts'
import { openMemory } from '../../src/memory/memory.ts'

/** A second look at the bytes of an arena. */
export const memoryOf = (arena: Arena) => openMemory(arena.buffer, arena.byteOffset)

/** A small arena with one open pool, and its inside. */
export function smallArena(byteLength = 1 << 20, classes: readonly number[] = []) {
  const arena = Arena.create({ byteLength, shared: false, classes })
  const pool = arena.openPool()
  return { arena, pool, memory: memoryOf(arena), slot: pool.slot as SlotIndex }
}

/** Allocates blocks of a length until the arena is full. */
export function fill(pool: Pool, byteLength: number, alignment?: number): number[] {
  const offsets: number[] = []
  for (let offset = pool.tryAlloc(byteLength, alignment); offset !== 0; ) {
    offsets.push(offset)
    offset = pool.tryAlloc(byteLength, alignment)
  }
  return offsets
}
