// Jobs that the group prepares, read as workers read them: by the batches that they take.
import { blocks, verify } from '@ashlar/core'
import { createTable, t } from '@ashlar/ecs-adapter'
import { createEntityIndex, createWorld, withVersioning } from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { isMain } from '../../../../test/support/threads.ts'
import {
  BATCH_CAPACITY,
  CONTROL_BATCH_COUNT,
  CONTROL_BYTE_LENGTH,
  ControlWords,
  CURSOR_END,
  JOB_CAPACITY,
} from '../../src/workers/control-block.ts'
import { JobList } from '../../src/workers/job.ts'
import { JobReader } from '../../src/workers/job-reader.ts'
import { assertThrows, createRandom, createScene } from '../support.ts'

const test = suite('job')

const createControl = ({ arena, pool }: Pick<ReturnType<typeof createScene>, 'arena' | 'pool'>) =>
  new ControlWords(arena.i32, pool.allocZeroed(CONTROL_BYTE_LENGTH) >> 2)

/** Outside of any arena. */
const plainControl = () => new ControlWords(new Int32Array(CONTROL_BYTE_LENGTH / 4), 0)

test('every worker finds the entities, the place and the arguments of each batch', () => {
  const seed = 7
  const random = createRandom(seed)
  const { arena, pool, storage } = createScene()
  const control = createControl({ arena, pool })
  const list = new JobList(storage)
  const readers = [0, 1, 2].map(() => new JobReader(control))
  for (let round = 0; round < 60; round++) {
    const label = `seed ${seed}, round ${round}`
    const callCount = 1 + random(round % 10 === 0 ? JOB_CAPACITY : 8)
    const calls = Array.from({ length: callCount }, (_, i) => ({
      name: `call ${i}`,
      system: ['a', 'b', 'c'][random(3)],
      entities: Array.from({ length: random(3) === 0 ? 0 : random(300) }, () => 1 + random(1e6)),
      args: random(2) === 0 ? undefined : { round, i },
      batchSize: random(2) === 0 ? undefined : 1 + random(400),
      number: (i + round) % JOB_CAPACITY,
    }))
    const members = Array(1 + random(64))
    const jobs = list.prepare(calls, { control, systems: ['a', 'b', 'c'], members })
    const batchCount = jobs.reduce((sum, job) => sum + job.batchCount, 0)
    assert.ok(batchCount <= BATCH_CAPACITY, label)
    control.store(CONTROL_BATCH_COUNT, batchCount)

    for (const reader of readers) reader.begin()
    const found: number[][] = calls.map(() => [])
    let place = 0
    for (let batch = 0; batch < batchCount; batch++) {
      const reader = readers[random(3)]
      assert.ok(reader.enter(batch), label)
      const { index, entities } = reader
      assert.ok(entities.length > 0, label)
      assert.is(reader.from, found[index].length, label)
      assert.is(reader.sortKey, place, label)
      assert.is(['a', 'b', 'c'][reader.system], calls[index].system, label)
      assert.equal(reader.args, calls[index].args, label)
      found[index].push(...entities)
      place += entities.length
    }
    assert.equal(
      found,
      calls.map(({ entities }) => entities),
      label,
    )
    for (const reader of readers) {
      for (const batch of [batchCount, batchCount + 3, CURSOR_END]) {
        assert.is(reader.enter(batch), false, label)
      }
    }
    assert.equal(verify(arena), [])
  }
  list.dispose()
  pool.free(control.first * 4)
  storage.dispose()
  assert.equal(blocks(arena), [])
})

test('the same ids in the same place are the same views', () => {
  const { arena, pool, storage } = createScene()
  const control = createControl({ arena, pool })
  const reader = new JobReader(control)
  const jobs = new JobList(storage)
  const read = () => {
    const call = { name: '', system: 'a', args: undefined, batchSize: 5, number: 3 }
    jobs.prepare([{ ...call, entities: [1, 2, 3] }], { control, systems: ['a'], members: Array(1) })
    control.store(CONTROL_BATCH_COUNT, 1)
    reader.begin()
    assert.ok(reader.enter(0))
    return reader.entities
  }
  assert.is(read(), read())
})

