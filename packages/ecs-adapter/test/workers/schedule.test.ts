// Schedules on real workers: what runs at once, what never does, and what comes of it.
import { verify } from '@ashlar/core'
import { CommandsError, createSchedule, RunError, type ScheduleEntry } from '@ashlar/ecs-adapter'
import { addComponent, getAllEntities, hasComponent, observe, onAdd, query } from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { rounds } from '../../../../test/support/rounds.ts'
import { isMain, type ThreadKind } from '../../../../test/support/threads.ts'
import { createRandom } from '../support.ts'
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

const test = suite('schedules')

const isDeno = 'Deno' in globalThis

/** Words that are 0, and the block that they lie in. */
function createWords({ storage }: Game, count: number) {
  const block = storage.pool.allocZeroed(4 * count)
  return { block, words: Array.from({ length: count }, (_, i) => (block >> 2) + i) }
}

/** Each entity, its components and their values. */
const snapshotOf = ({ world, Position, Velocity, Visits }: Game) =>
  [...getAllEntities(world)].map((eid) => [
    eid,
    hasComponent(world, eid, Position) && [Position.x[eid], Position.y[eid]],
    hasComponent(world, eid, Velocity),
    hasComponent(world, eid, Visits) && Visits.count[eid],
  ])

/** What systems share outside of the storage. */
const shared = Object.fromEntries(['a', 'b', 'c', 'e', 'x'].map((name) => [name, { name }]))

/** With a modulus of 7, no two of them despawn the same entity. */
const breeders = (game: Game, modulus = 7): ScheduleEntry[] => {
  const { world, Position, Velocity, Visits, eids } = game
  const breed = (name: string, tag: number, rest: Partial<ScheduleEntry>): ScheduleEntry => ({
    system: 'breedAs',
    name,
    entities: () => eids,
    args: () => ({ tag, modulus }),
    ...rest,
  })
  return [
    breed('first', 1, { writes: [shared.a] }),
    breed('second', 2, { writes: [shared.b], batchSize: 3 }),
    breed('third', 3, { writes: [shared.c], batchSize: 1000 }),
    {
      system: 'tally',
      entities: () => query(world, [Position]),
      args: () => 1,
      reads: [shared.a, shared.b, shared.c],
      writes: [Visits],
    },
    breed('fourth', 4, { reads: [Visits], entities: () => query(world, [Position, Velocity]) }),
    breed('free', 5, { writes: [shared.e] }),
  ]
}

