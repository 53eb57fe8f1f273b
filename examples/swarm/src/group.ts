// A swarm whose systems run on a group of workers.
import { Worker } from 'node:worker_threads'
import { createSchedule, createWorkerGroup } from '@ashlar/ecs-adapter'
import { workerFile } from 'example-kit'
import type { Simulation } from './sim/index.ts'

export interface Team {
  /** Advances the swarm by a step. */
  step(): void
  stop(): Promise<void>
}

/** @param file of the worker's program, for tests */
export async function startTeam(
  simulation: Simulation,
  workerCount: number,
  file = workerFile('worker', import.meta.url),
): Promise<Team> {
  const workers = Array.from({ length: workerCount }, () => new Worker(file))
  const end = () => Promise.all(workers.map((worker) => worker.terminate()))
  try {
    const group = await createWorkerGroup(simulation.storage, workers)
    const schedule = createSchedule(group, simulation.steps)
    return {
      step() {
        simulation.begin()
        schedule.runSync({ timeoutMs: 60_000 })
      },
      async stop() {
        await group.close()
        await end()
      },
    }
  } catch (error) {
    await end()
    throw error
  }
}
