/** What users write for workers: systems, and the context that systems are called with. */
import type { Arena, Pool, Scratch } from '@ashlar/core'
import type { Commands } from '../commands/command-buffer.ts'
import type { Component } from '../schema/schema.ts'
import type { ComponentRows } from '../shared/manifest.ts'
import type { Table } from '../tables/table.ts'

type Components = Readonly<Record<string, Component>>
type Tables = Readonly<Record<string, Table>>

/**
 * All calls of a system get the same object.
 *
 * `C` and `T` are the types of components and tables by name, `{ Position: Component<typeof
 * position> }` and `{ Bullet: Table<typeof bullet> }`, for schemas that main thread and workers
 * import.
 */
export interface SystemContext<C = Components, T = Tables> {
  /** By name. Columns are those of this run: read them anew in each call. */
  readonly components: C
  /** The tables of the storage, by name. Rows that a system adds are in chunks of its worker. */
  readonly tables: T
  /**
   * A part of what the run was called with: ids of entities; for a table, numbers of its chunks,
   * which `table.chunk(number)` takes; for `EACH_WORKER`, the worker's place among them.
   */
  readonly entities: Int32Array
  /** The place of the first of `entities` in the whole. */
  readonly from: number
  /** Undefined if the run was called without. */
  readonly args: unknown
  /**
   * Records changes of structure. They are made when the run is done, before `group.run` resolves,
   * in the order of the entities, whichever workers had them. Temporary ids are valid until the
   * call returns. If a call throws, or its worker dies, its commands are dropped.
   */
  readonly commands: Commands
  /** Empty when a call begins. */
  readonly scratch: Scratch
  /** This worker's. */
  readonly pool: Pool
  readonly arena: Arena
  /** The index of an entity in columns, except those of sparse components. */
  row(eid: number): number
  /** The rows of a sparse component. @throws StorageError 'invalid-argument' */
  rows(component: Component | string): ComponentRows
}

/** Works on one part of the entities or chunks, while other workers are at theirs. */
export type System<C = Components, T = Tables> = (context: SystemContext<C, T>) => void
