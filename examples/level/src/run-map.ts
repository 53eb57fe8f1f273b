// Runs one map as fast as it goes, and measures.
import type { Arena, Pool } from '@ashlar/core'
import { createGarbageMeter } from './garbage-meter.ts'
import { createSimulation, type MapData, type Simulation, STEPS_PER_SECOND } from './sim/index.ts'

/** What a run came to; also the entry of a map in the JSON summary. */
export interface MapReport {
  readonly map: string
  readonly things: number
  readonly lines: number
  readonly sectors: number
  readonly cells: number
  readonly steps: number
  /** Real time, from the first step to the last. */
  readonly wallSeconds: number
  readonly stepsPerSecond: number
  readonly stepMsP50: number
  readonly stepMsP99: number
  readonly entities: number
  readonly entitiesMax: number
  readonly shotsFired: number
  readonly hits: number
  readonly knockouts: number
  /** Blocks of cell lists and trails, over the whole run. */
  readonly allocs: number
  readonly reallocs: number
  readonly frees: number
  readonly allocsPerSecond: number
  readonly freesPerSecond: number
  readonly liveBytes: number
  readonly committedBytes: number
  readonly reservedBytes: number
  /** null where the engine cannot say. */
  readonly garbageBytesPerStep: number | null
  readonly checksum: number
}

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
  readonly pool: Pool
  readonly map: MapData
  readonly seed: number
  readonly seconds: number
  readonly entities: number
  /** Called before the first step, after the last, and every REPORT_MS in between. */
  onProgress(progress: Progress): void
}

const REPORT_MS = 50

/** @throws ArenaError; everything taken from the pool is given back in any case. */
export async function runMap(options: RunOptions): Promise<MapReport> {
  const { arena, pool, map, seed, seconds, entities } = options
  const steps = Math.max(1, Math.round(seconds * STEPS_PER_SECOND))
  const simulation = createSimulation({ arena, pool, map, seed, extraActorCount: entities })
  try {
    const timing = await measure(simulation, steps, options)
    const { level, events, pool: counted } = simulation.scene
    const { liveBytes, committedBytes, reservedBytes } = arena.stats({ exact: true })
    return {
      map: level.name,
      things: map.things.count,
      lines: level.lineCount,
      sectors: level.sectorCount,
      cells: level.blockMap.columnCount * level.blockMap.rowCount,
      steps,
      ...timing,
      entities: simulation.entityCount(),
      ...events,
      ...counted.counts,
      liveBytes,
      committedBytes,
      reservedBytes,
      checksum: simulation.checksum(),
    }
  } finally {
    simulation.dispose()
  }
}

async function measure(simulation: Simulation, steps: number, options: RunOptions) {
  const { arena, map, onProgress } = options
  const { counts } = simulation.scene.pool
  const meter = createGarbageMeter()
  const stepMs = new Float64Array(steps)
  const allocsBefore = counts.allocs
  const freesBefore = counts.frees
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
      allocsPerSecond: (counts.allocs - allocsBefore) / (wallSeconds || 1),
      liveBytes: arena.stats().liveBytes,
    })
  }
  report(0)
  let reportedMs = performance.now()
  pausedMs = reportedMs - startMs
  for (let step = 0; step < steps; step++) {
    const before = performance.now()
    meter.around(simulation.step)
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
    stepsPerSecond: steps / wallSeconds,
    stepMsP50: percentile(stepMs, 0.5),
    stepMsP99: percentile(stepMs, 0.99),
    entitiesMax,
    allocsPerSecond: (counts.allocs - allocsBefore) / wallSeconds,
    freesPerSecond: (counts.frees - freesBefore) / wallSeconds,
    garbageBytesPerStep: meter.bytesPerStep() ?? null,
  }
}

/** Of ascending values: the least that is not below the given part of them. */
function percentile(values: Float64Array, part: number): number {
  return values[Math.max(Math.ceil(part * values.length) - 1, 0)]
}
