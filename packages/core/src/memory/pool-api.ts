/** The interface of a pool, as callers see it, with its docs. */
import type { ElementArray, ElementArrayConstructor } from './element-types.ts'

/** How much `collect` may do. */
export interface CollectOptions {
  /**
   * Stop after so many spans of 64 KiB were given back. Runs of larger classes have several spans,
   * and are given back whole. By default: all empty spans.
   */
  readonly spans?: number
}

/**
 * A thread allocates by its pool, which is a private view of one slot of an arena.
 *
 * Offsets are byte offsets from the start of `arena.buffer`, multiples of 16, and 0 is null. A new
 * block holds whatever the memory held before. A call that throws leaves the arena as it was.
 */
export interface PoolOf<A = unknown> {
  /** The arena that the pool allocates from. */
  readonly arena: A

  /** Index of the pool's slot, which all of its blocks belong to. */
  readonly slot: number

  /** Distinguishes this use of the slot from others; pass it to `arena.adopt(slot, generation)`. */
  readonly generation: number

  /** False once the pool is closed. */
  readonly isOpen: boolean

  /**
   * Allocates `byteLength` bytes, 0 included, and returns the block's offset.
   * @param alignment of the offset: a power of two up to 4096; 16 by default
   * @throws ArenaError 'out-of-memory', 'invalid-argument', 'pool-closed'; 'corrupt' if the arena's
   * lists were overwritten
   */
  alloc(byteLength: number, alignment?: number): number

  /** As `alloc`, but returns 0 if the arena has no room. */
  tryAlloc(byteLength: number, alignment?: number): number

  /**
   * As `alloc`, with every byte 0. In a block above 512 KiB, memory that was never touched takes no
   * physical page until it is written.
   */
  allocZeroed(byteLength: number, alignment?: number): number

  /**
   * As `allocZeroed`, for a block whose bytes come into use one after the other. Call `touch`
   * before you write to more of them: untouched bytes need not be zeroed, copied or saved.
   * Bytes that `realloc` or `tryResize` adds are not cleared, and count as used. So does all of a
   * block that `realloc` moves.
   */
  reserve(byteLength: number, alignment?: number): number

  /**
   * Marks the first `byteLength` bytes of a block as used. Any thread may call it.
   * @throws ArenaError 'invalid-argument' if the block is shorter; as `free`
   */
  touch(offset: number, byteLength: number): void

  /**
   * Allocates a typed array over the arena, whose elements are not cleared. Its `byteOffset` is the
   * block's offset. Keep that at once: `const { byteOffset } = pool.allocArray(Float32Array, 3)`.
   * If a WebAssembly.Memory grows, its views are detached, and their `byteOffset` is 0. The header
   * stores the type: `arena.view(offset)` returns the same view in any thread, also after growth.
   * @param type of any realm; no subclass
   * @param length in elements
   * @throws as `alloc`
   */
  allocArray<A extends ElementArray>(type: ElementArrayConstructor<A>, length: number): A

  /**
   * Changes a block's byte length, in place if possible, and returns its offset, which is a new one
   * otherwise. Keeps the contents up to the smaller length, the element type and the alignment.
   * `realloc(0, n)` is `alloc(n)`. If it throws, the block is as it was. Shrinking never throws.
   * @throws ArenaError as `alloc` and `free`
   */
  realloc(offset: number, byteLength: number): number

  /**
   * Changes a block's byte length in place. False, with no change, if there is no room, or another
   * thread owns the block. A large block grows over free spans behind it. If the pool owns the
   * block, shrinking always succeeds.
   * @throws ArenaError as `free`, 'invalid-argument'
   */
  tryResize(offset: number, byteLength: number): boolean

  /**
   * Frees a block, which any thread may have allocated. `free(0)` does nothing, as in C. Blocks of
   * another thread go to a queue for it; some faults are only found there, by `arena.onViolation`.
   * @throws ArenaError 'double-free', 'invalid-offset', 'corrupt' (the header was overwritten),
   * 'pool-closed'
   */
  free(offset: number): void

  /** The requested byte length. @throws as `free` */
  byteLengthOf(offset: number): number

  /**
   * How many bytes a block has room for if it is allocated with `byteLength` bytes and the natural
   * alignment: `alloc(goodByteLength(n))` takes as much memory as `alloc(n)`. A length above that
   * of the arena is returned unchanged.
   * @throws ArenaError 'invalid-argument', 'pool-closed'
   */
  goodByteLength(byteLength: number): number

  /**
   * Delivers the blocks of other threads that this one freed. Until then up to 31 blocks for each
   * thread may wait here. `alloc` does it on a miss, so this is for threads that only free.
   */
  flush(): void

  /**
   * Receives blocks that other threads have freed, gives empty spans back to the arena, and returns
   * their number. It visits the free blocks. Call it in idle threads, and after a burst.
   */
  collect(options?: CollectOptions): number

  /** Hands the slot back, with its live blocks. A closed pool can only be closed again. */
  close(): void
}
