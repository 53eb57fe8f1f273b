// Runs over the chunks of a table, on real workers.
import { verify } from '@ashlar/core'
import {
  createSchedule,
  createTable,
  EACH_WORKER,
  type RunEntities,
  RunError,
} from '@ashlar/ecs-adapter'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { rounds } from '../../../../test/support/rounds.ts'
import { isMain, type ThreadKind, threadKinds } from '../../../../test/support/threads.ts'
import { assertThrows, createRandom } from '../support.ts'
import {
  assertRejects,
  createGame,
  createGroup,
  createTraps,
  endAll,
  errorOf,
  type GroupKind,
  groupKinds,
  isThreadKind,
  mayBlock,
  until,
} from './game.ts'
import {
  type ChurnArgs,
  isMarked,
  markShot,
  type StayArgs,
  shotOptions,
  shotSchema,
} from './table-systems.ts'
import { startWorker } from './worker.ts'

const test = suite('runs over tables')
/** On Deno a worker in a loop runs on after it was terminated. */
const diesInLoops = !('Deno' in globalThis)

/** A game with rows in `chunkCount` chunks of 16 to 60 rows, the last of which is not full. */
function createShots(chunkCount = 20, kind?: GroupKind) {
  const game = createGame(300, undefined, kind)
  const Shot = createTable(game.storage, 'Shot', shotSchema, shotOptions)
  const rowCount = Math.floor((chunkCount - 0.5) * Shot.chunkCapacity)
  for (let i = 0; i < rowCount; i++) {
    const id = Shot.add()
    Shot.chunkOf(id)!.speed[Shot.indexOf(id)] = i
  }
  assert.is(Shot.chunks.length, chunkCount)
  return { ...game, Shot }
}

type Shots = ReturnType<typeof createShots>

/** Chunks with rows, by number. */
const inOrder = ({ Shot }: Shots) =>
  [...Shot.chunks].filter(({ rowCount }) => rowCount > 0).sort((a, b) => a.number - b.number)

function assertVisited(game: Shots, count: number, note: string) {
  for (const [place, chunk] of inOrder(game).entries()) {
    for (let row = 0; row < chunk.rowCount; row++) {
      assert.is(chunk.visits[row], count, `${note}: visits in chunk ${chunk.number}`)
      assert.is(chunk.place[row], place, `${note}: place of chunk ${chunk.number}`)
    }
  }
}

