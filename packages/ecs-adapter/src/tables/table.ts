/**
 * Tables: dense rows in chunks, each a block in the pool of the thread that adds to it. The root
 * block lists the chunks; a thread sees a change of the list at its next `sync`. This room knows
 * neither entities nor worlds. `createTable` and `attachTable` are its front.
 */
import type { Pool } from '@ashlar/core'
import { checkOptions, checkPool } from '../base/arguments.ts'
import { invalidArgument, tableDetached, tableDisposed, tablePoolClosed } from '../base/errors.ts'
import type { Table, TableHandle } from './table-api.ts'
import type { TableChunk, TableSchema } from './table-chunk.ts'
import { TableChunks } from './table-chunks.ts'
import { layOut, type TableLayout, type TableOptions } from './table-layout.ts'
import {
  checkAlone,
  enter,
  isThere,
  leave,
  readRoot,
  readTableSchema,
  writeRoot,
} from './table-root.ts'

/**
 * Makes a table in the arena of a pool.
 *
 * @param schema field names to scalar types of `t`
 * @throws StorageError 'invalid-argument'; ArenaError 'out-of-memory'
 */
export function createTable<const S extends TableSchema>(
  pool: Pool,
  schema: S,
  options: TableOptions = {},
): Table<S> {
  checkPool(pool)
  checkOptions('the options', options, ['name', 'chunkByteLength', 'chunkLimit'])
  return createWatchedTable(pool, schema, options, () => {})
}

/** Calls `onDispose` when the table is disposed of. */
export function createWatchedTable<const S extends TableSchema>(
  pool: Pool,
  schema: S,
  options: TableOptions,
  onDispose: () => void,
): Table<S> {
  const { name = 'table' } = options
  const fields = readTableSchema(name, schema)
  const layout = layOut(fields, { ...options, name })
  const handle = writeRoot(pool, layout, fields)
  return new ChunkedTable(pool, layout, handle, onDispose) as unknown as Table<S>
}

/**
 * Attaches a thread to a table that another thread made.
 *
 * @param handle `table.handle` of that thread
 * @param pool this thread's, in the same arena; a pool attaches to a table once
 * @throws StorageError 'invalid-argument', 'already-attached'
 */
export function attachTable<const S extends TableSchema = TableSchema>(
  handle: TableHandle,
  pool: Pool,
): Table<S> {
  checkPool(pool)
  const layout = readRoot(pool, handle)
  const { offset, serial } = handle
  return new ChunkedTable(pool, layout, { offset, serial }) as unknown as Table<S>
}

const NO_CHUNKS: readonly undefined[] = []

class ChunkedTable {
  readonly name: string
  readonly handle: TableHandle
  readonly chunkCapacity: number
  readonly chunks: readonly TableChunk[]
  readonly ownChunks: readonly TableChunk[]
  readonly #pool: Pool
  readonly #chunks: TableChunks
  /** Empty while this thread is not attached. */
  #byNumber: readonly (TableChunk | undefined)[] = NO_CHUNKS
  readonly #root: number
  /** Undefined in threads that have attached. */
  readonly #onDispose: (() => void) | undefined
  readonly #slotBits: number
  readonly #numberMask: number
  /** The chunk that rows are added to. */
  #current: TableChunk | undefined
  /** Index in `ownChunks`, where the search for room goes on. */
  #cursor = 0
  #isAttached = false
  #isDisposed = false

  constructor(pool: Pool, layout: TableLayout, handle: TableHandle, onDispose?: () => void) {
    this.#pool = pool
    this.#chunks = new TableChunks(pool, layout, handle.offset)
    this.#root = handle.offset
    this.#onDispose = onDispose
    this.#slotBits = layout.slotBits
    this.#numberMask = 2 ** layout.chunkBits - 1
    this.name = layout.name
    this.handle = handle
    this.chunkCapacity = layout.chunkCapacity
    this.chunks = this.#chunks.all
    this.ownChunks = this.#chunks.own
    this.#attach()
  }

  get rowCount(): number {
    this.#hasRenewed()
    let sum = 0
    for (let i = 0; i < this.chunks.length; i++) sum += this.chunks[i].rowCount
    return sum
  }

  get isAttached(): boolean {
    return this.#isAttached
  }

  chunk(number: number): TableChunk | undefined {
    return typeof number === 'number' ? this.#byNumber[number] : undefined
  }

