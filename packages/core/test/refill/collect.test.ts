import type { CollectOptions } from '@ashlar/core'
import { fragmentation } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertSound, refusesUnharmed } from '../support/checks.ts'
import { smallArena } from '../support/memory.ts'
import { Random } from '../support/random.ts'

const test = suite('collect')

test('spans: so many are given back', () => {
  const { arena, pool } = smallArena(8 << 20)
  for (const offset of Array.from({ length: 10_000 }, () => pool.alloc(100))) pool.free(offset)
  const { committedByteLength } = arena.stats()
  assert.is(pool.collect({ spans: 3 }), 3)
  assert.is(committedByteLength - arena.stats().committedByteLength, 3 * 65536)
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
  assert.ok(fragmentation(before) > 0.85)
  // Each is replaced ten times, one after the other: the free list would give the same block again.
  for (let i = 0; i < 10 * held.length; i++) {
    const index = random.below(held.length)
    pool.free(held[index])
    held[index] = pool.alloc(100)
    if (i % 1000 === 0) pool.collect()
  }
  const after = arena.stats()
  assert.is(after.liveBlockCount, before.liveBlockCount)
  assert.ok(fragmentation(after) < 0.3, `${fragmentation(after)} of the memory is not in use`)
  assertSound(arena)
})

test('options that are none are refused', () => {
  const { arena, pool } = smallArena()
  for (const options of [null, 1, 'all', true]) {
    const call = () => pool.collect(options as unknown as CollectOptions)
    refusesUnharmed(arena, 'invalid-argument', call, /options/)
  }
  for (const spans of [-1, Number.NaN, '5', {}]) {
    const call = () => pool.collect({ spans } as unknown as CollectOptions)
    refusesUnharmed(arena, 'invalid-argument', call, /spans/)
  }
})

test.run()
