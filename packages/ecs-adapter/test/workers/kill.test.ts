// Workers that die, and workers that do not come to an end.
import { blocks, createThreadLock, exactStats, threadExited, verify } from '@ashlar/core'
import { createWorkerGroup, RunError } from '@ashlar/ecs-adapter'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { rounds } from '../../../../test/support/rounds.ts'
import { isMain, threadKinds } from '../../../../test/support/threads.ts'
import { createRandom, fillUp } from '../support.ts'
import {
  assertRejects,
  createGame,
  createGroup,
  createTraps,
  endAll,
  errorOf,
  mayBlock,
  mayTerminate,
  until,
} from './game.ts'
import { type ReadOrder, startWorker } from './worker.ts'

const test = suite('kill')

const isDeno = 'Deno' in globalThis
/** On Deno a worker in a loop runs on after it was terminated. */
const diesInLoops = !isDeno

for (const kind of threadKinds) {
  if (mayTerminate(kind) && diesInLoops) {
    test(`${kind}: a worker killed in mid-system is reported, adopted, replaced`, async () => {
      const game = createGame(200)
      const { Visits, eids, all, arena, storage, spawn } = game
      const team = await createGroup(game, kind)
      const traps = createTraps(game, [5, 95])
      const run = errorOf(team.group.run('hang', all(), traps.args, { batchSize: 10 }))
      await traps.untilCaught()
      team.threads[0].terminate()
      await until(() => team.group.workers.length === 1)
      assert.equal(team.group.workers, [team.threads[1].worker])
      traps.open()
      const error = await run
      assert.instance(error, RunError)
      const { code, system, unfinished } = error as RunError
      assert.is(code, 'worker-died')
      assert.is(system, 'hang')
      const expected = Visits.count[eids[5]] === 0 ? { from: 0, to: 10 } : { from: 90, to: 100 }
      assert.equal(unfinished, [expected])
      for (const [i, eid] of eids.entries()) {
        assert.is(Visits.count[eid], i >= expected.from && i < expected.to ? 0 : 1)
      }
      assert.equal(verify(arena), [])
      for (let i = 0; i < 500; i++) spawn() // growth: nothing waits for the dead
      storage.sync()
      await team.group.run('visit', all())
      const heir = startWorker(kind)
      await team.group.add(heir.worker)
      await team.group.run('visit', all())
      assert.is(team.group.workers.length, 2)
      await endAll(game, { ...team, threads: [heir, ...team.threads] }, [traps.block])
    })

    test(`${kind}: if all are killed, what no worker began is reported too`, async () => {
      const game = createGame(200)
      const { eids, all, arena } = game
      const team = await createGroup(game, kind)
      const traps = createTraps(game, [5, 95])
      traps.args[1].eid = eids[15]
      const run = errorOf(team.group.run('hang', all(), traps.args, { batchSize: 10 }))
      await traps.untilCaught()
      for (const thread of team.threads) thread.terminate()
      const { code, unfinished } = (await run) as RunError
      assert.is(code, 'worker-died')
      assert.equal(unfinished, [{ from: 0, to: 200 }])
      await assertRejects(team.group.run('visit', all()), 'no-workers', 'group.add')
      assert.equal(verify(arena), [])
      await endAll(game, team, [traps.block])
    })

    test(`${kind}: memory in scratch and commands of a killed worker comes back`, async () => {
      const game = createGame(20)
      const { all, arena, storage } = game
      const team = await createGroup(game, kind)
      const traps = createTraps(game, [5])
      const before = exactStats(arena).liveByteLength
      const run = errorOf(team.group.run('hoard', all(), traps.args))
      await traps.untilCaught()
      const held = fillUp(storage.pool)
      assert.ok(exactStats(arena).liveByteLength > before + (10 << 20))
      for (const thread of team.threads) thread.terminate()
      const { code } = (await run) as RunError
      assert.is(code, 'worker-died')
      for (const offset of held) storage.pool.free(offset)
      assert.equal(verify(arena), [])
      const { liveByteLength } = exactStats(arena)
      assert.ok(liveByteLength < before, `${liveByteLength} bytes are live, ${before} were before`)
      await endAll(game, team, [traps.block])
    })

    test(`${kind}: random kills: the storage stays sound, and others go on`, async () => {
      const seed = 11
      const random = createRandom(seed)
      const game = createGame(2000)
      const { all, arena, storage, spawn } = game
      const team = await createGroup(game, kind)
      for (let round = 0; round < rounds(12, 3); round++) {
        const killed = team.threads.shift()
        setTimeout(() => killed?.terminate(), random(6))
        while (team.group.workers.length === 2) {
          spawn()
          storage.sync()
          const result = team.group.run('move', all(), { dt: 1 }, { batchSize: 20 })
          const error = await result.then(
            () => undefined,
            (reason) => reason,
          )
          if (error) assert.is(error.code, 'worker-died', `seed ${seed}: ${error.message}`)
        }
        await team.group.run('visit', all())
        assert.equal(verify(arena), [], `seed ${seed}, round ${round}`)
        const next = startWorker(kind)
        team.threads.push(next)
        await team.group.add(next.worker)
      }
      await endAll(game, team)
    })
  }

  if (mayTerminate(kind)) {
    test(`${kind}: a worker that closed its pool, left and was killed leaves nothing`, async () => {
      const game = createGame(100)
      const team = await createGroup(game, kind, 1)
      await assertRejects(team.group.run('closePool', [1]), 'system-failed')
      await new Promise((resolve) => setTimeout(resolve, 300)) // it leaves
      team.threads[0].terminate()
      await until(() => team.group.workers.length === 0)
      await endAll(game, team)
    })

    test(`${kind}: a group that failed leaves nothing once its workers died`, async () => {
      const game = createGame(10)
      const { arena, storage } = game
      void storage.handle // has blocks of its own
      const count = blocks(arena).length
      const thread = startWorker(kind, 'stay away')
      const making = createWorkerGroup(storage, [thread.worker], { joinTimeoutMs: 50 })
      await assertRejects(making, 'not-joined')
      thread.terminate()
      await until(() => blocks(arena).length === count)
      storage.dispose()
      assert.equal(blocks(arena), [])
      assert.equal(verify(arena), [])
    })

    test(`${kind}: a worker killed after a system has disposed of its scratch`, async () => {
      const game = createGame(20)
      const { all, storage } = game
      const team = await createGroup(game, kind)
      await assertRejects(team.group.run('disposeScratch', all()), 'system-failed')
      // What comes to lie there is not freed for a scratch.
      const blocks = Array.from({ length: 50 }, () => storage.pool.allocZeroed(64 * 1024))
      for (const thread of team.threads) thread.terminate()
      await until(() => team.group.workers.length === 0)
      await endAll(game, team, blocks)
    })

    test(`${kind}: a worker killed while it idles is not missed`, async () => {
      const game = createGame(200)
      const { Visits, eids, all } = game
      const team = await createGroup(game, kind)
      team.threads[0].terminate()
      await until(() => team.group.workers.length === 1)
      await team.group.run('visit', all())
      assert.ok(eids.every((eid) => Visits.count[eid] === 1))
      await endAll(game, team)
    })

    test(`${kind}: a reader in no group that dies is forgotten; others read on`, async () => {
      const game = createGame(0, 2)
      const { arena, storage, spawn, Position } = game
      const faults: unknown[] = []
      const counters = storage.pool.allocZeroed(8)
      const readers = [0, 1].map((i) => {
        const thread = startWorker(kind, 'read', (message) => faults.push(message))
        const order: ReadOrder = {
          arena: arena.handle,
          storage: storage.handle,
          slot: arena.reserveSlot(),
          lock: createThreadLock(),
          counter: (counters >> 2) + i,
        }
        setTimeout(() => thread.post(order), 100)
        return { thread, ...order }
      })
      const rounds = (i: number) => Atomics.load(arena.i32, readers[i].counter)
      const first = Position.x.byteOffset
      await until(() => rounds(0) > 0 && rounds(1) > 0)
      let frames = 0
      const frame = async () => {
        for (let i = 0; i < 20; i++) spawn()
        storage.sync()
        if (frames++ % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 0))
      }
      for (let i = 0; i < 100; i++) await frame()
      readers[0].thread.terminate()
      await threadExited({ worker: readers[0].thread.worker, lock: readers[0].lock })
      arena.adopt(readers[0].slot).close() // the next sync sees it
      const seen = rounds(1)
      for (let i = 0; i < 100 || rounds(1) < seen + 10; i++) await frame()
      Atomics.store(arena.i32, readers[1].counter, -1)
      await until(() => faults.length > 0)
      assert.equal(faults, ['closed'])
      storage.sync()
      assert.not.ok(blocks(arena).some(({ offset }) => offset === first))
      assert.ok(blocks(arena).length < 20, `${blocks(arena).length} blocks`)
      storage.pool.free(counters)
      storage.dispose()
      assert.equal(blocks(arena), [])
      assert.equal(verify(arena), [])
      for (const { thread } of readers) thread.terminate()
    })
  }

  test(`${kind}: a timed-out system goes on, and the next run waits for it`, async () => {
    const game = createGame(200)
    const { Visits, Position, eids, all } = game
    const team = await createGroup(game, kind)
    const traps = createTraps(game, [5, 95])
    const options = { batchSize: 10, timeoutMs: 2000 }
    const error = await errorOf(team.group.run('hang', all(), traps.args, options))
    assert.instance(error, RunError)
    const { code, unfinished } = error as RunError
    assert.is(code, 'timed-out')
    assert.ok(unfinished.some(({ from }) => from === 0))
    const next = team.group.run('move', all(), { dt: 1 }, { timeoutMs: 50 })
    await assertRejects(next, 'timed-out', 'system "move" was not begun', 'in system "hang"')
    assert.is(Position.x[eids[9]], eids[9])
    traps.open()
    await team.group.run('visit', all())
    for (const at of [0, 9, 90, 99]) assert.is(Visits.count[eids[at]], 2)
    await endAll(game, team, [traps.block])
  })

  if (mayBlock) {
    test(`${kind}: runSync gives up at its deadline, and learns of a death later`, async () => {
      const game = createGame(200)
      const { all, arena } = game
      const team = await createGroup(game, kind)
      const traps = createTraps(game, [5, 95])
      const options = { batchSize: 10, timeoutMs: 1000 }
      for (const system of ['hang', 'empty']) {
        assert.throws(
          () => team.group.runSync(system, all(), traps.args, options),
          (error: Error) => error instanceof RunError && error.code === 'timed-out',
        )
      }
      if (diesInLoops && mayTerminate(kind)) {
        team.threads[1].terminate()
        await until(() => team.group.workers.length === 1)
      }
      traps.open()
      team.group.runSync('visit', all())
      assert.equal(verify(arena), [])
      await endAll(game, team, [traps.block])
    })
  }

  if (!isDeno) {
    test(`${kind}: a worker whose script fails`, async () => {
      const game = createGame(10)
      const { arena, storage } = game
      const thread = startWorker(kind, 'fail')
      const { code } = await errorOf(createWorkerGroup(storage, [thread.worker]))
      assert.is(code, 'not-joined')
      storage.dispose()
      assert.equal(verify(arena), [])
      thread.terminate()
    })
  }
}

if (isMain) test.run()
