// Sparse components in parallel systems: by rows, and with commands that add and remove them.
import { verify } from '@ashlar/core'
import { applyCommands, createCommands, createSparseComponent, t } from '@ashlar/ecs-adapter'
import { addComponent, removeEntity, set } from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { rounds } from '../../../../test/support/rounds.ts'
import { isMain, threadKinds } from '../../../../test/support/threads.ts'
import { assertRejects, createGame, createGroup, endAll } from './game.ts'
import { systems } from './worker.ts'

const test = suite('sparse components of workers')
const FRAME_COUNT = rounds(40, 2)

function createFire() {
  const game = createGame(300, 4)
  const { world, storage, eids } = game
  const Burning = createSparseComponent(storage, 'Burning', { heat: t.f32, marks: t.list(t.u8) })
  for (const eid of eids.slice(0, 40)) addComponent(world, eid, set(Burning, { heat: 5 }))
  return { ...game, Burning }
}

type Fire = ReturnType<typeof createFire>

/** Frame by frame; gives what burns each time, and how. */
async function play(fire: Fire, burn: (frame: number) => Promise<void>) {
  const { world, storage, arena, eids, Burning } = fire
  const rows = Burning.rows
  const seen: unknown[] = []
  let rowCountMax = 0
  for (let frame = 0; frame < FRAME_COUNT; frame++) {
    await burn(frame)
    if (frame % 4 === 1) removeEntity(world, eids.splice(frame % eids.length, 1)[0])
    if (frame % 6 === 2) eids.push(fire.spawn(), fire.spawn())
    if (frame % 5 !== 4) storage.sync() // else the run sees only what is published for it
    const burning = eids.filter(
      (eid) => rows.indexOf(eid) >= 0 && rows.entities[rows.indexOf(eid)] === eid,
    )
    seen.push(
      burning.map((eid) => [eid, Burning.rows.heat[rows.indexOf(eid)], Burning.marks.toArray(eid)]),
    )
    rowCountMax = Math.max(rowCountMax, rows.count)
    if (frame % 10 === 0) assert.equal(verify(arena), [], `frame ${frame}`)
  }
  assert.ok(rowCountMax > 96, `${rowCountMax} rows: index and columns have grown`)
  return seen
}

/** The same without workers. */
async function playAlone() {
  const fire = createFire()
  const { storage, arena } = fire
  const commands = createCommands(storage)
  return play(fire, async () => {
    const { components } = storage
    const entities = Int32Array.from(fire.all())
    systems.burn({ components, entities, commands, arena } as never)
    applyCommands(storage, commands)
  })
}

for (const kind of threadKinds) {
  test(`${kind}: the same burns on any number of workers`, async () => {
    const expected = await playAlone()
    for (const count of [1, 3]) {
      const fire = createFire()
      const team = await createGroup(fire, kind, count)
      const burn = (frame: number) =>
        team.group.run('burn', fire.all(), undefined, { batchSize: 7 + frame })
      assert.equal(await play(fire, burn), expected, `${count} workers`)
      await endAll(fire, team)
    }
  })
}

for (const kind of threadKinds) {
  test(`${kind}: a system finds the rows of sparse components as they are in the run`, async () => {
    const fire = createFire()
    const team = await createGroup(fire, kind, 1)
    const { world, storage, eids, Burning } = fire
    const ask = () => team.group.run('askRows', [1])
    await assertRejects(ask(), 'system-failed', `40 rows, ${eids[0]} first`)

    // Rows are those of the run, also if no `sync` came after they were made, or freed by a reset.
    removeEntity(world, eids[0])
    for (const eid of eids.slice(40, 200)) addComponent(world, eid, Burning)
    await assertRejects(ask(), 'system-failed', '200 rows, 0 first')
    storage.sync()
    await assertRejects(ask(), 'system-failed', `199 rows, ${eids[199]} first`)
    storage.reset()
    await assertRejects(ask(), 'system-failed', '0 rows')
    const first = fire.spawn()
    addComponent(world, first, set(Burning, { heat: 2 }))
    await assertRejects(ask(), 'system-failed', `1 rows, ${first} first`)
    await endAll(fire, team)
  })
}

if (isMain) test.run()
