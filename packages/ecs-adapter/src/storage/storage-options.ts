/** The options of `createStorage`, and the figures that a storage reports about its memory. */
import type { AnyComponent } from '../schema/schema.ts'

/** Options of `createStorage`. */
export interface StorageOptions {
  /**
   * How many rows the columns of a new component have. They double when ids outgrow them. Ids start
   * at 1, so n entities need n + 1 rows. In a small arena, or if you have many components, give the
   * number of entities that you expect. Sparse components ignore this option.
   *
   * The default is 2^20 rows, halved until the component takes at most 1/32 of the arena. If less
   * than half of the arena is free, a component takes at most 1/128 of what is free, or 256 rows if
   * that is more. Columns of 512 KiB or more only reserve addresses: their rows take memory when
   * they are first used.
   */
  capacity?: number
  /**
   * Called after typed arrays of a component were replaced: read them again from the component, or
   * from its `rows` if it is sparse. That happens when the columns grow or move, or when a
   * `WebAssembly.Memory` has grown.
   *
   * In this function, `sync`, `reset` and `dispose` throw 'set-busy'. If the function throws, the
   * call that made the columns grow throws the same error. An entity that was about to get the
   * component does not get it; a prefab does.
   */
  onColumnsMoved?: (component: AnyComponent) => void
  /**
   * Called when more than 1/16 of the arena waits to be freed. Either it has waited for
   * `storage.sync()` for a second, or it waits for a `sync` of attached threads. The function is
   * called again only if the memory then waits for the other of these two, or if less has waited in
   * between. The first time, `console.warn` says the same. `sync`, `reset` and `dispose` throw
   * 'set-busy' in this function.
   */
  onWaiting?: (waiting: WaitingMemory) => void
}

/** Memory that nobody uses any more, but that stays allocated until a thread calls `sync`. */
export interface WaitingMemory {
  /** How many bytes wait. */
  readonly byteLength: number
  /** What waits, which thread has to call `sync`, and what else you can do. */
  readonly what: string
}

/** Figures about the memory of a storage, as `storage.stats()` returns them. */
export interface StorageStats {
  /** How many times a column has moved to another place in the arena. */
  readonly movedColumnCount: number
  /** How many bytes the present columns take. Rows that were never used may take no memory. */
  readonly columnByteLength: number
  /** How many bytes wait until `storage.sync()` is called, or `sync` of an attached thread. */
  readonly waitingByteLength: number
}
