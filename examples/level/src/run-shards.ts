// Runs one map on workers, each with a shard of its own.
import type { Arena, Pool } from '@ashlar/core'
import { REPORT_MS } from 'example-kit'
import { BARRIER_BYTE_LENGTH, createBarrier } from './barrier.ts'
import { createMapReport, type MapReport, type WorkerReport } from './map-report.ts'
import { createMeters, METERS_BYTE_LENGTH, type Meters } from './meters.ts'
import { type RunOptions, stepsOf } from './run-map.ts'
import type { ShardReport } from './shard-job.ts'
import type { ShardWorkers } from './shard-workers.ts'
import { checksumOf, createCommons } from './sim/index.ts'

/**
 * @throws ArenaError; WorkerError when a worker failed or died: what it had in the arena is lost
 * then, and the run with it
 */
export async function runShards(
  shardWorkers: ShardWorkers,
  options: RunOptions,
): Promise<MapReport> {
  const pool = options.arena.openPool()
  try {
    return await runWith(pool, shardWorkers, options)
  } finally {
    pool.close()
  }
}

async function runWith(
  pool: Pool,
  shardWorkers: ShardWorkers,
  options: RunOptions,
): Promise<MapReport> {
  const { arena, map, seed, seconds, entities: extraActorCount } = options
  const { workerCount } = shardWorkers
  const { things } = map
  const steps = stepsOf(seconds)
  const bodyCount = things.count + extraActorCount
  const { commons, dispose } = createCommons({ pool, map, shardCount: workerCount, bodyCount })
  const barrier = pool.allocZeroed(BARRIER_BYTE_LENGTH)
  const metersOffset = pool.allocZeroed(METERS_BYTE_LENGTH * workerCount)
  const slots = Array.from({ length: workerCount }, () => arena.reserveSlot())
  const freesBefore = slots.map((slot) => remoteFreesOf(arena, slot))

  const meters = createMeters(arena.i32, metersOffset, workerCount)
  const progress = showProgress(options, meters, steps)
  let reports: ShardReport[]
  try {
    const job = { commons, things, seed, steps, extraActorCount, barrier, meters: metersOffset }
    reports = await shardWorkers.run((shard) => ({ ...job, slot: slots[shard] }))
  } catch (error) {
    createBarrier(arena.i32, barrier, workerCount).abort() // nobody waits for one who is dead
    throw error
  } finally {
    progress.stop()
  }
  const digests = reports.map(({ digest }) => digest)
  const report = createMapReport({
    map,
    level: commons.level,
    steps,
    entities: meters.sum('entities'),
    checksum: checksumOf(commons.level, digests),
    threads: reports,
    workers: reports.map((figures, index) => ({
      ...workerFigures(figures, steps),
      remoteFreeCount: remoteFreesOf(arena, slots[index]) - freesBefore[index],
    })),
  })
  progress.end()
  pool.free(metersOffset)
  pool.free(barrier)
  dispose()
  return report
}

function workerFigures(
  { wallSeconds, busySeconds, digest, handedOver }: ShardReport,
  steps: number,
): Omit<WorkerReport, 'remoteFreeCount'> {
  return {
    entities: digest.entityCount,
    stepsPerBusySecond: steps / busySeconds,
    busy: busySeconds / wallSeconds,
    handedOver,
  }
}

function remoteFreesOf(arena: Arena, slot: number): number {
  return arena.stats().slots.find((stats) => stats.slot === slot)?.remoteFreeCount ?? 0
}

/** Looks at the workers' meters now and then; nobody is asked, and nobody waits. */
function showProgress({ arena, map, onProgress }: RunOptions, meters: Meters, steps: number) {
  let startMs = performance.now()
  const show = (step: number) => {
    const wallSeconds = (performance.now() - startMs) / 1000 || 1
    onProgress({
      map: map.name,
      step,
      steps,
      stepsPerSecond: step / wallSeconds,
      entities: meters.sum('entities'),
      shots: meters.sum('shots'),
      allocsPerSecond: meters.sum('allocs') / wallSeconds,
      liveByteLength: arena.stats().liveByteLength,
    })
  }
  show(0)
  const timer = setInterval(() => {
    const { steps: step } = meters.read(0)
    if (step === 0)
      startMs = performance.now() // the workers are still at the spawning
    else if (step < steps) show(step)
  }, REPORT_MS)
  return { stop: () => clearInterval(timer), end: () => show(steps) }
}
