/** The rows of a component, with their values: for every id, or for its entities. */
import type { GivenValues } from '../lists/given-values.ts'
import type { Rows } from '../lists/variable-column.ts'
import { emptyValues } from '../schema/schema.ts'
import type { ComponentEntry, ComponentRows, RowsEntry } from '../shared/directory.ts'
import { Columns } from './columns.ts'
import type { ComponentContext } from './component-context.ts'

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

export abstract class ComponentStore implements Rows {
  readonly columns: Columns
  /** Undefined if every id has a row. */
  abstract readonly rows: ComponentRows | undefined
  /** Ids below it have rows, prefabs' too. */
  abstract readonly coveredIdCount: number
  /** For `verifyStorage`; undefined if every id has a row. */
  abstract readonly heldRows: HeldRows | undefined
  protected readonly context: ComponentContext

  /** @throws ArenaError 'out-of-memory'; nothing is allocated then */
  constructor(context: ComponentContext, rowCount: number) {
    this.context = context
    this.columns = new Columns(context, rowCount, this)
  }

  /** Where everything is now, for other threads. */
  get entry(): ComponentEntry {
    return this.columns.entry
  }

  /** Starts over. @param owns whether an entity has the component, and is not losing it */
  abstract begin(entityMask: number, owns: (eid: number) => boolean): void
  abstract readonly row: Rows['row']
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
  /** Frees what is no longer needed, and renews views whose buffer is gone. */
  abstract sync(): void

  protected readonly hasComponent = (eid: number): boolean =>
    this.context.worlds.has(eid, this.context.component)

  /** A copy of the values of an entity that has the component. */
  read(eid: number): Record<string, unknown> {
    const row = this.find(eid)
    return row < 0 ? emptyValues(this.context.fields) : this.columns.read(row)
  }

  /**
   * Writes what is given: all of it or nothing.
   * @param isPrepared whether `columns.prepare` was called before the entity had a row
   * @throws ArenaError 'out-of-memory'
   */
  write(eid: number, row: number, given: GivenValues, isPrepared: boolean): void {
    this.beginWrite(eid, row)
    if (!isPrepared) this.columns.prepare(row, given)
    this.columns.write(row, given)
  }

  /** Frees the lists and texts of a row that is used again. */
  protected freeForReuse(row: number): void {
    if (!this.columns.has(row)) return
    this.context.checkIdle('an entity in the row of one that had lists or texts')
    this.columns.free(row)
  }

  dispose(): void {
    this.columns.dispose()
  }
}