for (const groupKind of groupKinds) {
  const threadTest = isThreadKind(groupKind) ? test : () => {}
  const kind = groupKind as ThreadKind // as `threadTest` needs it

  test(`${kind}: every row is visited once, chunks in the order of numbers`, async () => {
    const game = createShots(undefined, kind)
    const { Shot, arena } = game
    const team = await createGroup(game, kind)
    const lengths = [undefined, 1, 3, 7, 20, 1000]
    for (const [round, batchSize] of lengths.entries()) {
      const options = batchSize === undefined ? {} : { batchSize }
      if (mayBlock && round % 2 === 1) team.group.runSync('fly', Shot, undefined, options)
      else await team.group.run('fly', Shot, undefined, options)
      assertVisited(game, round + 1, `batchSize ${batchSize}`)
      assert.equal(verify(arena), [])
    }
    await endAll(game, team)
  })

  test(`${kind}: empty chunks are left out; without rows nothing is called`, async () => {
    const game = createShots(undefined, kind)
    const { Shot } = game
    const team = await createGroup(game, kind)
    for (const number of [0, 7, 19]) {
      const chunk = Shot.chunk(number)!
      for (let row = chunk.rowCount - 1; row >= 0; row--) chunk.removeRow(row)
    }
    await team.group.run('fly', Shot)
    assert.is(inOrder(game).length, 17)
    assertVisited(game, 1, 'with empty ones')
    Shot.clear()
    await team.group.run('failInChunk', Shot, 0)
    await endAll(game, team)
  })

  test(`${kind}: a run over a table has the chunks that the run before has made`, async () => {
    const game = createGame(300, undefined, kind)
    const Shot = createTable(game.storage, 'Shot', shotSchema, shotOptions)
    const team = await createGroup(game, kind)
    await team.group.run('shoot', game.eids)
    await team.group.run('fly', Shot)
    const visits = [...Shot.chunks].flatMap((chunk) => [...chunk.visits.slice(0, chunk.rowCount)])
    assert.equal(visits, Array(game.eids.length).fill(1))
    await endAll(game, team)
  })

  threadTest(`${kind}: rows that workers add are seen after sync`, async () => {
    const game = createShots(2, kind)
    const { Shot, eids, storage, arena } = game
    Shot.clear()
    const team = await createGroup(game, kind)
    let count = 0
    for (let frame = 0; frame < 10; frame++) {
      await team.group.run('shoot', eids, undefined, { batchSize: 10 })
      storage.sync()
      count += eids.length
      assert.is(Shot.rowCount, count, `frame ${frame}`)
      await team.group.run('thin', Shot, undefined, { batchSize: 1 })
      count = inOrder(game).reduce((sum, { rowCount }) => sum + rowCount, 0)
      await team.group.run('fly', Shot)
      const places = inOrder(game).flatMap((chunk) => [...chunk.place.slice(0, chunk.rowCount)])
      assert.equal(
        places,
        places.toSorted((a, b) => a - b),
      )
      assert.equal(verify(arena), [])
    }
    assert.ok(Shot.ownChunks.length < Shot.chunks.length, 'chunks of workers')
    for (const chunk of Shot.chunks) {
      for (let row = 0; row < chunk.rowCount; row++) assert.is(Shot.indexOf(chunk.ids[row]), row)
    }
    await team.group.close()
    storage.sync()
    assert.is(Shot.ownChunks.length, Shot.chunks.length)
    await endAll(game, team)
  })

  test(`${kind}: toJSON of arguments may change or detach a table`, async () => {
    const game = createShots(40, kind)
    const { Shot, arena } = game
    const team = await createGroup(game, kind)
    const chunks = [...Shot.ownChunks]
    for (const chunk of chunks.slice(4)) while (chunk.rowCount > 0) chunk.removeRow(0)
    let toJSON = () => {
      for (const chunk of chunks) chunk.addRow()
      return {}
    }
    const schedule = createSchedule(team.group, [
      { system: 'empty', entities: () => [1], args: () => ({ toJSON: () => toJSON() }), reads: [] },
      { system: 'fly', entities: () => Shot, writes: [Shot] },
    ])
    assert.is(schedule.stages.length, 1)
    await schedule.run()
    assertVisited(game, 1, 'chunks that were empty before')
    assert.is(inOrder(game).length, 40)
    toJSON = () => {
      Shot.detach()
      return {}
    }
    await assertRejects(schedule.run(), 'invalid-argument', 'detached')
    assert.equal(verify(arena), [])
    game.storage.sync()
    await endAll(game, team)
  })

  test(`${kind}: in schedules, beside lists of ids`, async () => {
    const game = createShots(undefined, kind)
    const { Shot, Visits, Position, eids, storage } = game
    const team = await createGroup(game, kind)
    const schedule = createSchedule(team.group, [
      { system: 'fly', entities: () => Shot, writes: ['Shot'] },
      { system: 'visit', entities: () => eids, writes: [Visits, Position] },
      { system: 'thin', entities: () => Shot, writes: [Shot] },
    ])
    assert.equal(schedule.stages, [['fly', 'visit'], ['thin']])
    assert.match(String(schedule), /after fly: both write Shot/)
    for (let frame = 1; frame < 4; frame++) {
      if (mayBlock) schedule.runSync()
      else await schedule.run()
      storage.sync()
      assert.ok(eids.every((eid) => Visits.count[eid] === frame))
      for (const { visits, rowCount } of inOrder(game)) {
        for (let row = 0; row < rowCount; row++) assert.is(visits[row], frame)
      }
    }
    await endAll(game, team)
  })

  threadTest(`${kind}: calls that free chunks are refused while systems run`, async () => {
    const game = createShots(undefined, kind)
    const { Shot, eids, arena } = game
    const team = await createGroup(game, kind)
    for (const { number } of [...Shot.chunks].slice(5)) {
      const chunk = Shot.chunk(number)!
      for (let row = chunk.rowCount - 1; row >= 0; row--) chunk.removeRow(row)
    }
    const { rowCount } = Shot
    const traps = createTraps(game, [5])
    const run = team.group.run('hang', eids, traps.args)
    await traps.untilCaught()
    for (const name of ['sync', 'adoptChunks', 'clear', 'trim', 'detach', 'dispose'] as const) {
      assertThrows(() => Shot[name](), 'group-busy', `table.${name}()`)
    }
    assert.is(Shot.rowCount, rowCount)
    assert.is(Shot.chunks.length, 20)
    assert.ok(Shot.remove(Shot.add()), 'rows of its own, by the thread of the world')
    traps.open()
    await run
    assert.is(Shot.trim(), 15)
    Shot.clear()
    assert.is(Shot.rowCount, 0)
    assert.equal(verify(arena), [])
    await endAll(game, team, [traps.block])
  })
}

