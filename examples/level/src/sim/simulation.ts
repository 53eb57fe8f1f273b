// The scene as a whole in one world: one shard that has all cells. It knows no platform; time is
// counted in steps, chance comes from the seed, and arithmetic is only what all engines do alike.
import type { Arena, Pool } from '@ashlar/core'
import type { Port } from '@ashlar/ecs-adapter'
import { checksumOf } from './checksum.ts'
import { type Commons, createCommons } from './commons.ts'
import type { Scene } from './scene.ts'
import { createShard, type Shard } from './shard.ts'
import type { MapData } from './wad-map.ts'

export const STEPS_PER_SECOND = 35

export interface SimulationOptions {
  readonly arena: Arena
  readonly pool: Pool
  readonly map: MapData
  /** Any integer; its lower 32 bits count. */
  readonly seed: number
  /** Actors besides those of the map. Default 0. */
  readonly extraActorCount?: number
  /** As `ShardOptions.startWorkers`. Without it, this thread runs all systems. */
  readonly startWorkers?: (commons: Commons) => readonly Port[]
}

export interface Simulation {
  /** The state, for whoever shows it. */
  readonly scene: Scene
  /** Advances by 1/35 second. */
  step(): void
  /** Things, actors and shots. */
  entityCount(): number
  shotCount(): number
  /** See checksum.ts; makes garbage, so not for every step. */
  checksum(): number
  /** Gives all memory back; the simulation must not be used any more. */
  dispose(): Promise<void>
}

/**
 * @throws (the promise) ArenaError 'out-of-memory' where the arena is too small for the level;
 * StorageError 'not-joined' when a worker does not start. What was allocated until then is given
 * back
 */
export async function createSimulation(options: SimulationOptions): Promise<Simulation> {
  const { arena, pool, map, seed, extraActorCount = 0 } = options
  const { startWorkers = () => [] } = options
  const { things } = map
  const bodyCount = things.count + extraActorCount
  const { commons, dispose } = createCommons({ pool, map, shardCount: 1, bodyCount })
  let shard: Shard
  try {
    shard = await createShard({
      ...{ arena, pool, commons, shard: 0, things, seed, extraActorCount },
      startWorkers: () => startWorkers(commons),
    })
  } catch (error) {
    dispose()
    throw error
  }
  const { scene, decide, apply, receive, entityCount, shotCount } = shard
  return {
    scene,
    step() {
      decide()
      apply()
      receive()
    },
    entityCount,
    shotCount,
    checksum: () => checksumOf(commons.level, [shard.digest()]),
    async dispose() {
      await shard.dispose()
      dispose()
    },
  }
}
