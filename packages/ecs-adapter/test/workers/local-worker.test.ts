// Groups that run their systems in the thread of the world. What they share with groups of workers
// is tested there.
import { Arena, blocks, verify } from '@ashlar/core'
import {
  applyCommands,
  createCommands,
  createSchedule,
  createStorage,
  createTable,
  createWorkerGroup,
  EACH_WORKER,
  type Port,
  RunError,
  type StorageError,
  type SystemContext,
  type Systems,
  t,
  verifyStorage,
} from '@ashlar/ecs-adapter'
import { addEntity, createWorld, query, set } from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { isMain, threadKinds } from '../../../../test/support/threads.ts'
import { assertThrows, buffers, stopClock } from '../support.ts'
import { assertRejects, createGame, createGroup, endAll, errorOf, untyped } from './game.ts'
import { startWorker } from './worker.ts'

const test = suite('groups in the thread of the world')

function createHere({ shared = true, byteLength = 2 ** 22 } = {}) {
  const arena = Arena.create({ byteLength, shared })
  const world = createWorld()
  const storage = createStorage(world, arena.openPool(), { capacity: 256 })
  const Position = storage.component('Position', { x: t.f32, y: t.f32 })
  const Shot = createTable(storage, 'Shot', { life: t.i32 }, { chunkByteLength: 1024 })
  const eids = Array.from({ length: 100 }, () => addEntity(world, set(Position, { x: 1, y: 2 })))
  return { arena, world, storage, Position, Shot, eids }
}

/** The storage and the group leave nothing behind. */
function endHere({ arena, storage }: Pick<ReturnType<typeof createHere>, 'arena' | 'storage'>) {
  assert.equal(verifyStorage(storage, { exclusive: true }), [])
  storage.dispose()
  assert.equal(verify(arena), [])
  assert.equal(blocks(arena), [])
}

type Context = SystemContext<ReturnType<typeof createHere>['storage']['components']>
const codeOf = (call: () => unknown): unknown => {
  try {
    call()
  } catch (error) {
    return (error as StorageError).code ?? (error as Error).message
  }
}

test('a system may clear and trim its tables, as in a worker, not dispose of them', async () => {
  const here = createHere()
  const { storage, Shot } = here
  Shot.chunkWithRoom().addRow()
  const refused: unknown[] = []
  const systems = {
    renew({ tables }: SystemContext<object, { Shot: typeof Shot }>) {
      tables.Shot.clear()
      tables.Shot.sync()
      tables.Shot.trim()
      tables.Shot.adoptChunks()
      refused.push(
        codeOf(() => tables.Shot.dispose()),
        codeOf(() => tables.Shot.detach()),
      )
      tables.Shot.chunkWithRoom().addRow()
    },
  }
  const group = await createWorkerGroup<typeof systems>(storage, [], { systems })
  await group.run('renew', EACH_WORKER)
  assert.is(Shot.rowCount, 1)
  assert.equal(refused, ['group-busy', 'group-busy'])
  await group.close()
  endHere(here)
})

