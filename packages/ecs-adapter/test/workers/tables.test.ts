// Tables over real workers, which are killed while they add and remove.
import { Arena, type ArenaHandle, createLife, holdLife, type Life, whenDead } from '@ashlar/core'
import { attachTable, createTable, type TableHandle, t } from '@ashlar/ecs-adapter'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  isMain,
  listenToParent,
  startThread,
  type ThreadKind,
  threadKinds,
} from '../../../../test/support/threads.ts'
import { createRandom } from '../support.ts'
import { mayTerminate, until } from './game.ts'

const test = suite('tables of workers')
const schema = { a: t.i32, b: t.f64, c: t.u8 }

interface Order {
  readonly arena: ArenaHandle
  readonly table: TableHandle
  readonly slot: number
  readonly life: Life
  /** Word that counts the frames; -1 ends them. */
  readonly counter: number
}

/** Every row has its id in `a` and `b`: but the last of a chunk, that was just being written. */
async function work(order: Order, post: (message: unknown) => void): Promise<void> {
  await holdLife(order.life)
  const arena = Arena.attach(order.arena)
  const pool = arena.openPool(order.slot)
  const table = attachTable<typeof schema>(order.table, pool)
  const random = createRandom(order.slot)
  const frame = () => {
    for (let i = 0; i < 300; i++) {
      const id = table.add()
      const [chunk, row] = [table.chunkOf(id)!, table.rowOf(id)]
      chunk.a[row] = chunk.b[row] = id
    }
    for (const chunk of table.ownChunks) {
      for (let i = chunk.rowCount - 1; i >= 0; i--) if (random(5) === 0) chunk.remove(i)
    }
    if (table.rowCount > 3000) table.clear()
    table.trim()
    table.sync()
    return Atomics.add(arena.i32, order.counter, 1) !== -1
  }
  const turn = () => {
    for (let i = 0; i < 20; i++) {
      if (frame()) continue
      table.detach()
      pool.close()
      post('closed')
      return
    }
    setTimeout(turn, 0)
  }
  turn()
}

function start(kind: ThreadKind, arena: Arena, table: TableHandle, counter: number) {
  const messages: unknown[] = []
  const thread = startThread(
    kind,
    (message) => messages.push(message),
    (error) => messages.push(error),
  )
  const order = {
    arena: arena.handle,
    table,
    slot: arena.reserveSlot(),
    life: createLife(),
    counter,
  }
  setTimeout(() => thread.post(order), 100)
  return { thread, messages, ...order }
}

for (const kind of threadKinds) {
  test(`${kind}: two workers add and remove, and this thread reads; then it has all`, async () => {
    const arena = Arena.create({ byteLength: 2 ** 23, shared: true })
    const pool = arena.openPool()
    const table = createTable(pool, schema, { chunkByteLength: 2048 })
    const counters = pool.allocZeroed(8)
    const workers = [0, 1].map((i) => start(kind, arena, table.handle, (counters >> 2) + i))
    const frames = ({ counter }: Order) => Atomics.load(arena.i32, counter)
    await until(() => workers.every((worker) => frames(worker) > 50 || worker.messages.length > 0))
    for (const { counter } of workers) Atomics.store(arena.i32, counter, -1)
    await until(() => workers.every(({ messages }) => messages.length > 0))
    for (const { messages } of workers) assert.equal(messages, ['closed'])
    table.sync()
    assert.is(table.ownChunks.length, table.chunks.length)
    for (const chunk of table.chunks) {
      for (let i = 0; i < chunk.rowCount; i++) {
        assert.is(chunk.a[i], chunk.ids[i])
        assert.is(chunk.b[i], chunk.ids[i])
        assert.is(table.rowOf(chunk.ids[i]), i)
      }
    }
    pool.free(counters)
    table.dispose()
    for (let i = 0; i < 2; i++) arena.openPool() // takes what was freed for a closed slot
    assert.equal(arena.verify(), [])
    assert.equal(arena.blocks(), [])
    for (const { thread } of workers) thread.terminate()
  })

  if (!mayTerminate(kind)) continue
  test(`${kind}: killed at any instruction, its chunks are repaired and taken over`, async () => {
    const arena = Arena.create({ byteLength: 2 ** 23, shared: true })
    const pool = arena.openPool()
    const table = createTable(pool, schema, { chunkByteLength: 2048 })
    const counter = pool.allocZeroed(4) >> 2
    const seed = 5
    const random = createRandom(seed)
    for (let round = 0; round < 8; round++) {
      Atomics.store(arena.i32, counter, 0)
      const { thread, life, slot, messages } = start(kind, arena, table.handle, counter)
      await until(() => Atomics.load(arena.i32, counter) > 20 || messages.length > 0)
      assert.equal(messages, [])
      for (let i = random(5); i > 0; i--) await new Promise((resolve) => setTimeout(resolve, 1))
      thread.terminate()
      await whenDead({ worker: thread.worker, life })
      arena.adopt(slot).close()
      const note = `seed ${seed}, round ${round}`
      table.sync()
      assert.is(table.ownChunks.length, table.chunks.length, note)
      let torn = 0
      for (const chunk of table.chunks) {
        assert.is(new Set(chunk.ids).size, table.chunkCapacity, note)
        for (let i = 0; i < chunk.rowCount; i++) {
          assert.is(table.rowOf(chunk.ids[i]), i, note)
          if (chunk.a[i] !== chunk.ids[i] || chunk.b[i] !== chunk.ids[i]) torn++
        }
      }
      assert.ok(torn <= 1, `${note}: ${torn} rows are torn`)
      assert.equal(arena.verify(), [], note)
      table.clear()
      table.trim()
    }
    pool.free(counter << 2)
    table.dispose()
    assert.equal(arena.verify(), [])
  })
}

if (isMain) test.run()
else {
  const parent = listenToParent((order) => {
    work(order as Order, (message) => parent.post(message))
  })
}
