/**
 * Storages of other threads. The world's thread publishes where its columns are, in `publisher.ts`;
 * attached threads look there at each `sync`. A block that is replaced is freed when each attached
 * thread has seen a later epoch: see `retired-blocks.ts`. This room knows neither runs nor workers.
 */
import type { Pool } from '@ashlar/core'
import { checkedEid, checkPool } from '../base/arguments.ts'
import { alreadyAttached, invalidArgument } from '../base/errors.ts'
import { CommandBuffer } from '../commands/command-buffer.ts'
import { dropInternLog, InternLog } from '../lists/intern-log.ts'
import { VariableMemory } from '../lists/variable-fields.ts'
import { MemoryViews } from '../memory/memory-views.ts'
import type { Component } from '../schema/schema.ts'
import { attachAt, detachAt, rootByteLength } from '../shared/attachments.ts'
import type { ComponentRows, StorageHandle } from '../shared/manifest.ts'
import * as Root from '../shared/storage-root.ts'
import { StorageTables } from '../tables/storage-tables.ts'
import type { Table } from '../tables/table.ts'
import { AttachedComponents } from './attached-components.ts'
import { readEntities, readManifest } from './published.ts'

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
  const storage = new AttachedStorage(handle, pool)
  try {
    storage.sync()
  } catch (error) {
    storage.detach() // the caller gets no object that could do it
    throw error
  }
  return storage
}

/** Word index of the root of a storage that is not disposed of. */
function checkedRoot(handle: StorageHandle, pool: Pool): number {
  if (rootByteLength(pool, handle, Root.MAGIC) === Root.BYTE_LENGTH) return handle.offset >> 2
  const expected = 'storage.handle of a storage in the arena of this pool'
  throw invalidArgument('the handle', handle, expected)
}

/**
 * A storage of another thread. Its columns can be read and written; its world is not here. Its
 * methods may be called without it: `const { row } = storage`.
 */
export class AttachedStorage {
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
  /**
   * The rows of a sparse component.
   * @param component of `components`, or its name
   * @throws StorageError 'invalid-argument' for one that is not sparse
   */
  readonly rows: (component: Component | string) => ComponentRows
  readonly #pool: Pool
  readonly #handle: StorageHandle
  /** Word indices: of the root, and in the root of the words of this thread's slot. */
  readonly #root: number
  readonly #attachedWord: number
  readonly #seenWord: number
  readonly #memory: VariableMemory
  readonly #internLog: InternLog
  readonly #components: AttachedComponents
  readonly #tables: StorageTables
  #isAttached = false
  #entities: Int32Array = new Int32Array(0)
  #entityMask = 0
  #buffer: ArrayBufferLike | undefined
  #epoch = 0
  /** Epochs in which the manifest and the entities were published that this thread has. */
  #manifestEpoch = 0
  #entitiesEpoch = 0

  /** @internal */
  constructor(handle: StorageHandle, pool: Pool) {
    const { slot } = pool
    const views = new MemoryViews(pool)
    const root = checkedRoot(handle, pool)
    this.#pool = pool
    this.#handle = handle
    this.#root = root
    this.#attachedWord = root + Root.attachedWord(slot)
    this.#seenWord = root + Root.seenWord(slot)
    this.#memory = new VariableMemory(views)
    const handleWord = root + Root.internLogWord(slot)
    const serialWord = root + Root.INTERN_LOG_SERIAL
    this.#internLog = new InternLog(views, handleWord, serialWord)
    this.#memory.internedTexts.internLog = this.#internLog
    this.#components = new AttachedComponents(this.#memory, this)
    this.#tables = new StorageTables(pool)
    this.components = this.#components.byName
    this.tables = this.#tables.byName
    this.rows = this.#components.rows
  }

  /** The ids of the entities that the world had when its thread last published. */
  get entities(): Int32Array {
    return this.#entities
  }

  /** The index of an entity in the columns of dense components; for sparse ones see `rows`. */
  readonly row = (eid: number): number => checkedEid(eid) & this.#entityMask

  /**
   * Follows the storage: moved columns, new components, the entities. Call it once a frame, when
   * you no longer use views that you read before. It costs one load if nothing is new. As long as
   * an attached thread does not sync, the storage cannot free the columns that it has replaced.
   */
  readonly sync = (): void => {
    const root = this.#root
    const words = this.#memory.views.i32
    const epoch = Atomics.load(words, root + Root.EPOCH)
    const isMoved = words.buffer !== this.#buffer
    if (this.#isAttached && epoch === this.#epoch && !isMoved) {
      this.#tables.sync()
      return
    }
    if (!this.#isAttached) this.#attach(epoch)
    // All that is read from here on is at least as new as this epoch, and stays until we have seen
    // another one.
    this.#buffer = words.buffer
    // First the entities, then the columns with their rows: the reverse order of publishing.
    const entities = Atomics.load(words, root + Root.ENTITIES)
    const entitiesEpoch = words[(entities >> 2) + Root.PUBLISHED_EPOCH]
    if (isMoved || entitiesEpoch !== this.#entitiesEpoch) {
      this.#entities = readEntities(this.#pool, words, entities)
    }
    const manifest = Atomics.load(words, root + Root.MANIFEST)
    const manifestEpoch = words[(manifest >> 2) + Root.PUBLISHED_EPOCH]
    if (isMoved || manifestEpoch !== this.#manifestEpoch) this.#follow(words, manifest)
    this.#manifestEpoch = manifestEpoch
    this.#entitiesEpoch = entitiesEpoch
    this.#epoch = epoch
    this.#tables.sync()
    Atomics.store(words, this.#seenWord, epoch)
  }

  /**
   * Commands for the world, in blocks of this thread's pool. When this thread has written them, the
   * world's thread passes their `offset` to `storage.apply`. Later commands begin anew.
   * @throws ArenaError 'out-of-memory'
   */
  readonly commands = (): CommandBuffer => {
    const { registry } = this.#components
    return new CommandBuffer(this.#pool, registry, this.#memory.staging, this.#handle.serial)
  }

  /**
   * Declares that this thread does not use the storage until its next `sync`, which attaches again.
   * Call it when the thread idles, so that the storage can free memory; before the pool is closed;
   * and before the storage is disposed of, after which `sync` throws 'invalid-argument'.
   */
  readonly detach = (): void => {
    if (!this.#isAttached) return
    this.#tables.detach()
    this.#isAttached = false
    detachAt(this.#pool, this.#attachedWord)
  }

  /** @throws StorageError 'already-attached' */
  #attach(epoch: number): void {
    const pool = this.#pool
    const { views, internedTexts } = this.#memory
    checkedRoot(this.#handle, pool)
    if (!attachAt(pool, this.#attachedWord)) {
      throw alreadyAttached(pool.slot, 'this storage', 'attachStorage')
    }
    // Until then, an earlier epoch is there: it holds back what may be freed.
    Atomics.store(views.i32, this.#seenWord, epoch)
    this.#isAttached = true
    if (this.#internLog.isMine) return
    dropInternLog(views, this.#root + Root.internLogWord(pool.slot), internedTexts.release)
    internedTexts.forget()
  }

  #follow(words: Int32Array, offset: number): void {
    const { entityMask, tables, components } = readManifest(this.#pool, words, offset)
    this.#entityMask = entityMask
    this.#tables.follow(tables)
    this.#components.follow(components)
  }
}