for (const [name, { shared }] of Object.entries(buffers)) {
  test(`${name}: runSync blocks nothing, so any thread may call it`, async () => {
    const here = createHere({ shared })
    const { storage, Position, eids } = here
    const froms: number[] = []
    const systems: Systems = {
      move({ entities, from, components }: Context) {
        assert.is(components, storage.components)
        froms.push(from)
        for (const eid of entities) Position.x[eid] += from
      },
    }
    const group = await createWorkerGroup(storage, [], { systems })
    assert.equal(group.workers, [])
    assert.equal(group.systems, ['move'])
    group.runSync('move', eids, undefined, { batchSize: 30 })
    assert.equal(froms, [0, 30, 60, 90])
    assert.equal([Position.x[eids[0]], Position.x[eids[99]]], [1, 91])
    const run = group.run('move', eids, undefined, { batchSize: 60 })
    assert.equal(froms.slice(4), [0, 60], 'begins at once')
    await run
    await group.close()
    endHere(here)
  })

  test(`${name}: a run on each worker runs once, with workerIndex 0`, async () => {
    const here = createHere({ shared })
    const seen: unknown[] = []
    const systems: Systems = {
      each: ({ workerIndex, args }) => void seen.push([workerIndex, args]),
    }
    const group = await createWorkerGroup(here.storage, [], { systems })
    await group.run('each', EACH_WORKER, { a: 1 })
    group.runSync('each', EACH_WORKER)
    const entry = { system: 'each', entities: () => EACH_WORKER }
    createSchedule(group, [entry]).runSync()
    assert.equal(seen, [
      [0, { a: 1 }],
      [0, undefined],
      [0, undefined],
    ])
    await group.close()
    endHere(here)
  })

  test(`${name}: what a run does not have throws, and says what to read`, async () => {
    const here = createHere({ shared })
    const { storage, Shot, eids } = here
    Shot.add()
    const messages: string[] = []
    const read = (context: SystemContext, key: 'entities' | 'chunks' | 'workerIndex') => {
      assertThrows(() => context[key], 'invalid-argument', `\`${key}\` is for runs`)
      messages.push(codeOf(() => context[key]) as string)
    }
    const systems: Systems = {
      ids(context) {
        assert.is(context.entities.length, 100)
        read(context, 'chunks')
        read(context, 'workerIndex')
      },
      rows(context) {
        assert.is(context.chunks[0], Shot.chunks[0])
        assertThrows(() => context.entities, 'invalid-argument', 'over a table. Read `chunks`')
        read(context, 'workerIndex')
      },
      each(context) {
        assert.is(context.workerIndex, 0)
        assertThrows(() => context.chunks, 'invalid-argument', 'on EACH_WORKER. Read `workerIndex`')
        read(context, 'entities')
      },
    }
    const group = await createWorkerGroup(storage, [], { systems })
    const options = { batchSize: 1000 }
    group.runSync('ids', eids, undefined, options)
    group.runSync('rows', Shot, undefined, options)
    group.runSync('each', EACH_WORKER)
    assert.is(messages.length, 4)
    await group.close()
    endHere(here)
  })

  test(`${name}: a system that throws ends its run, and nothing else`, async () => {
    const here = createHere({ shared })
    const { storage, Position, Shot, eids, world } = here
    for (let i = 0; i < 50; i++) Shot.add()
    const systems: Systems = {
      fail({ entities, from, commands }: Context) {
        commands.set(entities[0], 'Position', { y: from })
        commands.spawn()
        if (from === 60) throw new RangeError('at 60')
      },
      failInChunk({ chunks }) {
        chunks[0].addRow()
        throw new RangeError('in a chunk')
      },
      move({ entities }) {
        for (const eid of entities) Position.x[eid]++
      },
    }
    const group = await createWorkerGroup(storage, [], { systems })
    for (const isSync of [true, false]) {
      const call = async () => {
        if (isSync) group.runSync('fail', eids, undefined, { batchSize: 20 })
        else await group.run('fail', eids, undefined, { batchSize: 20 })
      }
      const error = (await errorOf(call())) as RunError
      assert.instance(error, RunError)
      assert.is(error.code, 'system-failed')
      assert.is(error.system, 'fail')
      assert.equal(error.unfinished, [{ from: 60, to: 100 }])
      assert.is((error.cause as Error).message, 'at 60')
      assert.equal(
        [0, 20, 40, 60].map((place) => Position.y[eids[place]]),
        [0, 20, 40, 2],
        'only commands of finished batches are applied',
      )
      await assertRejects(group.run('failInChunk', Shot), 'system-failed', 'in a chunk')
      assert.ok(Shot.isAttached)
      group.runSync('move', eids)
    }
    assert.is(Position.x[eids[99]], 3)
    assert.is(Shot.rowCount, 52)
    assert.is(query(world, [Position]).length, 100)
    storage.sync()
    await group.close()
    endHere(here)
  })

  test(`${name}: while a system runs, what would free its memory is refused`, async () => {
    const here = createHere({ shared })
    const { storage, Shot, eids } = here
    Shot.add()
    const own = createCommands(storage)
    const calls: Record<string, () => unknown> = {
      sync: () => storage.sync(),
      reset: () => storage.reset(),
      dispose: () => storage.dispose(),
      apply: () => applyCommands(storage, own),
      detach: () => Shot.detach(),
      runSync: () => group.runSync('busy', eids),
    }
    let codes: unknown[] = []
    const later: Promise<unknown>[] = []
    const systems: Systems = {
      busy() {
        codes = Object.values(calls).map(codeOf)
        if (later.length === 0) later.push(group.run('busy', eids))
      },
    }
    const group = await createWorkerGroup(storage, [], { systems })
    group.runSync('busy', eids, undefined, { batchSize: 100 })
    assert.equal(
      codes,
      Object.keys(calls).map(() => 'group-busy'),
    )
    await Promise.all(later)
    own.dispose()
    await group.close()
    endHere(here)
  })

  test(`${name}: at the deadline no batch begins; commands are applied later`, async () => {
    const here = createHere({ shared })
    const { storage, Position, eids } = here
    const systems: Systems = {
      slow({ entities, commands }) {
        clock.pass(30)
        commands.set(entities[0], 'Position', { y: 9 })
      },
    }
    const group = await createWorkerGroup(storage, [], { systems })
    const options = { batchSize: 10, timeoutMs: 20 }
    const clock = stopClock()
    for (const isSync of [true, false]) {
      Position.y.fill(2)
      const call = async () => {
        if (isSync) group.runSync('slow', eids, undefined, options)
        else await group.run('slow', eids, undefined, options)
      }
      const error = (await errorOf(call())) as RunError
      assert.is(error.code, 'timed-out')
      assert.equal(error.unfinished, [{ from: 10, to: 100 }])
      assert.is(Position.y[eids[0]], 2)
      storage.sync()
      await group.run('slow', [])
      assert.is(Position.y[eids[0]], 9)
    }
    await group.run('slow', eids.slice(0, 1), undefined, options) // its last batch is done
    clock.restore()
    await group.close()
    endHere(here)
  })

  test(`${name}: a group may be closed in the middle of a run`, async () => {
    const here = createHere({ shared })
    let closing: Promise<void> | undefined
    const systems: Systems = {
      end({ commands, entities }) {
        commands.despawn(entities[0])
        closing = group.close()
      },
    }
    const group = await createWorkerGroup(here.storage, [], { systems })
    await group.run('end', here.eids.slice(0, 1))
    await closing
    assert.is(query(here.world, [here.Position]).length, 99)
    await assertRejects(group.run('end', here.eids), 'group-closed')
    endHere(here)
  })
}

