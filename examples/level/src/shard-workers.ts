// The workers of a run: started once, given one map after the other.
import { Worker } from 'node:worker_threads'
import type { Arena } from '@ashlar/core'
import { workerFile } from 'example-kit'
import type { Reply, ShardJob, ShardReport, WorkerStart } from './shard-job.ts'

export interface ShardWorkers {
  readonly workerCount: number
  /** Has each worker run its shard; `jobOf` is asked once for each. Reports come in their order. */
  run(jobOf: (shard: number) => ShardJob): Promise<ShardReport[]>
  /** Ends all workers, at whatever they are. */
  stop(): Promise<void>
}

/** A worker failed or died, and the run with it. */
export class WorkerError extends Error {
  override readonly name = 'WorkerError'
}

/** @param file of the worker's program, for tests */
export function startShardWorkers(
  arena: Arena,
  workerCount: number,
  file = workerFile('shard-worker', import.meta.url),
): ShardWorkers {
  let isStopping = false
  let fail: (error: WorkerError) => void
  const failure = new Promise<never>((_, reject) => {
    fail = reject
  })
  failure.catch(() => {}) // also if it comes while nobody waits for a report

  const workers = Array.from({ length: workerCount }, (_, shard) => {
    const workerData: WorkerStart = { handle: arena.handle, shard }
    const worker = new Worker(file, { workerData })
    const failed = (what: string, cause?: unknown) =>
      fail(new WorkerError(`worker ${shard + 1} of ${workerCount} ${what}`, { cause }))
    worker.on('error', (error) => failed(`failed: ${error?.stack ?? error}`, error))
    worker.on('messageerror', (error) => failed(`said what cannot be read: ${error}`, error))
    worker.on('exit', (code) => {
      if (!isStopping) failed(`ended with exit code ${code} in the midst of its work`)
    })
    return { worker, failed }
  })

  function reportOf(index: number, job: ShardJob): Promise<ShardReport> {
    const { worker, failed } = workers[index]
    return new Promise((resolve) => {
      worker.once('message', (reply: Reply) => {
        if (reply.kind === 'done') resolve(reply.report)
        if (reply.kind === 'failed')
          failed(`failed: ${reply.isKnown ? reply.message : reply.stack}`)
      })
      worker.postMessage(job)
    })
  }

  return {
    workerCount,
    run(jobOf) {
      const reports = workers.map((_, index) => reportOf(index, jobOf(index)))
      return Promise.race([Promise.all(reports), failure])
    },
    async stop() {
      isStopping = true
      await Promise.all(workers.map(({ worker }) => worker.terminate()))
    },
  }
}