/** Ids are found where they are; rows but for some are as `markShot` wrote them. */
function assertWhole({ Shot }: Shots, tornAtMost: number, note: string): void {
  let torn = 0
  for (const chunk of Shot.chunks) {
    assert.is(new Set(chunk.ids).size, Shot.chunkCapacity, note)
    for (let row = 0; row < chunk.rowCount; row++) {
      assert.is(Shot.indexOf(chunk.ids[row]), row, note)
      if (isMarked(chunk, row)) continue
      torn++
      markShot(chunk, row)
    }
  }
  assert.ok(torn <= tornAtMost, `${note}: ${torn} rows are torn`)
}

function createMarkedShots() {
  const game = createShots(6)
  for (const chunk of game.Shot.chunks) {
    for (let row = 0; row < chunk.rowCount; row++) markShot(chunk, row)
  }
  return game
}

for (const kind of threadKinds) {
  if (!diesInLoops) continue
  test(`${kind}: killed in mid-removal: repaired after the run`, async () => {
    const game = createMarkedShots()
    const { Shot, storage, arena } = game
    const team = await createGroup(game, kind, 1)
    const flag = storage.pool.allocZeroed(4) >> 2
    // 5 stores remove what the row held, and the last four put the ids right.
    const cases: [boolean, number][] = [
      [false, 7],
      [false, 9],
      [true, 7],
      [true, 9],
    ]
    for (const [isOwn, storeCount] of cases) {
      const note = `store ${storeCount} of ${isOwn ? 'its own chunk' : 'one of another thread'}`
      arena.i32[flag] = 0
      const { chunks, rowCount } = Shot
      const chunkCount = chunks.length
      const args: StayArgs = { flag, isOwn, storeCount }
      const run = errorOf(team.group.run('stayInRemove', Shot, args))
      await until(() => Atomics.load(arena.i32, flag) === 1)
      team.threads.pop()!.terminate()
      const { code, message } = (await run) as RunError
      assert.is(code, 'worker-died', `${note}: ${message}`)
      assertWhole(game, 0, note)
      assert.is(chunks.length, chunkCount + (isOwn ? 1 : 0), note)
      assert.is(Shot.ownChunks.length, chunks.length, note)
      assert.is(Shot.rowCount, isOwn ? rowCount + 9 : rowCount - 1, note)
      storage.sync()
      const next = startWorker(kind)
      team.threads.push(next)
      await team.group.add(next.worker)
    }
    await endAll(game, team, [flag << 2])
  })

  test(`${kind}: killed in a chunk of an earlier batch: repaired too`, async () => {
    const game = createMarkedShots()
    const { Shot, storage, arena } = game
    const team = await createGroup(game, kind, 1)
    const flag = storage.pool.allocZeroed(4) >> 2
    const { rowCount } = Shot
    const args: StayArgs = { flag, isOwn: false, storeCount: 9 }
    const run = errorOf(team.group.run('stayInFirst', Shot, args, { batchSize: 1 }))
    await until(() => Atomics.load(arena.i32, flag) === 1)
    team.threads[0].terminate()
    const { code, message, unfinished } = (await run) as RunError
    assert.is(code, 'worker-died', message)
    assert.equal(unfinished, [{ from: 1, to: 6 }])
    assertWhole(game, 0, 'the first chunk')
    assert.is(Shot.rowCount, rowCount - 1)
    await endAll(game, team, [flag << 2])
  })

  test(`${kind}: chunks of a killed worker are adopted after the run`, async () => {
    const game = createShots(2)
    const { Shot, storage, arena, eids } = game
    const team = await createGroup(game, kind)
    await team.group.run('replaceOwn', EACH_WORKER, { count: 1, life: 1000 })
    storage.sync()
    const ownCount = Shot.ownChunks.length
    assert.is(Shot.chunks.length, ownCount + 2)
    const isOpen = ({ state }: { state: string }) => state === 'open'
    const openCount = () => arena.stats().slots.filter(isOpen).length
    const traps = createTraps(game, [5, 295])
    const run = errorOf(team.group.run('hang', eids, traps.args, { batchSize: 10 }))
    await traps.untilCaught()
    const before = openCount()
    team.threads[0].terminate()
    await until(() => team.group.workers.length === 1 && openCount() === before - 1)
    const closed = arena.stats().slots.find((slot) => !isOpen(slot))
    if (closed !== undefined) storage.forget(closed.slot)
    assert.is(Shot.ownChunks.length, ownCount, 'the other one may be at them')
    traps.open()
    const { code, message } = (await run) as RunError
    assert.is(code, 'worker-died', message)
    assert.is(Shot.ownChunks.length, ownCount + 1)
    await endAll(game, team, [traps.block])
  })

  test(`${kind}: killed in mid-trim: others keep the chunks left`, async () => {
    const game = createMarkedShots()
    const { Shot, storage, arena } = game
    const team = await createGroup(game, kind, 1)
    const flag = storage.pool.allocZeroed(4) >> 2
    const { rowCount } = Shot
    for (const storeCount of [2, 3, 4]) {
      const note = `step ${storeCount} of a trim`
      arena.i32[flag] = 0
      const args: StayArgs = { flag, storeCount, isOwn: true }
      const run = errorOf(team.group.run('stayInTrim', [1], args))
      await until(() => Atomics.load(arena.i32, flag) === 1)
      team.threads.pop()!.terminate()
      const { code, message } = (await run) as RunError
      assert.is(code, 'worker-died', `${note}: ${message}`)
      assertWhole(game, 0, note)
      assert.is(Shot.ownChunks.length, Shot.chunks.length, note)
      assert.is(Shot.rowCount, rowCount, note)
      assert.is(Shot.chunks.length, storeCount === 2 ? 9 : 8, note)
      Shot.trim()
      storage.sync()
      assert.is(Shot.chunks.length, 6, note)
      assert.equal(verify(arena), [], note)
      const next = startWorker(kind)
      team.threads.push(next)
      await team.group.add(next.worker)
    }
    await endAll(game, team, [flag << 2], 2)
  })

  test(`${kind}: killed in any change of any chunk: all are whole`, async () => {
    const seed = 3
    const random = createRandom(seed)
    const game = createMarkedShots()
    const { Shot, storage, arena, eids } = game
    const team = await createGroup(game, kind)
    const words = storage.pool.allocZeroed(17 * 4)
    const [turns, end] = [words >> 2, (words >> 2) + 16]
    const working = () => [...arena.i32.subarray(turns, end)].filter((count) => count > 10).length
    for (let round = 0; round < rounds(6, 3); round++) {
      const note = `seed ${seed}, round ${round}`
      arena.i32.fill(0, turns, end + 1)
      const isOwn = round % 2 === 0
      const [system, entities] = isOwn ? ['churnOwn', eids.slice(0, 2)] : ['churnGiven', Shot]
      const args: ChurnArgs = { turns, end, seed: round }
      const run = errorOf(team.group.run(system as string, entities as RunEntities, args))
      await until(() => working() === 2)
      for (let i = random(4); i > 0; i--) await new Promise((resolve) => setTimeout(resolve, 1))
      team.threads.shift()!.terminate()
      await until(() => team.group.workers.length === 1)
      // The other one goes on, with the dead one's chunks too.
      arena.i32.fill(0, turns, end)
      await until(() => working() === 1)
      Atomics.store(arena.i32, end, 1)
      const { code, message } = (await run) as RunError
      assert.is(code, 'worker-died', `${note}: ${message}`)
      assertWhole(game, 1, note)
      storage.sync()
      assert.equal(verify(arena), [], note)
      const next = startWorker(kind)
      team.threads.push(next)
      await team.group.add(next.worker)
    }
    await endAll(game, team, [words], 6)
  })
}

