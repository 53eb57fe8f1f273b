// Commands of parallel systems: in the order of the entities, whoever worked on them.
import { Arena, blocks, verify } from '@ashlar/core'
import {
  applyCommands,
  CommandsError,
  createCommands,
  createStorage,
  createWorkerGroup,
  RunError,
  type Storage,
  t,
} from '@ashlar/ecs-adapter'
import {
  addComponent,
  addEntity,
  createWorld,
  entityExists,
  getAllEntities,
  hasComponent,
  observe,
  onAdd,
  query,
  set,
  type World,
} from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { isThorough, rounds } from '../../../../test/support/rounds.ts'
import { isMain, type ThreadKind } from '../../../../test/support/threads.ts'
import { createRandom, createScene } from '../support.ts'
import { commandSystems, random } from './command-systems.ts'
import {
  assertRejects,
  createGame,
  createGroup,
  createTraps,
  endAll,
  errorOf,
  type Game,
  groupKinds,
  isThreadKind,
  mayBlock,
  mayTerminate,
  until,
} from './game.ts'
import { startWorker } from './worker.ts'

const test = suite('commands of groups')

const FRAME_COUNT = rounds(1000)
/** Of the world at the end; the same on every engine. */
const EXPECTED_SUM = isThorough ? 864022753 : 2972965583

const isDeno = 'Deno' in globalThis
const CHUNK_LENGTHS = [undefined, 1, 7, 9999]

/** What `breed` has made, by entity id: the places of the parents. */
const childrenOf = ({ world, Position, Velocity }: Game) =>
  getAllEntities(world)
    .filter((eid) => hasComponent(world, eid, Position) && !hasComponent(world, eid, Velocity))
    .sort((a, b) => a - b)
    .map((eid) => Position.x[eid])

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)

function removeChildren(game: Game): void {
  const { storage, world, Position, Velocity } = game
  const commands = createCommands(storage)
  // From the last on, so that their ids are used again in ascending order.
  const children = getAllEntities(world)
    .filter((eid) => hasComponent(world, eid, Position) && !hasComponent(world, eid, Velocity))
    .sort((a, b) => b - a)
  for (const eid of children) commands.despawn(eid)
  applyCommands(storage, commands)
  commands.dispose()
}

/** Whether no worker is at a run any more. */
function isIdle(storage: Storage): boolean {
  try {
    storage.sync()
    return true
  } catch {
    return false
  }
}

