/** The public interface of a pool. */
import type { ElementArray, ElementArrayConstructor } from './element-types.ts'

/** How much `collect` may do. */
export interface CollectOptions {
  /**
   * `collect` stops once it has given back so many spans of 64 KiB; by default, it gives back all
   * empty spans. A run of several spans, as larger classes have, is given back whole.
   */
  readonly spans?: number
}

/**
 * The object by which one thread allocates and frees. It has one slot of an arena to itself.
 *
 * Offsets count bytes from the start of `arena.buffer`. They are multiples of 16; 0 is no block. A
 * new block holds whatever the memory held before. A call that throws leaves all blocks unchanged.
 */
export interface PoolOf<A = unknown> {
  /** The arena that the pool allocates from. */
  readonly arena: A

  /** Index of the pool's slot. The slot owns all blocks of the pool. */
  readonly slot: number

  /** Tells this pool from other pools of its slot; pass it to `arena.adopt(slot, generation)`. */
  readonly generation: number

  /** Whether the pool is open: false after `close`. */
  readonly isOpen: boolean

  /**
   * Allocates a block of `byteLength` bytes, which may be 0, and returns its offset.
   * @param alignment of the offset: a power of two up to 4096; 16 by default
   * @throws ArenaError 'out-of-memory', 'invalid-argument', 'pool-closed'; 'corrupt' if the arena's
   * lists were overwritten
   */
  alloc(byteLength: number, alignment?: number): number

  /** As `alloc`, but returns 0 if the arena has no room. */
  tryAlloc(byteLength: number, alignment?: number): number

  /**
   * As `alloc`, but every byte is 0. In a block above 512 KiB, memory that was never touched takes
   * physical pages only as you write to it.
   */
  allocZeroed(byteLength: number, alignment?: number): number

  /**
   * As `allocZeroed`, but a block above 512 KiB does not count as touched yet. Fill it from its
   * start, and call `touch` before each write past its touched bytes: the library takes untouched
   * bytes for 0, and does not clear them for the next block. Bytes that `realloc` or `tryResize`
   * adds are not cleared, and count as touched; so do all bytes of a block that `realloc` moves.
   */
  reserve(byteLength: number, alignment?: number): number

  /**
   * Marks the first `byteLength` bytes of a block as touched. Any thread may call it.
   * @throws ArenaError 'invalid-argument' if the block is shorter; otherwise as `free`
   */
  touch(offset: number, byteLength: number): void

  /**
   * Allocates a block, and returns a typed array over it, which is not cleared. Its `byteOffset` is
   * the block's offset. Keep it at once: `const { byteOffset } = pool.allocArray(Float32Array, 3)`.
   * If a WebAssembly.Memory grows, the array is detached, and its `byteOffset` becomes 0. But the
   * header stores the type: `arena.view(offset)` returns such an array at any time, in any thread.
   * @param type a built-in typed array class, of any realm
   * @param length in elements
   * @throws as `alloc`
   */
  allocArray<A extends ElementArray>(type: ElementArrayConstructor<A>, length: number): A

  /**
   * Changes a block's byte length, and returns its offset, which is a new one if the block moves.
   * Keeps the contents up to the smaller length, the element type and the alignment. If it throws,
   * the block is unchanged. Shrinking never runs out of memory. `realloc(0, n)` is `alloc(n)`.
   * @throws ArenaError as `alloc` and `free`
   */
  realloc(offset: number, byteLength: number): number

  /**
   * Changes a block's byte length in place. Returns false, and changes nothing, if there is no
   * room, or if another thread owns the block. A large block grows into free spans behind it. If
   * the pool owns the block, shrinking always succeeds.
   * @throws ArenaError as `free`, 'invalid-argument'
   */
  tryResize(offset: number, byteLength: number): boolean

  /**
   * Frees a block of any thread. `free(0)` does nothing, as in C. A block of another thread goes to
   * a queue: some faults show only when that thread receives it, in its `arena.onViolation`.
   * @throws ArenaError 'double-free', 'invalid-offset', 'corrupt' (the header was overwritten),
   * 'pool-closed'
   */
  free(offset: number): void

  /** The byte length that was requested for a block. @throws as `free` */
  byteLengthOf(offset: number): number

  /**
   * How many bytes a block has room for if it is allocated with `byteLength` bytes and the natural
   * alignment: `alloc(goodByteLength(n))` takes as much memory as `alloc(n)`. If `byteLength` is
   * longer than the arena, it is returned unchanged.
   * @throws ArenaError 'invalid-argument', 'pool-closed'
   */
  goodByteLength(byteLength: number): number

  /**
   * Delivers freed blocks to the other threads that own them. Until then, up to 31 for each owner
   * wait in this pool. `alloc` delivers them on a miss, so `flush` is for threads that only free.
   */
  flush(): void

  /**
   * Receives blocks that other threads freed, gives empty spans back to the arena, and returns how
   * many spans. It visits every free block: call it when the thread is idle, or after a burst.
   */
  collect(options?: CollectOptions): number

  /** Gives the slot back; its blocks stay live. A closed pool allows no call but `close`. */
  close(): void
}
