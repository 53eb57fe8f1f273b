// Blocks that one pool allocated and another one frees, from the outside. All pools are of one
// thread: the schedules of several threads are a matter of test/interleaving.

import type { Pool } from '@ashlar/core'
import { blocks as blocksOf, exactStats } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { classFor } from '../src/memory/size-classes.ts'
import { assertConserved, assertSameNumbers, assertSound } from './support/checks.ts'
import { fill } from './support/memory.ts'
import {
  allocMany,
  countLive,
  deliver,
  fourPools,
  queueOf,
  reclaimBy,
  reclaimOnce,
  startQueueAt,
  violationsOf,
} from './support/pools.ts'
import { seeded } from './support/random.ts'

const test = suite('remote free')

const deliveries: [name: string, count: number, act: (freer: Pool) => unknown, sent: number][] = [
  ['no batch yet', 31, () => {}, 0],
  ['a batch', 32, () => {}, 32],
  ['what comes after a batch', 63, () => {}, 32],
  ['flush', 63, (freer) => freer.flush(), 63],
  ['collect', 1, (freer) => freer.collect(), 1],
  ['close', 1, (freer) => freer.close(), 1],
  ['a miss of the freer', 1, (freer) => freer.alloc(5000), 1],
]

for (const [name, count, act, sent] of deliveries) {
  test(`delivered: ${name}`, () => {
    const { arena, memory, owner, freer } = fourPools()
    const blocks = allocMany(owner, count, 100)
    for (const block of blocks) freer.free(block)
    act(freer)
    assertSound(arena)
    assert.is(countLive(memory, blocks), count, 'only the owner changes the state of a block')
    assert.ok(
      blocksOf(arena).every(({ slot }) => slot !== owner.slot),
      'nobody holds them',
    )
    assert.equal(queueOf(memory, freer, owner), { written: count, sent, taken: 0, segmentCount: 1 })
    owner.collect()
    assertSound(arena)
    assert.is(countLive(memory, blocks), count - sent)
    assert.is(arena.stats().slots[owner.slot].remoteFreeCount, sent)
  })
}

const takers: [name: string, take: (owner: Pool) => unknown, newBlockCount: number][] = [
  ['collect', (owner) => owner.collect(), 0],
  ['a miss', (owner) => owner.alloc(5000), 1],
  ['a large block', (owner) => owner.alloc(600_000), 1],
  ['an aligned block', (owner) => owner.alloc(5000, 4096), 1],
  ['close', (owner) => owner.close(), 0],
]

for (const [name, take, newBlockCount] of takers) {
  test(`taken: ${name}`, () => {
    const { arena, memory, owner, freer, third } = fourPools()
    // What takes the fast path of free, and what does not.
    const blocks = [...allocMany(owner, 50, 100), owner.alloc(100, 512), owner.alloc(700_000)]
    for (const [i, block] of blocks.entries()) (i % 3 === 0 ? third : freer).free(block)
    for (const pool of [freer, third]) pool.flush()
    take(owner)
    assertSound(arena)
    assertConserved(arena, true)
    assert.is(arena.stats().slots[owner.slot].remoteFreeCount, blocks.length)
    assert.is(blocksOf(arena).length, newBlockCount)
    assert.is(violationsOf(memory, owner), 0)
  })
}

const chains: [name: string, rounds: number, perRound: number, segmentCount: number][] = [
  ['one segment is enough when all was taken at its end', 10, 128, 1],
  ['two are enough when the owner is always in the midst of one', 20, 127, 2],
  ['the chain grows while the owner lags', 1, 1000, 8],
  ['it serves again when the owner lags as much again', 4, 640, 5],
]

for (const [name, rounds, perRound, segmentCount] of chains) {
  // Numbers wrap within the first rounds of the last two.
  for (const start of [0, 2 ** 31 - 256, -512]) {
    test(`segments, from ${start} on: ${name}`, () => {
      const { arena, memory, owner, freer } = fourPools()
      startQueueAt(memory, freer, owner, start)
      owner.alloc(100)
      for (let round = 1; round <= rounds; round++) {
        for (const block of allocMany(owner, perRound, 100)) freer.free(block)
        assertSound(arena)
        deliver([freer], owner)
        assertSound(arena)
        const count = (start + round * perRound) | 0
        const { written, sent, taken } = queueOf(memory, freer, owner)
        assert.equal([written, sent, taken], [count, count, count])
        assert.is(blocksOf(arena).length, 1)
      }
      assert.is(queueOf(memory, freer, owner).segmentCount, segmentCount)
      assert.is(arena.stats().slots[owner.slot].remoteFreeCount, rounds * perRound)
    })
  }
}

test('segments are given back by collect and close once all was taken', () => {
  for (const end of ['collect', 'close'] as const) {
    const { arena, memory, owner, freer } = fourPools()
    const segmentCount = () => queueOf(memory, freer, owner).segmentCount
    const liveCount = () => exactStats(arena).liveBlockCount
    for (const block of allocMany(owner, 1000, 100)) freer.free(block)
    freer.collect()
    assert.equal([segmentCount(), liveCount()], [8, 1008], 'nothing was taken yet')
    owner.collect()
    freer[end]()
    assertSound(arena)
    assert.equal([segmentCount(), liveCount()], [0, 0])
  }
})

