// The threads that a swarm runs on: workers, or where there are none the one that asks for a step.
import { createSchedule, createWorkerGroup, EACH_WORKER, type Port } from '@ashlar/ecs-adapter'
import type { Simulation } from './simulation.ts'
import { systems } from './systems.ts'

export interface Team {
  /** Advances the swarm by a step. */
  step(): void
  /** How many others a boid has seen, on average over all boids and steps. */
  othersSeen(): number
  /** Lets the workers go. */
  close(): Promise<void>
}

const STEP_OPTIONS = { timeoutMs: 60_000 }

/** @param workers as `createWorkerGroup` takes them; each joins with the systems of the swarm */
export async function createTeam(
  simulation: Simulation,
  workers: readonly Port[] | (() => readonly Port[]),
): Promise<Team> {
  const { storage, tables, steps } = simulation
  const group = await createWorkerGroup(storage, workers, { systems })
  const schedule = createSchedule(group, steps)
  for (let i = Math.max(1, group.workers.length); i > 0; i--) tables.Sight.add()
  let stepCount = 0
  return {
    step() {
      simulation.begin()
      schedule.runSync(STEP_OPTIONS)
      stepCount++
    },
    othersSeen() {
      group.runSync('report', EACH_WORKER)
      const { seenCount, rowCount } = tables.Sight.chunks[0]
      let sum = 0
      for (let row = 0; row < rowCount; row++) sum += seenCount[row]
      return sum / (tables.Boid.rowCount * stepCount) - 1
    },
    close: () => group.close(),
  }
}
