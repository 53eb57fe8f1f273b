// Rows that are spawned and killed by the workers of a group, each in the chunks of its own pool.
import { parentPort, Worker } from 'node:worker_threads'
import { Arena, verify } from '@ashlar/core'
import {
  createStorage,
  createTable,
  createWorkerGroup,
  defineSystems,
  EACH_WORKER,
  joinWorkerGroup,
  type SystemContext,
  type Table,
  t,
} from '@ashlar/ecs-adapter'
import { createWorld } from 'bitecs'
import { expect, type PreparedRuns } from '../case.ts'

const schema = { x: t.f32, y: t.f32, velocityX: t.f32, velocityY: t.f32, life: t.i16 }
type Tables = { readonly Bullet: Table<typeof schema> }
type Churn = SystemContext<unknown, Tables, { spawnCount: number }>

const SPAWN_COUNT = 100_000
/** Frames that a row lives. */
const LIFE = 2

export const churns = [{ name: 'churn-100k', contenders: ['ashlar', 'ashlar, 1 worker'] }]

export async function prepareChurn(contender: string): Promise<PreparedRuns> {
  const workerCount = contender === 'ashlar' ? 2 : 1
  const arena = Arena.create({ byteLength: 64 * 2 ** 20, shared: true })
  const storage = createStorage(createWorld(), arena.openPool())
  const bullets = createTable(storage, 'Bullet', schema)
  const workers = Array.from({ length: workerCount }, () => new Worker(new URL(import.meta.url)))
  const group = await createWorkerGroup<typeof systems>(storage, workers)
  const args = { spawnCount: SPAWN_COUNT / workerCount }
  return {
    checksum: SPAWN_COUNT,
    unitsPerOp: SPAWN_COUNT,
    run() {
      group.runSync('churn', EACH_WORKER, args)
      storage.sync()
    },
    async check() {
      expect(bullets.rowCount, SPAWN_COUNT * LIFE, 'rows')
      expect(bullets.ownChunks.length, 0, 'chunks of the thread that spawned nothing')
      await group.close()
      await Promise.all(workers.map((worker) => worker.terminate()))
      expect(JSON.stringify(verify(arena)), '[]', 'violations found by verify')
    },
  }
}

/** In a worker. */
export function joinChurn(): void {
  joinWorkerGroup(parentPort!, systems)
}

/** Rows of its own chunks. */
function churn({ tables: { Bullet }, args }: Churn): void {
  for (const chunk of Bullet.ownChunks) {
    const { life } = chunk
    for (let i = chunk.rowCount - 1; i >= 0; i--) if (--life[i] <= 0) chunk.removeRow(i)
  }
  for (let i = args.spawnCount; i > 0; i--) {
    const chunk = Bullet.chunkWithRoom()
    const row = chunk.addRow()
    chunk.velocityX[row] = 1
    chunk.velocityY[row] = -1
    chunk.life[row] = LIFE
  }
}

const systems = defineSystems<unknown, Tables>()({ churn })
