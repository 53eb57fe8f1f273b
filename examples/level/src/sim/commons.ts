// What all shards of a simulation share, each block of it once: the level, the heads of the cell
// lists, the damage that bodies take, the published columns, and the mail. It is plain data, views
// and offsets of a shared arena, so that another thread gets it by postMessage.
import type { Pool } from '@ashlar/core'
import { HEAD_BYTE_LENGTH } from './cell-lists.ts'
import { createLevel, type Level } from './level.ts'
import { mailByteLength } from './mailbox.ts'
import { partition } from './partition.ts'
import { PUBLISHED_WORDS } from './published-bodies.ts'
import { EXTRA_ACTOR_KINDS, thingKindOf } from './thing-kinds.ts'
import type { MapData, MapThings } from './wad-map.ts'

export interface Commons {
  readonly level: Level
  readonly shardCount: number
  /** The shard that has each cell. */
  readonly shardOf: Uint8Array
  /** The greatest radius of a solid body: how far the centre can be of what is bumped into. */
  readonly radiusMax: number
  /** Offsets of the blocks of cell-lists.ts. */
  readonly bodyHeads: number
  readonly shotHeads: number
  /** Offset of an i32 for each body, by its id: damage of this step. */
  readonly damages: number
  /** Offsets of the blocks of published-bodies.ts and mailbox.ts. */
  readonly published: number
  readonly mail: number
}

export interface OwnedCommons {
  readonly commons: Commons
  /** Gives the blocks back, after all shards were disposed of. */
  dispose(): void
}

export interface CommonsOptions {
  readonly pool: Pool
  readonly map: MapData
  /** 1 to 255. */
  readonly shardCount: number
  readonly bodyCount: number
}

/** @throws ArenaError 'out-of-memory'; what was allocated until then is given back */
export function createCommons(options: CommonsOptions): OwnedCommons {
  const { pool, map, shardCount, bodyCount } = options
  const { dispose: disposeLevel, ...level } = createLevel(pool, map)
  const offsets: number[] = []
  const dispose = () => {
    for (const offset of offsets.splice(0)) pool.free(offset)
    disposeLevel()
  }
  const zeroed = (byteLength: number) => {
    offsets.push(pool.allocZeroed(byteLength))
    return offsets[offsets.length - 1]
  }
  try {
    const cellCount = level.blockMap.columnCount * level.blockMap.rowCount
    const shardOf = pool.allocArray(Uint8Array, cellCount)
    offsets.push(shardOf.byteOffset)
    partition(shardOf, level.blockMap, map.things, shardCount)
    const commons: Commons = {
      level,
      shardCount,
      shardOf,
      radiusMax: radiusMaxOf(map.things),
      bodyHeads: zeroed(cellCount * HEAD_BYTE_LENGTH),
      shotHeads: zeroed(cellCount * HEAD_BYTE_LENGTH),
      damages: zeroed(4 * (bodyCount + 1)),
      published: zeroed(4 * PUBLISHED_WORDS * shardCount),
      mail: zeroed(mailByteLength(shardCount)),
    }
    return { commons, dispose }
  } catch (error) {
    dispose()
    throw error
  }
}

function radiusMaxOf(things: MapThings): number {
  let radiusMax = 0
  for (const kind of EXTRA_ACTOR_KINDS) radiusMax = Math.max(radiusMax, kind.radius)
  for (let i = 0; i < things.count; i++) {
    const kind = thingKindOf(things.type[i])
    if (kind.isSolid) radiusMax = Math.max(radiusMax, kind.radius)
  }
  return radiusMax
}
