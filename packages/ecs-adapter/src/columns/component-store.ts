/** What keeps the rows of a component and their values: one for every id, or for those that have it. */

import type { GivenValues } from '../lists/given-values.ts'
import type { VariableFields, VariableFieldsOptions } from '../lists/variable-fields.ts'
import type { ComponentEntry, ComponentRows, RowsEntry } from '../shared/directory.ts'
import type { Worlds } from '../world/worlds.ts'
import type { Columns, ColumnsOptions } from './columns.ts'

export type ComponentStoreOptions = Omit<ColumnsOptions, 'variable' | 'isSparse'> &
  Pick<VariableFieldsOptions, 'memory' | 'removed'> & {
    worlds: Worlds
    retire(offset: number): void
    checkIdle(what: string): void
  }

export interface HeldRows {
  readonly entry: RowsEntry
  /** Blocks that the index moved out of. */
  readonly staleOffsets: readonly number[]
  /** Rows whose entities lost the component since the last `sync`. */
  readonly lostCount: number
  /** Entities of which bitECS does not report that they lose the component. */
  readonly strays: ReadonlySet<number>
}

export interface ComponentStore {
  readonly columns: Columns
  /** Undefined of a component that has scalar fields only. */
  readonly fields: VariableFields | undefined
  /** Undefined where every id has a row. */
  readonly rows: ComponentRows | undefined
  /** Where everything is now, for other threads. */
  readonly entry: ComponentEntry
  /** Another number whenever that is other. */
  readonly version: number

  /** Whether `lose` is to be called. */
  readonly isTold: boolean

  /** Begins anew. @param owns whether an entity has the component, and is not just losing it */
  begin(entityMask: number, owns: (eid: number) => boolean): void
  /** An entity has got the component: its row is empty then. @throws ArenaError 'out-of-memory' */
  add(eid: number): void
  /** An entity has lost the component. */
  lose(eid: number): void
  /**
   * The row of an entity that has the component, which it has from now on.
   * @throws ArenaError 'out-of-memory'; noRow
   */
  claim(eid: number): number
  /** The same without giving it one: -1 of a prefab that has none yet. */
  find(eid: number): number
  /** A copy of what an entity has that has the component. */
  read(eid: number): Record<string, unknown>
  /** An entity that lost the component has it after all: its row is to stay as it is. */
  keep(eid: number): void
  /** Writes what is given: all of it or none. @throws ArenaError 'out-of-memory' */
  write(eid: number, row: number, given: GivenValues): void
  /** The same in two steps, for a row that is told later: makes room, @throws as it; and writes. */
  prepare(given: GivenValues): void
  commit(eid: number, row: number, given: GivenValues): void
  /** For `verifyStorage`: whether `sync` may free what a row has, which need not be an entity's. */
  isDeferred(row: number): boolean
  /** For `verifyStorage`, of a sparse component: its index, and what waits for `sync`. */
  readonly heldRows?: HeldRows
  /** Up to which id, this one left out, prefabs have rows, of whom nothing tells. */
  readonly coveredIdCount: number
  /** Gives it to them. @throws ArenaError 'out-of-memory' */
  cover(maxId: number): void

  sync(): void
  /** Empties every row. */
  clearAll(): void
  dispose(): void
}
