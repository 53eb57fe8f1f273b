// The workers on which the parallel systems of one world run.
import { Worker } from 'node:worker_threads'
import { workerFile } from 'example-kit'
import type { Commons } from './sim/index.ts'

export interface Team {
  readonly workerCount: number
  /** For a simulation with these commons: the workers, which wait for its group. */
  workersFor(commons: Commons): readonly Worker[]
  stop(): Promise<void>
}

/** @param file of the worker's program, for tests */
export function startTeam(
  workerCount: number,
  file = workerFile('group-worker', import.meta.url),
): Team {
  const workers = Array.from({ length: workerCount }, () => new Worker(file))
  return {
    workerCount,
    workersFor(commons) {
      for (const worker of workers) worker.postMessage({ commons })
      return workers
    },
    async stop() {
      await Promise.all(workers.map((worker) => worker.terminate()))
    },
  }
}
