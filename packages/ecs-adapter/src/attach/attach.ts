/**
 * Storages of other threads. The world's thread publishes where its columns are, in `publisher.ts`;
 * attached threads look there at each `sync`. A block that is replaced is freed when each attached
 * thread has seen a later epoch. This room knows neither runs nor workers.
 */
import type { Pool } from '@ashlar/core'
import { checkedEid, checkPool } from '../base/arguments.ts'
import { alreadyAttached, invalidArgument } from '../base/errors.ts'
import { CommandBuffer } from '../commands/command-buffer.ts'
import { dropInternLog, InternLog } from '../lists/intern-log.ts'
import { VariableMemory } from '../lists/variable-fields.ts'
import { Cells } from '../memory/cells.ts'
import type { Component } from '../schema/schema.ts'
import { attachAt, detachAt, rootByteLength } from '../shared/attachments.ts'
import {
  attachedWord,
  type ComponentRows,
  type Directory,
  internLogWord,
  PUBLISHED_EPOCH,
  ROOT_BYTE_LENGTH,
  ROOT_DIRECTORY,
  ROOT_ENTITIES,
  ROOT_EPOCH,
  ROOT_INTERN_LOG_SERIAL,
  ROOT_MAGIC,
  type StorageHandle,
  seenWord,
} from '../shared/directory.ts'
import { StorageTables } from '../tables/storage-tables.ts'
import type { Table } from '../tables/table.ts'
import { AttachedComponents } from './attached-component.ts'
import { readDirectory, readEntities } from './published.ts'

/** A storage of another thread. Its columns can be read and written; its world is not here. */
export interface AttachedStorage {
  /**
   * Each component, by name, with the fields that it has in the world's thread. Typed arrays have
   * to be read anew after `sync`; lists and texts stay. What this thread makes longer moves into
   * its own pool. One thread at a time may change the lists and texts of an entity, and no other
   * may read them meanwhile. Call `sync` before you change them, or the change may go to a column
   * that has moved.
   */
  readonly components: Readonly<Record<string, Component>>
  /** By name. Rows that this thread adds are in chunks of its own pool, until it detaches. */
  readonly tables: Readonly<Record<string, Table>>
  /** The ids of the entities that the world had when its thread last published. */
  readonly entities: Int32Array

  /** The index of an entity in the columns of dense components; for sparse ones see `rows`. */
  row(eid: number): number

  /**
   * Follows the storage: moved columns, new components, the entities. Call it once a frame, when
   * you no longer use views that you read before. It costs one load if nothing is new. As long as
   * an attached thread does not sync, the storage cannot free the columns that it has replaced.
   */
  sync(): void

  /**
   * The rows of a sparse component.
   * @param component of `components`, or its name
   * @throws StorageError 'invalid-argument' for one that is not sparse
   */
  rows(component: Component | string): ComponentRows

  /**
   * Commands for the world, in blocks of this thread's pool. When this thread has written them, the
   * world's thread passes their `offset` to `storage.apply`. Later commands begin anew.
   * @throws ArenaError 'out-of-memory'
   */
  commands(): CommandBuffer

  /**
   * Declares that this thread does not use the storage until its next `sync`, which attaches again.
   * Call it when the thread idles, so that the storage can free memory; before the pool is closed;
   * and before the storage is disposed of, after which `sync` throws 'invalid-argument'.
   */
  detach(): void
}

/**
 * Attaches a thread to a storage that another thread made.
 *
 * @param handle `storage.handle` of that thread
 * @param pool this thread's, in the same arena; a pool attaches to a storage once
 * @throws StorageError 'invalid-argument'; 'already-attached', also if the pool has attached to one
 * of its tables by `attachTable`. Then the thread is not attached
 */
