import { Arena } from '@ashlar/core'
import {
  checksumOf,
  createCommons,
  createShard,
  type MapData,
  type Shard,
} from '../../src/sim/index.ts'

export interface LockstepOptions {
  readonly map: MapData
  readonly shardCount: number
  readonly seed: number
  readonly extraActorCount: number
}

/**
 * Shards in one thread, each on a pool of its own. `order` says in which order they do each part of
 * a step, as the timing of threads would.
 */
export async function createLockstep(options: LockstepOptions) {
  const { map, shardCount, seed, extraActorCount } = options
  const arena = Arena.create({ byteLength: 256 * 2 ** 20, slots: shardCount + 1 })
  const pool = arena.openPool()
  const { things } = map
  const bodyCount = things.count + extraActorCount
  const { commons, dispose } = createCommons({ pool, map, shardCount, bodyCount })
  const pools = Array.from({ length: shardCount }, () => arena.openPool())
  const shards: Shard[] = []
  for (const [shard, own] of pools.entries()) {
    const shared = { arena, commons, things, seed, extraActorCount }
    shards.push(await createShard({ ...shared, pool: own, shard }))
  }
  return {
    arena,
    commons,
    pools,
    shards,
    step(order: (count: number) => number[] = (count) => [...Array(count).keys()]) {
      for (const index of order(shardCount)) shards[index].decide()
      for (const index of order(shardCount)) shards[index].apply()
      for (const index of order(shardCount)) shards[index].receive()
    },
    checksum() {
      const digests = shards.map((shard) => shard.digest())
      return checksumOf(commons.level, digests).toString(16)
    },
    async dispose() {
      for (const shard of shards) await shard.dispose()
      for (const own of pools) own.flush()
      for (const own of pools) own.close()
      dispose()
      pool.close()
    },
  }
}
