// Promise 12 for frames with parallel systems, in the thread that calls them.
import { createSchedule, createTable } from '@ashlar/ecs-adapter'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertNoGarbage, measureGarbage } from '../../../../test/support/garbage.ts'
import { isMain } from '../../../../test/support/threads.ts'
import { createGame, createGroup, endAll, type GroupKind } from './game.ts'
import { shotOptions, shotSchema } from './table-systems.ts'

const test = suite('garbage of groups')
const KINDS: readonly GroupKind[] = ['node', 'here', 'here, not shared']
const OURS = ['packages/core/src/', 'packages/ecs-adapter/src/']

for (const kind of KINDS)
  test(`${kind}: runSync and sync make no garbage while nothing grows`, async () => {
    const game = createGame(500, undefined, kind)
    const team = await createGroup(game, kind)
    const ids = game.all()
    const frame = () => {
      team.group.runSync('visit', ids)
      team.group.runSync('empty', ids)
      game.storage.sync()
    }
    const garbage = measureGarbage(frame, { frames: 200, warmup: 1500 })
    assert.ok(game.eids.every((eid) => game.Visits.count[eid] > 0))
    await endAll(game, team)
    assertNoGarbage(garbage, OURS)
  })

for (const kind of KINDS)
  test(`${kind}: nor does a run over a table`, async () => {
    const game = createGame(500, undefined, kind)
    const Shot = createTable(game.storage, 'Shot', shotSchema, { chunkByteLength: 1024 })
    for (let i = 0; i < 500; i++) Shot.add()
    const team = await createGroup(game, kind)
    let frameCount = 0
    const frame = () => {
      frameCount++
      team.group.runSync('fly', Shot)
      game.storage.sync()
    }
    const garbage = measureGarbage(frame, { frames: 200, warmup: 1500 })
    for (const { visits, rowCount } of Shot.chunks) {
      for (let row = 0; row < rowCount; row++) assert.is(visits[row], frameCount)
    }
    await endAll(game, team)
    assertNoGarbage(garbage, OURS)
  })

for (const kind of KINDS)
  test(`${kind}: nor does one in which rows come and go`, async () => {
    const game = createGame(500, undefined, kind)
    const Shot = createTable(game.storage, 'Shot', shotSchema, shotOptions)
    for (let i = 0; i < 500; i++) Shot.add()
    const team = await createGroup(game, kind)
    const ids = game.all()
    const frame = () => {
      team.group.runSync('replace', Shot)
      team.group.runSync('flash', ids)
      for (let i = 0; i < 20; i++) Shot.remove(Shot.add())
      game.storage.sync()
    }
    const garbage = measureGarbage(frame, { frames: 200, warmup: 3000 })
    assert.is(Shot.rowCount, 500)
    if (kind === 'node') assert.ok(Shot.ownChunks.length < Shot.chunks.length, 'added by workers')
    await endAll(game, team)
    assertNoGarbage(garbage, OURS)
  })

for (const kind of KINDS)
  test(`${kind}: runSync of a schedule makes none either`, async () => {
    const game = createGame(500, undefined, kind)
    const team = await createGroup(game, kind)
    const ids = game.all()
    const entities = () => ids
    const schedule = createSchedule(team.group, [
      { system: 'visit', entities, writes: [game.Visits, game.Position] },
      { system: 'empty', entities, reads: [game.Velocity] },
      { system: 'empty', name: 'last', entities, reads: [game.Position] },
    ])
    assert.is(schedule.stages.length, 2)
    let frameCount = 0
    const frame = () => {
      frameCount++
      schedule.runSync()
      game.storage.sync()
    }
    const garbage = measureGarbage(frame, { frames: 200, warmup: 3000 })
    assert.ok(game.eids.every((eid) => game.Visits.count[eid] === frameCount))
    await endAll(game, team)
    assertNoGarbage(garbage, OURS)
  })

if (isMain) test.run()
