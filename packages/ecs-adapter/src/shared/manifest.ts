/**
 * The root block of a shared storage, and the manifest that it publishes.
 *
 *     root, found by the handle          manifest, entities: constant once published
 *     0   magic                          0   epoch in which it was published
 *     1   epoch                          1   count: of bytes, of entities
 *     2   offset of the manifest        2.. JSON; the entity ids
 *     3   offset of the entities
 *     4   how many intern logs were made
 *     5   serial number of the storage
 *     16  for each slot, three words:
 *         generation + 1 of the attached pool, else 0
 *         the epoch it has seen
 *         offset of its intern log, see `intern-log.ts`
 *
 * A change makes a new block, publishes its offset, and then increments the epoch. The old block is
 * freed when every attached thread has seen that epoch.
 */

import type { Field } from '../schema/schema.ts'
import { SLOT_CAPACITY } from './attachments.ts'

export const ROOT_MAGIC = 0x41534802
export const ROOT_EPOCH = 1
export const ROOT_MANIFEST = 2
export const ROOT_ENTITIES = 3
export const ROOT_INTERN_LOG_SERIAL = 4
const ROOT_ATTACHMENTS = 16
export const ROOT_BYTE_LENGTH = (ROOT_ATTACHMENTS + 3 * SLOT_CAPACITY) * 4

export const PUBLISHED_EPOCH = 0
export const PUBLISHED_COUNT = 1
export const PUBLISHED_HEAD_BYTE_LENGTH = 8

/** Word indices of a slot's entry, from the root's first word. */
export const attachedWord = (slot: number) => ROOT_ATTACHMENTS + 3 * slot
export const seenWord = (slot: number) => attachedWord(slot) + 1
export const internLogWord = (slot: number) => attachedWord(slot) + 2

/** What another thread attaches to a storage with. It survives postMessage. */
export interface StorageHandle {
  /** Of the root in the arena. */
  readonly offset: number
  /** Distinguishes the storage from a later one in the same block: but for 1 in 2 ** 31. */
  readonly serial: number
}

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
export interface TableEntry {
  readonly name: string
  readonly offset: number
  readonly serial: number
}

export interface Manifest {
  /** Of the world: `eid & entityMask` is a row. */
  readonly entityMask: number
  readonly components: readonly ComponentEntry[]
  readonly tables: readonly TableEntry[]
}