for (const groupKind of groupKinds) {
  const threadTest = isThreadKind(groupKind) ? test : () => {}
  const kind = groupKind as ThreadKind // as `threadTest` needs it

  test(`${kind}: commands are applied after the run, by entity`, async () => {
    const game = createGame(2000, undefined, kind)
    const { all, Visits, eids, arena } = game
    const team = await createGroup(game, kind)
    for (const batchSize of CHUNK_LENGTHS) {
      const options = batchSize === undefined ? {} : { batchSize }
      await team.group.run('breed', all(), undefined, options)
      assert.equal(childrenOf(game), range(0, 2000))
      assert.equal(
        eids.map((eid) => Visits.count[eid]),
        range(0, 2000),
      )
      assert.equal(verify(arena), [])
      removeChildren(game)
    }
    await endAll(game, team)
  })

  if (mayBlock) {
    test(`${kind}: runSync applies commands too`, async () => {
      const game = createGame(300, undefined, kind)
      const team = await createGroup(game, kind)
      for (let round = 0; round < 3; round++) {
        team.group.runSync('breed', game.all())
        assert.equal(childrenOf(game), range(0, 300))
        removeChildren(game)
      }
      team.group.runSync('cull', game.eids)
      assert.is(team.group.skippedCommandCount, 0)
      team.group.runSync('cull', game.eids)
      assert.is(team.group.skippedCommandCount, 300)
      assert.equal(getAllEntities(game.world), [])
      await endAll(game, team)
    })
  }

  test(`${kind}: many commands chain blocks, which are reused`, async () => {
    const game = createGame(100, undefined, kind)
    const { arena, all, Position, eids } = game
    const team = await createGroup(game, kind)
    await team.group.run('empty', all())
    const blockCount = blocks(arena).length
    for (let round = 0; round < 4; round++) {
      await team.group.run('flood', all(), 300, { batchSize: 3 })
      assert.ok(eids.every((eid) => Position.x[eid] === 299))
      assert.ok(blocks(arena).length > blockCount)
      assert.equal(verify(arena), [])
    }
    for (let round = 0; round < 20; round++) await team.group.run('flood', all(), 1)
    await endAll(game, team)
  })

  test(`${kind}: if a system throws, commands of finished batches are applied`, async () => {
    const game = createGame(100, undefined, kind)
    const { eids, all } = game
    const team = await createGroup(game, kind)
    for (const place of [5, 50, 99]) {
      const options = { batchSize: 10 }
      const error = await errorOf(team.group.run('breedAndFail', all(), eids[place], options))
      assert.instance(error, RunError)
      const { unfinished, code, commandsError } = error as RunError
      assert.is(code, 'system-failed')
      assert.is(commandsError, undefined)
      const isDone = (i: number) => !unfinished.some(({ from, to }) => i >= from && i < to)
      assert.equal(childrenOf(game), range(0, 100).filter(isDone))
      assert.not.ok(isDone(place))
      removeChildren(game)
    }
    await team.group.run('breed', all())
    assert.equal(childrenOf(game), range(0, 100))
    await endAll(game, team)
  })

  test(`${kind}: commands that throw are reported, alone and with a system's error`, async () => {
    const game = createGame(100, undefined, kind)
    const { eids, all, world, Position } = game
    observe(world, onAdd(Position), (eid) => {
      if (eid % 10 === 0) throw new Error(`no child ${eid}`)
    })
    const team = await createGroup(game, kind)
    const alone = await errorOf(team.group.run('breed', all()))
    assert.instance(alone, CommandsError)
    assert.is((alone as CommandsError).failedCommandCount, 10)
    assert.is(childrenOf(game).length, 100, 'who threw has the component as well')
    const options = { batchSize: 10 }
    const both = await errorOf(team.group.run('breedAndFail', all(), eids[99], options))
    assert.instance(both, RunError)
    assert.is((both as RunError).code, 'system-failed')
    assert.instance((both as RunError).commandsError, CommandsError)
    await endAll(game, team)
  })

  test(`${kind}: temporary ids of an earlier call are not valid`, async () => {
    const game = createGame(10, undefined, kind)
    const team = await createGroup(game, kind, 1)
    await team.group.run('useStale', game.all(), undefined, { batchSize: 1 })
    assert.is(team.group.skippedCommandCount, 9)
    await endAll(game, team)
  })

  threadTest(`${kind}: after a timeout, the next run or close applies commands`, async () => {
    const game = createGame(100, undefined, kind)
    const { all } = game
    const options = { batchSize: 10, timeoutMs: 1000 }
    for (const how of ['run', 'close']) {
      const team = await createGroup(game, kind)
      const traps = createTraps(game, [5, 95])
      await assertRejects(team.group.run('breedAndHang', all(), traps.args, options), 'timed-out')
      assert.equal(childrenOf(game), [])
      traps.open()
      if (how === 'run') await team.group.run('empty', all())
      else await team.group.close()
      // What nobody had taken when the time was out is not done.
      const children = childrenOf(game).filter((_, i) => i < 10)
      assert.equal(children, range(0, 10))
      await team.group.close()
      for (const thread of team.threads) thread.terminate()
      game.storage.pool.free(traps.block)
      const commands = createCommands(game.storage)
      for (const eid of [...getAllEntities(game.world)].sort((a, b) => b - a)) {
        if (!game.eids.includes(eid)) commands.despawn(eid)
      }
      applyCommands(game.storage, commands)
      if (how === 'close') await endAll(game, team)
    }
  })

  threadTest(`${kind}: after a timeout, a reset drops commands`, async () => {
    const game = createGame(100, undefined, kind)
    const { storage, world } = game
    const team = await createGroup(game, kind)
    const traps = createTraps(game, [5, 95])
    const options = { batchSize: 10, timeoutMs: 1000 }
    const run = team.group.run('breedAndHang', game.all(), traps.args, options)
    await assertRejects(run, 'timed-out')
    assert.throws(() => storage.reset(), /system that workers run/)
    traps.open()
    await until(() => isIdle(storage))
    storage.reset()
    await team.group.run('empty', [])
    assert.equal([...getAllEntities(world)], [])
    const eid = addEntity(world)
    addComponent(world, eid, set(game.Position, { x: 1, y: 2 }))
    await team.group.run('breed', [eid])
    assert.is(getAllEntities(world).length, 2)
    await endAll(game, team, [traps.block])
  })

  threadTest(`${kind}: a worker whose system closes its pool has no commands`, async () => {
    const game = createGame(10, undefined, kind)
    const team = await createGroup(game, kind)
    await assertRejects(
      team.group.run('breedAndClose', game.all(), undefined, { batchSize: 10 }),
      'system-failed',
    )
    assert.is(getAllEntities(game.world).length, 10)
    await endAll(game, team)
  })

  if (mayTerminate(kind) && !isDeno) {
    threadTest(`${kind}: commands of a dead worker are dropped, its blocks freed`, async () => {
      const game = createGame(200, undefined, kind)
      const { all, arena, world } = game
      const team = await createGroup(game, kind)
      const traps = createTraps(game, [5, 95])
      const run = errorOf(team.group.run('breedAndHang', all(), traps.args, { batchSize: 10 }))
      await traps.untilCaught()
      team.threads[0].terminate()
      await until(() => team.group.workers.length === 1)
      traps.open()
      const error = (await run) as RunError
      assert.is(error.code, 'worker-died')
      const [{ from }] = error.unfinished
      assert.equal(verify(arena), [])
      const { length } = getAllEntities(world)
      assert.ok(length > 1200 && length < 1400, `${length}`) // one of the two times 1000
      const children = childrenOf(game)
      assert.not.ok(children.includes(from))
      assert.equal(
        children,
        [...children].sort((a, b) => a - b),
      )
      await endAll(game, team, [traps.block])
    })

    threadTest(`${kind}: a worker dies with finished commands: reported`, async () => {
      const game = createGame(200, undefined, kind)
      const { arena, storage, all } = game
      const team = await createGroup(game, kind)
      const block = storage.pool.allocZeroed(12)
      const [flag, slot, begun] = [0, 1, 2].map((i) => (block >> 2) + i)
      const options = { batchSize: 10 }
      const run = errorOf(team.group.run('breedSomeAndHang', all(), { flag, slot, begun }, options))
      await until(() => Atomics.load(arena.i32, flag) + Atomics.load(arena.i32, begun) === 21)
      await new Promise((resolve) => setTimeout(resolve, 50)) // it may still be in the last
      const slots = arena.stats().slots.filter(({ state }) => state === 'open')
      const [first] = slots.map((one) => one.slot).filter((one) => one !== storage.pool.slot)
      const done = Atomics.load(arena.i32, slot) === first ? 1 : 0
      team.threads[done].terminate()
      await until(() => team.group.workers.length === 1)
      assert.equal(team.group.workers, [team.threads[1 - done].worker])
      Atomics.store(arena.i32, flag, 2)
      const error = await run
      assert.instance(error, RunError)
      const { code, unfinished } = error as RunError
      assert.is(code, 'worker-died')
      assert.match(error.message, 'Commands that it had recorded are lost')
      const expected = range(1, 10).map((i) => ({ from: 20 * i, to: 20 * i + 10 }))
      assert.equal(unfinished, expected)
      assert.equal(childrenOf(game), [0])
      assert.equal(verify(arena), [])
      await endAll(game, team, [block])
    })

    threadTest(`${kind}: random kills leave no block, and ids stay sound`, async () => {
      const seed = 7
      const chance = createRandom(seed)
      const game = createGame(600, undefined, kind)
      const { all, arena, world, storage, eids } = game
      const team = await createGroup(game, kind)
      for (let round = 0; round < rounds(15, 3); round++) {
        const killed = team.threads.shift()
        setTimeout(() => killed?.terminate(), chance(5))
        while (team.group.workers.length === 2) {
          const system = ['breed', 'flood', 'breed'][chance(3)]
          const options = { batchSize: 1 + chance(50) }
          const error = await team.group.run(system, all(), 20, options).then(
            () => undefined,
            (reason) => reason,
          )
          if (error) assert.is(error.code, 'worker-died', `seed ${seed}: ${error.message}`)
          removeChildren(game)
          storage.sync()
        }
        assert.is(getAllEntities(world).length, eids.length)
        await team.group.run('breed', all())
        assert.equal(verify(arena), [], `seed ${seed}, round ${round}`)
        assert.equal(
          childrenOf(game).sort((a, b) => a - b),
          range(0, 600),
        )
        removeChildren(game)
        const next = startWorker(kind)
        team.threads.push(next)
        await team.group.add(next.worker)
      }
      await endAll(game, team)
    })
  }

  threadTest(
    `${kind}: the same world after ${FRAME_COUNT} frames, however many workers there are`,
    async () => {
      const sums = [simulateAlone()]
      for (const workerCount of [1, 2, 4]) sums.push(await simulate(kind, workerCount))
      assert.equal(
        sums,
        sums.map(() => EXPECTED_SUM),
      )
    },
  )
}

