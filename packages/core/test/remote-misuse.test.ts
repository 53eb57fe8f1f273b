// Other pools free what they must not. A free is only noted at first, so most of it shows when the
// owner empties its queue: counted, reported later, and never thrown at an innocent caller.

import type { ArenaError, ArenaErrorCode, Pool } from '@ashlar/core'
import { exactStats } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertSound, refuses } from './support/checks.ts'
import { allocMany, deliver, fourPools, violationsOf } from './support/pools.ts'

const test = suite('remote free, misuse')

const kinds: [name: string, byteLength: number, alignment?: number][] = [
  ['a small block', 100],
  ['one of a run of several spans', 100_000],
  ['an aligned one', 100, 1024],
  ['a large one', 600_000],
  ['an aligned large one', 600_000, 4096],
]

/** In each the second free is found when the owner empties its queue. */
const twice: Record<string, (block: number, owner: Pool, freer: Pool, third: Pool) => void> = {
  'two other pools': (block, _owner, freer, third) => {
    freer.free(block)
    third.free(block)
  },
  'another pool, twice': (block, _owner, freer) => {
    freer.free(block)
    freer.free(block)
  },
  'another pool, and then the owner': (block, owner, freer) => {
    freer.free(block)
    owner.free(block)
  },
}

for (const [kind, byteLength, alignment] of kinds) {
  for (const [name, freeTwice] of Object.entries(twice)) {
    test(`freed twice by ${name}: ${kind}`, async () => {
      const { arena, memory, owner, freer, third } = fourPools(4 << 20)
      const errors: ArenaError[] = []
      const block = owner.alloc(byteLength, alignment)
      freeTwice(block, owner, freer, third)
      for (const pool of [freer, third]) pool.flush()
      arena.onViolation = (error) => errors.push(error)
      const innocent = owner.alloc(3000) // empties the queue
      assertSound(arena)
      assert.is(violationsOf(memory, owner), 1)
      assert.is(errors.length, 0, 'called within an innocent alloc')
      await Promise.resolve()
      assert.equal(
        errors.map(({ code }) => code),
        ['double-free'],
      )
      assert.match(errors[0].message, `offset ${block}`)
      const again = allocMany(owner, 2, byteLength, alignment)
      assert.is(new Set([...again, innocent]).size, 3)
      assertSound(arena)
    })
  }
}

test('freed twice, and nobody listens: counted', () => {
  const { arena, memory, owner, freer, third } = fourPools()
  for (const block of allocMany(owner, 40, 100)) for (const pool of [freer, third]) pool.free(block)
  deliver([freer, third], owner)
  assert.is(violationsOf(memory, owner), 40)
  assert.is(exactStats(arena).liveBlockCount, 2) // the segments
  assertSound(arena)
})

test('a second free that arrives when the block is somebody’s again: no report, no damage', () => {
  const { arena, memory, owner, freer, third } = fourPools()
  const block = owner.alloc(100)
  for (const pool of [freer, third]) pool.free(block)
  owner.collect()
  deliver([freer], owner)
  while (owner.alloc(100) !== block);
  deliver([third], owner)
  assertSound(arena)
  assert.is(violationsOf(memory, owner), 0)
})

const wrong: [name: string, distance: number, code: ArenaErrorCode, isFoundAtOnce: boolean][] = [
  ['misaligned', 8, 'invalid-offset', true],
  ['inside a block', 16, 'invalid-offset', true],
  ['in the control area', -65536, 'invalid-offset', true],
  ['where no block was carved yet', 112 * 500, 'invalid-offset', false],
]

for (const [name, distance, code, isFoundAtOnce] of wrong) {
  test(`an offset that another pool cannot have: ${name}`, async () => {
    const { arena, memory, owner, freer } = fourPools()
    const block = owner.alloc(100)
    const found: string[] = []
    arena.onViolation = (error) => found.push(error.code)
    if (isFoundAtOnce) refuses(code, () => freer.free(block + distance))
    else freer.free(block + distance)
    deliver([freer], owner)
    assertSound(arena)
    await Promise.resolve()
    assert.equal(found, isFoundAtOnce ? [] : [code])
    assert.is(violationsOf(memory, owner), found.length)
    owner.free(block)
  })
}

for (const [kind, byteLength, alignment] of kinds) {
  test(`freed by another pool after its owner freed it: ${kind}`, () => {
    const { arena, memory, owner, freer } = fourPools()
    const block = owner.alloc(byteLength, alignment)
    owner.free(block)
    // A small one is noted unseen, unless its span has been given back.
    if (kind === 'an aligned one' || byteLength > 500_000) {
      refuses('double-free', () => freer.free(block))
    } else {
      freer.free(block)
      deliver([freer], owner)
      assert.is(violationsOf(memory, owner), 1)
    }
    owner.collect()
    assertSound(arena)
    refuses('double-free', () => freer.free(block))
    assertSound(arena)
  })
}

test.run()
