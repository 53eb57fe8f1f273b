/** What a table can do: the interface that callers see, with its docs. */
import type { Chunk, ChunkRows, TableSchema } from './table-chunk.ts'

/** What another thread attaches to a table with; survives postMessage. */
export interface TableHandle {
  /** Of a block in the arena. */
  readonly offset: number
  /** Tells the table from one that has the block later. */
  readonly serial: number
}

/** A table of whatever schema. */
export interface AnyTable {
  readonly name: string
  /** Whether this thread looks at it: false after `detach` and `dispose`. */
  readonly isAttached: boolean
  readonly chunks: readonly ChunkRows[]
  chunk(number: number): ChunkRows | undefined
}

/**
 * Rows in chunks: dense, each chunk one block of the pool of the thread that adds to it.
 *
 * One thread at a time may change the rows of a chunk, and while it does, what others read of it may
 * be half done. Nobody waits: there is no lock.
 */
export interface Table<S extends TableSchema = TableSchema> extends AnyTable {
  /** For `attachTable` in any thread of the arena. */
  readonly handle: TableHandle
  /** Rows that a chunk has room for. */
  readonly chunkCapacity: number
  /** Rows of all chunks that this thread knows. */
  readonly rowCount: number
  /** Chunks of all threads, as of `sync`. The array is the same one always. */
  readonly chunks: readonly Chunk<S>[]
  /** The chunks that this thread adds to. The array is the same one always. */
  readonly ownChunks: readonly Chunk<S>[]
  /** The chunk of a number, of those that this thread knows as of `sync`: in `chunks`, else undefined. */
  chunk(number: number): Chunk<S> | undefined

  /**
   * Adds a row of zeros to a chunk of this thread.
   * @returns its id, a positive number below 2 ** 30 that stays the row's while the row moves. It is given
   * again, for another row, when its place was used as often as there are generations: 63 at least, by
   * default 255 or more. In chunks that `trim` made room for, half as often will do, and less when the
   * numbers of all chunks are used up in this way: see `TableOptions.chunkLimit`
   * @throws ArenaError 'out-of-memory'; StorageError 'table-full', 'table-detached', 'table-disposed'
   */
  add(): number
  /**
   * A chunk of this thread that has room. `table.room().add()` adds a row whose fields are to be written
   * in half the time that `add`, `chunkOf` and `rowOf` take.
   * @throws as `add`
   */
  room(): Chunk<S>
  /** Whether there is a row with this id. Anything may be asked for. */
  has(id: number): boolean
  /**
   * Removes a row; the last one of its chunk takes its place. Nobody else may be at that chunk.
   * @returns whether there was one
   */
  remove(id: number): boolean
  /** The chunk that has the row; undefined where there is no such row. */
  chunkOf(id: number): Chunk<S> | undefined
  /** The place of the row in its chunk, until one is removed there; -1 where there is no such row. */
  rowOf(id: number): number
  /** Removes every row of this thread's chunks. */
  clear(): void

  /**
   * Sees the chunks that other threads have made or freed; costs one load while there are none. In the
   * thread that created the table it takes over, too, which costs one for each chunk. Call it once a
   * frame, and before chunks are looked at of which some may have been trimmed. Attaches again after
   * `detach`.
   * @throws StorageError 'table-disposed'
   */
  sync(): void
  /**
   * Makes the chunks this thread's whose thread has closed its pool, or has died: adopt its slot by
   * `arena.adopt(slot)` first. A row that it was just removing may hold values of two rows. Nobody else
   * may be at these chunks: not while workers run a system over the table.
   * @returns how many chunks
   */
  takeOver(): number
  /**
   * Frees this thread's empty chunks but one. Other threads must not look at the table until they have
   * synced. Without it, a table keeps what it had at its peak.
   * @returns how many chunks
   */
  trim(): number
  /**
   * Tells that this thread does not look at the table, its chunks neither, until its next `sync`, which
   * attaches again. Its chunks stay its own until its pool is closed; then others may take them over:
   * who closes a pool detaches first, for `add` looks at nothing but the chunk that it has.
   */
  detach(): void
  /**
   * Frees all of it. In the thread that created the table, while no other one attaches. One of a storage is
   * in its `tables` no more, and its name may be given again: in attached threads from their next `sync` on.
   * @throws StorageError 'still-attached' when another thread is, 'table-disposed', 'invalid-argument' in
   * another thread
   */
  dispose(): void
}