const SEED = 20

function createSimulation(world: World, storage: Storage) {
  const Life = storage.component('Life', { energy: t.i32, seed: t.u32, friend: t.eid })
  const Position = storage.component('Position', { x: t.f32, y: t.f64 })
  const Hot = storage.component('Hot', {})
  const Diary = storage.component('Diary', {
    notes: t.list(t.f32),
    friends: t.list(t.eid, { weak: true }),
    title: t.text,
    mood: t.text({ interned: true }),
  })
  const spawn = (seed: number) => {
    const eid = addEntity(world)
    addComponent(world, eid, set(Life, { seed, energy: 100, friend: eid }))
    addComponent(world, eid, set(Position, { x: seed % 100 }))
    addComponent(world, eid, set(Diary, { title: `of ${seed}`, mood: 'born' }))
  }
  const births = { count: 0 }
  observe(world, onAdd(Life), () => births.count++)
  for (let i = 0; i < 300; i++) spawn(random(SEED + i))
  const all = () => query(world, [Life, Position])

  /** Nothing dies out, and nothing grows out of hand. */
  function balance(frame: number) {
    for (let i = all().length; i < 250; i++) spawn(random(frame * 1000 + i))
    storage.sync()
  }

  function sum(): number {
    const floats = new Float64Array(8)
    const words = new Uint32Array(floats.buffer)
    let hash = 0x811c9dc5
    for (const eid of [...getAllEntities(world)].sort((a, b) => a - b)) {
      floats.fill(0)
      floats[0] = eid
      if (hasComponent(world, eid, Life)) {
        floats[1] = Life.energy[eid]
        floats[2] = Life.seed[eid]
        floats[3] = Life.friend[eid]
      }
      if (hasComponent(world, eid, Position)) {
        floats[4] = Position.x[eid]
        floats[5] = Position.y[eid]
      }
      floats[6] = hasComponent(world, eid, Hot) ? 1 : 0
      for (const word of words) hash = Math.imul(hash ^ word, 0x01000193)
      if (!hasComponent(world, eid, Diary)) continue
      const numbers = [...Diary.notes.toArray(eid), -1, ...Diary.friends.toArray(eid)]
      const text = `${numbers.join()} ${Diary.title.get(eid)} ${Diary.mood.get(eid)}`
      for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
    }
    return Math.imul(hash ^ births.count, 0x01000193) >>> 0
  }
  const components = storage.components as never
  return { all, balance, sum, births, components }
}

