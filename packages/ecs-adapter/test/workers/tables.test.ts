// Tables over real workers, which are killed while they add and remove.
import { Arena, blocks, createThreadLock, threadExited, verify } from '@ashlar/core'
import { createTable, type TableHandle } from '@ashlar/ecs-adapter'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { rounds } from '../../../../test/support/rounds.ts'
import { isMain, type ThreadKind, threadKinds } from '../../../../test/support/threads.ts'
import { createRandom } from '../support.ts'
import { until } from './game.ts'
import { schema, type TableOrder } from './table-work.ts'
import { startWorker } from './worker.ts'

const test = suite('tables of workers')
/** On Deno a worker in a loop runs on after it was terminated. */
const mayTerminate = !('Deno' in globalThis)

function start(kind: ThreadKind, arena: Arena, table: TableHandle, counter: number) {
  const messages: unknown[] = []
  const thread = startWorker(kind, 'table', (message) => messages.push(message))
  const [slot, lock] = [arena.reserveSlot(), createThreadLock()]
  const order: TableOrder = { arena: arena.handle, table, slot, lock, counter }
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
    const frames = ({ counter }: TableOrder) => Atomics.load(arena.i32, counter)
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
        assert.is(table.indexOf(chunk.ids[i]), i)
      }
    }
    pool.free(counters)
    table.dispose()
    for (let i = 0; i < 2; i++) arena.openPool() // takes what was freed for a closed slot
    assert.equal(verify(arena), [])
    assert.equal(blocks(arena), [])
    for (const { thread } of workers) thread.terminate()
  })

  if (!mayTerminate) continue
  test(`${kind}: killed at any instruction, its chunks are repaired and taken over`, async () => {
    const arena = Arena.create({ byteLength: 2 ** 23, shared: true })
    const pool = arena.openPool()
    const table = createTable(pool, schema, { chunkByteLength: 2048 })
    const counter = pool.allocZeroed(4) >> 2
    const seed = 5
    const random = createRandom(seed)
    for (let round = 0; round < rounds(8, 2); round++) {
      Atomics.store(arena.i32, counter, 0)
      const { thread, lock, slot, messages } = start(kind, arena, table.handle, counter)
      await until(() => Atomics.load(arena.i32, counter) > 20 || messages.length > 0)
      assert.equal(messages, [])
      for (let i = random(5); i > 0; i--) await new Promise((resolve) => setTimeout(resolve, 1))
      thread.terminate()
      await threadExited({ worker: thread.worker, lock })
      arena.adopt(slot).close()
      const note = `seed ${seed}, round ${round}`
      table.sync()
      assert.is(table.ownChunks.length, table.chunks.length, note)
      let torn = 0
      for (const chunk of table.chunks) {
        assert.is(new Set(chunk.ids).size, table.chunkCapacity, note)
        for (let i = 0; i < chunk.rowCount; i++) {
          assert.is(table.indexOf(chunk.ids[i]), i, note)
          if (chunk.a[i] !== chunk.ids[i] || chunk.b[i] !== chunk.ids[i]) torn++
        }
      }
      assert.ok(torn <= 1, `${note}: ${torn} rows are torn`)
      assert.equal(verify(arena), [], note)
      table.clear()
      table.trim()
    }
    pool.free(counter << 2)
    table.dispose()
    assert.equal(verify(arena), [])
  })
}

if (isMain) test.run()
