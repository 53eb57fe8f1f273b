// Parallel systems on real workers.
import { Arena, blocks as blocksOf, exactStats, verify } from '@ashlar/core'
import {
  applyCommands,
  createCommands,
  createStorage,
  createWorkerGroup,
  type Port,
  RunError,
  type RunOptions,
  StorageError,
  t,
} from '@ashlar/ecs-adapter'
import {
  addComponent,
  addEntity,
  createWorld,
  hasComponent,
  observe,
  onAdd,
  removeEntity,
} from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  isMain,
  startThread,
  type ThreadKind,
  threadKinds,
} from '../../../../test/support/threads.ts'
import {
  addPaths,
  assertRejects,
  createGame,
  createGroup,
  createTraps,
  endAll,
  errorOf,
  mayBlock,
  until,
} from './game.ts'
import { startWorker } from './worker.ts'

const test = suite('group')

const isBusy = (error: Error) => error instanceof StorageError && error.code === 'group-busy'

/** Whether the platform reports that a worker has ended. */
const tellsEnds = 'process' in globalThis && !('Deno' in globalThis)
/** Whether it reports the end at once. */
const tellsExits = (kind: ThreadKind) => kind === 'node' || tellsEnds

for (const kind of threadKinds) {
  test(`${kind}: every entity is visited once, each in its place, run by run`, async () => {
    const game = createGame(5000)
    const { Visits, Position, eids, all } = game
    const team = await createGroup(game, kind)
    assert.is(team.group.workers.length, 2)
    assert.equal(team.group.systems, [...team.group.systems].sort())
    const lengths: RunOptions[] = [
      {},
      { batchSize: 1 },
      { batchSize: 7 },
      { batchSize: 9999 },
      { batchSize: 2 ** 31 },
      { batchSize: 2 ** 32 },
      { batchSize: Number.MAX_SAFE_INTEGER },
    ]
    for (const [round, options] of lengths.entries()) {
      await team.group.run('visit', all(), undefined, options)
      assert.ok(eids.every((eid) => Visits.count[eid] === round + 1))
      assert.ok(eids.every((eid, i) => Position.x[eid] === i))
    }
    await team.group.run('visit', [])
    await team.group.run('visit', eids.slice(0, 1))
    assert.is(Visits.count[eids[0]], lengths.length + 1)
    await endAll(game, team)
  })

  test(`${kind}: arguments, and the same result as one thread`, async () => {
    const game = createGame(1000)
    const { Position, eids, all } = game
    const team = await createGroup(game, kind)
    const expected = eids.map((eid) => [eid + 20 * 2 * 0.5, 1 + 20 * eid * 0.5])
    for (let frame = 0; frame < 20; frame++) await team.group.run('move', all(), { dt: 0.5 })
    assert.equal(
      eids.map((eid) => [Position.x[eid], Position.y[eid]]),
      expected,
    )
    await endAll(game, team)
  })

  test(`${kind}: the next run sees grown columns and new components`, async () => {
    const game = createGame(10, 4)
    const { storage, Visits, Position, all, spawn, eids } = game
    const team = await createGroup(game, kind)
    for (let round = 1; round <= 8; round++) {
      await team.group.run('visit', all())
      assert.ok(eids.every((eid) => Visits.count[eid] === round))
      for (let i = 0; i < 40 * round; i++) eids.push(spawn())
      storage.component(`Late${round}`, { x: t.f64 })
      for (const eid of eids) Visits.count[eid] = round
      if (round % 2 === 0) storage.sync()
      Position.x[eids[0]] = -1
    }
    await endAll(game, team)
  })

  test(`${kind}: runs called at once are done one by one`, async () => {
    const game = createGame(500)
    const { Visits, Position, all, eids } = game
    const team = await createGroup(game, kind)
    const ids = [...all()]
    const runs = Array.from({ length: 10 }, (_, i) =>
      team.group.run(i % 2 === 0 ? 'visit' : 'move', ids, { dt: 1 }),
    )
    ids.length = 0 // the first has them already; the others find none
    await Promise.all(runs)
    assert.ok(eids.every((eid) => Visits.count[eid] === 1))
    assert.is(Position.x[eids[3]], 3)
    await endAll(game, team)
  })

  test(`${kind}: ids in the arena, of other types, with gaps`, async () => {
    const game = createGame(300)
    const { storage, Visits, eids } = game
    const team = await createGroup(game, kind)
    const inArena = storage.pool.allocArray(Int32Array, 300)
    inArena.set(eids)
    const lists = [
      inArena,
      inArena.subarray(0, 300),
      Uint32Array.from(eids),
      Float64Array.from(eids),
    ]
    for (const list of [...lists, eids]) await team.group.run('visit', list)
    assert.ok(eids.every((eid) => Visits.count[eid] === 5))
    await endAll(game, team, [inArena.byteOffset])
  })

  test(`${kind}: a scratch and a pool for each worker`, async () => {
    const game = createGame(3000)
    const { Position, Visits, eids, arena, all } = game
    const team = await createGroup(game, kind)
    await team.group.run('allocate', all(), undefined, { batchSize: 3 })
    assert.ok(eids.every((eid) => Position.x[eid] === Math.fround(eid ** 2)))
    const blocks = new Set(eids.map((eid) => Visits.count[eid]))
    assert.is(blocks.size, 1000)
    const slots = arena.stats().slots.map(({ slot }) => slot)
    const held = blocksOf(arena).filter(({ offset }) => blocks.has(offset))
    assert.is(held.length, 1000)
    assert.ok(held.every(({ slot }) => slots.includes(slot) && slot !== game.storage.pool.slot))
    const one = [...blocks].map((block) => eids.find((eid) => Visits.count[eid] === block))
    await team.group.run('free', [eids[0]], one)
    await endAll(game, team)
  })

  test(`${kind}: an error has the system, what is unfinished, and the stack`, async () => {
    const game = createGame(1000)
    const { Visits, eids, all } = game
    const team = await createGroup(game, kind)
    for (const bad of [eids[0], eids[555], eids[999]]) {
      const error = await errorOf(team.group.run('fail', all(), bad, { batchSize: 10 }))
      assert.instance(error, RunError)
      const { code, system, unfinished, cause } = error as RunError
      assert.is(code, 'system-failed')
      assert.is(system, 'fail')
      assert.match(error.message, `entity ${bad} is out of its mind`)
      const index = eids.indexOf(bad)
      assert.ok(unfinished.some(({ from, to }) => from <= index && index < to))
      assert.ok(unfinished.every(({ from, to }) => from < to && to <= 1000))
      assert.instance(cause, Error)
      const { name, stack } = cause as Error
      assert.is(name, 'RangeError')
      assert.match(stack ?? '', 'failAt')
    }
    await team.group.run('visit', all()) // it goes on
    assert.ok(eids.every((eid) => Visits.count[eid] === 1))
    await assertRejects(team.group.run('promise', all()), 'system-failed', 'promise')
    await team.group.run('promise', [])
    await assertRejects(team.group.run('reject', all()), 'system-failed', 'promise')
    for (let odd = 0; odd < 5; odd++) {
      await assertRejects(team.group.run('throwOdd', all(), odd), 'system-failed')
    }
    await team.group.run('visit', all())
    assert.is(team.group.workers.length, 2)
    await endAll(game, team)
  })

  test(`${kind}: a system that frees its worker's memory`, async () => {
    const game = createGame(100)
    const { Visits, eids, all } = game
    const team = await createGroup(game, kind, 1)
    const { group } = team
    await assertRejects(group.run('closePool', [1]), 'system-failed', 'closed')
    const late = startWorker(kind)
    await group.add(late.worker)
    await group.run('visit', all()) // by the other
    await assertRejects(group.run('disposeScratch', [1]), 'system-failed', 'disposed')
    await assertRejects(group.run('visit', all()), 'system-failed', 'disposed')
    assert.ok(eids.every((eid) => Visits.count[eid] >= 1))
    await endAll(game, { group, threads: [late, ...team.threads] })
  })

  test(`${kind}: uneven work is shared, however it is spread`, async () => {
    const game = createGame(400)
    const { Position, Visits, eids, all } = game
    for (const eid of eids) Position.x[eid] = eid < 20 ? 20_000 : 1
    const team = await createGroup(game, kind)
    for (const options of [{ batchSize: 1 }, { batchSize: 50 }, {}]) {
      await team.group.run('uneven', all(), undefined, options)
    }
    assert.ok(eids.every((eid) => Visits.count[eid] === 3))
    await endAll(game, team)
  })

  test(`${kind}: a worker that joins later, and one that is in a second group`, async () => {
    const game = createGame(100)
    const { Visits, eids, all, storage } = game
    const team = await createGroup(game, kind, 1)
    const late = startWorker(kind)
    await team.group.run('visit', all())
    await team.group.add(late.worker)
    assert.is(team.group.workers.length, 2)
    await team.group.run('visit', all())
    await team.group.close()
    await team.group.close()
    await assertRejects(team.group.run('visit', all()), 'group-closed')
    await assertRejects(team.group.add(late.worker), 'group-closed')
    const again = await createWorkerGroup(storage, [late.worker, team.threads[0].worker])
    await again.run('visit', all())
    assert.ok(eids.every((eid) => Visits.count[eid] === 3))
    await endAll(game, { group: again, threads: [late, ...team.threads] })
  })

  test(`${kind}: a group that is closed while a worker is about to join`, async () => {
    const game = createGame(100)
    const { Visits, eids, all, storage } = game
    const team = await createGroup(game, kind, 1)
    const late = startWorker(kind)
    const adding = assertRejects(team.group.add(late.worker), 'group-closed')
    await team.group.close()
    await adding
    assert.equal(team.group.workers, [])
    const again = await createWorkerGroup(storage, [late.worker]) // it is free for another
    await again.run('visit', all())
    assert.ok(eids.every((eid) => Visits.count[eid] === 1))
    await endAll(game, { group: again, threads: [late, ...team.threads] })
  })

  test(`${kind}: a group without workers`, async () => {
    const game = createGame(10)
    const team = await createGroup(game, kind, 0)
    await assertRejects(team.group.run('visit', game.all()), 'no-workers')
    const thread = startWorker(kind)
    await team.group.add(thread.worker)
    await team.group.run('visit', game.all())
    await endAll(game, { group: team.group, threads: [thread] })
  })

  test(`${kind}: a worker late for some groups joins the next`, async () => {
    const game = createGame(10)
    void game.storage.handle // has blocks of its own
    const blockCount = blocksOf(game.arena).length
    const gate = new Int32Array(new SharedArrayBuffer(4))
    const thread = startWorker(kind, 'join once', () => {}, gate)
    for (let i = 0; i < 3; i++) {
      const late = createWorkerGroup(game.storage, [thread.worker], { joinTimeoutMs: 1 })
      await assertRejects(late, 'not-joined', '1 ms')
    }
    assert.is(blocksOf(game.arena).length, blockCount)
    Atomics.store(gate, 0, 1)
    Atomics.notify(gate, 0)
    const group = await createWorkerGroup(game.storage, [thread.worker])
    await group.run('visit', game.all())
    await endAll(game, { group, threads: [thread] })
  })

  test(`${kind}: workers that cannot join, and what they leave`, async () => {
    const game = createGame(10)
    const { arena, storage } = game
    const threads = ['join', 'other systems', 'stay away'].map((how) => startWorker(kind, how))
    const [good, other, away] = threads.map(({ worker }) => worker)
    const create = (...workers: Port[]) => createWorkerGroup(storage, workers)
    const createSoon = createWorkerGroup(storage, [good, away], { joinTimeoutMs: 700 })
    await assertRejects(createSoon, 'not-joined', 'joinWorkerGroup()')
    const group = await create(good)
    await assertRejects(group.add(other), 'not-joined', ' move', 'lack: other.')
    await group.run('visit', game.all())
    await assertRejects(create({} as never), 'invalid-argument', 'a worker')
    await assertRejects(createWorkerGroup(storage, 3 as never), 'invalid-argument')
    await group.close()
    assert.equal(verify(arena), [])
    for (const thread of threads) thread.terminate()
  })

  test(`${kind}: invalid system, entities, arguments and options`, async () => {
    const game = createGame(10)
    const team = await createGroup(game, kind, 1)
    const { group } = team
    const invalid = (...args: unknown[]) =>
      assertRejects(group.run(...(args as Parameters<typeof group.run>)), 'invalid-argument')
    await invalid('nothing', [])
    for (const bad of [undefined, null, 5, 'abc', {}, { length: -1 }]) await invalid('empty', bad)
    const map = new Map()
    const losses = [Number.NaN, { x: undefined }, { x: [1n] }, () => {}, map, new Float32Array(1)]
    for (const bad of losses) await invalid('empty', [], bad)
    for (const batchSize of [0, -1, 1.5, '3']) await invalid('empty', [], 0, { batchSize })
    for (const timeoutMs of [0, -1, Number.NaN, 'x']) await invalid('empty', [], 0, { timeoutMs })
    await group.run('empty', [1], { a: [1, 'b', null, { c: true }] })
    await endAll(game, team)
  })

  test(`${kind}: calls that free memory of a system are refused in mid-run`, async () => {
    const game = createGame(300, 301)
    const { Position, Visits, all, spawn, storage, arena, world, eids } = game
    const team = await createGroup(game, kind)
    const sibling = createStorage(world, storage.pool)
    const commands = createCommands(storage)
    commands.set(eids[0], Position, { x: 7 })
    const traps = createTraps(game, [5, 295])
    const run = team.group.run('hang', all(), traps.args, { batchSize: 10 })
    await traps.untilCaught()
    const { x } = Position
    const refused = [
      () => storage.sync(),
      () => storage.reset(),
      () => sibling.reset(),
      () => storage.dispose(),
      () => applyCommands(storage, commands),
      () => void spawn(), // columns would move
    ]
    for (const call of refused) assert.throws(call, isBusy)
    if (mayBlock) assert.throws(() => team.group.runSync('empty', []), isBusy)
    assert.is(Position.x, x)
    assert.is(Position.x[eids[0]], eids[0])
    storage.publish()
    traps.open()
    await run
    assert.ok(eids.every((eid) => Visits.count[eid] === 1))
    assert.equal(verify(arena), [])
    eids.push(spawn())
    applyCommands(storage, commands)
    assert.is(Position.x[eids[0]], 7)
    commands.dispose()
    await team.group.run('visit', all())
    assert.ok(eids.slice(0, 300).every((eid) => Visits.count[eid] === 2))
    sibling.dispose()
    await endAll(game, team, [traps.block])
  })

  test(`${kind}: nor are lists and texts of a system freed`, async () => {
    const game = addPaths(createGame(300, 400))
    const { Path, Visits, all, storage, arena, world, eids } = game
    const team = await createGroup(game, kind)
    const traps = createTraps(game, [5, 295])
    const [victim, other] = [eids[100], eids[101]]
    Path.targets.push(eids[0], victim)
    const run = team.group.run('hang', all(), traps.args, { batchSize: 10 })
    await traps.untilCaught()
    removeEntity(world, victim)
    assert.throws(() => storage.publish(), isBusy)
    const heir = addEntity(world)
    assert.is(heir, victim)
    assert.throws(() => Path.targets.push(other, heir), isBusy)
    assert.throws(() => addComponent(world, heir, Path), isBusy) // its lists are there still
    assert.not.ok(hasComponent(world, heir, Path))
    assert.is(Path.points.length(victim), 2)
    traps.open()
    await run
    storage.sync()
    assert.is(Path.targets.length(eids[0]), 0)
    addComponent(world, heir, Path)
    assert.is(Path.points.length(heir), 0)
    assert.ok(Visits.count[other] === 1)
    assert.equal(verify(arena), [])
    await endAll(game, team, [traps.block])
  })

  test(`${kind}: no run begins while commands are applied`, async () => {
    const game = createGame(50)
    const { storage, world, Visits, Position, all, eids, arena } = game
    const team = await createGroup(game, kind)
    const sibling = createStorage(world, storage.pool)
    const Mark = sibling.component('Mark', { value: t.i32 })
    const refused: Promise<unknown>[] = []
    observe(world, onAdd(Mark), () => {
      refused.push(assertRejects(team.group.run('visit', all()), 'commands-busy'))
      if (mayBlock)
        assert.throws(() => team.group.runSync('visit', all()), /applyCommands\(\) is running/)
      assert.throws(() => storage.reset(), /applyCommands\(\) is running/)
    })
    for (const own of [storage, sibling]) {
      const commands = createCommands(own)
      if (own === storage) commands.set(eids[0], Position, { x: 5 })
      else commands.add(eids[0], Mark)
      assert.is(applyCommands(own, commands), 0)
      commands.dispose()
    }
    assert.is(refused.length, 1)
    await Promise.all(refused)
    // Nor are those of a sibling while a system is at work.
    const traps = createTraps(game, [5])
    const run = team.group.run('hang', all(), traps.args)
    await traps.untilCaught()
    const commands = createCommands(sibling)
    assert.throws(() => applyCommands(sibling, commands), isBusy)
    assert.throws(() => sibling.sync(), isBusy)
    traps.open()
    await run
    assert.ok(eids.every((eid) => Visits.count[eid] === 1))
    sibling.dispose()
    assert.equal(verify(arena), [])
    await endAll(game, team, [traps.block])
  })

  test(`${kind}: failures to join or to make a group are reported`, async () => {
    const game = createGame(10)
    const { storage, arena } = game
    const late = startWorker(kind, 'stay away')
    const team = await createGroup(game, kind, 1)
    const other = await createWorkerGroup(storage, [], { joinTimeoutMs: 50 })
    await assertRejects(other.add(late.worker), 'not-joined', 'within 50 ms', 'joinWorkerGroup()')
    await assertRejects(other.add(late.worker), 'not-joined', 'within 50 ms')
    await assertRejects(
      team.group.add(team.threads[0].worker),
      'not-joined',
      'in the group already',
    )
    late.terminate()
    await other.close()
    for (const bad of [0, -1, Number.NaN, '5']) {
      const options = { joinTimeoutMs: bad as number }
      await assertRejects(
        createWorkerGroup(storage, [], options),
        'invalid-argument',
        'joinTimeoutMs',
      )
    }
    for (const bad of [0, 63, Number.NaN, 64.5, '64']) {
      const options = { scratchByteLength: bad as number }
      await assertRejects(createWorkerGroup(storage, [], options), 'invalid-argument', 'scratch')
    }
    for (const bad of [null, {}, 5]) {
      await assertRejects(
        createWorkerGroup(bad as never, []),
        'invalid-argument',
        'createStorage()',
      )
    }
    await team.group.close()
    storage.dispose()
    await assertRejects(createWorkerGroup(storage, []), 'storage-disposed')
    assert.equal(verify(arena), [])
    for (const thread of team.threads) thread.terminate()
  })

  test(`${kind}: a storage is not disposed of while a group over it is open`, async () => {
    const game = createGame(10)
    const { storage, arena, world } = game
    const isOpen = (error: Error) => error instanceof StorageError && error.code === 'group-open'
    const refuse = () => assert.throws(() => storage.dispose(), isOpen)
    const thread = startWorker(kind)
    const making = createWorkerGroup(storage, [thread.worker])
    refuse()
    const group = await making
    refuse()
    const sibling = createStorage(world, storage.pool)
    sibling.dispose() // nobody's
    const other = await createWorkerGroup(storage, [])
    await group.close()
    refuse()
    await other.close()
    const options = { joinTimeoutMs: 20 }
    const late = startWorker(kind, 'stay away')
    await assertRejects(createWorkerGroup(storage, [late.worker], options), 'not-joined')
    storage.dispose()
    await group.close()
    assert.equal(verify(arena), [])
    for (const one of [thread, late]) one.terminate()
  })

  test(`${kind}: a worker that is dead already, or dies before it joins`, async () => {
    const game = createGame(10)
    const { storage, arena } = game
    void storage.handle // has blocks of its own
    const blockCount = blocksOf(arena).length
    const group = await createWorkerGroup(storage, [], { joinTimeoutMs: tellsEnds ? 60_000 : 50 })
    for (const how of ['stay away', 'end', 'fail']) {
      const thread = startWorker(kind, how)
      const { worker } = thread
      if (how === 'stay away') thread.terminate()
      if (!tellsEnds) await new Promise((resolve) => setTimeout(resolve, 200))
      else await until(() => (worker as { threadId?: number }).threadId === -1)
      await assertRejects(group.add(worker), 'not-joined', tellsEnds ? 'had ended' : 'still run')
      await assertRejects(group.add(worker), 'not-joined')
      thread.terminate()
    }
    await group.close()
    if (tellsExits(kind)) {
      // With another, that joins, and is free then.
      const [dead, good] = [startWorker(kind, 'stay away'), startWorker(kind)]
      const making = createWorkerGroup(storage, [dead.worker, good.worker])
      dead.terminate()
      await assertRejects(making, 'not-joined', 'exit')
      const next = await createWorkerGroup(storage, [good.worker])
      await next.run('visit', game.all())
      await next.close()
      good.terminate()
    }
    assert.is(blocksOf(arena).length, blockCount)
    storage.dispose()
    assert.equal(blocksOf(arena), [])
    assert.equal(verify(arena), [])
  })

  test(`${kind}: a missing script is reported as such`, async () => {
    const { storage, arena } = createGame(10)
    const url = new URL('does-not-exist.mjs', import.meta.url)
    const thread = startThread(
      kind,
      () => {},
      () => {},
      url,
    )
    const error = await errorOf(createWorkerGroup(storage, [thread.worker as Port]))
    assert.is((error as StorageError).code, 'not-joined')
    assert.ok(/does-not-exist|could not be loaded/.test(error.message), error.message)
    storage.dispose()
    assert.equal(verify(arena), [])
    thread.terminate()
  })

  test(`${kind}: a worker that idles is in no call of the arena`, async () => {
    const game = createGame(100)
    const team = await createGroup(game, kind)
    await team.group.run('allocate', game.all())
    const before = exactStats(game.arena)
    await new Promise((resolve) => setTimeout(resolve, 300)) // it checks 6 times whether to leave
    assert.equal(exactStats(game.arena), before)
    const blocks = [...new Set(game.eids.map((eid) => game.Visits.count[eid]))]
    await endAll(game, team, blocks)
  })

  test(`${kind}: two groups over one storage take turns`, async () => {
    const game = createGame(100)
    const { Visits, all, eids, storage } = game
    const team = await createGroup(game, kind, 1)
    const other = await createGroup(game, kind, 1)
    const traps = createTraps(game, [5])
    const order: string[] = []
    const first = team.group.run('hang', all(), traps.args).then(() => order.push('first'))
    const second = other.group.run('visit', all()).then(() => order.push('second'))
    const third = team.group.run('visit', all()).then(() => order.push('third'))
    await traps.untilCaught()
    assert.ok(eids.slice(20).every((eid) => Visits.count[eid] === 0))
    traps.open()
    await Promise.all([first, second, third])
    assert.equal(order, ['first', 'second', 'third'])
    assert.ok(eids.every((eid) => Visits.count[eid] === 3))
    // One that is closed is waited for by nobody.
    await team.group.close()
    await other.group.run('visit', all())
    storage.sync()
    for (const thread of team.threads) thread.terminate()
    await endAll(game, other, [traps.block])
  })

  test(`${kind}: no memory, no slot, no sharing: refused, and what there is goes on`, async () => {
    const game = createGame(1000)
    const { arena, storage, all, eids, Visits } = game
    const { pool } = storage
    const other = Arena.create({ byteLength: 2 ** 20, shared: false })
    const unshared = createStorage(createWorld(), other.openPool())
    await assertRejects(createWorkerGroup(unshared, []), 'not-shareable')
    const threads = Array.from({ length: 4 }, () => startWorker(kind))
    const [spare, ...workers] = threads.map(({ worker }) => worker)

    const taken = Array.from({ length: 12 }, () => arena.openPool()) // of 15: one is ours
    await assertRejects(createWorkerGroup(storage, workers), 'no-free-slot')
    for (const one of taken) one.close()

    const huge = { scratchByteLength: 2 ** 26 }
    await assertRejects(createWorkerGroup(storage, [workers[0]], huge), 'not-joined', 'no room')
    const group = await createWorkerGroup(storage, workers)
    const held: number[] = []
    for (let byteLength = 65536; byteLength > 0; byteLength >>= 1) {
      for (let o = pool.tryAlloc(byteLength); o !== 0; o = pool.tryAlloc(byteLength)) held.push(o)
    }
    await assertRejects(group.run('visit', all()), 'out-of-memory')
    await assertRejects(group.add(spare), 'out-of-memory')
    for (const offset of held) pool.free(offset)
    await group.run('visit', all())
    assert.ok(eids.every((eid) => Visits.count[eid] === 1))
    await endAll(game, { group, threads })
  })

  if (mayBlock) {
    test(`${kind}: runSync, many times`, async () => {
      const game = createGame(64)
      const { Visits, eids, all, storage } = game
      const team = await createGroup(game, kind)
      for (let round = 1; round <= 2000; round++) {
        team.group.runSync('visit', all(), undefined, { batchSize: 1 + (round % 70) })
        assert.is(Visits.count[eids[round % 64]], round)
        if (round % 50 === 0) storage.sync()
      }
      assert.ok(eids.every((eid) => Visits.count[eid] === 2000))
      const running = team.group.run('visit', all())
      assert.throws(() => team.group.runSync('visit', all()), /Await it/)
      await running
      assert.throws(
        () => team.group.runSync('fail', all(), eids[5]),
        (error: Error) => error instanceof RunError && error.code === 'system-failed',
      )
      await endAll(game, team)
      assert.throws(() => team.group.runSync('visit', []), /closed/)
    })
  } else {
    test(`${kind}: runSync where nobody may block`, async () => {
      const game = createGame(10)
      const team = await createGroup(game, kind, 1)
      assert.throws(
        () => team.group.runSync('visit', game.all()),
        (error: Error & { code?: string }) => error.code === 'cannot-block',
      )
      await endAll(game, team)
    })
  }
}

if (isMain) test.run()
