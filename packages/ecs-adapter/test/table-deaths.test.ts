// Threads that die, or are overtaken, between any two steps of a change of the list of chunks.
import { Arena, blocks, type Pool } from '@ashlar/core'
import { attachTable, createTable, type Table, t } from '@ashlar/ecs-adapter'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertSound } from './support.ts'
import { Death, observePool, observeRoot } from './table-steps.ts'

const test = suite('table deaths')
const schema = { x: t.i32 }
type Points = Table<typeof schema>
const CHUNK_LIMIT = 6
const CHUNK_BYTE_LENGTH = 1024

/** The thread that made a table, a worker that has three full chunks, and one that reads. */
function createThreads() {
  const arena = Arena.create({ byteLength: 2 ** 21, shared: true })
  const options = { chunkByteLength: CHUNK_BYTE_LENGTH, chunkLimit: CHUNK_LIMIT }
  const main = createTable(arena.openPool(), schema, options)
  const steps = { count: 0, onStep: () => {} }
  const onStep = () => {
    steps.count++
    steps.onStep()
  }
  const workerArena = Arena.attach(arena.handle)
  const workerPool = workerArena.openPool()
  const worker: Points = attachTable(main.handle, observePool(workerPool, onStep))
  const reader: Points = attachTable(main.handle, arena.openPool())
  const rows = new Map<number, number>()
  const give = (table: Points, count: number) =>
    Array.from({ length: count }, (_, i) => {
      const id = table.add()
      rows.set(id, i)
      table.chunkOf(id)!.x[table.indexOf(id)] = i
      return id
    })
  const ids = give(worker, 3 * main.chunkCapacity)
  const take = (id: number) => {
    rows.delete(id)
    worker.remove(id)
  }
  return {
    arena,
    main,
    worker,
    workerArena,
    workerPool,
    reader,
    rows,
    give,
    ids,
    take,
    steps,
    onStep,
  }
}

type Threads = ReturnType<typeof createThreads>

/** What the worker does when it dies, and what there was to do it. */
const calls: Record<string, (threads: Threads) => () => void> = {
  'add, which makes a chunk':
    ({ worker }) =>
    () =>
      worker.add(),
  'trim of two chunks': ({ worker, main, reader, ids, take }) => {
    for (const table of [main, reader]) table.sync()
    const { chunkCapacity } = main
    for (const [i, id] of ids.entries()) if (i < chunkCapacity || i >= 2 * chunkCapacity) take(id)
    return () => worker.trim()
  },
  'adoptChunks of two chunks': ({ arena, main, worker, reader, give }) => {
    const pool = arena.openPool()
    give(attachTable(main.handle, pool), 2 * main.chunkCapacity)
    pool.close()
    reader.sync()
    return () => worker.adoptChunks()
  },
}

/**
 * Nobody writes to memory that is not of the table: blocks that are given now keep what is in them.
 */
function assertApart({ arena, main, rows, give }: Threads, pool: Pool, note: string): void {
  const arrays = Array.from({ length: 40 }, () => pool.allocArray(Int32Array, 256).fill(7))
  const added = give(main, main.chunkCapacity * CHUNK_LIMIT - main.rowCount)
  assert.is(main.chunks.length, CHUNK_LIMIT, `${note}: all numbers are there for use`)
  for (const chunk of main.chunks) chunk.x.fill(-1)
  for (const id of added) main.remove(id)
  for (const array of arrays)
    assert.ok(
      array.every((value) => value === 7),
      note,
    )
  for (const id of added) rows.delete(id)
  for (const array of arrays) pool.free(array.byteOffset)
  main.trim()
  assertSound(arena)
}

function assertRows({ rows }: Threads, table: Points, note: string): void {
  for (const [id, value] of rows) {
    assert.is(table.chunkOf(id)?.x[table.indexOf(id)], value, note)
    assert.is(table.chunkOf(id)?.idAt(table.indexOf(id)), id, note)
  }
  assert.is(table.rowCount, rows.size, note)
}

