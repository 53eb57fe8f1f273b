// RunQueue on EACH_WORKER: every worker of a group is called once, for what it has of its own.
import { verify } from '@ashlar/core'
import { createSchedule, createTable, EACH_WORKER, type RunError } from '@ashlar/ecs-adapter'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { isMain, threadKinds } from '../../../../test/support/threads.ts'
import {
  assertRejects,
  createGame,
  createGroup,
  endAll,
  errorOf,
  type Game,
  mayBlock,
  mayTerminate,
  until,
} from './game.ts'
import { shotOptions, shotSchema } from './table-systems.ts'

const test = suite('runs on each worker')

const SLOT_COUNT = 16

/** Words in which workers count the calls by their slot, and by their place among the workers. */
function createTallies({ storage, arena }: Game) {
  const block = storage.pool.allocZeroed(2 * SLOT_COUNT * 4)
  const bySlot = block >> 2
  const byPlace = bySlot + SLOT_COUNT
  const countsFrom = (word: number) =>
    [...arena.i32.subarray(word, word + SLOT_COUNT)].filter((count) => count > 0)
  return {
    block,
    args: { bySlot, byPlace },
    assert(workerCount: number, count: number, note: string) {
      const expected = Array(workerCount).fill(count)
      assert.equal(countsFrom(bySlot), expected, `${note}: calls of each worker`)
      assert.equal(
        [...arena.i32.subarray(byPlace, byPlace + workerCount)],
        expected,
        `${note}: calls with each place`,
      )
    },
  }
}

for (const kind of threadKinds) {
  for (const workerCount of [1, 2, 3]) {
    test(`${kind}: each of ${workerCount} workers is called once, with its place`, async () => {
      const game = createGame(50)
      const team = await createGroup(game, kind, workerCount)
      const tallies = createTallies(game)
      const note = `${workerCount} workers`
      for (let run = 1; run <= 30; run++) {
        if (mayBlock && run % 2 === 1) team.group.runSync('tallyEach', EACH_WORKER, tallies.args)
        else await team.group.run('tallyEach', EACH_WORKER, tallies.args)
        tallies.assert(workerCount, run, `${note}, run ${run}`)
        // What is run in between leaves nothing behind.
        if (run % 3 === 0) await team.group.run('empty', game.eids)
        if (run % 7 === 0) await team.group.run('empty', [])
      }
      assert.equal(verify(game.arena), [])
      await endAll(game, team, [tallies.block])
    })
  }

  test(`${kind}: workers edit rows of their own chunks`, async () => {
    const game = createGame(50)
    const Shot = createTable(game.storage, 'Shot', shotSchema, shotOptions)
    const team = await createGroup(game, kind)
    for (let frame = 1; frame <= 20; frame++) {
      await team.group.run('replaceOwn', EACH_WORKER, { count: 100, life: 3 })
      game.storage.sync()
      assert.is(Shot.rowCount, 2 * 100 * Math.min(frame, 3), `frame ${frame}`)
      assert.is(Shot.ownChunks.length, 0)
      assert.equal(verify(game.arena), [])
    }
    await endAll(game, team)
  })

  test(`${kind}: if one throws, the others are done`, async () => {
    const game = createGame(50)
    const team = await createGroup(game, kind)
    const error = (await errorOf(team.group.run('throwAt', EACH_WORKER, { place: 1 }))) as RunError
    assert.is(error.code, 'system-failed', error.message)
    assert.ok(error.unfinished.some(({ from, to }) => from <= 1 && to === 2))
    const tallies = createTallies(game)
    await team.group.run('tallyEach', EACH_WORKER, tallies.args)
    tallies.assert(2, 1, 'afterwards')
    await endAll(game, team, [tallies.block])
  })

  test(`${kind}: commands are applied by place of the worker`, async () => {
    const game = createGame(50)
    const team = await createGroup(game, kind)
    const before = game.all().length
    await team.group.run('spawnAtPlace', EACH_WORKER)
    const spawned = [...game.all()].slice(before)
    assert.equal(
      spawned.map((eid) => game.Position.x[eid]),
      [0, 1],
    )
    await endAll(game, team)
  })

  test(`${kind}: EACH_WORKER is alone in its stage, without batchSize`, async () => {
    const game = createGame(50)
    const team = await createGroup(game, kind)
    const tallies = createTallies(game)
    const entities = () => EACH_WORKER
    const args = () => tallies.args
    const alone = createSchedule(team.group, [
      { system: 'empty', entities: () => game.eids },
      { system: 'tallyEach', entities, args },
    ])
    await alone.run()
    await alone.run()
    tallies.assert(2, 2, 'in a schedule')
    const beside = createSchedule(team.group, [
      { system: 'empty', entities: () => game.eids, reads: [] },
      { system: 'tallyEach', entities, args, reads: [] },
    ])
    await assertRejects(beside.run(), 'invalid-argument', 'tallyEach', 'EACH_WORKER')
    const chunked = team.group.run('tallyEach', EACH_WORKER, tallies.args, { batchSize: 1 })
    await assertRejects(chunked, 'invalid-argument', 'batchSize')
    await assertRejects(
      team.group.run('tallyEach', 'each' as never),
      'invalid-argument',
      'EACH_WORKER',
    )
    tallies.assert(2, 2, 'refused')
    await endAll(game, team, [tallies.block])
  })

  test(`${kind}: a run that timed out does not begin on a late worker`, async () => {
    const game = createGame(50)
    const { i32 } = game.arena
    const team = await createGroup(game, kind)
    const tallies = createTallies(game)
    const flag = game.storage.pool.allocZeroed(8) >> 2
    await team.group.run('goAway', EACH_WORKER, { place: 1, flag })
    await until(() => Atomics.load(i32, flag) === 1)
    const options = { timeoutMs: 100 }
    const run = team.group.run('tallyEach', EACH_WORKER, tallies.args, options)
    const { code, unfinished } = (await errorOf(run)) as RunError
    assert.is(code, 'timed-out')
    assert.ok(unfinished.some(({ to }) => to === 2))
    Atomics.store(i32, flag, 2)
    await until(() => Atomics.load(i32, flag) === 3)
    assert.is(i32[tallies.args.byPlace + 1], 0, 'called after the error')
    i32.fill(0, tallies.args.bySlot, tallies.args.byPlace + SLOT_COUNT)
    await team.group.run('tallyEach', EACH_WORKER, tallies.args)
    tallies.assert(2, 1, 'afterwards')
    await endAll(game, team, [flag << 2, tallies.block])
  })

  if (!mayTerminate(kind) || 'Deno' in globalThis) continue
  test(`${kind}: the place of a killed worker is unfinished`, async () => {
    const game = createGame(50)
    const team = await createGroup(game, kind)
    const flag = game.storage.pool.allocZeroed(8) >> 2
    const run = errorOf(team.group.run('stayAtPlace', EACH_WORKER, { place: 1, flag }))
    await until(() => Atomics.load(game.arena.i32, flag) === 1)
    team.threads[1].terminate()
    const error = (await run) as RunError
    assert.is(error.code, 'worker-died', error.message)
    assert.equal(error.unfinished, [{ from: 1, to: 2 }])
    const tallies = createTallies(game)
    await team.group.run('tallyEach', EACH_WORKER, tallies.args)
    tallies.assert(1, 1, 'the one that is left')
    assert.equal(verify(game.arena), [])
    await endAll(game, team, [flag << 2, tallies.block])
  })
}

if (isMain) test.run()
