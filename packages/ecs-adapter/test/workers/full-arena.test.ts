// A group over an arena that is full to the last byte: all is read, removed, synced, closed and
// disposed of without one error, and then every byte is free; also when a worker is killed before.
import { blocks, verify } from '@ashlar/core'
import { createSparseComponent, createTable, EACH_WORKER, t } from '@ashlar/ecs-adapter'
import { getComponent, removeEntity } from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { isMain, threadKinds } from '../../../../test/support/threads.ts'
import { fillUp } from '../support.ts'
import { addPaths, createGame, createGroup, errorOf, mayTerminate, until } from './game.ts'
import { takenBy } from './memory-systems.ts'
import { shotOptions, shotSchema } from './table-systems.ts'

const test = suite('full arena, workers')

/** On Deno a worker in a loop runs on after it was terminated. */
const diesInLoops = !('Deno' in globalThis)
const WORKER_COUNT = 2

/** A group whose workers have made lists, texts, sparse rows and chunks, and all that is left. */
async function createFull(kind: (typeof threadKinds)[number]) {
  const game = addPaths(createGame(200))
  const { arena, storage, all } = game
  const { pool } = storage
  const Burning = createSparseComponent(storage, 'Burning', { heat: t.f32, marks: t.list(t.u8) })
  const Shot = createTable(storage, 'Shot', shotSchema, shotOptions)
  const team = await createGroup(game, kind, WORKER_COUNT)
  const { group } = team
  for (let frame = 0; frame < 8; frame++) {
    await group.run('churn', all(), frame)
    await group.run('burn', all())
    await group.run('replaceOwn', EACH_WORKER, { count: 200, life: 4, place: 0 })
    storage.sync()
  }
  assert.ok(Burning.rows.count > 0)
  assert.ok(Shot.rowCount > 0)
  const words = pool.allocZeroed(4 * (WORKER_COUNT + 1)) >> 2
  const [heads, flag] = [words, words + WORKER_COUNT]
  const held = [words << 2, ...fillUp(pool)]
  await group.run('takeAll', EACH_WORKER, { heads })
  held.push(...fillUp(pool), ...takenBy(arena.i32, heads, WORKER_COUNT))
  assert.equal([pool.tryAlloc(0), verify(arena)], [0, []])
  return { ...game, pool, Burning, Shot, team, group, flag, held }
}

type Full = Awaited<ReturnType<typeof createFull>>

function readAll({ world, eids, Path, Burning, Shot }: Full) {
  const rows = [...Shot.chunks].map(({ ids, rowCount }) => [...ids.subarray(0, rowCount)])
  const values = eids.map((eid) => [
    getComponent(world, eid, Path),
    getComponent(world, eid, Burning),
  ])
  const kinds = eids.map((eid) => [Path.kind.get(eid), Path.points.toArray(eid)])
  return { rows, values, kinds }
}

/** Nothing is left but what is held; and when that is freed, every byte is free. */
function assertAllFree({ arena, pool, held }: Full): void {
  pool.flush()
  assert.equal(verify(arena), [])
  assert.is(blocks(arena).length, held.length)
  for (const offset of held) pool.free(offset)
  pool.collect()
  assert.equal(verify(arena), [])
  assert.equal(blocks(arena), [])
  pool.free(pool.alloc(arena.byteLength - arena.stats().controlByteLength - 16))
}

for (const kind of threadKinds) {
  for (const isKilled of [false, true]) {
    if (isKilled && !(mayTerminate(kind) && diesInLoops)) continue
    const how = isKilled ? 'after a worker was killed' : 'with all workers'
    test(`${kind}: read, remove, sync, close and dispose, ${how}`, async () => {
      const full = await createFull(kind)
      const { arena, world, storage, team, group, eids, all, flag, Shot, Visits } = full
      const values = readAll(full)
      assert.equal(readAll(full), values)
      if (isKilled) {
        const run = errorOf(group.run('stayInFull', EACH_WORKER, { place: 0, flag }))
        await until(() => Atomics.load(arena.i32, flag) === 1)
        team.threads[0].terminate()
        assert.is((await run).code, 'worker-died')
        assert.is(group.workers.length, WORKER_COUNT - 1)
      } else {
        await group.run('stayInFull', EACH_WORKER, { place: -1, flag })
      }
      assert.equal(verify(arena), [])
      assert.equal(readAll(full).values, values.values)
      await group.run('clearPaths', all().slice(50))
      await group.run('visit', all())
      assert.ok(eids.every((eid) => Visits.count[eid] === 1))
      for (const eid of eids.slice(0, 100)) removeEntity(world, eid)
      storage.sync()
      assert.equal(verify(arena), [])
      await group.run('replaceOwn', EACH_WORKER, { count: 0, life: 0, place: 0 })
      Shot.adoptChunks()
      Shot.clear()
      Shot.trim()
      storage.sync()
      if (isKilled) storage.reset()
      await group.close()
      storage.sync()
      storage.dispose()
      assertAllFree(full)
      for (const thread of team.threads) thread.terminate()
    })
  }
}

if (isMain) test.run()
