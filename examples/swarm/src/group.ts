// Starts the workers of a swarm.
import { Worker } from 'node:worker_threads'
import { workerFile } from 'example-kit'
import { createTeam, type Simulation, type Team } from './sim/index.ts'

/**
 * @param workerCount 0: the systems run in this thread
 * @param file of the worker's program, for tests
 */
export async function startTeam(
  simulation: Simulation,
  workerCount: number,
  file = workerFile('worker', import.meta.url),
): Promise<Team> {
  const workers: Worker[] = []
  const start = () => {
    for (let i = 0; i < workerCount; i++) workers.push(new Worker(file))
    return workers
  }
  const end = () => Promise.all(workers.map((worker) => worker.terminate()))
  try {
    const team = await createTeam(simulation, start)
    return {
      ...team,
      async close() {
        await team.close()
        await end()
      },
    }
  } catch (error) {
    await end()
    throw error
  }
}
