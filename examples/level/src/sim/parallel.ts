// The two systems that nearly all of a step goes into. They run in one thread or on many workers,
// over all entities or over a few at a time, in whatever order: what they look at does not change
// meanwhile, what they write is the entities' own, and what they spawn and remove they leave to
// commands.
import type { Arena, Pool } from '@ashlar/core'
import { type Commands, defineSystems, type SystemContext } from '@ashlar/ecs-adapter'
import { type CellLists, createCellLists } from './cell-lists.ts'
import { type Collision, createCollision, PATH_LENGTH } from './collision.ts'
import type { Commons } from './commons.ts'
import type { Components } from './components.ts'
import './components.ts' // also where only its types are used: it brings the code of lists
import { createCountedPool } from './counted-pool.ts'
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
  /**
   * Things by cell of the block map, and shots by cell. Those of other shards' cells: see
   * published-bodies.ts.
   */
  readonly bodies: Pick<CellLists, 'count' | 'wordOf'>
  readonly shots: Pick<CellLists, 'count'>
  /** First word of the shard's in the arena's i32: see events.ts. */
  readonly tallies: number
}

export type Entities = ArrayLike<number> & Iterable<number>

export type System = (entities: Entities, commands: Commands<Components>) => void

export type SystemName = 'think' | 'fly'

/** The view of a thread that has no world, onto the one shard of a simulation. */
export function createView(
  { arena, pool, components }: Pick<View, 'arena' | 'components'> & { readonly pool: Pool },
  commons: Commons,
): View {
  const path = new Float32Array(PATH_LENGTH)
  const lists = (headsOffset: number) =>
    createCellLists(arena, createCountedPool(pool), components.Place, headsOffset)
  return {
    arena,
    commons,
    components,
    path,
    collision: createCollision(commons.level, path),
    bodies: lists(commons.bodyHeads),
    shots: lists(commons.shotHeads),
    tallies: commons.tallies >> 2,
  }
}

export function createSystems(view: View): Readonly<Record<SystemName, System>> {
  return { think: createThinking(view), fly: createFlight(view) }
}

/** The systems of a group over the one shard of a simulation, for a thread without a world. */
export function createGroupSystems(commons: Commons) {
  let systems: ReturnType<typeof createSystems> | undefined
  const systemsOf = (context: SystemContext<Components>) => {
    systems ??= createSystems(createView(context, commons))
    return systems
  }
  return defineSystems<Components>()({
    think: (context) => systemsOf(context).think(context.entities, context.commands),
    fly: (context) => systemsOf(context).fly(context.entities, context.commands),
  })
}

export type GroupSystems = ReturnType<typeof createGroupSystems>

/**
 * Runs a system over entities, and has its commands applied; in this thread, or by a worker group.
 */
export type RunSystem = (name: SystemName, entities: Entities) => void
