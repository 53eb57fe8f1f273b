// Lists and texts in parallel systems: the same results as on one thread, also if workers die.
import { blocks, verify } from '@ashlar/core'
import { RunError } from '@ashlar/ecs-adapter'
import { removeEntity } from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { rounds } from '../../../../test/support/rounds.ts'
import { isMain, threadKinds } from '../../../../test/support/threads.ts'
import { createRandom } from '../support.ts'
import {
  addPaths,
  createGame,
  createGroup,
  endAll,
  errorOf,
  mayTerminate,
  type PathGame,
} from './game.ts'
import { churnOne, startWorker, systems } from './worker.ts'

const test = suite('lists of workers')
const FRAME_COUNT = rounds(60, 3)

/** On Deno a worker in a loop runs on after it was terminated. */
const diesInLoops = !('Deno' in globalThis)

const valuesOf = ({ Path, eids }: PathGame) =>
  eids.map((eid) => [
    Path.points.toArray(eid),
    Path.targets.toArray(eid),
    Path.label.get(eid),
    Path.kind.get(eid),
  ])

/** Spawns, kills and runs `churn` frame by frame; returns what lists and texts hold in the end. */
async function play(game: PathGame, frames: number, churn: (frame: number) => Promise<void>) {
  const { world, storage, arena, eids, spawn, Path } = game
  for (let frame = 0; frame < frames; frame++) {
    await churn(frame)
    if (frame % 3 === 0) eids.push(spawn(), spawn(), spawn())
    if (frame % 4 === 1) removeEntity(world, eids.splice(frame % eids.length, 1)[0])
    if (frame % 5 !== 4) storage.sync() // else the run sees only what is published for it
    for (const eid of eids.slice(0, 20)) churnOne(Path, eid, frame) // blocks change their owners
    if (frame % 10 === 0) assert.equal(verify(arena), [], `frame ${frame}`)
  }
  return valuesOf(game)
}

/** The same without workers. */
function playAlone(entityCount: number, frames: number, sparse: boolean) {
  const game = addPaths(createGame(entityCount, 4), { sparse })
  const churn = async (frame: number) => {
    const { storage, arena } = game
    const entities = Int32Array.from(game.all())
    systems.churn({ components: storage.components, entities, args: frame, arena } as never)
  }
  return play(game, frames, churn)
}

/** The same of flat components and of sparse ones. */
function testBoth(name: string, body: (sparse: boolean) => Promise<void>): void {
  for (const sparse of [false, true]) test(`${name}${sparse ? ', sparse' : ''}`, () => body(sparse))
}

