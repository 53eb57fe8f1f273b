/** The interface of a table that callers see. Its rows are dense; it is no archetype table. */
import type { Chunk, ChunkRows, TableSchema } from './table-chunk.ts'

/** What another thread attaches to a table with; survives postMessage. */
export interface TableHandle {
  /** Of a block in the arena. */
  readonly offset: number
  /** Identifies the table: the block may later hold another one. */
  readonly serial: number
}

/** A table with any schema. */
export interface AnyTable {
  readonly name: string
  /** Whether this thread is attached: false after `detach` and `dispose`. */
  readonly isAttached: boolean
  readonly chunks: readonly ChunkRows[]
  chunk(number: number): ChunkRows | undefined
}

/**
 * Dense rows in chunks. Each chunk is one block in the pool of the thread that adds to it.
 *
 * One thread at a time may change the rows of a chunk. Meanwhile, other threads may see a
 * half-written row: there is no lock, and nobody waits.
 */
export interface Table<S extends TableSchema = TableSchema> extends AnyTable {
  /** For `attachTable` in any thread of the arena. */
  readonly handle: TableHandle
  /** Rows that a chunk has room for. */
  readonly chunkCapacity: number
  /** Rows of all chunks that this thread knows. */
  readonly rowCount: number
  /** Chunks of all threads, as of the last `sync`. Always the same array. */
  readonly chunks: readonly Chunk<S>[]
  /** The chunks that this thread adds to. Always the same array. */
  readonly ownChunks: readonly Chunk<S>[]
  /** The chunk in `chunks` that has a number. */
  chunk(number: number): Chunk<S> | undefined

  /**
   * Adds a row of zeros to a chunk of this thread.
   * @returns its id, a positive number below 2 ** 30, which the row keeps when it moves. Another
   * row gets the id only after its slot was used as often as there are generations: at least 63
   * times, by default 255 or more. After `trim`, half of that; less once all chunk numbers are used
   * up in this way: see `TableOptions.chunkLimit`
   * @throws ArenaError 'out-of-memory'; StorageError 'table-full', 'table-detached',
   * 'table-disposed'
   */
  add(): number
  /**
   * A chunk of this thread with room. To add a row and write its fields, `table.room().add()` takes
   * half the time of `add`, `chunkOf` and `rowOf`.
   * @throws as `add`
   */
  room(): Chunk<S>
  /** Whether there is a row with this id. Accepts any value. */
  has(id: number): boolean
  /**
   * Removes a row; the last row of its chunk moves to its index. No other thread may use the chunk
   * meanwhile.
   * @returns whether there was one
   */
  remove(id: number): boolean
  /** The chunk that has the row; undefined if there is no such row. */
  chunkOf(id: number): Chunk<S> | undefined
  /**
   * The index of the row in its chunk, until a row is removed there; -1 if there is no such row.
   */
  rowOf(id: number): number
  /** Removes every row of this thread's chunks. */
  clear(): void

  /**
   * Finds the chunks that other threads have made or freed; costs one load if there are none. In
   * the thread that created the table it also takes over, which costs one load for each chunk. Call
   * it once a frame, and before you use chunks of which some may have been trimmed. After `detach`
   * it attaches again.
   * @throws StorageError 'table-disposed'
   */
  sync(): void
  /**
   * Takes over the chunks of threads that have closed their pool or died. If a thread died, call
   * `arena.adopt(slot)` first. A row that the thread was removing may hold values of two rows. No
   * other thread may use these chunks meanwhile, so call it while no worker runs a system over the
   * table.
   * @returns how many chunks
   */
  takeOver(): number
  /**
   * Frees this thread's empty chunks but one. Other threads must not use the table until they have
   * synced. Without `trim`, a table keeps the memory of its peak.
   * @returns how many chunks
   */
  trim(): number
  /**
   * Declares that this thread uses neither the table nor its chunks until its next `sync`, which
   * attaches again. The chunks stay its own until its pool is closed; then other threads may take
   * them over. Detach before you close the pool: `add` checks nothing but its chunk.
   */
  detach(): void
  /**
   * Frees the table. Only the thread that created it can do it, while no other is attached. A
   * storage then no longer lists the table in `tables`, and its name is free; in attached threads
   * from their next `sync` on.
   * @throws StorageError 'still-attached' if another thread is attached; 'invalid-argument' in
   * another thread; 'table-disposed'
   */
  dispose(): void
}
