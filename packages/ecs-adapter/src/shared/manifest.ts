/**
 * The manifest lists a storage's components and tables. The storage publishes it for other threads.
 */
import type { GenerationsPlace } from '../fields/field-memory.ts'
import type { Field } from '../schema/schema.ts'
import type { RootHandle } from './attachments.ts'

/** The argument of `attachStorage` in another thread. You can send it with `postMessage`. */
export type StorageHandle = RootHandle

/** The entry of a component. It says where the current columns are. */
export interface ComponentEntry {
  readonly name: string
  readonly fields: readonly Field[]
  readonly rowCount: number
  /** For each field, the byte offset of row 0 in its column. */
  readonly byteOffsets: readonly number[]
  /** Where the rows are, if the component is sparse; otherwise undefined. */
  readonly rows?: RowsEntry | undefined
}

/** Where the rows of a sparse component are: see `row-index.ts`. */
export interface RowsEntry {
  /** The byte offset of the row index. */
  readonly index: number
  /** For how many rows the row index has capacity. */
  readonly rowCount: number
}

/** The entry of a table. It says where the table's root is. */
export interface TableEntry extends RootHandle {
  readonly name: string
}

export interface Manifest {
  /** The mask of the world's ids: `eid & entityMask` is the entity's row in every dense store. */
  readonly entityMask: number
  readonly components: readonly ComponentEntry[]
  readonly tables: readonly TableEntry[]
  /** Where the generations of ids are: see `weak-ids.ts`. */
  readonly generations?: GenerationsPlace | undefined
}
