// Jobs as the group places them, read as workers do: by chunks that others leave.
import { t } from '@ashlar/ecs-adapter'
import { createEntityIndex, createWorld, withVersioning } from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  CHUNK_CAPACITY,
  CONTROL_BYTE_LENGTH,
  CONTROL_CHUNK_COUNT,
  CURSOR_END,
  JOB_CAPACITY,
} from '../../src/workers/control-block.ts'
import { Job } from '../../src/workers/job.ts'
import { JobReader } from '../../src/workers/job-reader.ts'
import { assertThrows, createRandom, createScene } from '../support.ts'

const test = suite('job')

test('every worker finds the entities, the place and the arguments of each chunk', () => {
  const seed = 7
  const random = createRandom(seed)
  const { arena, pool, storage } = createScene()
  const controlBlock = pool.allocZeroed(CONTROL_BYTE_LENGTH) >> 2
  const words = arena.i32
  const jobs = Array.from({ length: JOB_CAPACITY }, (_, number) => new Job(storage, number))
  const readers = [0, 1, 2].map(() => new JobReader(words, controlBlock))
  for (let round = 0; round < 60; round++) {
    const label = `seed ${seed}, round ${round}`
    const callCount = 1 + random(round % 10 === 0 ? JOB_CAPACITY : 8)
    const calls = Array.from({ length: callCount }, (_, i) => ({
      name: `call ${i}`,
      system: ['a', 'b', 'c'][random(3)],
      entities: Array.from({ length: random(3) === 0 ? 0 : random(300) }, () => 1 + random(1e6)),
      args: random(2) === 0 ? undefined : { round, i },
      chunkLength: random(2) === 0 ? undefined : 1 + random(400),
      number: (i + round) % JOB_CAPACITY,
    }))
    let chunkCount = 0
    for (const [i, call] of calls.entries()) {
      const job = jobs[call.number]
      const workerCount = 1 + random(64)
      job.placeArgs(call)
      job.check(call, ['a', 'b', 'c'], callCount, workerCount)
      job.place(call, chunkCount, callCount, workerCount)
      job.post(words, controlBlock, i)
      chunkCount += job.chunkCount
    }
    assert.ok(chunkCount <= CHUNK_CAPACITY, label)
    words[controlBlock + CONTROL_CHUNK_COUNT] = chunkCount

    for (const reader of readers) reader.begin()
    const found: number[][] = calls.map(() => [])
    let place = 0
    for (let chunk = 0; chunk < chunkCount; chunk++) {
      const reader = readers[random(3)]
      assert.ok(reader.enter(chunk), label)
      const { index } = reader
      const entities = reader.entities(chunk)
      assert.ok(entities.length > 0, label)
      assert.is(reader.from(chunk), found[index].length, label)
      assert.is(reader.place(chunk), place, label)
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
      for (const chunk of [chunkCount, chunkCount + 3, CURSOR_END]) {
        assert.is(reader.enter(chunk), false, label)
      }
    }
    assert.equal(arena.verify(), [])
  }
  for (const job of jobs) job.dispose()
  pool.free(controlBlock * 4)
  storage.dispose()
  assert.equal(arena.blocks(), [])
})

test('the same ids in the same place are the same views', () => {
  const { arena, pool, storage } = createScene()
  const controlBlock = pool.allocZeroed(CONTROL_BYTE_LENGTH) >> 2
  const reader = new JobReader(arena.i32, controlBlock)
  const job = new Job(storage, 3)
  const read = () => {
    const call = { name: '', system: 'a', args: undefined, chunkLength: 5, number: 3 }
    job.check({ ...call, entities: [1, 2, 3] }, ['a'], 1, 1)
    job.place({ ...call, entities: [1, 2, 3] }, 0, 1, 1)
    job.post(arena.i32, controlBlock, 0)
    arena.i32[controlBlock + CONTROL_CHUNK_COUNT] = 1
    reader.begin()
    assert.ok(reader.enter(0))
    return reader.entities(0)
  }
  assert.is(read(), read())
})

test('chunks are at least an equal share of those that there are', () => {
  const job = new Job(createScene().storage, 0)
  const cases = [
    // entities, chunkLength, calls, workers: length of a chunk
    [3200, undefined, 1, 2, 100],
    [3200, 1, 1, 2, 4],
    [3200, 1, 2, 2, 7],
    [3200, 1, 64, 2, 200],
    [3200, 9999, 1, 2, 3200],
    [0, undefined, 1, 2, 1],
    [1, 1, 64, 64, 1],
  ] as const
  for (const [length, chunkLength, callCount, workerCount, expected] of cases) {
    const entities = new Int32Array(length)
    const call = { name: '', system: 'a', entities, args: undefined, chunkLength, number: 0 }
    job.check(call, ['a'], callCount, workerCount)
    job.place(call, 0, callCount, workerCount)
    assert.is(job.chunkLength, expected)
    assert.is(job.chunkCount, Math.ceil(length / expected))
  }
})

test('what is no id is refused wherever it stands in an array', () => {
  const versioned = createWorld(createEntityIndex(withVersioning(8)))
  for (const world of [createWorld(), versioned]) {
    const { storage, arena } = createScene({ world })
    const { isVersioned } = storage
    const job = new Job(storage, 0)
    const place = (entities: unknown) => {
      const given = entities as number[]
      const call = { name: '', system: 'a', entities: given, args: undefined, number: 0 }
      job.check({ ...call, chunkLength: undefined }, ['a'], 1, 1)
      job.place({ ...call, chunkLength: undefined }, 0, 1, 1)
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
    job.dispose()
    assert.equal(arena.blocks(), [])
  }
})

test('of a table, the chunks that have rows when they are written down: each once', () => {
  const { arena, pool, storage } = createScene()
  const table = storage.table('Shot', { x: t.f32 }, { chunkByteLength: 1024, chunkLimit: 64 })
  for (let i = 0; i < 40 * table.chunkCapacity; i++) table.add()
  const words = arena.i32
  const controlBlock = pool.allocZeroed(CONTROL_BYTE_LENGTH) >> 2
  const reader = new JobReader(words, controlBlock)
  const job = new Job(storage, 0)
  const call = { name: '', system: 'a', entities: table, args: undefined, number: 0 }
  const setRows = (isFull: (number: number) => boolean) => {
    for (const chunk of table.chunks) {
      if (isFull(chunk.number)) while (chunk.add() !== -1);
      else while (chunk.rowCount > 0) chunk.remove(chunk.rowCount - 1)
    }
  }
  for (const chunkLength of [undefined, 1, 3, 1000]) {
    const cases = [
      [() => true, (number: number) => number % 3 === 0],
      [(number: number) => number < 4, () => true],
      [() => false, (number: number) => number > 20],
      [() => true, () => false],
    ]
    for (const [before, after] of cases) {
      setRows(before)
      job.check({ ...call, chunkLength }, ['a'], 1, 2)
      setRows(after) // as another thread does
      job.place({ ...call, chunkLength }, 0, 1, 2)
      job.post(words, controlBlock, 0)
      words[controlBlock + CONTROL_CHUNK_COUNT] = job.chunkCount
      reader.begin()
      const found: number[] = []
      for (let chunk = 0; reader.enter(chunk); chunk++) found.push(...reader.entities(chunk))
      const numbers = Array.from({ length: 40 }, (_, number) => number)
      assert.equal(found, numbers.filter(after))
      assert.is(job.entityCount, found.length)
      assert.equal(arena.verify(), [])
    }
  }
})

test.run()
