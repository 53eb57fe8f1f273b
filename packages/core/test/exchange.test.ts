// What a pool does with its queues at a time: what it has to send on reaches its owner at once.

import type { Pool } from '@ashlar/core'
import { blocks as blocksOf } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertSound } from './support/checks.ts'
import {
  allocMany,
  countLive,
  fourPools,
  queueOf,
  reclaimBy,
  violationsOf,
} from './support/pools.ts'

const test = suite('exchange of remote frees')

const exchanges: Record<string, (pool: Pool) => unknown> = {
  collect: (pool) => pool.collect(),
  close: (pool) => pool.close(),
  'a miss': (pool) => pool.alloc(200),
  'a large block': (pool) => pool.alloc(600_000),
}

for (const [name, act] of Object.entries(exchanges)) {
  test(`a closed slot's frees for another's spans arrive once it is opened and ${name}`, () => {
    const { arena, memory, owner, freer, third } = fourPools()
    const blocks = [...allocMany(owner, 5, 3000), owner.alloc(100, 512)]
    for (const block of blocks) freer.free(block)
    owner.close()
    reclaimBy(third, arena) // before it was delivered
    freer.flush()
    const next = arena.openPool()
    assert.is(next.slot, owner.slot)
    act(next)
    assertSound(arena)
    assert.is(queueOf(memory, freer, next).taken, blocks.length)
    assert.is(countLive(memory, blocks), blocks.length)
    assert.ok(blocksOf(arena).every(({ offset }) => !blocks.includes(offset)))
    third.collect()
    assertSound(arena)
    assert.is(countLive(memory, blocks), 0)
    assert.is(arena.stats().slots[third.slot].remoteFreeCount, blocks.length)
    assert.is(violationsOf(memory, third) + violationsOf(memory, next), 0)
  })

  test(`what was noted is delivered: ${name}`, () => {
    const { arena, memory, owner, freer } = fourPools()
    freer.free(owner.alloc(100))
    assert.is(queueOf(memory, freer, owner).sent, 0)
    act(freer)
    assertSound(arena)
    assert.is(queueOf(memory, freer, owner).sent, 1)
  })
}

test('remote frees that a reclaimer sends on reaches its owner at once', () => {
  const { arena, memory, owner, freer, third, fourth } = fourPools()
  const blocks = allocMany(owner, 5, 3000)
  for (const block of blocks) freer.free(block)
  owner.close()
  reclaimBy(third, arena)
  freer.flush()
  reclaimBy(fourth, arena) // finds remote frees for what is the third's
  assert.is(queueOf(memory, freer, owner).taken, blocks.length)
  assert.is(countLive(memory, blocks), blocks.length)
  third.collect()
  assertSound(arena)
  assert.is(countLive(memory, blocks), 0)
})

test.run()
