/** The rows of a component, with their values: for every id, or for its entities. */
import type { GivenValues } from '../lists/given-values.ts'
import type { Rows } from '../lists/handle-column.ts'
import { VariableFields, type VariableFieldsOptions } from '../lists/variable-fields.ts'
import { emptyValues } from '../schema/schema.ts'
import type { ComponentEntry, ComponentRows, RowsEntry } from '../shared/manifest.ts'
import type { Worlds } from '../world/worlds.ts'
import type { Columns, ColumnsOptions } from './columns.ts'

export interface ComponentStoreOptions
  extends Omit<ColumnsOptions, 'variable' | 'isSparse'>,
    Pick<VariableFieldsOptions, 'memory' | 'removed'> {
  worlds: Worlds
}

/** What a sparse component has besides its columns: for `verifyStorage`. */
export interface HeldRows {
  readonly entry: RowsEntry
  /** Former blocks of the index. */
  readonly staleOffsets: readonly number[]
  /** Rows whose entities lost the component since the last `sync`. */
  readonly lostCount: number
  /** Entities whose loss of the component is not reported. */
  readonly untracked: ReadonlySet<number>
}

/** Undefined for a component that has scalar fields only. */
export function variableFieldsOf(
  { name, fields, memory, removed }: ComponentStoreOptions,
  rows: Rows,
): VariableFields | undefined {
  if (fields.every(({ type }) => type.kind === 'scalar')) return undefined
  return new VariableFields({ name, fields, memory, removed, rows })
}

export abstract class ComponentStore {
  abstract readonly columns: Columns
  /** Lists and texts; undefined for a component that has scalar fields only. */
  abstract readonly fields: VariableFields | undefined
  /** Undefined if every id has a row. */
  abstract readonly rows: ComponentRows | undefined
  /** Ids below it have rows, prefabs' too. */
  abstract readonly coveredIdCount: number
  /** For `verifyStorage`; undefined if every id has a row. */
  abstract readonly heldRows: HeldRows | undefined

  /** Where everything is now, for other threads. */
  get entry(): ComponentEntry {
    return this.columns.entry
  }

  /** Increments whenever `entry` changes: sparse rows move with the columns. */
  get version(): number {
    return this.columns.version
  }

  /** Starts over. @param owns whether an entity has the component, and is not losing it */
  abstract begin(entityMask: number, owns: (eid: number) => boolean): void
  /** An entity has got the component: makes an empty row. @throws ArenaError 'out-of-memory' */
  abstract add(eid: number): void
  /** An entity has lost the component. */
  abstract lose(eid: number): void
  /** An entity that lost the component has it after all, and keeps its row as it is. */
  abstract keep(eid: number): void
  /**
   * The row of an entity that has the component; makes one for a prefab that has none.
   * @throws ArenaError 'out-of-memory'; noRow
   */
  abstract claim(eid: number): number
  /** The row of an entity that has the component; -1 for a prefab that has none. */
  abstract find(eid: number): number
  /** For `verifyStorage`: whether `sync` may free the blocks of a row. */
  abstract isDeferred(row: number): boolean
  /** The values of a row are about to be written. */
  protected abstract beginWrite(eid: number, row: number): void

  /** A copy of the values of an entity that has the component. */
  read(eid: number): Record<string, unknown> {
    const row = this.find(eid)
    return row < 0 ? emptyValues(this.columns.fields) : this.columns.read(row)
  }

  /** Writes what is given: all of it or nothing. @throws ArenaError 'out-of-memory' */
  write(eid: number, row: number, given: GivenValues): void {
    this.beginWrite(eid, row)
    this.fields?.prepare(row, given)
    this.fields?.commit(row, given)
    this.columns.write(row, given)
  }

  /** Writes values whose lists and texts were prepared before. */
  commit(eid: number, row: number, given: GivenValues): void {
    this.beginWrite(eid, row)
    this.fields?.commit(row, given)
    this.columns.write(row, given)
  }

  /** Frees what is no longer needed, and renews views whose buffer is gone. */
  abstract sync(): void

  /** Empties every row. */
  clearAll(): void {
    this.fields?.freeAll()
    this.columns.clearAll()
  }

  dispose(): void {
    this.fields?.freeAll()
    this.columns.dispose()
  }
}
