// One world, whose parallel systems run on a group of workers.
import { Worker } from 'node:worker_threads'
import { createWorkerGroup } from '@ashlar/ecs-adapter'
import { workerFile } from 'example-kit'
import type { GroupSystems, RunSystem, Simulation } from './sim/index.ts'

export interface Team {
  readonly workerCount: number
  /** Has the workers join the simulation. */
  join(simulation: Simulation): Promise<{ run: RunSystem; leave(): Promise<void> }>
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
    async join({ scene: { storage, commons } }) {
      for (const worker of workers) worker.postMessage({ commons })
      const group = await createWorkerGroup<GroupSystems>(storage, workers)
      return { run: (name, entities) => group.runSync(name, entities), leave: () => group.close() }
    },
    async stop() {
      await Promise.all(workers.map((worker) => worker.terminate()))
    },
  }
}
