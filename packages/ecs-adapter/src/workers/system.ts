/** What users write to run on workers: a system, and what it is given. */
import type { Arena, Pool, Scratch } from '@ashlar/core'
import type { Commands } from '../commands/command-api.ts'
import type { Component } from '../schema/schema.ts'
import type { ComponentRows } from '../shared/directory.ts'
import type { Table } from '../tables/table-api.ts'

type Components = Readonly<Record<string, Component>>
type Tables = Readonly<Record<string, Table>>

/**
 * What a system is given. The object is the same in every call.
 *
 * `C` and `T` tell TypeScript what components and tables there are, by name: `{ Position: Component<typeof
 * position> }`, `{ Bullet: Table<typeof bullet> }`, of schemas that main thread and workers import.
 */
export interface SystemContext<C = Components, T = Tables> {
  /** By name. Their columns are those of this run: read them anew in each call. */
  readonly components: C
  /** The tables of the storage, by name. What a system adds is in chunks of its worker. */
  readonly tables: T
  /**
   * A part of what the run was called with: ids of entities; of a run over a table, numbers of its chunks,
   * for `table.chunk(number)`; of a run on `EACH_WORKER`, the worker's place among them.
   */
  readonly entities: Int32Array
  /** The place of the first of them in the whole. */
  readonly from: number
  /** What the run was called with; undefined when it was called without. */
  readonly args: unknown
  /**
   * Changes of structure: made when the run is done, before `group.run` resolves, in the order of the
   * entities, whichever workers had them. Temporary ids mean something until the call returns. Those of
   * a call that throws are dropped; those of a worker that dies as well.
   */
  readonly commands: Commands
  /** Empty in each call. */
  readonly scratch: Scratch
  /** This worker's. */
  readonly pool: Pool
  readonly arena: Arena
  /** The index of an entity in the columns, but for those of sparse components. */
  row(eid: number): number
  /** The rows of a sparse component. @throws StorageError 'invalid-argument' */
  rows(component: Component | string): ComponentRows
}

/** Works on one part of the entities or chunks, at the same time as others do on theirs. */
export type System<C = Components, T = Tables> = (context: SystemContext<C, T>) => void
