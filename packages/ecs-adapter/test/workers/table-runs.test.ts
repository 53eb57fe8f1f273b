// Runs over the chunks of a table, on real workers.
import { createSchedule, createTable, type RunEntities, RunError } from '@ashlar/ecs-adapter'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { isMain, threadKinds } from '../../../../test/support/threads.ts'
import { assertThrows } from '../support.ts'
import {
  assertRejects,
  createGame,
  createGroup,
  createTraps,
  endAll,
  errorOf,
  mayBlock,
} from './game.ts'
import { shotSchema } from './table-systems.ts'

const test = suite('runs over tables')

/** A game with rows in `chunkCount` chunks of 16 to 60 rows, the last of which is not full. */
function createShots(chunkCount = 20) {
  const game = createGame(300)
  const Shot = game.storage.table('Shot', shotSchema, { chunkByteLength: 1024 })
  const rowCount = Math.floor((chunkCount - 0.5) * Shot.chunkCapacity)
  for (let i = 0; i < rowCount; i++) {
    const id = Shot.add()
    Shot.chunkOf(id)!.speed[Shot.rowOf(id)] = i
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

for (const kind of threadKinds) {
  test(`${kind}: every row is visited once, its chunk in the place of its number`, async () => {
    const game = createShots()
    const { Shot, arena } = game
    const team = await createGroup(game, kind)
    const lengths = [undefined, 1, 3, 7, 20, 1000]
    for (const [round, chunkLength] of lengths.entries()) {
      const options = chunkLength === undefined ? {} : { chunkLength }
      if (mayBlock && round % 2 === 1) team.group.runSync('fly', Shot, undefined, options)
      else await team.group.run('fly', Shot, undefined, options)
      assertVisited(game, round + 1, `chunkLength ${chunkLength}`)
      assert.equal(arena.verify(), [])
    }
    await endAll(game, team)
  })

  test(`${kind}: empty chunks are left out, and a table without rows calls nobody`, async () => {
    const game = createShots()
    const { Shot } = game
    const team = await createGroup(game, kind)
    for (const number of [0, 7, 19]) {
      const chunk = Shot.chunk(number)!
      for (let row = chunk.rowCount - 1; row >= 0; row--) chunk.remove(row)
    }
    await team.group.run('fly', Shot)
    assert.is(inOrder(game).length, 17)
    assertVisited(game, 1, 'with empty ones')
    Shot.clear()
    await team.group.run('failInChunk', Shot, 0)
    await endAll(game, team)
  })

  test(`${kind}: what workers add is seen after sync, and changed by whoever has it`, async () => {
    const game = createShots(2)
    const { Shot, eids, storage, arena } = game
    Shot.clear()
    const team = await createGroup(game, kind)
    let count = 0
    for (let frame = 0; frame < 10; frame++) {
      await team.group.run('shoot', eids, undefined, { chunkLength: 10 })
      storage.sync()
      count += eids.length
      assert.is(Shot.rowCount, count, `frame ${frame}`)
      await team.group.run('thin', Shot, undefined, { chunkLength: 1 })
      count = inOrder(game).reduce((sum, { rowCount }) => sum + rowCount, 0)
      await team.group.run('fly', Shot)
      const places = inOrder(game).flatMap((chunk) => [...chunk.place.slice(0, chunk.rowCount)])
      assert.equal(
        places,
        places.toSorted((a, b) => a - b),
      )
      assert.equal(arena.verify(), [])
    }
    assert.ok(Shot.ownChunks.length < Shot.chunks.length, 'chunks of workers')
    for (const chunk of Shot.chunks) {
      for (let row = 0; row < chunk.rowCount; row++) assert.is(Shot.rowOf(chunk.ids[row]), row)
    }
    await team.group.close()
    storage.sync()
    assert.is(Shot.ownChunks.length, Shot.chunks.length)
    await endAll(game, team)
  })

  test(`${kind}: in schedules, beside lists of ids`, async () => {
    const game = createShots()
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

  test(`${kind}: clear, trim and dispose are refused while systems are at work`, async () => {
    const game = createShots()
    const { Shot, eids, arena } = game
    const team = await createGroup(game, kind)
    for (const { number } of [...Shot.chunks].slice(5)) {
      const chunk = Shot.chunk(number)!
      for (let row = chunk.rowCount - 1; row >= 0; row--) chunk.remove(row)
    }
    const { rowCount } = Shot
    const traps = createTraps(game, [5])
    const run = team.group.run('hang', eids, traps.args)
    await traps.untilCaught()
    for (const name of ['clear', 'trim', 'dispose'] as const) {
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
    assert.equal(arena.verify(), [])
    await endAll(game, team, [traps.block])
  })
}

test('unfinished ranges are places among the chunks', async () => {
  const game = createShots()
  const team = await createGroup(game, threadKinds[0])
  const run = team.group.run('failInChunk', game.Shot, 6, { chunkLength: 2 })
  const error = await errorOf(run)
  assert.instance(error, RunError)
  assert.match((error as RunError).message, /chunk 6 fails/)
  assert.ok((error as RunError).unfinished.some(({ from, to }) => from <= 6 && to >= 8))
  await endAll(game, team)
})

test('tables that are not of the storage, or not there any more', async () => {
  const game = createShots(1)
  const other = createGame(1)
  const { Shot, storage } = game
  const team = await createGroup(game, threadKinds[0])
  const foreign = other.storage.table('Shot', shotSchema)
  const alone = createTable(storage.pool, shotSchema, { name: 'Shot' })
  const nameless = createTable(storage.pool, shotSchema)
  foreign.add()
  for (const table of [foreign, alone, nameless]) {
    await assertRejects(team.group.run('fly', table), 'invalid-argument', 'storage.table(')
  }
  for (const wrong of [{ chunks: [] }, { ...Shot }, null, undefined, 7, 'Shot', {}, Shot.chunk]) {
    const run = team.group.run('fly', wrong as unknown as RunEntities)
    await assertRejects(run, 'invalid-argument')
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
