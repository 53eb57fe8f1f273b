// Runs one map, as one world in this thread, as fast as it goes, and measures.
import type { Arena } from '@ashlar/core'
import { measureSteps, memoryOf } from 'example-kit'
import type { Team } from './group.ts'
import { createMapReport, type MapReport, type ThreadFigures } from './map-report.ts'
import type { Progress } from './progress.ts'
import { createSimulation, type MapData, type Simulation, STEPS_PER_SECOND } from './sim/index.ts'

export interface RunOptions {
  readonly arena: Arena
  readonly map: MapData
  readonly seed: number
  readonly seconds: number
  readonly entities: number
  /** Workers that run the parallel systems; without them, this thread does. */
  readonly team?: Team | undefined
  /** Called before the first step, after the last, and every REPORT_MS (see the kit) in between. */
  onProgress(progress: Progress): void
}

export const stepsOf = (seconds: number) => Math.max(1, Math.round(seconds * STEPS_PER_SECOND))

/** @throws ArenaError; everything taken from the arena is given back in any case. */
export async function runMap(options: RunOptions): Promise<MapReport> {
  const { arena, map, seed, seconds, entities, team } = options
  const steps = stepsOf(seconds)
  const pool = arena.openPool()
  try {
    const simulation = await createSimulation({
      ...{ arena, pool, map, seed, extraActorCount: entities },
      ...(team && { startWorkers: team.workersFor }),
    })
    try {
      const figures = await measure(simulation, steps, options)
      return createMapReport({
        map,
        level: simulation.scene.level,
        steps,
        entities: simulation.entityCount(),
        checksum: simulation.checksum(),
        threads: [figures],
        workers: [],
      })
    } finally {
      await simulation.dispose()
    }
  } finally {
    pool.close()
  }
}

async function measure(
  simulation: Simulation,
  steps: number,
  { arena, map, onProgress }: RunOptions,
): Promise<ThreadFigures> {
  const { pool, events } = simulation.scene
  const { counts } = pool
  const countsBefore = { ...counts }
  let entitiesMax = simulation.entityCount()
  const figures = await measureSteps({
    steps,
    step: simulation.step,
    afterStep() {
      entitiesMax = Math.max(entitiesMax, simulation.entityCount())
    },
    report: (step, wallSeconds) =>
      onProgress({
        map: map.name,
        step,
        steps,
        stepsPerSecond: step / (wallSeconds || 1),
        entities: simulation.entityCount(),
        shots: simulation.shotCount(),
        allocsPerSecond: (counts.allocs - countsBefore.allocs) / (wallSeconds || 1),
        liveByteLength: arena.stats().liveByteLength,
      }),
  })
  return { ...figures, entitiesMax, events, countsBefore, counts, memory: memoryOf(arena) }
}
