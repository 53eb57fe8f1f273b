// What all systems of a shard share.
import type { Arena } from '@ashlar/core'
import type { World } from 'bitecs'
import type { CellLists } from './cell-lists.ts'
import type { Collision } from './collision.ts'
import type { Commons } from './commons.ts'
import type { Components } from './components.ts'
import type { CountedPool } from './counted-pool.ts'
import type { Level } from './level.ts'
import type { Random } from './random.ts'

export interface Scene {
  readonly world: World
  readonly arena: Arena
  /** Counts what cell lists, trails and mail take and give back. */
  readonly pool: CountedPool
  readonly commons: Commons
  /** Which of the shards this is. */
  readonly shard: number
  readonly level: Level
  readonly components: Components
  /** For spawning; every actor has a sequence of its own. */
  readonly random: Random
  /** The question to `collision`, and its answer. */
  readonly path: Float32Array
  readonly collision: Collision
  /** Things by cell of the block map, and shots by cell. Those of other shards' cells: see board.ts. */
  readonly bodies: CellLists
  readonly shots: CellLists
  readonly events: SceneEvents
}

/** Counted since the start. */
export interface SceneEvents {
  shotsFired: number
  hits: number
  knockouts: number
  /** Entities that were sent to other shards. */
  handedOver: number
}
