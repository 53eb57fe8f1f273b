// The two systems that nearly all of a step goes into. They run in one thread or on many workers, over all
// entities or over a few at a time, in whatever order: what they look at does not change meanwhile, what
// they write is the entities' own, and what they spawn and remove they leave to commands.
import type { Arena } from '@ashlar/core'
import type { Commands } from '@ashlar/ecs-adapter'
import type { CellLists } from './cell-lists.ts'
import type { Collision } from './collision.ts'
import type { Commons } from './commons.ts'
import type { Components } from './components.ts'
import { createFlight } from './flight.ts'
import { createThinking } from './think.ts'

/** What they need to see, in whatever thread. */
export interface View {
  readonly arena: Arena
  readonly commons: Commons
  readonly components: Components
  /** The question to `collision`, and its answer: of this thread alone. */
  readonly path: Float32Array
  readonly collision: Collision
  /** Things by cell of the block map, and shots by cell. Those of other shards' cells: see board.ts. */
  readonly bodies: Pick<CellLists, 'count' | 'wordOf'>
  readonly shots: Pick<CellLists, 'count'>
  /** First word of the shard's in the arena's i32: see events.ts. */
  readonly tallies: number
}

export type Entities = ArrayLike<number> & Iterable<number>

export type System = (entities: Entities, commands: Commands) => void

export type SystemName = 'think' | 'fly'

export function createSystems(view: View): Readonly<Record<SystemName, System>> {
  return { think: createThinking(view), fly: createFlight(view) }
}

/** Runs a system over entities, and has its commands applied; in this thread, or by a worker group. */
export type RunSystem = (name: SystemName, entities: Entities) => void
