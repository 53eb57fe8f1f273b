/**
 * Tables: dense rows in chunks. Each chunk is a block in the pool of the thread that adds rows to
 * it. The root block lists the chunks. A thread sees a change of this list at its next `sync`. This
 * folder knows neither entities nor worlds. `createTable` and `attachTable` have their own files.
 */
import type { Pool } from '@ashlar/core'
import {
  alreadyAttached,
  invalidArgument,
  tableDetached,
  tableDisposed,
  tablePoolClosed,
} from '../base/errors.ts'
import { attachAt, detachAt } from '../shared/attachments.ts'
import type { Chunk, ChunkRows, TableSchema } from './table-chunk.ts'
import { type KnownChunk, TableChunks } from './table-chunks.ts'
import type { TableLayout } from './table-layout.ts'
import { attachedWord, checkAlone, isThere, shownTable, type TableHandle } from './table-root.ts'

const NO_CHUNKS: readonly undefined[] = []

/** The methods of a storage that its tables call. */
export interface TableOwner {
  /** @throws StorageError 'group-busy' while a system runs */
  checkIdle(what: string): void
  /** Does the same, but allows a system of this thread to change its own chunks. */
  checkOwn(what: string): void
  onDispose(): void
}

/** A table of any schema. */
export type AnyTable = Pick<Table, 'name' | 'handle' | 'isAttached'> & {
  /** The chunks of all threads, as of the last `sync`. */
  readonly chunks: readonly ChunkRows[]
  /** Returns the chunk with this number, or undefined. */
  chunk(number: number): ChunkRows | undefined
}

/**
 * Rows of numbers in chunks. It is no archetype table of an ECS: rows are not entities. Each chunk
 * is a block in the pool of the thread that adds rows to it. One thread at a time may change the
 * rows of a chunk. Meanwhile, other threads may see a half-written row: there is no lock.
 */
export class Table<S extends TableSchema = TableSchema> {
  /** The name of the table, as errors show it. */
  readonly name: string
  /** The handle of the table. Pass it to `attachTable` in any thread of the arena. */
  readonly handle: TableHandle
  /** How many rows fit into a chunk. */
  readonly chunkCapacity: number
  /** The chunks of all threads, as of the last `sync`. It is always the same array. */
  readonly chunks: readonly Chunk<S>[]
  /** The chunks that this thread adds rows to. It is always the same array. */
  readonly ownChunks: readonly Chunk<S>[]
  readonly #pool: Pool
  readonly #chunks: TableChunks<S>
  /** The chunks that this thread knows, by number. Empty while the thread is not attached. */
  #byNumber: readonly (KnownChunk<S> | undefined)[] = NO_CHUNKS
  /** The storage; undefined unless this thread created the table. */
  readonly #owner: TableOwner | undefined
  readonly #slotBits: number
  readonly #chunkMask: number
  /** The chunk to which rows are added. */
  #current: KnownChunk<S> | undefined
  #isDisposed = false

  /** @internal */
  constructor(pool: Pool, layout: TableLayout, handle: TableHandle, owner?: TableOwner) {
    this.#pool = pool
    this.#chunks = new TableChunks(pool, layout, handle.offset)
    this.#owner = owner
    this.#slotBits = layout.slotBits
    this.#chunkMask = layout.chunkMask
    this.name = layout.name
    this.handle = handle
    this.chunkCapacity = layout.chunkCapacity
    this.chunks = this.#chunks.all
    this.ownChunks = this.#chunks.own
    this.#attach()
  }

  /** How many rows there are in all chunks that this thread knows. */
  get rowCount(): number {
    this.#hasRenewed()
    let sum = 0
    for (let i = 0; i < this.chunks.length; i++) sum += this.chunks[i].rowCount
    return sum
  }

  /** Whether this thread is attached. It is false after `detach` and `dispose`. */
  get isAttached(): boolean {
    return this.#byNumber !== NO_CHUNKS
  }

  /** Returns the chunk with this number, if it is in `chunks`. */
  chunk(number: number): Chunk<S> | undefined {
    return typeof number === 'number' ? this.#byNumber[number] : undefined
  }

  /**
   * Returns a chunk of this thread with room for a row. `table.chunkWithRoom().addRow()` takes half
   * the time of `add`, `chunkOf` and `indexOf` together.
   * @throws ArenaError 'out-of-memory'; StorageError 'table-full', 'table-detached',
   * 'table-disposed'
   */
  chunkWithRoom(): Chunk<S> {
    const current = this.#current
    return current?.$hasRoom ? current : this.#roomSlow()
  }

  /**
   * Adds a row with the defaults of its fields to a chunk of this thread.
   * @returns the id of the row: a positive number below 2^30. The row keeps it when it moves. Ids
   * of removed rows are reused late: see `TableOptions.chunkLimit`
   * @throws ArenaError, StorageError, as {@link Table.chunkWithRoom}
   */
  add(): number {
    const chunk = this.chunkWithRoom()
    return chunk.ids[chunk.addRow()]
  }

  /** Returns whether there is a row with this id. You may pass any value. */
  has(id: number): boolean {
    return this.indexOf(id) !== -1
  }

  /**
   * Returns the index of a row in its chunk, or -1. It may change when a row of the chunk is
   * removed.
   */
  indexOf(id: number): number {
    const chunk = this.#chunkAt(id)
    const row = chunk === undefined ? -1 : chunk.$find(id)
    return row === -1 && this.#hasRenewed() ? this.indexOf(id) : row
  }

  /** Returns the chunk that has the row with this id. Returns undefined if there is none. */
  chunkOf(id: number): Chunk<S> | undefined {
    return this.indexOf(id) === -1 ? undefined : this.#chunkAt(id)
  }

