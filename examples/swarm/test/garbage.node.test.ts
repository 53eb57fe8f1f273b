// Promise 12 on the whole scene: a step makes no garbage in core, in the adapter, or in the
// simulation.
import { Arena } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertNoGarbage, measureGarbage } from '../../../test/support/garbage.ts'
import { isMain } from '../../../test/support/threads.ts'
import { createSimulation, createTeam } from '../src/sim/index.ts'
import { startWorkers } from './support/worker.ts'

const test = suite('swarm: garbage')
const OURS = ['packages/core/src/', 'packages/ecs-adapter/src/', 'examples/swarm/src/sim/']

function create(shared: boolean) {
  const arena = Arena.create({ byteLength: 16 * 2 ** 20, shared })
  const pool = arena.openPool()
  return { arena, simulation: createSimulation({ pool, boidCount: 600, seed: 1 }) }
}

test('a step in one thread makes none', async () => {
  const { simulation } = create(false)
  const { step } = await createTeam(simulation, [])
  const before = simulation.checksum()
  assertNoGarbage(measureGarbage(step, { frames: 100, warmup: 800 }), OURS)
  assert.is.not(simulation.checksum(), before)
})

test('nor does one on workers, in the thread that calls them', async () => {
  const { simulation } = create(true)
  const { workers, terminate } = startWorkers('node', 2)
  const { step, close } = await createTeam(simulation, workers)
  const garbage = measureGarbage(step, { frames: 200, warmup: 2500 })
  await close()
  terminate()
  assertNoGarbage(garbage, OURS)
})

if (isMain) test.run()
