// Runs a swarm, as fast as it goes, and measures.
import type { Arena } from '@ashlar/core'
import { type MemoryFigures, measureSteps, memoryOf, type StepFigures } from 'example-kit'
import { startTeam } from './group.ts'
import { createSimulation, type Team } from './sim/index.ts'

/** Live figures of a run. */
export interface Progress {
  readonly step: number
  readonly steps: number
  readonly stepsPerSecond: number
  readonly liveByteLength: number
}

export interface RunOptions {
  readonly arena: Arena
  readonly boids: number
  readonly seed: number
  readonly steps: number
  readonly workers?: number
  /** Of the workers' program, for tests. */
  readonly workerFile?: URL
  /** Called before the first step, after the last, and now and then in between. */
  onProgress(progress: Progress): void
}

/** Also the summary as JSON, but for the run's own. */
export interface SwarmReport extends StepFigures, MemoryFigures {
  readonly boids: number
  readonly hawks: number
  /** Cells of the grid, along each edge of the space. */
  readonly side: number
  /** Of each boid, on average over the run. */
  readonly othersSeen: number
  readonly steps: number
  readonly stepsPerSecond: number
  readonly checksum: number
}

/** @throws ArenaError, RunError; everything taken from the arena is given back in any case */
export async function runSwarm(options: RunOptions): Promise<SwarmReport> {
  const { arena, boids, seed, steps, workers = 0, workerFile, onProgress } = options
  const pool = arena.openPool()
  try {
    const simulation = createSimulation({ pool, boidCount: boids, seed })
    let team: Team | undefined
    try {
      team = await startTeam(simulation, workers, workerFile)
      const figures = await measureSteps({
        steps,
        step: team.step,
        report(step, wallSeconds) {
          const stepsPerSecond = step / (wallSeconds || 1)
          onProgress({ step, steps, stepsPerSecond, liveByteLength: arena.stats().liveByteLength })
        },
      })
      return {
        boids,
        hawks: simulation.tables.Hawk.rowCount,
        side: simulation.gridShape.side,
        othersSeen: team.othersSeen(),
        steps,
        stepsPerSecond: steps / figures.wallSeconds,
        ...figures,
        ...memoryOf(arena),
        checksum: simulation.checksum(),
      }
    } finally {
      await team?.close()
      simulation.dispose()
    }
  } finally {
    pool.close()
  }
}