test('spans with segments of a closed slot stay its own until all was taken', () => {
  const { arena, memory, owner, freer, third } = fourPools()
  const segmentClass = classFor(memory, 520)
  const spanCounts = () => [freer, third].map(({ slot }) => arena.stats().slots[slot].spanCount)
  for (const block of allocMany(owner, 1000, 100)) freer.free(block)
  const block = freer.alloc(520) // beside the segments
  freer.close()
  reclaimOnce(third, arena, segmentClass)
  assertSound(arena)
  assert.equal(spanCounts(), [1, 0])
  assert.is(queueOf(memory, freer, owner).segmentCount, 8)
  owner.collect()
  reclaimOnce(third, arena, segmentClass)
  assertSound(arena)
  assert.equal(spanCounts(), [0, 1])
  assert.is(queueOf(memory, freer, owner).segmentCount, 0)
  third.free(block)
  third.collect()
  assert.is(arena.stats().slots[third.slot].spanCount, 0)
})

test('a slot that is opened again goes on in the midst of a segment, and frees it', () => {
  const { arena, memory, owner, freer, third } = fourPools()
  for (const block of allocMany(owner, 1000, 100)) freer.free(block)
  freer.close()
  reclaimBy(third, arena)
  const next = arena.openPool()
  assert.is(next.slot, freer.slot)
  for (let round = 0; round < 5; round++) {
    for (const block of allocMany(owner, 300, 100)) next.free(block)
    deliver([next], owner)
    assertSound(arena)
    assert.ok(queueOf(memory, next, owner).segmentCount <= 11)
    assert.equal(blocksOf(arena), [])
    next.collect()
    assertSound(arena)
    assert.is(queueOf(memory, next, owner).segmentCount, 0)
  }
  assert.is(arena.stats().slots[owner.slot].remoteFreeCount, 2500)
  assert.is(violationsOf(memory, owner), 0)
})

for (const isFull of [false, true]) {
  test(`a span changes hands while its blocks are under way${isFull ? '; no memory' : ''}`, () => {
    const { arena, memory, owner, freer, third, fourth } = fourPools()
    const blocks = [...allocMany(owner, 5, 30_000), owner.alloc(100, 512)]
    for (const block of blocks) freer.free(block)
    owner.close()
    reclaimBy(third, arena)
    freer.flush()
    const next = arena.openPool()
    assert.is(next.slot, owner.slot)
    const filling = isFull
      ? [600_000, 65_000, 600, 8].flatMap((length) => fill(fourth, length))
      : []
    next.collect() // takes it, and marks it for the owner of now: that needs no memory
    assertSound(arena)
    assert.ok(blocksOf(arena).every(({ offset }) => !blocks.includes(offset)))
    assert.is(countLive(memory, blocks), blocks.length)
    assert.is(queueOf(memory, freer, next).taken, blocks.length)
    deliver([], third)
    assertSound(arena)
    for (const block of filling) fourth.free(block)
    fourth.collect()
    assert.is(countLive(memory, blocks), 0)
    assert.is(arena.stats().slots[third.slot].remoteFreeCount, blocks.length)
    assert.is(violationsOf(memory, third) + violationsOf(memory, next), 0)
  })
}

test(
  'pools free each other’s blocks of all kinds, in any order',
  seeded((random) => {
    const { arena, memory, ...named } = fourPools(4 << 20)
    const pools = Object.values(named)
    const held: { block: number; cookie: number }[] = []
    const exchange = () => {
      for (const pool of pools) pool.flush()
      for (const pool of pools) pool.collect()
    }
    // With a span per class and pool the arena is full: there may be no room for a segment.
    const free = (one: (typeof held)[number]) => {
      assert.is(arena.i32[one.block >> 2], one.cookie)
      random.pick(pools).free(one.block)
    }
    for (let step = 0; step < 4000; step++) {
      const pool = random.pick(pools)
      const choice = random.below(20)
      if (choice < 10) {
        const block = pool.tryAlloc(8 + random.logUniform(14), random.pick([undefined, 16, 256]))
        if (block === 0) continue
        held.push({ block, cookie: step })
        arena.i32[block >> 2] = step
      } else if (choice < 19 && held.length > 0) {
        free(held.splice(random.below(held.length), 1)[0])
      } else {
        pool.collect()
      }
      if (step % 100 !== 0) continue
      assertSound(arena)
      const offsets = held.map(({ block }) => block).sort((a, b) => a - b)
      assertSameNumbers(
        blocksOf(arena).map(({ offset }) => offset),
        offsets,
        'what is held',
      )
    }
    for (const one of held.splice(0)) free(one)
    exchange()
    assertSound(arena)
    assert.equal(blocksOf(arena), [])
    for (const pool of pools) pool.collect() // segments of what the later ones took
    const { committedByteLength, controlByteLength } = arena.stats()
    assert.is(committedByteLength, controlByteLength)
    for (const pool of pools) assert.is(violationsOf(memory, pool), 0)
  }),
)

test.run()
