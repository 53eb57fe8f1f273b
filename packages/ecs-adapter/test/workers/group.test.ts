// Parallel systems on real workers.
import { Arena } from '@ashlar/core'
import { createStorage, createWorkerGroup, type RunOptions, t } from '@ashlar/ecs-adapter'
import { addComponent, addEntity, createWorld, query, set } from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { isMain, type ThreadKind, threadKinds } from '../../../../test/support/threads.ts'
import { startWorker } from './worker.ts'

const test = suite('group')

const mayBlock = !('document' in globalThis)

function createGame(entityCount: number, capacity = entityCount + 1) {
  const arena = Arena.create({ byteLength: 16 << 20, shared: true })
  arena.onViolation = (error) => assert.unreachable(error.message)
  const world = createWorld()
  const storage = createStorage(world, arena.openPool(), { capacity })
  const Position = storage.component('Position', { x: t.f32, y: t.f32 })
  const Velocity = storage.component('Velocity', { x: t.f32, y: t.f32 })
  const Visits = storage.component('Visits', { count: t.i32 })
  const spawn = () => {
    const eid = addEntity(world)
    addComponent(world, eid, set(Position, { x: eid, y: 1 }))
    addComponent(world, eid, set(Velocity, { x: 2, y: eid }))
    addComponent(world, eid, Visits)
    return eid
  }
  const eids = Array.from({ length: entityCount }, spawn)
  const all = () => query(world, [Position, Velocity, Visits])
  return { arena, world, storage, Position, Velocity, Visits, eids, all, spawn }
}

async function createGroup(game: ReturnType<typeof createGame>, kind: ThreadKind, count = 2) {
  const threads = Array.from({ length: count }, () => startWorker(kind))
  const workers = threads.map(({ worker }) => worker)
  const group = await createWorkerGroup(game.storage, workers, { arena: game.arena })
  return { group, threads }
}

/** The group leaves nothing behind. */
async function endAll(
  { arena, storage }: ReturnType<typeof createGame>,
  { group, threads }: Awaited<ReturnType<typeof createGroup>>,
) {
  await group.close()
  storage.dispose()
  storage.pool.collect()
  assert.equal(arena.verify(), [])
  assert.equal(arena.blocks(), [], 'blocks are left')
  for (const thread of threads) thread.terminate()
}

for (const kind of threadKinds) {
  test(`${kind}: every entity is visited once, each in its place, run by run`, async () => {
    const game = createGame(5000)
    const { Visits, Position, eids, all } = game
    const team = await createGroup(game, kind)
    assert.is(team.group.workerCount, 2)
    const lengths: RunOptions[] = [
      {},
      { chunkLength: 1 },
      { chunkLength: 7 },
      { chunkLength: 9999 },
    ]
    for (const [round, options] of lengths.entries()) {
      await team.group.run('visit', all(), undefined, options)
      assert.ok(eids.every((eid) => Visits.count[eid] === round + 1))
      assert.ok(eids.every((eid, i) => Position.x[eid] === i))
    }
    await team.group.run('visit', [])
    await team.group.run('visit', eids.slice(0, 1))
    assert.is(Visits.count[eids[0]], 5)
    await endAll(game, team)
  })
}

if (isMain) test.run()
