// Random schedules against the same systems one after the other.
import { Arena, verify } from '@ashlar/core'
import {
  createSchedule,
  createStorage,
  createTable,
  createWorkerGroup,
  type ListField,
  type Port,
  type ScheduleEntry,
  t,
} from '@ashlar/ecs-adapter'
import {
  addComponent,
  addEntity,
  createWorld,
  getAllEntities,
  hasComponent,
  query,
  set,
} from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { rounds } from '../../../../test/support/rounds.ts'
import { isMain, threadKinds } from '../../../../test/support/threads.ts'
import { createRandom } from '../support.ts'
import { mayBlock, untyped } from './game.ts'
import { cellSchema, type MixOrder } from './model-systems.ts'
import { startWorker } from './worker.ts'

const test = suite('schedules against runs one by one')

const NAMES = ['A', 'B', 'C', 'D', 'E']
const CHANGES: readonly MixOrder['change'][] = ['nothing', 'set', 'remove', 'spawn', 'despawn']
const SEED_COUNT = rounds(20)
const FRAME_COUNT = 3
const ENTITY_COUNT = 100

/** What systems share outside of the storage. */
const outside = new Map<string, object>(['ids', 'entities'].map((name) => [name, { name }]))

/** What a system does, and what it says of it. */
interface Plan extends MixOrder {
  readonly name: string
  readonly isOverCells: boolean
  readonly batchSize: number | undefined
  readonly declared: Pick<ScheduleEntry, 'reads' | 'writes' | 'after'>
}

function planSystems(random: (limit: number) => number): Plan[] {
  const count = 2 + random(9)
  return Array.from({ length: count }, (_, i): Plan => {
    const roles = NAMES.map(() => random(5)) // 0 reads, 1 writes
    const reads = NAMES.filter((_, j) => roles[j] === 0)
    const isOverCells = random(6) === 0
    const writes = isOverCells ? [] : NAMES.filter((_, j) => roles[j] === 1)
    const readsCells = !isOverCells && random(4) === 0
    const change = isOverCells ? 'nothing' : CHANGES[Math.max(0, random(7) - 2)]
    const target = NAMES[random(NAMES.length)]
    const read: string[] = [...reads, 'entities', ...(readsCells ? ['Cell'] : [])]
    const wrote: string[] = [...writes, ...(isOverCells ? ['Cell'] : [])]
    if (change === 'set' || change === 'remove') wrote.push(target)
    if (reads.length + writes.length === 0) read.push('ids') // it is over all entities
    if (change === 'spawn') wrote.push('ids')
    if (change === 'despawn') wrote.push(...NAMES, 'ids', 'entities')
    const shared = (names: readonly string[]) => names.map((name) => outside.get(name) ?? name)
    const declared = random(15) === 0 ? {} : { reads: shared(read), writes: shared(wrote) }
    return {
      name: `system ${i}`,
      salt: random(2 ** 30),
      isOverCells,
      reads,
      writes,
      readsCells,
      change,
      target,
      batchSize: [undefined, 1, 7, 1000][random(4)],
      declared: { ...declared, ...(i > 0 && random(8) === 0 && { after: [`system ${i - 1}`] }) },
    }
  })
}

