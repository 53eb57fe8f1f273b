// Rows that are spawned and killed by workers, each in the chunks of its own pool.
import { parentPort, Worker, workerData } from 'node:worker_threads'
import { Arena, type ArenaHandle } from '@ashlar/core'
import { attachTable, createTable, type TableHandle, t } from '@ashlar/ecs-adapter'
import { expect, type PreparedRuns } from '../case.ts'

const schema = { x: t.f32, y: t.f32, velocityX: t.f32, velocityY: t.f32, life: t.i16 }
const SPAWN_COUNT = 100_000
/** Frames that a row lives. */
const LIFE = 2

const RUN = 0
/** Far from the other: no two threads write to the same line of a cache. */
const DONE_COUNT = 16
const WORD_COUNT = 32

interface Order {
  readonly arena: ArenaHandle
  readonly table: TableHandle
  readonly words: Int32Array
  readonly spawnCount: number
}

export const churns = [{ name: 'churn-100k', contenders: ['ashlar', 'ashlar, 1 worker'] }]

export async function prepareChurn(contender: string): Promise<PreparedRuns> {
  const workerCount = contender === 'ashlar' ? 2 : 1
  const arena = Arena.create({ byteLength: 64 * 2 ** 20, shared: true })
  const table = createTable(arena.openPool(), schema)
  const words = new Int32Array(new SharedArrayBuffer(WORD_COUNT * 4))
  const spawnCount = SPAWN_COUNT / workerCount
  const order: Order = { arena: arena.handle, table: table.handle, words, spawnCount }
  const workers = Array.from({ length: workerCount }, () => {
    return new Worker(new URL(import.meta.url), { workerData: order })
  })
  await Promise.all(workers.map((worker) => new Promise((done) => worker.once('message', done))))
  return {
    checksum: SPAWN_COUNT,
    unitsPerOp: SPAWN_COUNT,
    run() {
      Atomics.store(words, DONE_COUNT, 0)
      Atomics.add(words, RUN, 1)
      Atomics.notify(words, RUN)
      for (;;) {
        const doneCount = Atomics.load(words, DONE_COUNT)
        if (doneCount === workerCount) return
        Atomics.wait(words, DONE_COUNT, doneCount)
      }
    },
    async check() {
      table.sync()
      expect(table.rowCount, SPAWN_COUNT * LIFE, 'rows')
      await Promise.all(workers.map((worker) => worker.terminate()))
      expect(JSON.stringify(arena.verify()), '[]', 'violations found by verify')
    },
  }
}

/** In a worker: for ever. */
export function churn(): void {
  const { arena, table, words, spawnCount }: Order = workerData
  const bullets = attachTable<typeof schema>(table, Arena.attach(arena).openPool())
  parentPort!.postMessage('here')
  for (let run = 0; ; run++) {
    Atomics.wait(words, RUN, run)
    bullets.sync()
    for (const chunk of bullets.ownChunks) {
      const { life } = chunk
      for (let i = chunk.rowCount - 1; i >= 0; i--) if (--life[i] <= 0) chunk.remove(i)
    }
    for (let i = 0; i < spawnCount; i++) {
      const id = bullets.add()
      const chunk = bullets.chunkOf(id)!
      const row = bullets.rowOf(id)
      chunk.velocityX[row] = 1
      chunk.velocityY[row] = -1
      chunk.life[row] = LIFE
    }
    Atomics.add(words, DONE_COUNT, 1)
    Atomics.notify(words, DONE_COUNT)
  }
}
