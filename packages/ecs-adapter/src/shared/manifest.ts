/** What a storage publishes: the manifest lists its components and tables. */
import type { Field } from '../schema/schema.ts'
import type { RootHandle } from './attachments.ts'

export type StorageHandle = RootHandle

/** The present columns of a component. */
export interface ComponentEntry {
  readonly name: string
  readonly fields: readonly Field[]
  readonly rowCount: number
  /** Of row 0, by field. */
  readonly byteOffsets: readonly number[]
  /** Of a sparse component. */
  readonly rows?: RowsEntry | undefined
}

/**
 * The rows of a sparse component. Until the next `sync` of the world's thread, no row moves or
 * changes its entity: new rows are appended, and rows that lose the component stay. In an attached
 * thread, rows and columns are the present ones. After the component has outgrown them, they are
 * those of just before, until this thread syncs.
 */
export interface ComponentRows {
  /** Rows 0 to count - 1 are in use. */
  readonly count: number
  /**
   * The entity of each row; 0 if it has lost the component since the last `sync`. As long as the
   * columns, and replaced with them.
   */
  readonly entities: Int32Array
  /** The index of an entity in the columns of the component; -1 when it has no row. */
  row(eid: number): number
}

/** Where the rows of a sparse component are: see `row-index.ts`. */
export interface RowsEntry {
  /** Byte offset. */
  readonly index: number
  /** The capacity. */
  readonly rowCount: number
}

/** Where a table of the storage is. */
export interface TableEntry extends RootHandle {
  readonly name: string
}

export interface Manifest {
  /** Of the world: `eid & entityMask` is a row. */
  readonly entityMask: number
  readonly components: readonly ComponentEntry[]
  readonly tables: readonly TableEntry[]
}
