/** The end of a round: the workers are gone, and every byte must be accounted for. */
import { type Arena, ArenaError, blocks, type Pool } from '@ashlar/core'
import * as assert from 'uvu/assert'
import { offsetsOnTheWay } from '../../packages/core/src/remote/settle.ts'
import { assertConserved, assertSound } from '../../packages/core/test/support/checks.ts'
import { memoryOf } from '../../packages/core/test/support/memory.ts'
import { check, cookieOf } from './cookie.ts'
import type { SharedWords } from './shared-words.ts'
import type { Workload } from './workload.ts'

/** @param workload the main thread's, which holds blocks as the workers' did */
export function settle(arena: Arena, shared: SharedWords, workload: Workload): void {
  const pools = adoptAll(arena)
  assertSound(arena)
  assertConserved(arena, true)
  checkTransfer(arena, shared)
  pools.push(...openAll(arena))
  const bySlot = new Map(pools.map((pool) => [pool.slot, pool]))
  // Each by its owner: in a full arena, others may have no room to note it for him.
  const freeAll = (offsets: ReadonlySet<number>) => {
    for (const { offset, slot } of blocks(arena)) {
      if (offsets.has(offset)) bySlot.get(slot)?.free(offset)
    }
  }
  freeAll(new Set(shared.transfer))
  workload.freeAll(pools[0])
  deliverAll(arena, pools)
  freeAll(new Set(blockOffsets(arena)))
  deliverAll(arena, pools)
  assert.is(offsetsOnTheWay(memoryOf(arena)).size, 0)
  assertSound(arena)
  assertConserved(arena, true)
  for (const pool of pools) pool.close()
  assertSound(arena)
  assertConserved(arena, true)
  assert.equal(blocks(arena), [])
  assert.is(arena.stats().committedByteLength, arena.stats().controlByteLength)
}

const blockOffsets = (arena: Arena) => blocks(arena).map(({ offset }) => offset)

/** A block may be freed, but still on its way to its owner, or to the next one. */
function deliverAll(arena: Arena, pools: readonly Pool[]): void {
  const arrived = () =>
    arena.stats().slots.reduce((sum, { remoteFreeCount }) => sum + remoteFreeCount, 0)
  let before: number
  do {
    before = arrived()
    for (const pool of pools) pool.flush()
    for (const pool of pools) pool.collect()
  } while (arrived() !== before)
}

/** Slots that nobody was told of: their threads died between opening them and saying so. */
function adoptAll(arena: Arena): Pool[] {
  const { slots } = arena.stats()
  assert.equal(
    slots.filter(({ state }) => state === 'lent'),
    [],
  )
  return slots
    .filter(({ state }) => state === 'open' || state === 'reserved')
    .map(({ slot }) => arena.adopt(slot))
}

/** Closed slots are reached by opening them. */
function openAll(arena: Arena): Pool[] {
  const pools: Pool[] = []
  try {
    for (;;) pools.push(arena.openPool())
  } catch (error) {
    if (!(error instanceof ArenaError && error.code === 'no-free-slot')) throw error
  }
  return pools
}

/** What the workers put there must be live, whole, and there once. */
function checkTransfer(arena: Arena, shared: SharedWords): void {
  const byteLengths = new Map(blocks(arena).map(({ offset, byteLength }) => [offset, byteLength]))
  for (const offset of shared.transfer) {
    if (offset === 0) continue
    const byteLength = byteLengths.get(offset)
    assert.ok(byteLength !== undefined, `the block at offset ${offset} is lost, or there twice`)
    check(arena, offset, byteLength, cookieOf(arena, offset))
    byteLengths.delete(offset)
  }
}