for (const groupKind of groupKinds) {
  const threadTest = isThreadKind(groupKind) ? test : () => {}
  const kind = groupKind as ThreadKind // as `threadTest` needs it

  threadTest(`${kind}: independent systems run at once`, async () => {
    const game = createGame(10, undefined, kind)
    const { Position, Velocity, eids } = game
    const team = await createGroup(game, kind)
    const { block, words } = createWords(game, 2)
    const meet = (own: number): Omit<ScheduleEntry, 'entities'> => ({
      system: 'meet',
      name: `meet ${own}`,
      args: () => ({ own: words[own], others: [words[1 - own]] }),
    })
    const schedule = createSchedule(team.group, [
      { ...meet(0), entities: () => eids.slice(0, 1), writes: [Position] },
      { ...meet(1), entities: () => eids.slice(0, 1), writes: [Velocity] },
    ])
    assert.equal(schedule.stages, [['meet 0', 'meet 1']])
    for (let round = 0; round < 20; round++) {
      for (const word of words) game.arena.i32[word] = 0
      await schedule.run()
    }
    await endAll(game, team, [block])
  })

  threadTest(`${kind}: systems that conflict never run at once`, async () => {
    const game = createGame(64, undefined, kind)
    const { eids } = game
    const team = await createGroup(game, kind)
    const seed = 3
    const random = createRandom(seed)
    const count = 10
    const { block, words } = createWords(game, count)
    for (let round = 0; round < rounds(20); round++) {
      const things = ['a', 'b', 'c', 'd', 'e'].map((name) => ({ name }))
      const some = () => things.filter(() => random(4) === 0)
      const access = Array.from({ length: count }, () => ({ reads: some(), writes: some() }))
      const isFoe = (i: number, j: number) =>
        i !== j &&
        things.some((thing) => {
          const touch = (k: number) =>
            access[k].writes.includes(thing) || access[k].reads.includes(thing)
          const isWritten = access[i].writes.includes(thing) || access[j].writes.includes(thing)
          return isWritten && touch(i) && touch(j)
        })
      const schedule = createSchedule(
        team.group,
        access.map((own, i) => ({
          ...own,
          system: 'avoid',
          name: `avoid ${i}`,
          entities: () => eids.slice(0, random(64)),
          args: () => ({ own: words[i], foes: words.filter((_, j) => isFoe(i, j)) }),
          batchSize: 1 + random(20),
        })),
      )
      try {
        await schedule.run()
      } catch (error) {
        assert.unreachable(`seed ${seed}, round ${round}: ${error}\n${schedule}`)
      }
    }
    await endAll(game, team, [block])
  })

  test(`${kind}: every entity of every system once, in its place`, async () => {
    const game = createGame(500, undefined, kind)
    const { Visits, Position, eids } = game
    const team = await createGroup(game, kind)
    const parts = Array.from({ length: 50 }, (_, i) => eids.slice(i * 10, i * 10 + 10))
    const schedule = createSchedule(
      team.group,
      parts.map((part, i) => ({
        system: 'visit',
        name: `visit ${i}`,
        entities: () => (i % 5 === 0 ? [] : part),
        writes: [{ name: `part ${i}` }],
        ...(i % 3 === 0 ? { batchSize: 1 } : {}),
      })),
    )
    assert.is(schedule.stages.length, 1)
    for (let round = 1; round <= 5; round++) {
      await schedule.run()
      for (const [i, eid] of eids.entries()) {
        const isEmpty = Math.floor(i / 10) % 5 === 0
        assert.is(Visits.count[eid], isEmpty ? 0 : round)
        if (!isEmpty) assert.is(Position.x[eid], i % 10)
      }
    }
    // As many batches as a stage may have, shared by two systems.
    const half = createSchedule(team.group, [
      { system: 'visit', entities: () => eids, writes: [shared.a], batchSize: 1 },
      { system: 'empty', entities: () => Array(2000).fill(1), writes: [shared.b], batchSize: 1 },
    ])
    await half.run()
    assert.ok(eids.slice(10).every((eid, i) => Visits.count[eid] === (i % 50 < 40 ? 6 : 1)))
    await endAll(game, team)
  })

  threadTest(
    `${kind}: commands: the same for 1, 2 and 4 workers, and for runs one by one`,
    async () => {
      const results: unknown[] = []
      for (const workerCount of [1, 2, 4, 0]) {
        const game = createGame(200, undefined, kind)
        const team = await createGroup(game, kind, Math.max(1, workerCount))
        const entries = breeders(game)
        const schedule = createSchedule(team.group, entries)
        assert.equal(schedule.stages, [['first', 'second', 'third', 'free'], ['tally'], ['fourth']])
        for (let frame = 0; frame < 3; frame++) {
          if (workerCount > 0) await schedule.run()
          else await runOneByOne(team, entries, schedule.stages)
        }
        results.push(snapshotOf(game))
        await endAll(game, team)
      }
      const [one, ...others] = results
      for (const other of others) assert.equal(other, one)
    },
  )

  threadTest(
    `${kind}: commands on what another system of the stage despawned are skipped`,
    async () => {
      const results: unknown[] = []
      for (const workerCount of [1, 2, 4]) {
        const game = createGame(200, undefined, kind)
        const team = await createGroup(game, kind, workerCount)
        const schedule = createSchedule(team.group, breeders(game, 3))
        const counts: number[] = []
        for (let frame = 0; frame < 3; frame++) {
          await schedule.run()
          counts.push(team.group.skippedCommandCount)
        }
        assert.ok(
          counts.every((count) => count > 60),
          `${counts}: who dies of second and of free`,
        )
        results.push([counts, snapshotOf(game)])
        await endAll(game, team)
      }
      const [one, ...others] = results
      for (const other of others) assert.equal(other, one)
    },
  )

  test(`${kind}: an error has the first system, and lists the others`, async () => {
    const game = createGame(100, undefined, kind)
    const { eids, Visits } = game
    const team = await createGroup(game, kind, 1) // so that the order is known
    const fail = (name: string, eid: number): ScheduleEntry => ({
      system: 'failAs',
      name,
      entities: () => eids,
      args: () => ({ eid, name }),
      writes: [{ name }],
      batchSize: 10,
    })
    const schedule = createSchedule(team.group, [
      { system: 'visit', entities: () => eids, writes: [shared.x] },
      fail('none', -1),
      fail('broken', eids[95]),
      fail('last', -1),
      { system: 'visit', name: 'never', entities: () => eids, writes: [shared.x] },
    ])
    const error = await errorOf(schedule.run())
    assert.instance(error, RunError)
    const { code, system, unfinished, others, cause, message } = error as RunError
    assert.is(code, 'system-failed')
    assert.is(system, 'broken')
    assert.equal(unfinished, [{ from: 90, to: 100 }])
    assert.is((cause as Error).message, 'broken fails')
    assert.match(message, 'system "broken" threw RangeError: broken fails')
    assert.equal(others, [{ system: 'last', unfinished: [{ from: 0, to: 100 }] }])
    assert.match(message, 'of "last", entities at places 0 to 99 were not done')
    assert.ok(
      eids.every((eid) => Visits.count[eid] === 1),
      'the next stage has not begun',
    )
    await team.group.run('visit', eids)
    await endAll(game, team)
  })

  threadTest(`${kind}: if two fail, the first is thrown, the other listed`, async () => {
    const game = createGame(10, undefined, kind)
    const { eids } = game
    const team = await createGroup(game, kind)
    const { block, words } = createWords(game, 2)
    const entries = [1, 0].map(
      (own): ScheduleEntry => ({
        system: 'meetAndFail',
        name: `fail ${own}`,
        entities: () => eids.slice(0, 1),
        args: () => ({ own: words[own], others: [words[1 - own]], name: `fail ${own}` }),
        writes: [{ name: String(own) }],
      }),
    )
    const error = (await errorOf(createSchedule(team.group, entries).run())) as RunError
    assert.is(error.system, 'fail 1')
    assert.is((error.cause as Error).message, 'fail 1')
    const [other, ...rest] = error.others
    assert.equal(rest, [])
    assert.is(other.system, 'fail 0')
    assert.is(other.cause?.message, 'fail 0')
    assert.equal(other.unfinished, [{ from: 0, to: 1 }])
    await endAll(game, team, [block])
  })

  test(`${kind}: commands of a stage that throw end the schedule`, async () => {
    const game = createGame(20, undefined, kind)
    const { world, Position, eids, Visits } = game
    const team = await createGroup(game, kind)
    const stop = observe(world, onAdd(Position), () => {
      throw new Error('no child')
    })
    const schedule = createSchedule(team.group, [
      { system: 'breedAs', entities: () => eids, args: () => ({ tag: 1, modulus: 7 }) },
      { system: 'visit', entities: () => eids },
    ])
    assert.instance(await errorOf(schedule.run()), CommandsError)
    assert.ok(eids.every((eid) => Visits.count[eid] === 0))
    stop()
    await endAll(game, team)
  })

  test(`${kind}: errors of entities and args are reported, and the group goes on`, async () => {
    const game = createGame(10, undefined, kind)
    const { eids } = game
    const team = await createGroup(game, kind, 1)
    const run = (entry: Partial<ScheduleEntry>) =>
      createSchedule(team.group, [{ system: 'visit', entities: () => eids, ...entry }]).run()
    const thrower = () => {
      throw new Error('mine')
    }
    assert.is((await errorOf(run({ entities: thrower }))).message, 'mine')
    assert.is((await errorOf(run({ args: thrower }))).message, 'mine')
    if (mayBlock) {
      const entries = [{ system: 'visit', entities: thrower }]
      assert.throws(() => createSchedule(team.group, entries).runSync(), /mine/)
      team.group.runSync('visit', eids)
    }
    await assertRejects(run({ entities: () => 5 as never }), 'invalid-argument', 'the entities')
    await assertRejects(run({ args: () => Number.NaN }), 'invalid-argument', 'args')
    await assertRejects(
      createSchedule(team.group, [{ system: 'visit', entities: () => eids }]).run({ timeoutMs: 0 }),
      'invalid-argument',
    )
    assert.throws(
      () => createSchedule(team.group, [{ system: 'visti', entities: () => eids }]),
      /entry 0: no system of the group is called "visti"\. Did you mean "visit"\? There are: /,
    )
    await run({})
    const schedule = createSchedule(team.group, [{ system: 'visit', entities: () => eids }])
    await endAll(game, team)
    await assertRejects(schedule.run(), 'group-closed')
  })

  test(`${kind}: entities and args are called when their stage begins`, async () => {
    const game = createGame(10, undefined, kind)
    const { eids, Visits } = game
    const team = await createGroup(game, kind)
    const calls: string[] = []
    const noted = (name: string, rest: Partial<ScheduleEntry> = {}): ScheduleEntry => ({
      system: 'tally',
      name,
      entities: () => {
        calls.push(`${name} ${Visits.count[eids[0]]}`)
        return eids
      },
      args: () => calls.length,
      ...rest,
    })
    const schedule = createSchedule(team.group, [noted('a'), noted('b'), noted('c')])
    const first = schedule.run()
    const second = team.group.run('visit', eids)
    const third = schedule.run()
    assert.equal(calls, ['a 0'], 'at once where nothing is waited for')
    await Promise.all([first, second, third])
    assert.equal(calls, ['a 0', 'b 1', 'c 3', 'a 7', 'b 11', 'c 16'])
    await endAll(game, team)
  })

  test(`${kind}: runs that entities and args call wait`, async () => {
    const game = createGame(200, undefined, kind)
    const { eids, Visits } = game
    const team = await createGroup(game, kind)
    const { group } = team
    for (const stage of [0, 1, 2]) {
      for (const where of ['entities', 'args'] as const) {
        const order: string[] = []
        const nested: Promise<unknown>[] = []
        const before = Visits.count[eids[0]]
        const call = (name: string) => {
          order.push(`${name} ${Visits.count[eids[0]] - before}`)
          if (mayBlock) assert.throws(() => group.runSync('visit', eids), /Await it/)
          const run = group.run('visit', eids)
          nested.push(run.then(() => order.push('nested')))
        }
        const entryOf = (_: unknown, i: number): ScheduleEntry => ({
          system: 'visit',
          name: `${i}`,
          entities: () => {
            if (i === stage && where === 'entities') call('called')
            return eids
          },
          args: () => {
            if (i === stage && where === 'args') call('called')
          },
          batchSize: 1,
        })
        const schedule = createSchedule(group, Array.from({ length: 3 }, entryOf))
        const note = () => order.push('outer')
        const outer = schedule.run().then(note)
        const next = group.run('visit', eids).then(() => order.push('next'))
        await Promise.all([outer, next])
        await Promise.all(nested)
        // Who called first goes first: `next` was there when later stages begin.
        const rest = stage === 0 ? ['nested', 'next'] : ['next', 'nested']
        assert.equal(order, [`called ${stage}`, 'outer', ...rest], `${where} of stage ${stage}`)
        assert.ok(eids.every((eid) => Visits.count[eid] === before + 5))
        if (!mayBlock) continue
        order.length = nested.length = 0
        schedule.runSync()
        assert.ok(eids.every((eid) => Visits.count[eid] === before + 8))
        await Promise.all(nested)
        assert.equal(order, [`called ${5 + stage}`, 'nested'])
        assert.ok(eids.every((eid) => Visits.count[eid] === before + 9))
      }
    }
    await endAll(game, team)
  })

  test(`${kind}: a group that entities close ends after their run`, async () => {
    const ways = ['run', ...(mayBlock ? (['runSync'] as const) : [])] as const
    for (const way of ways) {
      const game = createGame(100, undefined, kind)
      const { eids, Visits } = game
      const team = await createGroup(game, kind)
      let closing: Promise<void> | undefined
      const late: Promise<void>[] = []
      const entities = () => {
        if (closing === undefined) late.push(team.group.run('visit', eids))
        closing ??= team.group.close()
        return eids
      }
      const schedule = createSchedule(team.group, [
        { system: 'visit', entities, batchSize: 1 },
        { system: 'visit', name: 'again', entities },
      ])
      await schedule[way]()
      await assertRejects(late[0], 'group-closed')
      await closing
      assert.ok(eids.every((eid) => Visits.count[eid] === 2))
      await endAll(game, team)
    }
  })

  threadTest(`${kind}: a stage that hangs times out, and the next run waits for it`, async () => {
    const game = createGame(100, undefined, kind)
    const { eids, Visits } = game
    const team = await createGroup(game, kind)
    const traps = createTraps(game, [5])
    const schedule = createSchedule(team.group, [
      { system: 'visit', entities: () => eids },
      { system: 'hang', entities: () => eids, args: () => traps.args, batchSize: 10, writes: [] },
      { system: 'empty', entities: () => eids, writes: [] },
      { system: 'visit', name: 'never', entities: () => eids },
    ])
    const error = (await errorOf(schedule.run({ timeoutMs: 500 }))) as RunError
    assert.is(error.code, 'timed-out')
    assert.is(error.system, 'hang')
    assert.ok(error.unfinished.some(({ from, to }) => from <= 5 && 5 < to))
    assert.ok(error.others.every(({ system }) => system === 'empty'))
    const held = (await errorOf(schedule.run({ timeoutMs: 50 }))) as RunError
    assert.is(held.code, 'timed-out')
    assert.is(held.system, 'visit')
    assert.match(held.message, 'still in system "hang"')
    traps.open()
    await schedule.run()
    assert.ok(Visits.count[eids[5]] >= 4)
    await endAll(game, team, [traps.block])
  })

  test(`${kind}: a stage whose time is up does not begin`, async () => {
    const game = createGame(100, undefined, kind)
    const { eids, storage, Visits } = game
    const team = await createGroup(game, kind)
    const options = { timeoutMs: 20 }
    const dawdle = () => {
      const end = performance.now() + 2 * options.timeoutMs
      while (performance.now() < end);
      return eids
    }
    const schedule = createSchedule(team.group, [
      { system: 'visit', name: 'slow', entities: dawdle, writes: [shared.a] },
      { system: 'visit', name: 'none', entities: () => [], writes: [shared.b] },
      { system: 'visit', name: 'some', entities: () => eids.slice(90), writes: [shared.c] },
    ])
    const ways = [() => schedule.run(options)]
    if (mayBlock) ways.push(async () => schedule.runSync(options))
    for (const way of ways) {
      const error = (await errorOf(way())) as RunError
      storage.sync() // nobody is at work
      assert.is(error.code, 'timed-out')
      assert.is(error.system, 'slow')
      assert.equal(error.unfinished, [{ from: 0, to: 100 }])
      assert.equal(error.others, [{ system: 'some', unfinished: [{ from: 0, to: 10 }] }])
      assert.match(error.message, 'not begun')
      assert.ok(eids.every((eid) => Visits.count[eid] === 0))
    }
    await schedule.run()
    assert.is(Visits.count[eids[95]], 2)
    await endAll(game, team)
  })

  if (mayTerminate(kind) && !isDeno) {
    threadTest(
      `${kind}: a worker dies in a stage: its work is listed, others are done`,
      async () => {
        const game = createGame(100, undefined, kind)
        const { eids, arena, Visits } = game
        const team = await createGroup(game, kind)
        const traps = createTraps(game, [5, 95])
        const hang = (name: string, own: typeof traps.args, from: number): ScheduleEntry => ({
          system: 'hang',
          name,
          entities: () => eids.slice(from, from + 50),
          args: () => own,
          batchSize: 10,
          writes: [{ name }],
        })
        const schedule = createSchedule(team.group, [
          hang('low', traps.args.slice(0, 1), 0),
          hang('high', traps.args.slice(1), 50),
          { system: 'visit', entities: () => eids },
        ])
        const run = errorOf(schedule.run())
        await traps.untilCaught()
        team.threads[0].terminate()
        await until(() => team.group.workers.length === 1)
        traps.open()
        const error = (await run) as RunError
        assert.is(error.code, 'worker-died')
        const isLow = Visits.count[eids[5]] === 0
        assert.is(error.system, isLow ? 'low' : 'high')
        assert.equal(error.unfinished, [isLow ? { from: 0, to: 10 } : { from: 40, to: 50 }])
        assert.equal(error.others, [])
        const undone = eids.filter((eid) => Visits.count[eid] === 0)
        assert.equal(undone, isLow ? eids.slice(0, 10) : eids.slice(90))
        assert.equal(verify(arena), [])
        await schedule.run() // by the other, alone
        assert.ok(eids.every((eid, i) => Visits.count[eid] === (undone.includes(eids[i]) ? 2 : 3)))
        await endAll(game, team, [traps.block])
      },
    )
  }

  if (mayBlock) {
    test(`${kind}: runSync, in a world that changes`, async () => {
      const results: unknown[] = []
      for (const workerCount of [1, 2]) {
        const game = createGame(60, undefined, kind)
        const { storage, world, Velocity, spawn } = game
        const team = await createGroup(game, kind, workerCount)
        const schedule = createSchedule(team.group, breeders(game))
        for (let frame = 0; frame < 5; frame++) {
          schedule.runSync()
          addComponent(world, spawn(), Velocity)
          storage.sync()
        }
        results.push(snapshotOf(game))
        const running = schedule.run()
        assert.throws(() => schedule.runSync(), /Await it/)
        await running
        await endAll(game, team)
      }
      assert.equal(results[1], results[0])
    })
  }
}

/** The systems of a schedule by runs of their own; the lists of a stage are those of its begin. */
async function runOneByOne(
  { group }: Awaited<ReturnType<typeof createGroup>>,
  entries: readonly ScheduleEntry[],
  stages: readonly (readonly string[])[],
) {
  for (const stage of stages) {
    const own = stage.map((name) => entries.find((one) => (one.name ?? one.system) === name)!)
    const lists = own.map(({ entities }) => Array.from(entities() as ArrayLike<number>))
    for (const [i, { system, args, batchSize }] of own.entries()) {
      const options = batchSize === undefined ? {} : { batchSize }
      await group.run(system, lists[i], args?.(), options)
    }
  }
}

if (isMain) test.run()
