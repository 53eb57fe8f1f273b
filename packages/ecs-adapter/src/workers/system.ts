/** What users write for workers: systems, and the context that systems are called with. */
import type { Arena, Pool, Scratch } from '@ashlar/core'
import type { Commands } from '../commands/command-buffer.ts'
import type { AnyComponent } from '../schema/schema.ts'
import type { Table } from '../tables/table.ts'

type Components = Readonly<Record<string, AnyComponent>>
type Tables = Readonly<Record<string, Table>>

/**
 * All calls of systems in one worker get the same object.
 *
 * `C` and `T` are the types of components and tables by name, `{ Position: Component<typeof
 * position> }` and `{ Bullet: Table<typeof bullet> }`, for schemas that main thread and workers
 * import.
 */
export interface SystemContext<C = Components, T = Tables> {
  /** The components, by name. Read columns anew in each call, as they may have moved. */
  readonly components: C
  /** The tables of the storage, by name. Rows that a system adds are in chunks of its worker. */
  readonly tables: T
  /**
   * The batch: ids of entities; for a table, chunk numbers, which `table.chunk(number)` takes; for
   * `EACH_WORKER`, one number: the place of this worker among the workers of the run.
   */
  readonly entities: Int32Array
  /** The index that the first element of `entities` has among the entities of the whole run. */
  readonly from: number
  /** Arguments of the run; undefined if it was called without. */
  readonly args: unknown
  /**
   * Records changes of structure. They are made when the run is done, before `group.run` resolves,
   * in the order of the entities, whichever worker had them. Temporary ids are valid until the call
   * returns. If a call throws, or its worker dies before the run is done, its commands are dropped.
   */
  readonly commands: Commands
  /** Empty when a call begins. */
  readonly scratch: Scratch
  /** The pool of this worker. */
  readonly pool: Pool
  readonly arena: Arena
  /** The index of an entity in the columns of dense components. */
  indexOf(eid: number): number
}

/** Works on one batch, while other workers work on others. */
export type System<C = Components, T = Tables> = (context: SystemContext<C, T>) => void
