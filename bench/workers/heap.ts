// What the workloads see of a contender. In the main thread it creates the memory and settles the
// account at the end; in each worker it opens a heap.
import type { ArenaHandle } from '@ashlar/core'

/** One worker's way to allocate. A block is known by a positive int32, its name. */
export interface Heap {
  alloc(byteLength: number): number
  free(block: number): void
  /** The 32-bit words of the buffer that a block lies in, */
  wordsOf(block: number): Int32Array
  /** and the index of the block's first one. */
  firstWordOf(block: number): number
  /** Hands over what this worker freed of others. */
  flush(): void
  /** Takes back what others freed of this worker's. Every workload calls it now and then. */
  drain(): void
  /** How many blocks came back in that way, modulo 2^32. */
  returnedCount(): number
  /** Ends this use of the heap in an orderly way. Blocks stay live. */
  close(): void
  readonly grave: Grave
}

/** What a successor needs to take over the heap of a worker that was terminated. */
export interface Grave {
  readonly slot: number
  readonly generation: number
}

/** The memory of one run; all of it can be posted to a worker. */
export interface Site {
  readonly workerCount: number
  readonly arenas: readonly ArenaHandle[]
  /** Locks, rings and the like, of the contender itself. */
  readonly words: SharedArrayBuffer
}

/** The account of one run, after every block was freed. */
export interface Settled {
  /** Blocks that were live although nobody had their names. */
  readonly strayCount: number
  /** Blocks that came back to their owners from other workers. */
  readonly returnedCount: number
  readonly refillCount: number
  readonly peakByteLength: number
}

export interface Contender {
  /** Whether its workers may be terminated at any instruction. */
  readonly survivesDeath: boolean
  /** Whether blocks that others free come back to the worker that allocated them. */
  readonly returnsBlocks: boolean
  /** In the main thread. Workers have the indices 0 to `workerCount - 1`. */
  create(workerCount: number): Site
  /** In a worker, or in the main thread, whose index is `workerCount`. */
  open(site: Site, index: number, grave?: Grave): Heap
  /**
   * In the main thread, once all workers have ended: adopts what is left of the dead, frees the
   * leftovers, counts and frees what else is live. Throws unless all is sound and free afterwards.
   */
  settle(site: Site, leftovers: readonly number[], graves: readonly Grave[]): Settled
}
