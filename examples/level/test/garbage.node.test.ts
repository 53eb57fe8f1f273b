// Promise 12 on the whole scene: a steady-state step makes no garbage in core, in the simulation
// itself, or in the adapter, but for the views of a run's batches. What bitECS makes when entities
// come and go is its own.
import { Arena } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertNoGarbage, measureGarbage } from '../../../test/support/garbage.ts'
import { createSimulation } from '../src/sim/index.ts'
import { createLockstep } from './support/lockstep.ts'
import { tinyMap } from './support/tiny-level.ts'

const test = suite('level: garbage')

/** A group makes views of the batches of a run: for each number of entities, the last 16 kept. */
const OF_BATCHES = 'packages/ecs-adapter/src/workers/job-reader.ts'

const OURS = ['packages/core/src/', 'packages/ecs-adapter/src/', 'examples/level/src/sim/']

test('a steady-state step makes none but that of bitECS, and of views of batches', async () => {
  const arena = Arena.create({ byteLength: 16 * 2 ** 20 })
  const pool = arena.openPool()
  const simulation = await createSimulation({
    arena,
    pool,
    map: tinyMap,
    seed: 1,
    extraActorCount: 150,
  })
  const { events, pool: countedPool } = simulation.scene
  const { counts } = countedPool
  for (let step = 0; step < 1500; step++) simulation.step()

  const before = { ...counts, ...events }
  const garbage = measureGarbage(() => simulation.step(), { frames: 300 })
  const sites = garbage.sites.filter(({ module }) => module !== OF_BATCHES)
  assertNoGarbage({ ...garbage, sites }, OURS)
  const perStep = (garbage.byModule.get(OF_BATCHES) ?? 0) / garbage.frames
  assert.ok(perStep < 4096, `${perStep} bytes a step for views of batches`)

  // It was no idle time: blocks came and went, lists grew and shrank, bitECS made its own.
  assert.ok(events.shotsFired - before.shotsFired > 3000, `${events.shotsFired} shots`)
  assert.ok(counts.allocs - before.allocs > 3000, `${counts.allocs} allocs`)
  assert.ok(counts.frees - before.frees > 3000, `${counts.frees} frees`)
  assert.ok(counts.reallocs - before.reallocs > 1000, `${counts.reallocs} reallocs`)
  const ofBitecs = [...garbage.byModule.keys()].filter((module) => module.includes('/bitecs/'))
  assert.is(ofBitecs.length, 1, 'the profiler saw bitECS')
})

test('shards that hand entities over: none but that of moveOut and moveIn', async () => {
  const { shards, step, pools, arena } = await createLockstep({
    map: tinyMap,
    shardCount: 3,
    seed: 1,
    extraActorCount: 150,
  })
  const handedOver = () => shards.reduce((sum, { scene }) => sum + scene.events.handedOver, 0)
  const remoteFreeCount = () => {
    const slots = new Set(pools.map(({ slot }) => slot))
    const stats = arena.stats().slots.filter(({ slot }) => slots.has(slot))
    return stats.reduce((sum, slot) => sum + slot.remoteFreeCount, 0)
  }
  const inOrder = (count: number) => order.slice(0, count)
  const order = [0, 1, 2]
  // What runs but once in a while takes its time to be compiled; until then it boxes floats.
  for (let i = 0; i < 1500; i++) step(inOrder)

  const before = [handedOver(), remoteFreeCount()]
  assertNoGarbage(
    measureGarbage(() => step(inOrder), { frames: 300 }),
    OURS.filter((folder) => !folder.startsWith('packages/ecs-adapter/')),
  )
  assert.ok(handedOver() - before[0] > 300, `${handedOver() - before[0]} handed over`)
  assert.ok(remoteFreeCount() - before[1] > 300, `${remoteFreeCount() - before[1]} freed by others`)
})

test.run()
