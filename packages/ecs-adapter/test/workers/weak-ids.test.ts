// Weak ids in parallel systems: workers read and write them, also by commands.
import { type Component, t } from '@ashlar/ecs-adapter'
import { addComponent, addEntity, removeEntity, set } from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { isMain, threadKinds } from '../../../../test/support/threads.ts'
import { createGame, createGroup, endAll } from './game.ts'

const test = suite('weak ids of workers')

for (const kind of threadKinds) {
  test(`${kind}: workers see who lives, and refer to others`, async () => {
    const game = createGame(100, 128)
    const { world, storage, eids, Visits } = game
    const schema = { target: t.eid({ weak: true }), isIdle: t.bool }
    const Aim: Component<typeof schema> = storage.component('Aim', schema)
    const prey = eids.map(() => addEntity(world))
    for (const [i, eid] of eids.entries()) {
      addComponent(world, eid, set(Aim, { target: prey[i] }))
    }
    const team = await createGroup(game, kind, 2)
    for (let i = 0; i < prey.length; i += 3) removeEntity(world, prey[i])
    for (let i = 0; i < 2000; i++) addEntity(world) // the ids once more, and generations that move
    const all = Int32Array.from(eids)
    await team.group.run('chase', all, undefined, { batchSize: 10 })
    for (const [i, eid] of eids.entries()) {
      assert.is(Visits.count[eid], i % 3 === 0 ? 0 : prey[i])
      const next = eids[10 * Math.floor(i / 10) + (((i % 10) + 1) % 10)]
      assert.is(Aim.target.get(eid), eid % 2 === 0 ? eid : next)
      assert.is(Aim.isIdle[eid], eid % 2 === 1 || i % 3 === 0 ? 1 : 0)
    }
    const [first] = eids
    removeEntity(world, first)
    storage.sync()
    addEntity(world)
    await team.group.run('chase', all.subarray(1), undefined, { batchSize: 200 })
    for (const eid of eids.slice(1)) assert.is.not(Visits.count[eid], first)
    await endAll(game, team)
  })
}

if (isMain) test.run()