test('unfinished ranges are places among the chunks', async () => {
  const game = createShots()
  const team = await createGroup(game, threadKinds[0])
  const run = team.group.run('failInChunk', game.Shot, 6, { batchSize: 2 })
  const error = await errorOf(run)
  assert.instance(error, RunError)
  assert.match((error as RunError).message, /chunk 6 fails/)
  assert.ok((error as RunError).unfinished.some(({ from, to }) => from <= 6 && to >= 8))
  await endAll(game, team)
})

test('tables of another storage, disposed of, or detached', async () => {
  const game = createShots(1)
  const other = createGame(1)
  const { Shot, storage } = game
  const team = await createGroup(game, threadKinds[0])
  const foreign = createTable(other.storage, 'Shot', shotSchema)
  const alone = createTable(storage.pool, shotSchema, { name: 'Shot' })
  const nameless = createTable(storage.pool, shotSchema)
  foreign.add()
  for (const table of [foreign, alone, nameless]) {
    await assertRejects(team.group.run('fly', table), 'invalid-argument', 'createTable(')
  }
  for (const wrong of [{ chunks: [] }, { ...Shot }, null, undefined, 7, 'Shot', {}, Shot.chunk]) {
    const run = team.group.run('fly', wrong as unknown as RunEntities)
    await assertRejects(run, 'invalid-argument')
  }
  for (const slip of [Shot.chunks, [Shot], ['1'], { length: 3 }]) {
    const run = team.group.run('fly', slip as unknown as RunEntities)
    await assertRejects(run, 'invalid-argument', 'the entities', 'a table')
  }
  alone.dispose()
  nameless.dispose()
  await team.group.run('fly', Shot)
  Shot.detach()
  await assertRejects(team.group.run('fly', Shot), 'invalid-argument', 'Shot', 'detached')
  Shot.sync()
  await team.group.run('fly', Shot)
  assertVisited(game, 2, 'after all that')
  await endAll(game, team)
})

if (isMain) test.run()