/** A world that begins anew with each seed, and a group over it. */
async function createModel(workers: readonly Port[], shared = true) {
  const arena = Arena.create({ byteLength: 2 ** 24, shared })
  const world = createWorld()
  const storage = createStorage(world, arena.openPool(), { capacity: 2048 })
  const components = NAMES.map((name, i) =>
    storage.component(name, i < 3 ? { value: t.i32 } : { value: t.i32, log: t.list(t.i32) }),
  ) as unknown as { readonly value: Int32Array; readonly log?: ListField }[]
  const Cell = createTable(storage, 'Cell', cellSchema, { chunkByteLength: 512 })
  for (let i = 0; i < 300; i++) Cell.add()
  const group = await createWorkerGroup(storage, workers, { systems: untyped })

  function begin(random: (limit: number) => number): void {
    storage.reset()
    for (const { value, rowCount } of Cell.chunks) {
      for (let row = 0; row < rowCount; row++) value[row] = random(2 ** 30)
    }
    for (let i = 0; i < ENTITY_COUNT; i++) {
      const eid = addEntity(world)
      for (const component of components) {
        if (random(4) > 0) addComponent(world, eid, set(component, { value: random(2 ** 30) }))
      }
    }
  }

  const entryOf = ({ name, isOverCells, batchSize, declared, ...order }: Plan): ScheduleEntry => {
    const asked = [...order.reads, ...order.writes].map((one) => components[NAMES.indexOf(one)])
    const found = () => (asked.length > 0 ? query(world, asked) : getAllEntities(world))
    return {
      system: isOverCells ? 'mixCells' : 'mix',
      name,
      entities: () => (isOverCells ? Cell : found()),
      args: () => order,
      ...declared,
      ...(batchSize !== undefined && { batchSize }),
    }
  }

  async function runOneByOne(entries: readonly ScheduleEntry[], isSync: boolean) {
    for (const { system, entities, args, batchSize } of entries) {
      const options = batchSize === undefined ? {} : { batchSize }
      if (isSync) group.runSync(system, entities(), args?.(), options)
      else await group.run(system, entities(), args?.(), options)
      assert.is(group.skippedCommandCount, 0)
    }
  }

  async function runStaged(entries: readonly ScheduleEntry[], isSync: boolean) {
    const schedule = createSchedule(group, entries)
    if (isSync) schedule.runSync()
    else await schedule.run()
    assert.is(group.skippedCommandCount, 0)
    return schedule
  }

  const shownValue = (eid: number, i: number) => {
    const { value, log } = components[i]
    return hasComponent(world, eid, components[i]) && `${value[eid]}: ${log?.toArray(eid)}`
  }

  return {
    begin,
    entryOf,
    runOneByOne,
    runStaged,
    sync: () => storage.sync(),
    snapshot: () => ({
      entities: [...getAllEntities(world)].map((eid) => [
        eid,
        ...NAMES.map((_, i) => shownValue(eid, i)),
      ]),
      cells: Cell.chunks.map(({ value, rowCount }) => [...value.subarray(0, rowCount)]),
    }),
    async end() {
      await group.close()
      storage.dispose()
      assert.equal(verify(arena), [])
    },
  }
}

type Snapshot = ReturnType<Awaited<ReturnType<typeof createModel>>['snapshot']>

for (const kind of threadKinds) {
  test(`${kind}: the same world, for 1, 2 and 4 workers, and for none`, async () => {
    const threads = Array.from({ length: 4 }, () => startWorker(kind))
    const expected: Snapshot[][] = []
    let wideCount = 0
    let changeCount = 0
    const cases: { workerCount: number; isReference?: boolean; shared?: boolean }[] = [
      { workerCount: 1, isReference: true },
      ...[1, 2, 4, 0].map((workerCount) => ({ workerCount })),
      { workerCount: 0, shared: false },
    ]
    for (const { workerCount, isReference = false, shared } of cases) {
      const workers = threads.slice(0, workerCount).map(({ worker }) => worker)
      const model = await createModel(workers, shared)
      for (let seed = 0; seed < SEED_COUNT; seed++) {
        const random = createRandom(seed)
        const entries = planSystems(random).map(model.entryOf)
        model.begin(random)
        const isSync = (mayBlock || workerCount === 0) && seed % 2 === 0
        for (let frame = 0; frame < FRAME_COUNT; frame++) {
          if (isReference) {
            await model.runOneByOne(entries, isSync)
            expected[seed] ??= []
            expected[seed].push(model.snapshot())
          } else {
            const schedule = await model.runStaged(entries, isSync)
            const label = `seed ${seed}, frame ${frame}, ${workerCount} workers\n${schedule}`
            assert.equal(model.snapshot(), expected[seed][frame], label)
            if (schedule.stages.length < entries.length) wideCount++
            if (expected[seed][frame].entities.length !== ENTITY_COUNT) changeCount++
          }
          model.sync()
        }
      }
      await model.end()
    }
    assert.ok(wideCount > SEED_COUNT, 'systems that run at once')
    assert.ok(changeCount > SEED_COUNT, 'entities that come and go')
    for (const thread of threads) thread.terminate()
  })
}

if (isMain) test.run()