test('batches are at least an equal share of the capacity', () => {
  const jobs = new JobList(createScene().storage)
  const control = plainControl()
  const cases = [
    // entities, batchSize, calls, workers: length of a batch
    [3200, undefined, 1, 2, 100],
    [3200, 1, 1, 2, 4],
    [3200, 1, 2, 2, 7],
    [3200, 1, 64, 2, 200],
    [3200, 9999, 1, 2, 3200],
    [0, undefined, 1, 2, 1],
    [1, 1, 64, 64, 1],
  ] as const
  for (const [length, batchSize, callCount, workerCount, expected] of cases) {
    const entities = new Int32Array(length)
    const call = { name: '', system: 'a', entities, args: undefined, batchSize }
    const calls = Array.from({ length: callCount }, (_, number) => ({ ...call, number }))
    const members = Array(workerCount)
    for (const job of jobs.prepare(calls, { control, systems: ['a'], members })) {
      assert.is(job.batchLength, expected)
      assert.is(job.batchCount, Math.ceil(length / expected))
    }
  }
})

test('a value that is no id is refused anywhere in an array', () => {
  const versioned = createWorld(createEntityIndex(withVersioning(8)))
  const control = plainControl()
  for (const world of [createWorld(), versioned]) {
    const { storage, arena } = createScene({ world })
    const { isVersioned } = storage
    const jobs = new JobList(storage)
    const place = (entities: unknown) => {
      const given = entities as number[]
      const call = { name: '', system: 'a', entities: given, args: undefined, number: 0 }
      const workers = { control, systems: ['a'], members: Array(1) }
      jobs.prepare([{ ...call, batchSize: undefined }], workers)
    }
    const bad: unknown[] = [
      ...[1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 32, -(2 ** 31) - 1, '1', 1n, true],
      ...[undefined, null, {}, [1], Symbol('1'), ...(isVersioned ? [] : [-4, 0, -0])],
    ]
    for (const one of bad) {
      assertThrows(() => place([1, 2, one]), 'invalid-argument', 'the entities: the one at place 2')
      assertThrows(
        () => place({ length: 1, 0: one }),
        'invalid-argument',
        'the entities: the one at place 0',
      )
    }
    assertThrows(() => place(new Array(3)), 'invalid-argument', 'the entities: the one at place 0')
    assertThrows(
      () => place(Float32Array.of(1, 1.5)),
      'invalid-argument',
      'the entities: the one at place 1',
    )
    assertThrows(
      () => place(BigInt64Array.of(1n)),
      'invalid-argument',
      'the entities: the one at place 0',
    )
    const good = [
      [1, 2 ** 24 - 1, ...(isVersioned ? [-4, 2 ** 32 - 4] : [])],
      Float64Array.of(1, 2),
      Uint16Array.of(1, 2),
      Uint32Array.of(1, 2),
      arena.i32.subarray(0, 2),
      { length: 2, 0: 1, 1: 2 },
    ]
    for (const entities of good) place(entities)
    jobs.dispose()
    assert.equal(blocks(arena), [])
  }
})

test('a table gives each chunk that has rows when the run is prepared, once', () => {
  const { arena, pool, storage } = createScene()
  const table = createTable(
    storage,
    'Shot',
    { x: t.f32 },
    { chunkByteLength: 1024, chunkLimit: 64 },
  )
  for (let i = 0; i < 40 * table.chunkCapacity; i++) table.add()
  const control = createControl({ arena, pool })
  const reader = new JobReader(control)
  const jobs = new JobList(storage)
  const call = { name: '', system: 'a', entities: table, args: undefined, number: 0 }
  const workers = { control, systems: ['a'], members: Array(2) }
  const setRows = (isFull: (number: number) => boolean) => {
    for (const chunk of table.chunks) {
      if (isFull(chunk.number)) while (chunk.addRow() !== -1);
      else while (chunk.rowCount > 0) chunk.removeRow(chunk.rowCount - 1)
    }
  }
  for (const batchSize of [undefined, 1, 3, 1000]) {
    const cases = [
      [() => true, (number: number) => number % 3 === 0],
      [(number: number) => number < 4, () => true],
      [() => false, (number: number) => number > 20],
      [() => true, () => false],
    ]
    for (const [before, after] of cases) {
      setRows(before)
      jobs.prepare([{ ...call, batchSize }], workers)
      setRows(after)
      const [job] = jobs.prepare([{ ...call, batchSize }], workers)
      control.store(CONTROL_BATCH_COUNT, job.batchCount)
      reader.begin()
      const found: number[] = []
      for (let batch = 0; reader.enter(batch); batch++) found.push(...reader.entities)
      const numbers = Array.from({ length: 40 }, (_, number) => number)
      assert.equal(found, numbers.filter(after))
      assert.is(job.entityCount, found.length)
      assert.equal(verify(arena), [])
    }
  }
})

if (isMain) test.run()