for (const [name, prepare] of Object.entries(calls)) {
  test(`dead at any step of ${name}: others have its chunks, and write to no other memory`, () => {
    let isDead = true
    for (let step = 1; isDead; step++) {
      const threads = createThreads()
      const { arena, main, workerArena, workerPool, reader, steps } = threads
      const call = prepare(threads)
      steps.count = 0
      steps.onStep = () => {
        if (steps.count >= step) throw new Death()
      }
      isDead = false
      try {
        observeRoot(workerArena, main.handle, threads.onStep, call)
      } catch (error) {
        if (!(error instanceof Death)) throw error
        isDead = true
      }
      steps.onStep = () => {}
      assert.is(isDead, steps.count >= step)
      arena.adopt(workerPool.slot).close()
      const note = `${name}, dead at step ${step}`
      main.sync()
      main.adoptChunks() // sees what was not told
      if (name.startsWith('add')) main.clear() // a row that was added, or not
      if (name.startsWith('add')) threads.rows.clear()
      reader.sync()
      assert.is(main.ownChunks.length, main.chunks.length, note)
      assert.equal(
        reader.chunks.map(({ number }) => number).sort(),
        main.chunks.map(({ number }) => number).sort(),
        note,
      )
      for (const table of [main, reader]) assertRows(threads, table, note)
      assertApart(threads, arena.openPool(), note)
      reader.detach()
      main.dispose()
      for (const { slot } of arena.stats().slots) if (slot !== 0) arena.openPool()
      assert.ok(blocks(arena).length <= 1, `${note}: one block is lost at most`)
      assertSound(arena)
      if (!isDead) assert.ok(step > 5, `${name} has few steps`)
    }
  })
}

for (const [name, call] of Object.entries({
  sync: (main: Points) => main.sync(),
  adoptChunks: (main: Points) => main.adoptChunks(),
  add: (main: Points) => main.add(),
})) {
  test(`${name} overtaken at any step by a thread that trims, and uses the memory`, () => {
    let isOvertaken = true
    for (let step = 1; isOvertaken; step++) {
      const threads = createThreads()
      const { arena, main, worker, workerPool, steps } = threads
      const gone = arena.openPool()
      threads.give(attachTable(main.handle, gone), 1)
      main.sync()
      for (const id of threads.ids) threads.take(id)
      gone.close()
      const arrays: Int32Array[] = []
      steps.count = 0
      isOvertaken = false
      const onStep = () => {
        if (++steps.count !== step) return
        isOvertaken = true
        worker.trim()
        for (let i = 0; i < 3; i++) arrays.push(workerPool.allocArray(Int32Array, 256).fill(3))
      }
      observeRoot(arena, main.handle, onStep, () => call(main))
      const note = `${name}, overtaken at step ${step}`
      main.sync()
      assert.is(
        main.chunks.filter((chunk) => !main.ownChunks.includes(chunk)).length,
        isOvertaken ? 1 : 3,
      )
      for (const chunk of main.ownChunks) chunk.x.fill(-1)
      for (const array of arrays)
        assert.ok(
          array.every((value) => value === 3),
          note,
        )
      assertSound(arena)
      if (!isOvertaken) assert.ok(step > 3, `${name} has few steps`)
    }
  })
}

test('a chunk number that another thread has freed is reused by one that has not synced', () => {
  const { arena, main, worker, rows, ids, take, give } = createThreads()
  main.sync()
  for (const id of ids.slice(0, main.chunkCapacity)) take(id)
  worker.trim()
  give(main, main.chunkCapacity * (CHUNK_LIMIT - 2))
  for (const table of [main, worker]) {
    table.sync()
    assert.is(new Set(table.chunks).size, CHUNK_LIMIT)
    assert.is(table.chunks.length, CHUNK_LIMIT)
    assert.is(table.rowCount, rows.size)
  }
  assertSound(arena)
})

test.run()
