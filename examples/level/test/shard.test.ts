// Shards in one thread, in step: what threads do, in every order that threads could.
import { blocks, verify } from '@ashlar/core'
import { verifyStorage } from '@ashlar/ecs-adapter'
import { query } from 'bitecs'
import { createRandom } from 'example-kit/sim'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { someOf } from '../../../test/support/rounds.ts'
import { TO_X } from '../src/sim/collision.ts'
import { createSimulation } from '../src/sim/index.ts'
import { createLockstep } from './support/lockstep.ts'
import { createTestArena, tinyMap } from './support/tiny-level.ts'

const test = suite('level: shard')

const options = { map: tinyMap, seed: 1, extraActorCount: 60 }

async function checksumOfOne(seed: number, steps: number, extraActorCount = 60): Promise<string> {
  const simulation = await createSimulation({
    ...createTestArena(),
    ...options,
    seed,
    extraActorCount,
  })
  for (let step = 0; step < steps; step++) simulation.step()
  return simulation.checksum().toString(16)
}

test('any number of shards comes to the checksum of one', async () => {
  for (const seed of someOf([1, 2])) {
    const expected = await checksumOfOne(seed, 250)
    for (const shardCount of [1, 2, 3, 4, 13]) {
      const lockstep = await createLockstep({ ...options, seed, shardCount })
      for (let step = 0; step < 250; step++) lockstep.step()
      assert.is(lockstep.checksum(), expected, `seed ${seed}, ${shardCount} shards`)
    }
  }
})

test('more shards than cells: those without are idle', async () => {
  const lockstep = await createLockstep({ ...options, shardCount: 150 })
  assert.ok(lockstep.commons.shardOf.length < 150)
  for (let step = 0; step < 20; step++) lockstep.step()
  assert.is(lockstep.checksum(), await checksumOfOne(1, 20))
  assert.ok(lockstep.shards.some((shard) => shard.entityCount() === 0))
})

test('who is quicker within a part of a step changes nothing', async () => {
  const expected = await checksumOfOne(1, 200)
  for (const seed of someOf([1, 2, 3])) {
    const { below } = createRandom(new Int32Array(1), seed)
    const shuffled = (count: number) =>
      Array.from({ length: count }, (_, index) => ({ index, rank: below(65_536) }))
        .sort((a, b) => a.rank - b.rank)
        .map(({ index }) => index)
    const lockstep = await createLockstep({ ...options, shardCount: 4 })
    for (let step = 0; step < 200; step++) lockstep.step(shuffled)
    assert.is(lockstep.checksum(), expected, `order of seed ${seed}`)
  }
})

test('entities change hands: what one pool allocated for them another one frees', async () => {
  const lockstep = await createLockstep({ ...options, shardCount: 3 })
  const { arena, shards, pools } = lockstep
  for (let step = 0; step < 350; step++) lockstep.step()
  const slots = new Set(pools.map((pool) => pool.slot))
  const handedOver = shards.map(({ scene }) => scene.events.handedOver)
  for (const count of handedOver) assert.ok(count > 50, `${handedOver}`)
  await lockstep.dispose()
  const remoteFreeCount = arena.stats().slots.filter(({ slot }) => slots.has(slot))
  const sum = (counts: number[]) => counts.reduce((a, b) => a + b)
  // A letter and a packed entity each, and the trails of those shots that ended or grew abroad.
  const freed = sum(remoteFreeCount.map((slot) => slot.remoteFreeCount)) / sum(handedOver)
  assert.ok(freed >= 2 && freed <= 3, `${freed} for each that was handed over`)
  assert.equal(blocks(arena), [])
  assert.equal(verify(arena), [])
})

test('every entity is in one shard, which has its cell, and in the list of that cell', async () => {
  const lockstep = await createLockstep({ ...options, shardCount: 4, seed: 9, extraActorCount: 80 })
  const { arena, commons, shards } = lockstep
  for (let step = 0; step < 150; step++) {
    lockstep.step()
    const ids: number[] = []
    for (const { scene } of shards) {
      const { world, components, bodies, shots, collision, path, shard } = scene
      const { Position, Place, Body, Shot } = components
      ids.push(...[...query(world, [Body])].map((eid) => Body.id[eid]))
      for (const [lists, component] of [
        [bodies, Body],
        [shots, Shot],
      ] as const) {
        let listedCount = 0
        for (const [cell, owner] of commons.shardOf.entries()) {
          if (owner === shard) listedCount += lists.count(cell)
        }
        const eids = query(world, [component])
        assert.is(listedCount, eids.length, `step ${step}`)
        for (const eid of eids) {
          path.set([Position.x[eid], Position.y[eid]], TO_X)
          const cell = collision.cell()
          assert.is(Place.cell[eid], cell, `step ${step}`)
          assert.is(commons.shardOf[cell], shard, `step ${step}`)
          assert.is(lists.at(cell, Place.slot[eid]), eid, `step ${step}`)
        }
      }
    }
    const expected = Array.from({ length: tinyMap.things.count + 80 }, (_, index) => index + 1)
    assert.equal(
      ids.sort((a, b) => a - b),
      expected,
      `step ${step}`,
    )
    if (step % 10 > 0) continue
    assert.equal(verify(arena), [], `step ${step}`)
    for (const { scene } of shards) assert.equal(verifyStorage(scene.storage), [], `step ${step}`)
  }
})

test('who ends in the midst of a step frees what is still in the mail', async () => {
  const { arena, shards, dispose } = await createLockstep({ ...options, shardCount: 3 })
  const handedOver = () => shards.reduce((sum, { scene }) => sum + scene.events.handedOver, 0)
  while (handedOver() < 1) {
    for (const shard of shards) shard.receive()
    for (const shard of shards) shard.decide()
    for (const shard of shards) shard.apply()
  }
  await dispose()
  assert.equal(blocks(arena), [])
  assert.equal(verify(arena), [])
})

test('columns that grow while others read them', async () => {
  // Beyond the 1,024 rows that columns begin with: shots come in the midst of steps.
  const expected = await checksumOfOne(3, 120, 1800)
  const lockstep = await createLockstep({
    ...options,
    seed: 3,
    shardCount: 2,
    extraActorCount: 1800,
  })
  const rowCounts = () => lockstep.shards.map((s) => s.scene.components.Position.x.length)
  const before = rowCounts()
  for (let step = 0; step < 120; step++) lockstep.step()
  assert.ok(Math.max(...rowCounts()) > Math.min(...before), `${before} to ${rowCounts()} rows`)
  assert.is(lockstep.checksum(), expected)
  await lockstep.dispose()
  assert.equal(blocks(lockstep.arena), [])
})

test.run()
