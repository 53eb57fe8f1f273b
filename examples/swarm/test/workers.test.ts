// The swarm on real workers, on every engine: one checksum.
import { Arena, blocks, verify } from '@ashlar/core'
import { createSchedule, createWorkerGroup, verifyStorage } from '@ashlar/ecs-adapter'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { isMain, threadKinds } from '../../../test/support/threads.ts'
import { createSimulation, createTeam, type Simulation, systems } from '../src/sim/index.ts'
import { CHECKSUM } from './support/pinned.ts'
import { startWorkers } from './support/worker.ts'

const test = suite('swarm: workers')

const STEPS = 100
const hex = (checksum: number) => checksum.toString(16).padStart(8, '0')

function create(shared: boolean) {
  const arena = Arena.create({ byteLength: 32 * 2 ** 20, shared })
  const pool = arena.openPool()
  const simulation = createSimulation({ pool, boidCount: 2000, seed: 1 })
  const end = () => {
    simulation.dispose()
    pool.close()
    assert.equal(verify(arena), [])
    assert.equal(blocks(arena), [])
  }
  return { arena, simulation, end }
}

for (const shared of [false, true]) {
  test(`the checksum of one thread, ${shared ? 'shared' : 'unshared'} memory`, async () => {
    const { simulation, end } = create(shared)
    const team = await createTeam(simulation, [])
    for (let step = 0; step < STEPS; step++) team.step()
    assert.is(hex(simulation.checksum()), CHECKSUM)
    await team.close()
    end()
  })
}

const team = async (simulation: Simulation, kind: (typeof threadKinds)[number], count: number) => {
  const { workers, terminate } = startWorkers(kind, count)
  const group = await createWorkerGroup<typeof systems>(simulation.storage, workers)
  return { group, terminate, schedule: createSchedule(group, simulation.steps) }
}

for (const kind of threadKinds) {
  for (const workerCount of [1, 2, 4]) {
    test(`${kind}: the same on ${workerCount} workers`, async () => {
      const { arena, simulation, end } = create(true)
      const { group, terminate, schedule } = await team(simulation, kind, workerCount)
      for (let step = 0; step < STEPS; step++) {
        simulation.begin()
        await schedule.run()
      }
      assert.is(hex(simulation.checksum()), CHECKSUM)
      assert.equal(verify(arena), [])
      assert.equal(verifyStorage(simulation.storage), [])
      await group.close()
      end()
      terminate()
    })
  }
}

test('one thread and workers may take turns, and some may come later', async () => {
  const { simulation, end } = create(true)
  const [kind] = threadKinds
  const { group, terminate, schedule } = await team(simulation, kind, 1)
  const late = startWorkers(kind, 1)
  const here = await createTeam(simulation, [])
  for (let step = 0; step < STEPS; step++) {
    if (step === 40) await group.add(late.workers[0])
    if (step % 3 === 0) here.step()
    else {
      simulation.begin()
      await schedule.run()
    }
  }
  assert.is(hex(simulation.checksum()), CHECKSUM)
  await here.close()
  await group.close()
  end()
  terminate()
  late.terminate()
})

test('what a step consists of', async () => {
  const { simulation, end } = create(true)
  const group = await createWorkerGroup(simulation.storage, [], { systems })
  const schedule = createSchedule(group, simulation.steps)
  assert.equal(schedule.stages, [
    ['hunt', 'bin'],
    ['count'],
    ['sum'],
    ['scatter'],
    ['steer'],
    ['move'],
  ])
  await group.close()
  end()
})

if (isMain) test.run()
