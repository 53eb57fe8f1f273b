// The two systems that nearly all of a step goes into. A worker group runs them, on its workers or
// in its own thread, over a few entities at a time, in whatever order: what they look at does not
// change meanwhile, what they write is the entities' own, and what they spawn and remove they leave
// to commands.
import type { Arena } from '@ashlar/core'
import {
  type Commands,
  defineSystems,
  type SystemContext,
  type WorkerGroup,
} from '@ashlar/ecs-adapter'
import { type CellLists, createCellLists } from './cell-lists.ts'
import { type Collision, createCollision, PATH_LENGTH } from './collision.ts'
import type { Commons } from './commons.ts'
import type { Components } from './components.ts'
import './components.ts' // also where only its types are used: it brings the code of lists
import { createCountedPool } from './counted-pool.ts'
import type { Tally } from './events.ts'
import { createFlight } from './flight.ts'
import { createThinking } from './think.ts'

export interface Tables {
  /** What the systems have counted, in one row: see events.ts. */
  readonly Tally: Tally
}

/** What they need to see, in whatever thread. */
export interface View {
  readonly arena: Arena
  readonly commons: Commons
  readonly components: Components
  readonly tables: Tables
  /** The question to `collision`, and its answer: of this thread alone. */
  readonly path: Float32Array
  readonly collision: Collision
  /**
   * Things by cell of the block map, and shots by cell. Those of other shards' cells: see
   * published-bodies.ts.
   */
  readonly bodies: Pick<CellLists, 'count' | 'wordOf'>
  readonly shots: Pick<CellLists, 'count'>
}

/** What a system does with some of its entities. */
export type System = (entities: Int32Array, commands: Commands<Components>) => void

type Context = SystemContext<Components, Tables>

/** The view of a worker, which has no world. */
export function createView({ arena, pool, components, tables }: Context, commons: Commons): View {
  const path = new Float32Array(PATH_LENGTH)
  const lists = (headsOffset: number) =>
    createCellLists(arena, createCountedPool(pool), components.Place, headsOffset)
  return {
    arena,
    commons,
    components,
    tables,
    path,
    collision: createCollision(commons.level, path),
    bodies: lists(commons.bodyHeads),
    shots: lists(commons.shotHeads),
  }
}

/**
 * The systems over one shard, in whatever thread.
 * @param viewOf asked once, when the first run begins: the thread of the world has its view already
 */
export function createSystems(viewOf: (context: Context) => View) {
  let systems: { readonly think: System; readonly fly: System } | undefined
  const systemsOf = (context: Context) => {
    if (systems === undefined) {
      const view = viewOf(context)
      systems = { think: createThinking(view), fly: createFlight(view) }
    }
    return systems
  }
  return defineSystems<Components, Tables>()({
    think: (context) => systemsOf(context).think(context.entities, context.commands),
    fly: (context) => systemsOf(context).fly(context.entities, context.commands),
  })
}

export type Group = WorkerGroup<ReturnType<typeof createSystems>>
