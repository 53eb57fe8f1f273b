// What all systems of a shard share.
import type { Storage } from '@ashlar/ecs-adapter'
import type { World } from 'bitecs'
import type { Random } from 'example-kit/sim'
import type { CellLists } from './cell-lists.ts'
import type { CountedPool } from './counted-pool.ts'
import type { SceneEvents } from './events.ts'
import type { Level } from './level.ts'
import type { Mailbox } from './mailbox.ts'
import type { View } from './parallel.ts'

export interface Scene extends View {
  readonly world: World
  readonly storage: Storage
  /** Counts what cell lists, trails and mail take and give back. */
  readonly pool: CountedPool
  /** Which of the shards this is. */
  readonly shard: number
  readonly level: Level
  /** For spawning; every actor has a sequence of its own. */
  readonly random: Random
  readonly bodies: CellLists
  readonly shots: CellLists
  readonly events: SceneEvents
  /** To and from other shards. */
  readonly mail: Mailbox
}
