/**
 * Where a shared storage has what, told in the arena itself.
 *
 *     root, found by the handle          directory, entities: never written again once published
 *     0   magic                          0   epoch in which it was published
 *     1   epoch                          1   count: of bytes, of entities
 *     2   offset of the directory        2.. the text, as JSON; the entity ids
 *     3   offset of the entities
 *     4   internLogs made so far
 *     5   serial number of the storage
 *     16  for each slot, three words:
 *         generation + 1 of the pool that is attached, else 0
 *         the epoch it has seen
 *         offset of its internLog, see `internLog.ts`
 *
 * Whoever changes something makes a new block, publishes its offset, and then raises the epoch. What
 * went out of use with an epoch is freed when everyone who is attached has seen that epoch.
 */

import type { Field } from '../schema/schema.ts'
import { SLOT_CAPACITY } from './attachments.ts'

export const ROOT_MAGIC = 0x41534802
export const ROOT_EPOCH = 1
export const ROOT_DIRECTORY = 2
export const ROOT_ENTITIES = 3
export const ROOT_INTERN_LOG_SERIAL = 4
const ROOT_ATTACHMENTS = 16
export const ROOT_BYTE_LENGTH = (ROOT_ATTACHMENTS + 3 * SLOT_CAPACITY) * 4

export const PUBLISHED_EPOCH = 0
export const PUBLISHED_COUNT = 1
export const PUBLISHED_HEAD_BYTE_LENGTH = 8

/** Word indices of a slot's entry, from the root's first word. */
export const attachedWord = (slot: number) => ROOT_ATTACHMENTS + 3 * slot
export const seenWord = (slot: number) => ROOT_ATTACHMENTS + 3 * slot + 1
export const internLogWord = (slot: number) => ROOT_ATTACHMENTS + 3 * slot + 2

/** What another thread attaches to a storage with; survives postMessage. */
export interface StorageHandle {
  /** Of a block in the arena. */
  readonly offset: number
  /** Tells the storage from one that has the block later: by chance, of 2 ** 31. */
  readonly serial: number
}

/** The present columns of a component. */
export interface ComponentEntry {
  readonly name: string
  readonly fields: readonly Field[]
  readonly rowCount: number
  /** Of each field's row 0. */
  readonly byteOffsets: readonly number[]
  /** Of a sparse component. */
  readonly rows?: RowsEntry | undefined
}

/**
 * The rows of a sparse component. Until the next `sync` of the world's thread, none moves or is given to
 * another entity: those that get the component have theirs at the end, and those that lose it keep theirs
 * till then. In an attached thread, rows and columns are those that are now, or, from when the component
 * has outgrown them until this thread syncs, all of them as they were just before.
 */
export interface ComponentRows {
  /** How many there are: rows 0 to count - 1. */
  readonly count: number
  /**
   * The entity of each row; 0 where it has lost the component since the last `sync`. As long as the columns
   * are, and another array when they are others.
   */
  readonly entities: Int32Array
  /** The index of an entity in the columns of the component; -1 when it has no row. */
  row(eid: number): number
}

/** Where the rows of a sparse component are: see `row-index.ts`. */
export interface RowsEntry {
  /** Byte offset. */
  readonly index: number
  /** Rows that there is room for. */
  readonly rowCount: number
}

/** Where a table of the storage is. */
export interface TableEntry {
  readonly name: string
  readonly offset: number
  readonly serial: number
}

export interface Directory {
  /** Of the world: `eid & entityMask` is a row. */
  readonly entityMask: number
  readonly components: readonly ComponentEntry[]
  readonly tables: readonly TableEntry[]
}
