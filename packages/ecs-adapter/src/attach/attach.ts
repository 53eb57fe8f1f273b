/**
 * Storages of other threads. The world's thread publishes where its columns are, in `publisher.ts`.
 * Attached threads read that at each `sync`. When each attached thread has seen a later epoch, the
 * storage frees a replaced block: see `retired-blocks.ts`. This folder knows neither runs nor
 * workers.
 */
import type { Pool } from '@ashlar/core'
import { checkedEid, checkPool } from '../base/arguments.ts'
import { alreadyAttached, invalidArgument } from '../base/errors.ts'
import { CommandBuffer } from '../commands/command-buffer.ts'
import { FieldMemory } from '../fields/field-memory.ts'
import { MemoryViews } from '../memory/memory-views.ts'
import { createNamed } from '../schema/named.ts'
import type { AnyComponent } from '../schema/schema.ts'
import { attachAt, detachAt, rootByteLength } from '../shared/attachments.ts'
import type { StorageHandle } from '../shared/manifest.ts'
import * as rootLayout from '../shared/storage-root.ts'
import { AttachedTables } from '../tables/attached-tables.ts'
import type { Table } from '../tables/table.ts'
import { AttachedComponents } from './attached-components.ts'
import { readEntities, readManifest } from './published.ts'

/**
 * Attaches this thread to a storage that another thread made.
 *
 * ```ts
 * const attached = attachStorage<Components>(handle, pool)
 * attached.sync() // once a frame
 * const { x } = attached.components.Position
 * ```
 *
 * `C` and `T` are the types of its components and tables by name, as for `defineSystems`.
 * @param handle `storage.handle` of the other thread
 * @param pool a pool of this thread, in the same arena. A pool can attach to a storage once
 * @throws StorageError 'invalid-argument'; 'already-attached', also if the pool has attached to a
 * table of the storage by `attachTable`. If the call throws, the thread is not attached
 */
export function attachStorage<
  C = Readonly<Record<string, AnyComponent>>,
  T = Readonly<Record<string, Table>>,
>(handle: StorageHandle, pool: Pool): AttachedStorage<C, T> {
  checkPool(pool)
  const storage = new AttachedStorage<C, T>(handle, pool)
  try {
    storage.sync()
  } catch (error) {
    storage.detach() // because the caller gets no object to detach
    throw error
  }
  return storage
}

/** Returns the word index of a storage's root. Throws if the storage is disposed of. */
function checkedRoot(handle: StorageHandle, pool: Pool): number {
  if (rootByteLength(pool, handle, rootLayout.MAGIC) === rootLayout.BYTE_LENGTH)
    return handle.offset >> 2
  const expected = 'storage.handle of a storage in the arena of this pool'
  throw invalidArgument('the handle', handle, expected)
}

/**
 * A storage of another thread. This thread can read and write its columns, but has no world: it
 * cannot add or remove entities and components. You may call the methods without the object:
 * `const { indexOf } = attached`.
 */
export class AttachedStorage<
  C = Readonly<Record<string, AnyComponent>>,
  T = Readonly<Record<string, Table>>,
