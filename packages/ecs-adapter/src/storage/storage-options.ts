/** What `createStorage` takes, and what a storage says of its memory. */
import type { AnyComponent } from '../schema/schema.ts'

export interface StorageOptions {
  /**
   * How many rows the columns of a dense component begin with. They double when ids outgrow them.
   * Ids start at 1, so n entities need n + 1 rows. Columns from 512 KiB on reserve address space;
   * their rows take memory when they are first used.
   *
   * Default: 2^20, halved until the component takes at most 1/32 of the arena; less if less than
   * half of the arena is free. In a small arena, give the number of entities that you expect.
   */
  capacity?: number
  /**
   * Called when typed arrays of a component were replaced, because its columns have grown or moved,
   * or the WebAssembly.Memory has grown: read them anew. In `rows`, if the component is sparse.
   * `sync`, `reset` and `dispose` throw 'set-busy' meanwhile. If the hook throws, so does the call
   * that made the columns grow. An entity that was about to get the component then lacks it, but a
   * prefab has it.
   */
  onColumnsMoved?: (component: AnyComponent) => void
  /**
   * Called when more than 1/16 of the arena has waited for a `sync` for a second, and again when it
   * waits for others, or after less has waited. A `console.warn` says the same, once. As to what it may do, the hook
   * is as `onColumnsMoved`.
   */
  onWaiting?: (waiting: WaitingMemory) => void
}

/** Memory that is in use no more, but cannot be freed until somebody calls `sync`. */
export interface WaitingMemory {
  readonly byteLength: number
  /** What waits, for whom, and what to do. */
  readonly what: string
}

export interface StorageStats {
  /** How many times a column has moved to another place in the arena. */
  readonly movedColumnCount: number
  /** Bytes of the present columns. Those of rows that were never used may take no memory. */
  readonly columnByteLength: number
  /** Bytes that wait for `storage.sync()`, or for a `sync` of attached threads. */
  readonly waitingByteLength: number
}
