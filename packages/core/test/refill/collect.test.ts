import type { CollectOptions, Pool } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertSound, refusesUnharmed } from '../support/checks.ts'
import { mark } from '../support/freed-bits.ts'
import { smallArena } from '../support/memory.ts'
import { allocMany, fourPools } from '../support/pools.ts'
import { Random } from '../support/random.ts'

const test = suite('collect')

/** Calls `collect` until nothing lies free any more; gives how often. */
function collectAll(pool: Pool, freeBytes: () => number, options: CollectOptions): number {
  for (let calls = 1; calls < 10_000; calls++) {
    pool.collect(options)
    if (freeBytes() === 0) return calls
  }
  assert.unreachable('collect comes to no end')
  return 0
}

test('milliseconds: what is left of one call is done by the next ones', () => {
  const { arena, pool } = smallArena(32 << 20)
  const freeBytes = () => arena.stats({ exact: true }).freeBytes
  const offsets = Array.from({ length: 100_000 }, (_, i) => pool.alloc(8 + (i % 200)))
  for (const offset of offsets) pool.free(offset)
  // No time at all: still a step each.
  assert.ok(collectAll(pool, freeBytes, { milliseconds: 0 }) > 1)
  const { committedBytes, controlBytes } = arena.stats()
  assert.is(committedBytes, controlBytes)
  assertSound(arena)
})

test('milliseconds: blocks that are too many for one call wait in the queue', () => {
  const { arena, owner, freer } = fourPools(32 << 20)
  const blockCount = 50_000
  const offsets = Array.from({ length: blockCount }, () => owner.alloc(100))
  for (const offset of offsets) freer.free(offset)
  freer.flush()
  owner.collect({ milliseconds: 0 })
  const { remoteFrees } = arena.stats().slots[owner.slot]
  assert.ok(remoteFrees > 0 && remoteFrees < blockCount, `${remoteFrees} were taken`)
  assertSound(arena)
  assert.is(arena.blocks().length, 0)
  while (arena.stats().slots[owner.slot].remoteFrees < blockCount) {
    owner.collect({ milliseconds: 0 })
  }
  owner.collect()
  freer.collect()
  const { committedBytes, controlBytes } = arena.stats()
  assert.is(committedBytes, controlBytes)
})

test('milliseconds: blocks with freed bits that are too many for one call wait', () => {
  const { arena, memory, owner, freer } = fourPools(8 << 20)
  const blockCount = 20_000
  mark(memory, freer, ...allocMany(owner, blockCount, 100))
  for (let calls = 0, taken = 0; taken < blockCount; calls++) {
    owner.collect({ milliseconds: 0 })
    const { remoteFrees } = arena.stats().slots[owner.slot]
    assert.ok(remoteFrees > taken && remoteFrees < taken + 1000, `${remoteFrees} after ${taken}`)
    taken = remoteFrees
    if (calls % 10 === 0) assertSound(arena)
  }
  assertSound(arena)
  owner.collect()
  const { committedBytes, controlBytes } = arena.stats()
  assert.is(committedBytes, controlBytes)
})

test('milliseconds: with much of it, all is done in one call', () => {
  const { arena, pool } = smallArena(8 << 20)
  for (const offset of Array.from({ length: 10_000 }, () => pool.alloc(100))) pool.free(offset)
  assert.ok(pool.collect({ milliseconds: 60_000 }) > 10)
  const { committedBytes, controlBytes } = arena.stats()
  assert.is(committedBytes, controlBytes)
})

test('both limits: the first one that is reached counts', () => {
  const { arena, pool } = smallArena(8 << 20)
  for (const offset of Array.from({ length: 10_000 }, () => pool.alloc(100))) pool.free(offset)
  const { committedBytes } = arena.stats()
  assert.is(pool.collect({ spans: 3, milliseconds: 60_000 }), 3)
  assert.is(committedBytes - arena.stats().committedBytes, 3 * 65536)
  assertSound(arena)
})

test('what lives among what was freed: as it is replaced, spans become empty', () => {
  const { arena, pool } = smallArena(64 << 20)
  const random = new Random(11)
  const offsets = Array.from({ length: 100_000 }, () => pool.alloc(100))
  const held = offsets.filter((_, i) => i % 10 === 0)
  for (const [i, offset] of offsets.entries()) if (i % 10 !== 0) pool.free(offset)
  pool.collect()
  const before = arena.stats()
  assert.ok(before.fragmentation > 0.85)
  // Each is replaced ten times, one after the other: the free list would give the same block again.
  for (let i = 0; i < 10 * held.length; i++) {
    const index = random.below(held.length)
    pool.free(held[index])
    held[index] = pool.alloc(100)
    if (i % 1000 === 0) pool.collect()
  }
  const after = arena.stats()
  assert.is(after.liveBlocks, before.liveBlocks)
  assert.ok(after.fragmentation < 0.3, `${after.fragmentation} of the memory is not in use`)
  assertSound(arena)
})

test('options that are none are refused', () => {
  const { arena, pool } = smallArena()
  for (const options of [null, 1, 'all', true]) {
    const call = () => pool.collect(options as unknown as CollectOptions)
    refusesUnharmed(arena, 'invalid-argument', call, /options/)
  }
  for (const milliseconds of [-1, Number.NaN, '5', null, {}]) {
    const call = () => pool.collect({ milliseconds } as unknown as CollectOptions)
    refusesUnharmed(arena, 'invalid-argument', call, /milliseconds/)
  }
  for (const spans of [-1, Number.NaN, '5', {}]) {
    const call = () => pool.collect({ spans } as unknown as CollectOptions)
    refusesUnharmed(arena, 'invalid-argument', call, /spans/)
  }
})

test.run()
