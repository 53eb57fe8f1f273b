// Runs one map, as one world in this thread, as fast as it goes, and measures.
import type { Arena } from '@ashlar/core'
import { createGarbageMeter } from './garbage-meter.ts'
import type { Team } from './group.ts'
import { createMapReport, type MapReport, type ThreadFigures } from './map-report.ts'
import { percentile } from './percentile.ts'
import {
  createSimulation,
  type MapData,
  type RunSystem,
  type Simulation,
  STEPS_PER_SECOND,
} from './sim/index.ts'

/** Live figures of a run. */
export interface Progress {
  readonly map: string
  readonly step: number
  readonly steps: number
  readonly stepsPerSecond: number
  readonly entities: number
  readonly shots: number
  readonly allocsPerSecond: number
  readonly liveBytes: number
}

export interface RunOptions {
  readonly arena: Arena
  readonly map: MapData
  readonly seed: number
  readonly seconds: number
  readonly entities: number
  /** Workers that run the parallel systems; undefined: this thread does. */
  readonly team?: Team | undefined
  /** Called before the first step, after the last, and every REPORT_MS in between. */
  onProgress(progress: Progress): void
}

export const REPORT_MS = 50

export const stepsOf = (seconds: number) => Math.max(1, Math.round(seconds * STEPS_PER_SECOND))

/** @throws ArenaError; everything taken from the arena is given back in any case. */
export async function runMap(options: RunOptions): Promise<MapReport> {
  const { arena, map, seed, seconds, entities, team } = options
  const steps = stepsOf(seconds)
  const pool = arena.openPool()
  try {
    const simulation = createSimulation({ arena, pool, map, seed, extraActorCount: entities })
    let member: Awaited<ReturnType<Team['join']>> | undefined
    try {
      member = await team?.join(simulation)
      const figures = await measure(simulation, steps, options, member?.run)
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
      await member?.leave()
      simulation.dispose()
    }
  } finally {
    pool.close()
  }
}

async function measure(
  simulation: Simulation,
  steps: number,
  { arena, map, onProgress }: RunOptions,
  run: RunSystem | undefined,
): Promise<ThreadFigures> {
  const { pool, events } = simulation.scene
  const { counts } = pool
  const meter = createGarbageMeter()
  const stepMs = new Float64Array(steps)
  const countsBefore = { ...counts }
  const startMs = performance.now()
  let entitiesMax = simulation.entityCount()
  /** Spent on reports, not on steps. */
  let pausedMs = 0
  const report = (step: number) => {
    const wallSeconds = (performance.now() - startMs - pausedMs) / 1000
    onProgress({
      map: map.name,
      step,
      steps,
      stepsPerSecond: step / (wallSeconds || 1),
      entities: simulation.entityCount(),
      shots: simulation.shotCount(),
      allocsPerSecond: (counts.allocs - countsBefore.allocs) / (wallSeconds || 1),
      liveBytes: arena.stats().liveBytes,
    })
  }
  report(0)
  let reportedMs = performance.now()
  pausedMs = reportedMs - startMs
  for (let step = 0; step < steps; step++) {
    const before = performance.now()
    meter.around(() => simulation.step(run))
    const after = performance.now()
    stepMs[step] = after - before
    entitiesMax = Math.max(entitiesMax, simulation.entityCount())
    if (after - reportedMs < REPORT_MS) continue
    report(step + 1)
    await new Promise((resume) => setImmediate(resume)) // signals and the terminal
    reportedMs = performance.now()
    pausedMs += reportedMs - after
  }
  const wallSeconds = (performance.now() - startMs - pausedMs) / 1000
  report(steps)
  stepMs.sort()
  return {
    wallSeconds,
    stepMsP50: percentile(stepMs, 0.5),
    stepMsP99: percentile(stepMs, 0.99),
    entitiesMax,
    events,
    countsBefore,
    counts,
    memory: memoryOf(arena),
    garbageBytesPerStep: meter.bytesPerStep() ?? null,
  }
}

/** While every other thread is outside of the library. */
export function memoryOf(arena: Arena): ThreadFigures['memory'] {
  const { liveBytes, committedBytes, reservedBytes } = arena.stats({ exact: true })
  return { liveBytes, committedBytes, reservedBytes }
}