test('workers are neither made nor used if the arena is not shared', async () => {
  const here = createHere({ shared: false })
  const { storage } = here
  const systems: Systems = { empty() {} }
  const unused = () => assert.unreachable('workers were made')
  const made = await createWorkerGroup(storage, unused as () => Port[], { systems })
  const given = await createWorkerGroup(storage, [{} as Port], { systems })
  for (const group of [made, given]) {
    group.runSync('empty', here.eids)
    assert.equal(group.workers, [])
    await assertRejects(group.add({ postMessage() {}, on() {}, off() {} }), 'not-shareable')
    group.runSync('empty', here.eids)
    await group.close()
  }
  for (const workers of [undefined, {}, 'x'] as never[]) {
    await assertRejects(createWorkerGroup(storage, workers), 'invalid-argument', 'an array')
  }
  endHere(here)
})

test('a function that gives no array, or that throws', async () => {
  const here = createHere()
  const { storage } = here
  await assertRejects(createWorkerGroup(storage, (() => 5) as never), 'invalid-argument', 'array')
  const fail = () => {
    throw new RangeError('no worker')
  }
  assert.match(String(await errorOf(createWorkerGroup(storage, fail))), 'no worker')
  for (const systems of [{}, { move: 5 }, 'x', null] as never[]) {
    await assertRejects(createWorkerGroup(storage, [], { systems }), 'invalid-argument', 'system')
  }
  endHere(here)
})