  room(): TableChunk {
    const current = this.#current
    return current?.$hasRoom ? current : this.#roomSlow()
  }

  add(): number {
    const chunk = this.room()
    return chunk.ids[chunk.add()]
  }

  has(id: number): boolean {
    return this.rowOf(id) !== -1
  }

  rowOf(id: number): number {
    const chunk = this.#chunkAt(id)
    const row = chunk === undefined ? -1 : chunk.$find(id)
    return row === -1 && this.#hasRenewed() ? this.rowOf(id) : row
  }

  chunkOf(id: number): TableChunk | undefined {
    return this.rowOf(id) === -1 ? undefined : this.#chunkAt(id)
  }

  remove(id: number): boolean {
    const chunk = this.#chunkAt(id)
    if (chunk === undefined) return false
    const row = chunk.$find(id)
    if (row === -1) return this.#hasRenewed() && this.remove(id)
    chunk.remove(row)
    return true
  }

  clear(): void {
    this.#check()
    for (const chunk of this.ownChunks) {
      for (let row = chunk.rowCount - 1; row >= 0; row--) chunk.remove(row)
    }
    this.#begin()
  }

  sync(): void {
    this.#begin()
    this.#chunks.renew()
    if (!this.#isAttached) this.#attach()
    else if (this.#chunks.isBehind) this.#chunks.follow()
    if (this.#onDispose !== undefined) this.#chunks.takeOver()
  }

  takeOver(): number {
    this.#check()
    this.#chunks.follow()
    return this.#chunks.takeOver()
  }

  trim(): number {
    this.#check()
    this.#begin()
    return this.#chunks.trim()
  }

  detach(): void {
    if (!this.#isAttached) return
    leave(this.#pool, this.#root)
    this.#leave()
  }

  dispose(): void {
    if (this.#onDispose === undefined) {
      throw invalidArgument('the table', this.name, 'one that this thread created. Call detach()')
    }
    if (!this.#isAttached) this.#attach()
    this.#check()
    checkAlone(this.#pool, this.#root, this.name)
    this.#chunks.follow()
    this.#pool.arena.i32[this.#root >> 2] = 0
    this.#leave()
    this.#isDisposed = true
    this.#onDispose()
    this.#pool.free(this.#root)
    this.#chunks.free()
  }

  /** Keeps the views of chunks: workers detach after each run, and most chunks stay. */
  #leave(): void {
    this.#isAttached = false
    this.#current = undefined
    this.#byNumber = NO_CHUNKS
  }

  #check(): void {
    if (this.#isDisposed) throw tableDisposed(this.name)
    if (!this.#isAttached) throw tableDetached(this.name)
    if (!this.#pool.isOpen) throw tablePoolClosed(this.name)
    this.#chunks.renew()
  }

  #attach(): void {
    if (!isThere(this.#pool, this.handle)) {
      this.#leave()
      this.#isDisposed = true
      this.#chunks.forget()
      throw tableDisposed(this.name)
    }
    enter(this.#pool, this.#root, this.name)
    this.#isAttached = true
    this.#byNumber = this.#chunks.byNumber
    if (this.#chunks.isBehind) this.#chunks.follow()
  }

  /** Rows go to the first chunk with room, so that the last chunks may become empty. */
  #begin(): void {
    this.#cursor = 0
    this.#current = undefined
  }

  /** The chunk that an id names; any chunk if it is no id. */
  #chunkAt(id: unknown): TableChunk | undefined {
    if (typeof id !== 'number') return undefined
    return this.#byNumber[(id >>> this.#slotBits) & this.#numberMask]
  }

  /** A row that was not found may be in the new buffer. */
  #hasRenewed(): boolean {
    return this.#chunks.isDetached && this.#chunks.renew()
  }

  /** Searches from the cursor on, once around. */
  #roomSlow(): TableChunk {
    this.#check()
    const chunks = this.ownChunks
    for (let left = chunks.length; left > 0; left--, this.#cursor++) {
      if (this.#cursor >= chunks.length) this.#cursor = 0
      const chunk = chunks[this.#cursor]
      if (chunk.$hasRoom) {
        this.#current = chunk
        return chunk
      }
    }
    this.#current = this.#chunks.make()
    this.#cursor = chunks.length - 1
    return this.#current
  }
}