async function simulate(kind: ThreadKind, workerCount: number): Promise<number> {
  const arena = Arena.create({ byteLength: 16 << 20, shared: true })
  const world = createWorld()
  const storage = createStorage(world, arena.openPool(), { capacity: 16 })
  const simulation = createSimulation(world, storage)
  const threads = range(0, workerCount).map(() => startWorker(kind))
  const workers = threads.map(({ worker }) => worker)
  const group = await createWorkerGroup(storage, workers)
  for (let frame = 0; frame < FRAME_COUNT; frame++) {
    simulation.balance(frame)
    await group.run('live', simulation.all(), { frame })
    if (frame % 50 === 0) assert.equal(verify(arena), [])
  }
  const sum = simulation.sum()
  assert.ok(simulation.births.count > 3 * FRAME_COUNT, `${simulation.births.count} born`)
  await endAll({ arena, storage } as Game, { group, threads })
  return sum
}

/** The same on one thread, and in memory that is not shared. */
function simulateAlone(): number {
  const { arena, world, storage } = createScene({ shared: false, capacity: 16 })
  const simulation = createSimulation(world, storage)
  const commands = createCommands(storage)
  for (let frame = 0; frame < FRAME_COUNT; frame++) {
    simulation.balance(frame)
    const { components } = simulation
    const entities = Int32Array.from(simulation.all())
    commandSystems.live({ components, entities, commands, args: { frame } } as never)
    applyCommands(storage, commands)
  }
  assert.equal(verify(arena), [])
  assert.ok([...simulation.all()].every((eid) => entityExists(world, eid)))
  return simulation.sum()
}

if (isMain) test.run()
