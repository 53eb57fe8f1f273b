// Segments: the blocks of a queue. Nobody's but their writer's, given back when nobody reads them,
// and of no harm when a write past a neighbour's end has damaged them.

import type { ArenaError, Pool } from '@ashlar/core'
import { blocks as blocksOf, exactStats } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { SlotIndex } from '../src/base/units.ts'
import { BLOCK_INTERNAL } from '../src/memory/block-header.ts'
import { type ArenaMemory, stateAt } from '../src/memory/memory.ts'
import {
  OUTBOX_FIRST,
  OUTBOX_LAST,
  queueWord,
  SEGMENT_STAMP,
  stampOf,
} from '../src/remote/queue.ts'
import { segmentsFor } from '../src/remote/settle.ts'
import { assertSound, refusesUnharmed } from './support/checks.ts'
import { fill } from './support/memory.ts'
import {
  allocMany,
  countLive,
  deliver,
  fourPools,
  queueOf,
  startQueueAt,
  violationsOf,
} from './support/pools.ts'

const test = suite('segments')

const segmentsOf = (memory: ArenaMemory, freer: Pool, owner: Pool) =>
  segmentsFor(memory, freer.slot as SlotIndex, owner.slot as SlotIndex)
const stampAt = (segment: number) => (segment >> 2) + SEGMENT_STAMP

test('a block of the library is refused by every pool, in every call', async () => {
  const { arena, memory, owner, freer, third } = fourPools()
  freer.free(owner.alloc(100))
  const [segment] = segmentsOf(memory, freer, owner)
  assert.ok(stateAt(memory, segment) === BLOCK_INTERNAL)
  const no = /is a block of the library/
  for (const pool of [freer, owner, third]) {
    refusesUnharmed(arena, 'invalid-offset', () => pool.realloc(segment, 1000), no)
    refusesUnharmed(arena, 'invalid-offset', () => pool.tryResize(segment, 100), no)
    refusesUnharmed(arena, 'invalid-offset', () => pool.byteLengthOf(segment), no)
  }
  refusesUnharmed(arena, 'invalid-offset', () => arena.view(segment), no)
  refusesUnharmed(arena, 'invalid-offset', () => freer.free(segment), no)
  // Others note it unseen; its owner finds it in the queue.
  const found: string[] = []
  arena.onViolation = ({ code }) => found.push(code)
  third.free(segment)
  deliver([third], freer)
  await Promise.resolve()
  assert.equal([found, violationsOf(memory, freer)], [['invalid-offset'], 1])
  deliver([freer], owner)
  assertSound(arena)
  assert.is(arena.stats().slots[owner.slot].remoteFreeCount, 1)
})

for (const start of [0, 2 ** 31 - 256, -256]) {
  test(`freed when all was taken, whatever number is next, from ${start} on`, () => {
    const { arena, memory, owner, freer } = fourPools()
    startQueueAt(memory, freer, owner, start)
    const [from, to] = [freer.slot as SlotIndex, owner.slot as SlotIndex]
    let count = start
    for (const number of [1, 126, 1, 1, 127, 130, 300, 5]) {
      const blocks = allocMany(owner, number, 100)
      for (const block of blocks) freer.free(block)
      count = (count + number) | 0
      const segments = segmentsOf(memory, freer, owner)
      assert.is(memory.i32[stampAt(segments[segments.length - 1])], stampOf(from, (count - 1) | 0))
      deliver([freer], owner)
      freer.collect()
      assertSound(arena)
      for (const array of [OUTBOX_FIRST, OUTBOX_LAST]) {
        assert.is(memory.i32[queueWord(memory, from, array, to)], 0)
      }
      const { written, taken } = queueOf(memory, freer, owner)
      assert.equal([written, taken, countLive(memory, blocks)], [count, count, 0])
      assert.is(exactStats(arena).liveBlockCount, 0)
    }
  })
}

test('freed at the next append: in a full arena the same place serves all of them', () => {
  const { arena, memory, owner, freer } = fourPools()
  const blocks = allocMany(owner, 128 * 8, 100)
  for (const block of blocks.slice(0, 128)) freer.free(block)
  fill(freer, 520)
  for (let round = 1; round < 8; round++) {
    const before = segmentsOf(memory, freer, owner)
    deliver([], owner)
    for (const block of blocks.slice(128 * round, 128 * (round + 1))) freer.free(block)
    assert.equal(segmentsOf(memory, freer, owner), before)
    assertSound(arena)
  }
})

test('not freed while there is something to take', () => {
  const { arena, memory, owner, freer } = fourPools()
  const blocks = allocMany(owner, 200, 100)
  for (const block of blocks.slice(0, 150)) freer.free(block)
  freer.flush()
  owner.collect()
  for (const block of blocks.slice(150)) freer.free(block)
  freer.collect()
  assert.is(queueOf(memory, freer, owner).segmentCount, 2)
  assertSound(arena)
  owner.collect()
  assert.is(countLive(memory, blocks), 0)
})

for (const damaged of [0, 1, 2]) {
  for (const stamp of [0, -1, 0x3fc00000]) {
    test(`stamp ${damaged} of three is ${stamp}: the rest is lost, no more`, async () => {
      const { arena, memory, owner, freer, third } = fourPools()
      const found: ArenaError[] = []
      arena.onViolation = (error) => found.push(error)
      const blocks = allocMany(owner, 300, 100)
      const others = allocMany(owner, 40, 100)
      for (const block of blocks) freer.free(block)
      for (const block of others) third.free(block)
      for (const pool of [freer, third]) pool.flush()
      memory.i32[stampAt(segmentsOf(memory, freer, owner)[damaged])] = stamp
      blocksOf(arena) // what it says of them is open, but it comes to an end
      owner.alloc(200)
      assertSound(arena)
      assert.is(countLive(memory, blocks), 300 - 128 * damaged)
      assert.is(countLive(memory, others), 0, 'other queues are sound')
      assert.is(queueOf(memory, freer, owner).taken, 300)
      assert.is(violationsOf(memory, owner), 1)
      await Promise.resolve()
      assert.equal(
        found.map(({ code }) => code),
        ['corrupt'],
      )
      assert.match(found[0].message, `slot ${freer.slot} to slot ${owner.slot}`)
      owner.collect()
      assert.is(violationsOf(memory, owner), 1, 'once')
      freer.collect()
      const later = allocMany(owner, 300, 100)
      for (const block of later) freer.free(block)
      deliver([freer], owner)
      assertSound(arena)
      assert.is(countLive(memory, later), 0)
      assert.is(violationsOf(memory, owner), 1)
      for (const block of blocks.slice(128 * damaged)) owner.free(block) // they are still live
      owner.collect()
      assertSound(arena)
    })
  }
}

test('a damaged queue: its owner may close', () => {
  const { arena, memory, owner, freer } = fourPools()
  for (const block of allocMany(owner, 300, 100)) freer.free(block)
  freer.flush()
  memory.i32[stampAt(segmentsOf(memory, freer, owner)[1])] = 0
  owner.close()
  freer.collect()
  assertSound(arena)
  const { violationCount: violations, remoteFreeCount } = arena.stats().slots[owner.slot]
  assert.equal([violations, remoteFreeCount], [1, 300])
  assert.is(queueOf(memory, freer, owner).segmentCount, 0)
})

test.run()