test('without memory for the local worker, nothing is left', async () => {
  const here = createHere()
  const { storage } = here
  const systems: Systems = { empty() {} }
  const options = { systems, scratchByteLength: 2 ** 24 }
  await assertRejects(createWorkerGroup(storage, [], options), 'out-of-memory')
  endHere(here)
})

test('a WebAssembly.Memory that grows, between runs and in a system', async () => {
  const memory = new WebAssembly.Memory({ initial: 64, maximum: 256 })
  const arena = Arena.create({ memory, byteLength: 2 ** 21 })
  const world = createWorld()
  const storage = createStorage(world, arena.openPool(), { capacity: 64 })
  const Position = storage.component('Position', { x: t.f32 })
  const eids = Array.from({ length: 40 }, () => addEntity(world, set(Position, { x: 0 })))
  const systems: Systems = {
    grow({ args, scratch, commands, from }) {
      if (args === from) memory.grow(1)
      scratch.array(Float32Array, 10)
      commands.spawn()
    },
    move({ entities }) {
      for (const eid of entities) Position.x[eid]++
    },
  }
  const group = await createWorkerGroup(storage, [], { systems })
  group.runSync('move', eids)
  memory.grow(1)
  storage.sync()
  group.runSync('move', eids)
  // Columns are renewed at `sync`: the rest of this run would write to the old ones.
  const grow = () => group.runSync('grow', eids, 10, { batchSize: 10 })
  assertThrows(grow, 'system-failed')
  storage.sync()
  await group.run('move', eids)
  assert.ok(eids.every((eid) => Position.x[eid] === 3))
  await group.close()
  endHere({ arena, storage })
})

for (const kind of threadKinds) {
  test(`${kind}: the first worker that joins takes over`, async () => {
    const game = createGame(2000)
    const { storage, all, Visits, eids } = game
    const { group } = await createGroup(game, 'here')
    await group.run('visit', all())
    const other = startWorker(kind, 'other systems')
    await assertRejects(group.add(other.worker), 'not-joined', 'lacks systems')
    assert.equal(group.workers, [])
    const thread = startWorker(kind)
    const joining = group.add(thread.worker)
    await assertRejects(
      group.run('breed', all(), undefined, { batchSize: 2, timeoutMs: 1 }),
      'timed-out',
    )
    await joining
    assert.equal(group.workers, [thread.worker])
    assert.equal(verifyStorage(storage), [])
    const unborn = all().length
    await group.run('visit', eids) // applies the commands that this thread has recorded
    assert.ok(all().length >= unborn)
    assert.ok(eids.every((eid) => Visits.count[eid] > 0))
    await endAll(game, { group, threads: [thread, other] })
  })

  test(`${kind}: systems among the options have to be those of the workers`, async () => {
    const game = createGame(5)
    const threads = [startWorker(kind)]
    const [{ worker }] = threads
    const systems: Systems = { empty() {} }
    await assertRejects(
      createWorkerGroup(game.storage, [worker], { systems }),
      'not-joined',
      'It has systems that others lack',
    )
    let count = 0
    const start = () => {
      count++
      return [worker]
    }
    const group = await createWorkerGroup(game.storage, start, { systems: untyped })
    assert.is(count, 1)
    assert.equal(group.workers, [worker])
    await group.run('visit', game.all())
    await endAll(game, { group, threads })
  })
}

test('two groups in one thread take turns', async () => {
  const here = createHere()
  const { storage, eids } = here
  const order: string[] = []
  const add = (name: string): Systems => ({
    note: ({ from }) => void order.push(`${name} ${from}`),
  })
  const first = await createWorkerGroup(storage, [], { systems: add('a') })
  const second = await createWorkerGroup(storage, [], { systems: add('b') })
  const options = { batchSize: 50 }
  await Promise.all([
    first.run('note', eids, undefined, options),
    second.run('note', eids, undefined, options),
    first.run('note', eids, undefined, options),
  ])
  assert.equal(order, ['a 0', 'a 50', 'b 0', 'b 50', 'a 0', 'a 50'])
  await first.close()
  second.runSync('note', eids)
  await second.close()
  endHere(here)
})

if (isMain) test.run()
