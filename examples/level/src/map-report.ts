// What a run of one map came to, put together from what its threads have measured.
import type { MemoryFigures, StepFigures } from 'example-kit'
import type { Level, MapData } from './sim/index.ts'

/** What one thread has measured, be it the only one. */
export interface ThreadFigures extends StepFigures {
  /** Of all threads. */
  readonly entitiesMax: number
  readonly events: {
    readonly shotsFired: number
    readonly hits: number
    readonly knockouts: number
  }
  /** Blocks of cell lists, trails and mail, before the first step and after the last. */
  readonly countsBefore: BlockCounts
  readonly counts: BlockCounts
  /** Of the arena after the last step. */
  readonly memory: MemoryFigures
}

export interface BlockCounts {
  readonly allocs: number
  readonly reallocs: number
  readonly frees: number
}

/** A worker's own figures. */
export interface WorkerReport {
  readonly entities: number
  /** Steps per second without the time that it waited for the others. */
  readonly stepsPerBusySecond: number
  /** Part of the run in which it did not wait for the others. */
  readonly busy: number
  /** Entities that it sent to other workers. */
  readonly handedOver: number
  /** Blocks of its own that other workers freed. */
  readonly remoteFreeCount: number
}

/** Also the entry of a map in the JSON summary. */
export interface MapReport extends BlockCounts, MemoryFigures {
  readonly map: string
  readonly things: number
  readonly lines: number
  readonly sectors: number
  readonly cells: number
  readonly steps: number
  readonly wallSeconds: number
  readonly stepsPerSecond: number
  readonly stepMsP50: number
  readonly stepMsP99: number
  readonly entities: number
  readonly entitiesMax: number
  readonly shotsFired: number
  readonly hits: number
  readonly knockouts: number
  readonly allocsPerSecond: number
  readonly freesPerSecond: number
  readonly garbageBytesPerStep: number | null
  readonly checksum: number
  /** Without workers: none. */
  readonly workers: readonly WorkerReport[]
}

export interface MapRun {
  readonly map: MapData
  readonly level: Level
  readonly steps: number
  readonly entities: number
  readonly checksum: number
  /** Times are those of the first one: all of them go step by step together. */
  readonly threads: readonly ThreadFigures[]
  readonly workers: readonly WorkerReport[]
}

export function createMapReport(run: MapRun): MapReport {
  const { map, level, steps, entities, checksum, threads, workers } = run
  const { wallSeconds, stepMsP50, stepMsP99, entitiesMax, memory } = threads[0]
  const sum = (of: (figures: ThreadFigures) => number) =>
    threads.reduce((total, figures) => total + of(figures), 0)
  const perSecond = (name: keyof BlockCounts) =>
    sum(({ counts, countsBefore }) => counts[name] - countsBefore[name]) / wallSeconds
  return {
    map: level.name,
    things: map.things.count,
    lines: level.lineCount,
    sectors: level.sectorCount,
    cells: level.blockMap.columnCount * level.blockMap.rowCount,
    steps,
    wallSeconds,
    stepsPerSecond: steps / wallSeconds,
    stepMsP50,
    stepMsP99,
    entities,
    entitiesMax,
    shotsFired: sum(({ events }) => events.shotsFired),
    hits: sum(({ events }) => events.hits),
    knockouts: sum(({ events }) => events.knockouts),
    allocs: sum(({ counts }) => counts.allocs),
    reallocs: sum(({ counts }) => counts.reallocs),
    frees: sum(({ counts }) => counts.frees),
    allocsPerSecond: perSecond('allocs'),
    freesPerSecond: perSecond('frees'),
    ...memory,
    garbageBytesPerStep: threads.some((figures) => figures.garbageBytesPerStep === null)
      ? null
      : sum((figures) => figures.garbageBytesPerStep ?? 0),
    checksum,
    workers,
  }
}
