// A worker's part of a map: one shard, step by step with the others.
import type { Arena } from '@ashlar/core'
import { createGarbageMeter, memoryOf, percentile } from 'example-kit'
import { type Barrier, createBarrier } from './barrier.ts'
import { createMeters } from './meters.ts'
import type { ShardJob, ShardReport } from './shard-job.ts'
import { createShard, type Shard } from './sim/index.ts'

/**
 * @throws (the promise) the error of this shard, or BarrierAborted if another shard failed. Then
 * the run is void, and what lies in the arena is lost
 */
export async function runShard(arena: Arena, index: number, job: ShardJob): Promise<ShardReport> {
  const barrier = createBarrier(arena.i32, job.barrier, job.commons.shardCount)
  try {
    const pool = arena.openPool(job.slot)
    const shard = await createShard({ arena, pool, shard: index, ...job })
    const report = measure(arena, shard, index, job, barrier)
    await shard.dispose()
    // What is freed for others is delivered before any of them closes, and taken by each owner.
    pool.flush()
    barrier.wait()
    pool.close()
    return report
  } catch (error) {
    barrier.abort()
    throw error
  }
}

function measure(
  arena: Arena,
  shard: Shard,
  index: number,
  { commons, steps, meters: metersOffset }: ShardJob,
  barrier: Barrier,
): ShardReport {
  const { pool, events } = shard.scene
  const { counts } = pool
  const meters = createMeters(arena.i32, metersOffset, commons.shardCount)
  const garbageMeter = createGarbageMeter()
  const stepMs = new Float64Array(steps)
  const countsBefore = { ...counts }
  let waitedMs = 0
  let entitiesMax = 0
  const waitForOthers = () => {
    const before = performance.now()
    barrier.wait()
    waitedMs += performance.now() - before
  }
  const tell = (stepCount: number) =>
    meters.write(index, {
      steps: stepCount,
      entities: shard.entityCount(),
      shots: shard.shotCount(),
      allocs: counts.allocs - countsBefore.allocs,
    })
  const step = () => {
    entitiesMax = Math.max(entitiesMax, meters.sum('entities')) // nobody writes meanwhile
    shard.decide()
    waitForOthers()
    shard.apply()
    waitForOthers()
    shard.receive()
  }

  tell(0)
  barrier.wait() // until all shards are made
  const startMs = performance.now()
  for (let i = 0; i < steps; i++) {
    const before = performance.now()
    garbageMeter.around(step)
    tell(i + 1)
    waitForOthers()
    stepMs[i] = performance.now() - before
  }
  const wallSeconds = (performance.now() - startMs) / 1000
  stepMs.sort()
  const report = {
    wallSeconds,
    busySeconds: wallSeconds - waitedMs / 1000,
    stepMsP50: percentile(stepMs, 0.5),
    stepMsP99: percentile(stepMs, 0.99),
    entitiesMax: Math.max(entitiesMax, meters.sum('entities')),
    events: { ...events },
    handedOver: events.handedOver,
    countsBefore,
    counts: { ...counts },
    memory: memoryOf(arena),
    garbageBytesPerStep: garbageMeter.bytesPerStep() ?? null,
    digest: shard.digest(),
  }
  barrier.wait() // until all have looked at the arena
  return report
}
