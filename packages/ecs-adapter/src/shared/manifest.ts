/** The manifest, which a storage publishes: it lists the storage's components and tables. */
import type { Field } from '../schema/schema.ts'
import type { RootHandle } from './attachments.ts'

export type StorageHandle = RootHandle

/** A component, and where its present columns are. */
export interface ComponentEntry {
  readonly name: string
  readonly fields: readonly Field[]
  readonly rowCount: number
  /** For each field, the byte offset of row 0 in its column. */
  readonly byteOffsets: readonly number[]
  /** Where the rows are, if the component is sparse. */
  readonly rows?: RowsEntry | undefined
}

/**
 * The rows of a sparse component. Until the world's thread calls `sync`, no row moves or gets
 * another entity: new rows are appended, and rows whose entities lose the component stay. An
 * attached thread sees changes at once. But after the component has outgrown its columns, the
 * thread sees the rows and columns from just before, until the thread calls `sync`.
 */
export interface ComponentRows {
  /** Rows 0 to count - 1 are in use. */
  readonly count: number
  /**
   * The entity of each row; 0 if this entity has lost the component since the last `sync`. The
   * array is as long as the columns, and is replaced when they are.
   */
  readonly entities: Int32Array
  /** The index of an entity in the columns of the component; -1 if the entity has no row. */
  row(eid: number): number
}

/** Where the rows of a sparse component are: see `row-index.ts`. */
export interface RowsEntry {
  /** The byte offset of the row index. */
  readonly index: number
  /** How many rows the row index has room for. */
  readonly rowCount: number
}

/** Where a table of the storage is. */
export interface TableEntry extends RootHandle {
  readonly name: string
}

export interface Manifest {
  /** The mask of the world's ids: `eid & entityMask` is the entity's row in every dense store. */
  readonly entityMask: number
  readonly components: readonly ComponentEntry[]
  readonly tables: readonly TableEntry[]
}