for (const kind of threadKinds) {
  testBoth(`${kind}: lists and texts are the same on any number of workers`, async (sparse) => {
    const expected = await playAlone(300, FRAME_COUNT, sparse)
    for (const count of [1, 2, 4]) {
      const game = addPaths(createGame(300, 4), { sparse })
      const team = await createGroup(game, kind, count)
      const churn = (frame: number) =>
        team.group.run('churn', game.all(), frame, { batchSize: 1 + frame })
      assert.equal(await play(game, FRAME_COUNT, churn), expected, `${count} workers`)
      await endAll(game, team)
    }
  })

  testBoth(`${kind}: lists that workers made can be changed and freed here`, async (sparse) => {
    const game = addPaths(createGame(200), { sparse })
    const { arena, storage, eids, all, Path, world } = game
    const team = await createGroup(game, kind)
    const before = blocks(arena).length
    for (let frame = 0; frame < 20; frame++) await team.group.run('churn', all(), frame)
    const { slot } = storage.pool
    const isOthers = (offset: number) =>
      blocks(arena).some((block) => block.offset === offset && block.slot !== slot)
    assert.ok(eids.some((eid) => isOthers(Path.points.offset(eid) - 8)))
    for (const eid of eids) Path.points.push(eid, 3)
    for (const eid of eids) Path.kind.set(eid, 'road')
    assert.ok(eids.every((eid) => Path.points.get(eid, Path.points.length(eid) - 1) === 3))
    await team.group.run('clearPaths', all())
    assert.ok(eids.every((eid) => Path.points.length(eid) === 0 && Path.kind.get(eid) === ''))
    for (const eid of eids) removeEntity(world, eid)
    storage.sync()
    assert.equal(verify(arena), [])
    assert.ok(before > 200)
    await endAll(game, team)
  })

  test(`${kind}: a kind that all share is found by each worker, and made once`, async () => {
    const game = addPaths(createGame(400))
    const { eids, all, Path } = game
    const team = await createGroup(game, kind)
    for (let frame = 0; frame < 30; frame++) {
      await team.group.run('churn', all(), frame, { batchSize: 10 })
      game.storage.sync()
    }
    const texts = new Set(eids.map((eid) => Path.kind.get(eid)))
    const blocks = new Set(eids.map((eid) => Path.kind.offset(eid)))
    assert.ok(texts.size > 5)
    assert.ok(blocks.size <= 3 * texts.size, `${blocks.size} blocks of ${texts.size} texts`)
    await endAll(game, team)
  })

  test(`${kind}: removed ids are dropped before a run reuses them`, async () => {
    const game = addPaths(createGame(20))
    const { world, eids, spawn, Path } = game
    const team = await createGroup(game, kind)
    const [first, second] = eids
    Path.targets.replace(first, [second, 7, second])
    removeEntity(world, second)
    assert.is(spawn(), second) // and no sync
    await team.group.run('empty', [first])
    assert.equal(Path.targets.toArray(first), [7])
    await endAll(game, team)
  })

  testBoth(`${kind}: a worker that runs out of memory leaves lists whole`, async (sparse) => {
    const game = addPaths(createGame(100), { sparse })
    const { arena, eids, all, Path } = game
    const team = await createGroup(game, kind)
    const error = await errorOf(team.group.run('fill', all(), undefined, { batchSize: 10 }))
    assert.instance(error, RunError)
    assert.is((error as RunError).code, 'system-failed')
    assert.match(error.message, 'no room')
    assert.equal(verify(arena), [])
    for (const eid of eids) {
      const points = Path.points.toArray(eid)
      assert.equal(points.slice(0, 2), [eid, 0.5])
      assert.is(points.length % 8, 2)
      assert.ok(points.every((value, i) => i < 2 || value === 1 + ((i - 2) % 8)))
    }
    await team.group.run('clearPaths', all())
    for (let frame = 0; frame < 5; frame++) await team.group.run('churn', all(), frame)
    await endAll(game, team)
  })

  if (mayTerminate(kind) && diesInLoops) {
    testBoth(
      `${kind}: workers killed while lists grow: nothing is lost or torn`,
      async (sparse) => {
        const seed = 29
        const random = createRandom(seed)
        const game = addPaths(createGame(60), { sparse })
        const { arena, world, storage, eids, all, spawn, Path } = game
        const team = await createGroup(game, kind, 3)
        const roundCount = rounds(4, 2) // Chromium lets a worker in a loop live for two seconds
        for (let round = 0; round < roundCount; round++) {
          const what = `seed ${seed}, round ${round}`
          const run = errorOf(team.group.run('churnForEver', all(), undefined, { batchSize: 20 }))
          for (const { terminate } of team.threads) setTimeout(terminate, 5 + random(25))
          assert.is(((await run) as RunError).code, 'worker-died', what)
          assert.equal(verify(arena), [], what)
          assertWhole(game, what)
          for (const eid of eids) churnOne(Path, eid, random(2 ** 16))
          eids.push(spawn())
          for (let i = 0; i < 5; i++) removeEntity(world, eids.splice(random(eids.length), 1)[0])
          storage.sync()
          assertWhole(game, `${what}, rows given back`)
          team.threads.splice(0, 3, ...[1, 2, 3].map(() => startWorker(kind)))
          for (const { worker } of team.threads) await team.group.add(worker)
          await team.group.run('churn', all(), round)
          assert.equal(verify(arena), [], what)
        }
        await endAll(game, team, [], 3 * roundCount)
      },
    )
  }
}

/** Every handle is that of a live block, no two lists share one, and all can be read to the end. */
function assertWhole({ arena, eids, Path }: PathGame, what: string): void {
  const live = new Map(blocks(arena).map((block) => [block.offset, block.byteLength]))
  const owned = new Set<number>()
  const take = (block: number) => {
    assert.ok(live.has(block), `${what}: block ${block} is not live`)
    assert.not(owned.has(block), `${what}: block ${block} has two owners`)
    owned.add(block)
  }
  for (const eid of eids) {
    for (const [list, shift] of [
      [Path.points, 2],
      [Path.targets, 2],
    ] as const) {
      if (list.offset(eid) === 0) continue
      take(list.offset(eid) - 8)
      assert.ok(list.length(eid) <= list.capacity(eid), what)
      assert.ok((list.capacity(eid) << shift) + 8 <= (live.get(list.offset(eid) - 8) ?? 0), what)
      assert.is(list.toArray(eid).length, list.length(eid))
    }
    if (Path.label.offset(eid) !== 0) take(Path.label.offset(eid))
    if (Path.kind.offset(eid) !== 0) assert.ok(live.has(Path.kind.offset(eid) - 4), what)
    const { label, kind } = Path
    for (const text of [label, kind]) assert.is(text.get(eid).includes('\ufffd'), false, what)
  }
}

if (isMain) test.run()
