// producer-consumer: this thread allocates a batch a frame, a worker frees it. Every 60 frames the
// batch is eight times as long.
import assert from 'node:assert/strict'
import { parentPort, Worker, workerData } from 'node:worker_threads'
import { Arena, type ArenaHandle, blocks, exactStats, verify } from '@ashlar/core'
import { BATCH_LENGTH, BatchQueue, queueByteLength } from '../workers/queue.ts'
import type { Opened } from './contenders.ts'
import type { Player } from './player.ts'
import type { Samples } from './samples.ts'
import { CHURN_COUNT, logUniform, ScriptWriter } from './script.ts'

/** How many batches the producer is ahead at most: what waits is memory. */
const MAX_WAITING = 2

interface Task {
  readonly handle: ArenaHandle
  readonly queue: SharedArrayBuffer
}

/** Batches; places mean nothing here. */
function batchScript() {
  const writer = new ScriptWriter()
  for (let frame = 0; frame <= 600; frame++) {
    const blockCount = frame % 60 === 0 ? 8 * CHURN_COUNT : CHURN_COUNT
    for (let i = 0; i < blockCount; i++) writer.step(0, logUniform(writer.random, 16, 4096))
    writer.endFrame()
  }
  return writer.end(4)
}

export function createProducer({ arena, pool }: Opened): Player {
  const { byteLengths, frameEnds, allocCounts, checksum, spans } = batchScript()
  const words = arena.i32
  const task: Task = { handle: arena.handle, queue: new SharedArrayBuffer(queueByteLength) }
  const worker = new Worker(new URL(import.meta.url), { workerData: task })
  const freedCount = new Promise<number>((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
  const queue = new BatchQueue(task.queue, 0, MAX_WAITING)
  const batch = new Int32Array(BATCH_LENGTH)
  const budget = { spans }
  let allocCount = 0

  const handOver = (blockCount: number) => {
    allocCount += blockCount
    batch.fill(0, blockCount)
    queue.put(batch)
    pool.collect(budget)
  }

  return {
    arena,
    allocCounts,
    checksum,

    play(frame) {
      const first = frame === 0 ? 0 : frameEnds[frame - 1]
      const blockCount = frameEnds[frame] - first
      for (let i = 0; i < blockCount; i++) {
        const offset = pool.alloc(byteLengths[first + i])
        words[offset >> 2] = offset
        batch[i] = offset
      }
      handOver(blockCount)
    },

    playTimed(frame, samples: Samples) {
      const first = frame === 0 ? 0 : frameEnds[frame - 1]
      const blockCount = frameEnds[frame] - first
      for (let i = 0; i < blockCount; i++) {
        const startedAt = performance.now()
        const offset = pool.alloc(byteLengths[first + i])
        samples.add(performance.now() - startedAt)
        words[offset >> 2] = offset
        batch[i] = offset
      }
      handOver(blockCount)
    },

    async check() {
      queue.end()
      assert.equal(await freedCount, allocCount, 'blocks that were freed')
      pool.collect()
      const stats = exactStats(arena)
      const own = stats.slots.find(({ slot }) => slot === pool.slot)
      assert.equal(own?.remoteFreeCount, allocCount >>> 0, 'blocks that came back')
      assert.equal(blocks(arena).length, 0, 'live blocks')
      assert.deepEqual(verify(arena), [], 'violations found by verify')
    },
  }
}

/** The worker's side. */
export function consume(): void {
  const task: Task = workerData
  const arena = Arena.attach(task.handle)
  const pool = arena.openPool()
  const words = arena.i32
  const queue = new BatchQueue(task.queue, 0)
  const batch = new Int32Array(BATCH_LENGTH)
  let freedCount = 0
  while (queue.take(batch)) {
    for (let i = 0; i < BATCH_LENGTH && batch[i] !== 0; i++) {
      assert.equal(words[batch[i] >> 2], batch[i], 'what a block holds')
      pool.free(batch[i])
      freedCount++
    }
    pool.flush()
  }
  pool.close()
  parentPort!.postMessage(freedCount)
}
