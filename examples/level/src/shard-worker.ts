// The worker: attaches to the arena, then runs its shard of one map after the other.
import { workerData } from 'node:worker_threads'
import { Arena, ArenaError } from '@ashlar/core'
import { CommandsError, RunError } from '@ashlar/ecs-adapter'
import { workerPort } from 'example-kit'
import { BarrierAborted } from './barrier.ts'
import { runShard } from './run-shard.ts'
import type { Reply, ShardJob, WorkerStart } from './shard-job.ts'

const { handle, shard }: WorkerStart = workerData
const arena = Arena.attach(handle)
const port = workerPort()

/** A block that was freed twice, on the far side of a hand-over. */
let violation: ArenaError | undefined
arena.onViolation = (error) => {
  violation ??= error
}

async function answer(job: ShardJob): Promise<Reply> {
  try {
    const report = await runShard(arena, shard, job)
    await Promise.resolve() // violations are told of in microtasks, and those come first
    if (violation !== undefined) throw violation
    return { kind: 'done', report }
  } catch (error) {
    if (error instanceof BarrierAborted) return { kind: 'stopped' }
    // A system's own error says more than that the run failed by it.
    const thrown = error instanceof RunError ? (error.cause ?? error) : error
    const {
      name,
      message,
      stack = message,
    } = thrown instanceof Error ? thrown : new Error(String(thrown))
    const isKnown = error instanceof CommandsError || name === ArenaError.name
    return { kind: 'failed', message, stack, isKnown }
  }
}

port.on('message', async (job: ShardJob) => port.postMessage(await answer(job)))
