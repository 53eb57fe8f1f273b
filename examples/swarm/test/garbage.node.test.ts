// Promise 12 on the whole scene: a step makes no garbage in core, in the adapter, or in the
// simulation.
import { Arena } from '@ashlar/core'
import { createSchedule, createWorkerGroup } from '@ashlar/ecs-adapter'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertNoGarbage, measureGarbage } from '../../../test/support/garbage.ts'
import { isMain } from '../../../test/support/threads.ts'
import { createSimulation } from '../src/sim/index.ts'
import { startWorkers } from './support/worker.ts'

const test = suite('swarm: garbage')
const OURS = ['packages/core/src/', 'packages/ecs-adapter/src/', 'examples/swarm/src/sim/']

function create(shared: boolean) {
  const arena = Arena.create({ byteLength: 16 * 2 ** 20, shared })
  const pool = arena.openPool()
  return { arena, simulation: createSimulation({ arena, pool, boidCount: 600, seed: 1 }) }
}

test('a step in one thread makes none', () => {
  const { simulation } = create(false)
  const before = simulation.checksum()
  assertNoGarbage(
    measureGarbage(() => simulation.step(), { frames: 100, warmup: 800 }),
    OURS,
  )
  assert.is.not(simulation.checksum(), before)
})

test('nor does one on workers, in the thread that calls them', async () => {
  const { simulation } = create(true)
  const { workers, terminate } = startWorkers('node', 2)
  const group = await createWorkerGroup(simulation.storage, workers)
  const schedule = createSchedule(group, simulation.steps)
  const step = () => {
    simulation.begin()
    schedule.runSync()
  }
  const garbage = measureGarbage(step, { frames: 200, warmup: 2500 })
  await group.close()
  terminate()
  assertNoGarbage(garbage, OURS)
})

if (isMain) test.run()