  /**
   * Removes a row. The last row of its chunk moves to its index. No other thread may use the chunk
   * during the call.
   * @returns whether there was a row with this id
   */
  remove(id: number): boolean {
    const chunk = this.#chunkAt(id)
    if (chunk === undefined) return false
    const row = chunk.$find(id)
    if (row === -1) return this.#hasRenewed() && this.remove(id)
    chunk.removeRow(row)
    return true
  }

  /** Removes all rows in the chunks of this thread. */
  clear(): void {
    this.#check('clear')
    for (const chunk of this.ownChunks) {
      for (let row = chunk.rowCount - 1; row >= 0; row--) chunk.removeRow(row)
    }
    this.#begin()
  }

  /**
   * Finds the chunks that other threads have made or freed. Call it once a frame, and before you
   * use chunks that another thread may have freed. After `detach`, it attaches again. In the thread
   * that created the table, it also does what `adoptChunks` does. If the chunks are unchanged, it
   * costs one load, and one for each chunk in that thread.
   * @throws StorageError 'table-disposed'
   */
  sync(): void {
    this.#owner?.checkOwn('table.sync()')
    this.#begin()
    this.#chunks.renew()
    if (!this.isAttached) this.#attach()
    else if (this.#chunks.isBehind) this.#chunks.follow()
    if (this.#owner !== undefined) this.#chunks.adoptChunks()
  }

  /** @internal Finds the chunks of other threads when a run over the table begins. */
  $follow(): void {
    if (this.isAttached && this.#chunks.isBehind) this.#chunks.follow()
  }

  /**
   * Takes over the chunks of threads that have closed their pool or died. If a thread died, call
   * `arena.adopt(slot)` first. A row that the thread was removing when it died may stay, with
   * values of two rows. No other thread may use these chunks during the call.
   * @returns how many chunks it took over
   */
  adoptChunks(): number {
    this.#check('adoptChunks')
    this.#chunks.follow()
    return this.#chunks.adoptChunks()
  }

  /**
   * Frees the empty chunks of this thread, except for one. Then other threads must call `sync`
   * before they use the table. Without `trim`, a table keeps the memory of its peak.
   * @returns how many chunks it freed
   */
  trim(): number {
    this.#check('trim')
    this.#begin()
    return this.#chunks.trim()
  }

  /**
   * Ends the use of the table by this thread, until its next `sync` attaches it again. The chunks
   * stay those of this thread until its pool is closed. Then other threads may take them over.
   * Detach before you close the pool: otherwise `add` may not notice that the pool is closed.
   */
  detach(): void {
    this.#owner?.checkIdle('table.detach()')
    if (!this.isAttached) return
    detachAt(this.#pool, attachedWord(this.handle, this.#pool.slot))
    this.#leave()
  }

  /**
   * Frees the table. It is then no longer in `storage.tables`, and its name is free. Attached
   * threads see that at their next `sync`.
   * @throws StorageError 'still-attached' while another thread is attached; 'invalid-argument'
   * unless this thread created the table; 'table-disposed'
   */
  dispose(): void {
    if (this.#owner === undefined) {
      throw invalidArgument('the table', this.name, 'one that this thread created. Call detach()')
    }
    this.#owner.checkIdle('table.dispose()')
    if (!this.isAttached) this.#attach()
    this.#check()
    checkAlone(this.#pool, this)
    this.#chunks.follow()
    this.#pool.arena.i32[this.handle.offset >> 2] = 0
    this.#leave()
    this.#isDisposed = true
    this.#owner.onDispose()
    this.#pool.free(this.handle.offset)
    this.#chunks.free()
  }

  /** Detaches, but keeps the views of chunks, because workers detach after each run. */
  #leave(): void {
    this.#current = undefined
    this.#byNumber = NO_CHUNKS
  }

  /** @param method the name of the calling method, if it frees or moves what systems use */
  #check(method?: string): void {
    if (method !== undefined) this.#owner?.checkOwn(`table.${method}()`)
    if (this.#isDisposed) throw tableDisposed(this.name)
    if (!this.isAttached) throw tableDetached(this.name)
    if (!this.#pool.isOpen) throw tablePoolClosed(this.name)
    this.#chunks.renew()
  }

  #attach(): void {
    if (!isThere(this.#pool, this.handle)) {
      this.#isDisposed = true
      this.#chunks.forget()
      throw tableDisposed(this.name)
    }
    const { slot } = this.#pool
    if (!attachAt(this.#pool, attachedWord(this.handle, slot))) {
      throw alreadyAttached(slot, shownTable(this.name), 'attachTable')
    }
    this.#byNumber = this.#chunks.byNumber
    if (this.#chunks.isBehind) this.#chunks.follow()
  }

  /** Adds rows to the first chunk with capacity from now on, so that later chunks can empty. */
  #begin(): void {
    this.#chunks.cursor = 0
    this.#current = undefined
  }

  /** Returns the chunk whose number an id has. If no row has the id: any chunk, or undefined. */
  #chunkAt(id: unknown): KnownChunk<S> | undefined {
    if (typeof id !== 'number') return undefined
    return this.#byNumber[(id >>> this.#slotBits) & this.#chunkMask]
  }

  /** Replaces detached views. Returns whether it has: then search again for a missing row. */
  #hasRenewed(): boolean {
    return this.#chunks.isDetached && this.#chunks.renew()
  }

  #roomSlow(): KnownChunk<S> {
    this.#check()
    this.#current = this.#chunks.withRoom()
    return this.#current
  }
}