export function attachStorage(handle: StorageHandle, pool: Pool): AttachedStorage {
  checkPool(pool)
  const root = checkedRoot(handle, pool)
  const cells = new Cells(pool)
  const memory = new VariableMemory(cells)
  const attachment = new Attachment(root, memory)
  const row = (eid: number) => checkedEid(eid) & entityMask
  const components = new AttachedComponents(memory, { row })
  const tables = new StorageTables(pool)
  let buffer: ArrayBufferLike | undefined
  let epoch = 0
  /** Epochs in which the directory and the entities were published that this thread has. */
  let directoryEpoch = 0
  let entitiesEpoch = 0
  let entityMask = 0
  let entities: Int32Array = new Int32Array(0)

  function sync(): void {
    const words = cells.signedWords
    const present = Atomics.load(words, root + ROOT_EPOCH)
    const isMoved = words.buffer !== buffer
    if (attachment.isAttached && present === epoch && !isMoved) {
      tables.sync()
      return
    }
    if (!attachment.isAttached) {
      checkedRoot(handle, pool)
      attachment.attach(present)
    }
    // All that is read from here on is at least as new as this epoch, and stays until we have seen
    // another one.
    buffer = words.buffer
    // First the entities, then the columns with their rows: the reverse order of publishing.
    const list = Atomics.load(words, root + ROOT_ENTITIES)
    const listIsFrom = words[(list >> 2) + PUBLISHED_EPOCH]
    if (isMoved || listIsFrom !== entitiesEpoch) entities = readEntities(pool, words, list)
    const directory = Atomics.load(words, root + ROOT_DIRECTORY)
    const directoryIsFrom = words[(directory >> 2) + PUBLISHED_EPOCH]
    if (isMoved || directoryIsFrom !== directoryEpoch) follow(readDirectory(pool, words, directory))
    directoryEpoch = directoryIsFrom
    entitiesEpoch = listIsFrom
    epoch = present
    tables.sync()
    attachment.see(epoch)
  }

  function follow(directory: Directory): void {
    entityMask = directory.entityMask
    tables.follow(directory.tables)
    components.follow(directory.components)
  }

  function detach(): void {
    if (!attachment.isAttached) return
    tables.detach()
    attachment.detach()
  }

  try {
    sync()
  } catch (error) {
    detach() // the caller gets no object that could do it
    throw error
  }
  return {
    components: components.byName,
    tables: tables.byName,
    get entities() {
      return entities
    },
    row,
    rows: (component) => components.rows(component),
    commands: () => new CommandBuffer(pool, components.registry, handle.serial),
    sync,
    detach,
  }
}

/** Word index of the root of a storage that is not disposed of. */
function checkedRoot(handle: StorageHandle, pool: Pool): number {
  if (rootByteLength(pool, handle, ROOT_MAGIC) === ROOT_BYTE_LENGTH) return handle.offset >> 2
  const expected = 'storage.handle of a storage in the arena of this pool'
  throw invalidArgument('the handle', handle, expected)
}

/** The words of one slot in the root of a storage. */
class Attachment {
  isAttached = false
  readonly #memory: VariableMemory
  readonly #internLog: InternLog
  /** Word indices. */
  readonly #attached: number
  readonly #seen: number
  readonly #log: number

  constructor(root: number, memory: VariableMemory) {
    const { cells, internedTexts } = memory
    const { slot, generation } = cells.pool
    this.#memory = memory
    this.#attached = root + attachedWord(slot)
    this.#seen = root + seenWord(slot)
    this.#log = root + internLogWord(slot)
    const serialWord = root + ROOT_INTERN_LOG_SERIAL
    this.#internLog = new InternLog({ cells, handleWord: this.#log, serialWord, generation })
    internedTexts.internLog = this.#internLog
  }

  /** @throws StorageError 'already-attached' */
  attach(epoch: number): void {
    const { cells, internedTexts } = this.#memory
    if (!attachAt(cells.pool, this.#attached)) {
      throw alreadyAttached(cells.pool.slot, 'this storage', 'attachStorage')
    }
    this.see(epoch) // until then, an earlier epoch is there: it holds back what may be freed
    this.isAttached = true
    if (this.#internLog.isMine) return
    dropInternLog(cells, this.#log, internedTexts.release)
    internedTexts.forget()
  }

  see(epoch: number): void {
    Atomics.store(this.#memory.cells.signedWords, this.#seen, epoch)
  }

  detach(): void {
    this.isAttached = false
    detachAt(this.#memory.cells.pool, this.#attached)
  }
}