> {
  /**
   * The components by name, with the same fields as in the world's thread. After `sync`, read typed
   * arrays again; field objects for lists and texts stay valid. A name that is not there throws
   * StorageError 'invalid-argument'.
   *
   * Call `sync` before you change lists or texts. If a column has moved since the last `sync`, a
   * change goes to its old memory and is lost. A later change may then free a block that another
   * thread owns.
   *
   * While a thread changes the lists or texts of an entity, no other thread may read or change
   * them. If this thread makes a list or text longer, the list or text moves to its pool.
   */
  readonly components: C
  /** The tables by name. Rows that this thread adds are in chunks of its own pool. */
  readonly tables: T
  readonly #pool: Pool
  readonly #handle: StorageHandle
  /**
   * The word index of the root. `#attachedWord` and `#seenWord` are the indices of two words in the
   * root for this thread's slot.
   */
  readonly #root: number
  readonly #attachedWord: number
  readonly #seenWord: number
  readonly #memory: FieldMemory
  readonly #components: AttachedComponents
  readonly #tables: AttachedTables
  #isAttached = false
  #entities: Int32Array = new Int32Array(0)
  #entityMask = 0
  #buffer: ArrayBufferLike | undefined
  #epoch = 0
  /**
   * The epoch in which this thread's manifest was published. `#entitiesEpoch` is that of its entity
   * ids.
   */
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
    this.#attachedWord = root + rootLayout.attachedWord(slot)
    this.#seenWord = root + rootLayout.seenWord(slot)
    const handleWord = root + rootLayout.internLogWord(slot)
    const serialWord = root + rootLayout.INTERN_LOG_SERIAL
    this.#memory = new FieldMemory(views, undefined, { handleWord, serialWord })
    this.#components = new AttachedComponents(this.#memory, { row: this.indexOf })
    this.#tables = new AttachedTables(pool, createNamed<Table>('table'))
    // The caller chooses these types. To read a missing name throws an error.
    this.components = this.#components.byName as C
    this.tables = this.#tables.byName as T
  }

  /**
   * The ids of the entities in the world, as of the last `storage.sync()` that this thread has
   * followed.
   */
  get entities(): Int32Array {
    return this.#entities
  }

  /**
   * Returns the index of an entity in columns. For a sparse component, call `rows.indexOf(eid)`
   * instead.
   * @throws StorageError 'invalid-argument'
   */
  readonly indexOf = (eid: number): number => checkedEid(eid) & this.#entityMask

  /**
   * Follows what the storage has published: moved columns, new components and tables, the ids of
   * entities. Call it once a frame, at a time when no array that you read before is still in use.
   * If nothing is new, it costs one load. The storage cannot free the memory of moved columns
   * before all attached threads have synced.
   * @throws StorageError 'invalid-argument' if the storage is disposed of
   */
  readonly sync = (): void => {
    const root = this.#root
    const words = this.#memory.views.i32
    const epoch = Atomics.load(words, root + rootLayout.EPOCH)
    const isMoved = words.buffer !== this.#buffer
    if (this.#isAttached && epoch === this.#epoch && !isMoved) {
      this.#tables.sync()
      return
    }
    if (!this.#isAttached) this.#attach(epoch)
    // Everything that is read from here on is from this epoch or a newer one. It is not freed until
    // this thread reports that it has seen a later epoch.
    this.#buffer = words.buffer
    // The entities are read before the columns. They are published in the reverse order, so that
    // every entity here has a row.
    const entities = Atomics.load(words, root + rootLayout.ENTITIES)
    const entitiesEpoch = words[(entities >> 2) + rootLayout.PUBLISHED_EPOCH]
    if (isMoved || entitiesEpoch !== this.#entitiesEpoch) {
      this.#entities = readEntities(this.#pool, words, entities)
    }
    const manifest = Atomics.load(words, root + rootLayout.MANIFEST)
    const manifestEpoch = words[(manifest >> 2) + rootLayout.PUBLISHED_EPOCH]
    if (isMoved || manifestEpoch !== this.#manifestEpoch) this.#follow(words, manifest)
    this.#manifestEpoch = manifestEpoch
    this.#entitiesEpoch = entitiesEpoch
    this.#epoch = epoch
    this.#tables.sync()
    Atomics.store(words, this.#seenWord, epoch)
  }

  /** @internal Makes a command buffer, for `createCommands`. */
  readonly $createCommands = (): CommandBuffer => {
    const { registry } = this.#components
    return new CommandBuffer(this.#pool, registry, this.#memory, this.#handle.serial)
  }

  /**
   * Ends the use of the storage by this thread, until its next `sync` attaches it again. Call it
   * before the thread idles, so that the storage can free memory. Call it also before you close the
   * pool, and before the storage is disposed of.
   */
  readonly detach = (): void => {
    if (!this.#isAttached) return
    this.#tables.detach()
    this.#isAttached = false
    detachAt(this.#pool, this.#attachedWord)
  }

  /**
   * Attaches this thread, from an epoch on.
   * @throws StorageError 'already-attached' if its pool is attached
   */
  #attach(epoch: number): void {
    const pool = this.#pool
    const { views } = this.#memory
    checkedRoot(this.#handle, pool)
    if (!attachAt(pool, this.#attachedWord)) {
      throw alreadyAttached(pool.slot, 'this storage', 'attachStorage')
    }
    // Before this store, the word has an older epoch. That is safe: the storage then frees less.
    Atomics.store(views.i32, this.#seenWord, epoch)
    this.#isAttached = true
    for (const extension of this.#memory.extensions.all) extension.attach?.()
  }

  #follow(words: Int32Array, offset: number): void {
    const { entityMask, tables, components, generations } = readManifest(this.#pool, words, offset)
    if (generations !== undefined) this.#memory.generations = generations
    this.#entityMask = entityMask
    this.#tables.follow(tables)
    this.#components.follow(components)
  }
}
