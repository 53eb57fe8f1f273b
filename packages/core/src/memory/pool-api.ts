/** Defines the public interface of a pool. */
import type { ElementArray, ElementArrayConstructor } from './element-types.ts'

/**
 * A front of a pool for blocks of one length, made by {@link Pool.of}. It allocates the same blocks
 * as the pool. But it need not find out the size class at each call, so it is faster.
 *
 * ```ts
 * const particles = pool.of(64)
 * const offset = particles.alloc()
 * particles.free(offset)
 * ```
 */
export interface TypedPool {
  /** The length of each block, in bytes. */
  readonly byteLength: number

  /**
   * Allocates a block of `byteLength` bytes, and returns its offset.
   * @throws ArenaError as {@link Pool.alloc}
   */
  alloc(): number

  /**
   * Does the same as `alloc`, but returns 0 if the arena has no room.
   * @throws ArenaError as {@link Pool.tryAlloc}
   */
  tryAlloc(): number

  /**
   * Frees a block of any thread and any length, as the pool does. It is fastest for blocks of this
   * typed pool.
   * @throws ArenaError as {@link Pool.free}
   */
  free(offset: number): void
}

/** Options of `pool.collect`. */
export interface CollectOptions {
  /**
   * After `collect` has given back so many spans of 64 KiB, it stops. By default, it gives back all
   * empty spans. Blocks of larger classes lie in runs of several spans. `collect` gives back a run
   * as a whole, so it may give back a few more spans than you asked for.
   */
  readonly spans?: number
}

/**
 * The object by which one thread allocates and frees blocks. Each pool uses one slot of an arena.
 *
 * Offsets count bytes from the start of `arena.buffer`. They are multiples of 16, and 0 stands for
 * no block. A new block is not cleared: it holds what the memory held before. A call that throws
 * leaves all blocks unchanged.
 */
export interface PoolOf<A = unknown> {
  /** The arena that the pool allocates from. */
  readonly arena: A

  /** The index of the slot that the pool uses. The slot owns all blocks of the pool. */
  readonly slot: number

  /**
   * A number that distinguishes this pool from earlier and later pools on the same slot. If this
   * thread dies, another thread passes the number to `arena.adopt(slot, generation)`.
   */
  readonly generation: number

  /** Whether the pool is open. After `close`, it is false. */
  readonly isOpen: boolean

  /**
   * Allocates a block, and returns its offset.
   * @param byteLength how many bytes you need: 0 or more
   * @param alignment the offset is a multiple of this: a power of two up to 4096. Default 16
   * @throws ArenaError 'out-of-memory' if the arena has no room; 'invalid-argument' if an argument
   * is wrong; 'pool-closed' if the pool is closed; 'corrupt' if the free lists in the arena were
   * overwritten
   */
  alloc(byteLength: number, alignment?: number): number

  /**
   * Does the same as `alloc`, but returns 0 if the arena has no room.
   * @param byteLength how many bytes you need: 0 or more
   * @param alignment the offset is a multiple of this: a power of two up to 4096. Default 16
   * @throws ArenaError as {@link Pool.alloc}, but never 'out-of-memory'
   */
  tryAlloc(byteLength: number, alignment?: number): number

  /**
   * Allocates a block in which every byte is 0, and returns its offset. For a block above 512 KiB,
   * memory that was never touched takes no physical pages until you write to it.
   * @param byteLength how many bytes you need: 0 or more
   * @param alignment the offset is a multiple of this: a power of two up to 4096. Default 16
   * @throws ArenaError as {@link Pool.alloc}
   */
  allocZeroed(byteLength: number, alignment?: number): number

  /**
   * Allocates a block in which every byte is 0, and returns its offset. Use it for a long block
   * that you fill step by step from its start. For a block up to 512 KiB, it does the same as
   * `allocZeroed`. In a longer block, no byte counts as touched yet.
   *
   * Call `touch` before you write past the touched bytes. The library assumes that untouched bytes
   * are 0, and does not clear them for the next block.
   *
   * If `realloc` or `tryResize` makes the block longer, the new bytes are not cleared, and count as
   * touched. If `realloc` moves the block, all its bytes count as touched.
   * @param byteLength how many bytes you need: 0 or more
   * @param alignment the offset is a multiple of this: a power of two up to 4096. Default 16
   * @throws ArenaError as {@link Pool.alloc}
   */
  reserve(byteLength: number, alignment?: number): number

  /**
   * Marks the first `byteLength` bytes of a block as touched. Any thread may call it, even if
   * another thread owns the block.
   * @throws ArenaError 'invalid-argument' if the block is shorter than `byteLength`; otherwise as
   * {@link Pool.byteLengthOf}
   */
  touch(offset: number, byteLength: number): void

  /**
   * Allocates a block, and returns a typed array over the block. The elements are not cleared. The
   * `byteOffset` of the array is the offset of the block. Store this offset at once: if a
   * `WebAssembly.Memory` grows, the array is detached, and its `byteOffset` becomes 0.
   *
   * ```ts
   * const { byteOffset: offset } = pool.allocArray(Float32Array, 3)
   * ```
   *
   * The block remembers the type of the array. So `arena.view(offset)` makes an array of the same
   * type at any time, in any thread.
   * @param type the class of the array, such as `Float32Array`. The class may come from another
   * realm, but it must not be a subclass
   * @param length the number of elements
   * @throws ArenaError as {@link Pool.alloc}
   */
  allocArray<A extends ElementArray>(type: ElementArrayConstructor<A>, length: number): A

  /**
   * Changes the length of a block, and returns its offset. If the block moves, the offset is a new
   * one. The contents stay, up to the shorter of the two lengths. The element type and the
   * alignment stay. If the call throws, the block is unchanged.
   *
   * A call that makes a block shorter never runs out of memory. `realloc(0, n)` is the same as
   * `alloc(n)`.
   * @throws ArenaError as {@link Pool.alloc} and {@link Pool.free}
   */
  realloc(offset: number, byteLength: number): number

  /**
   * Changes the length of a block without moving the block, and returns true. If there is no room,
   * or if another thread owns the block, the call changes nothing, and returns false.
   *
   * A large block can grow into free spans behind it. If this pool owns the block, the call can
   * always make it shorter.
   * @throws ArenaError 'invalid-argument' if `byteLength` is wrong; otherwise as {@link Pool.free}
   */
  tryResize(offset: number, byteLength: number): boolean

  /**
   * Frees a block of any thread. `free(0)` does nothing, as in C.
   *
   * If another thread owns the block, the call puts the block into a queue to the owner. Then the
   * library finds some mistakes only when the owner receives the block. It reports them to
   * `arena.onViolation` in the owner's thread.
   * @throws ArenaError 'double-free' if the block is free already; 'invalid-offset' if no block
   * starts at the offset; 'corrupt' if the header of the block was overwritten; 'pool-closed' if
   * the pool is closed
   */
  free(offset: number): void

  /**
   * Returns a typed pool, which allocates blocks of one length. Make it once, outside of loops. If
   * your program allocates the same length again and again, a typed pool is faster than `alloc`.
   *
   * A typed pool has no blocks of its own. You can free its blocks by the pool, and blocks of the
   * pool by a typed pool. After `close`, its methods throw.
   * @param byteLength how many bytes each block has: 0 or more
   * @throws ArenaError 'invalid-argument' if `byteLength` is wrong; 'pool-closed' if the pool is
   * closed
   */
  of(byteLength: number): TypedPool

  /**
   * Returns how many bytes were requested for a block.
   * @throws ArenaError as {@link Pool.free}
   */
  byteLengthOf(offset: number): number

  /**
   * Returns how many bytes fit into the block that `alloc(byteLength)` would allocate. So
   * `alloc(goodByteLength(n))` takes no more memory than `alloc(n)`. If `byteLength` is longer than
   * the arena, the call returns `byteLength`.
   * @throws ArenaError 'invalid-argument' if `byteLength` is wrong; 'pool-closed' if the pool is
   * closed
   */
  goodByteLength(byteLength: number): number

  /**
   * Delivers the blocks that this pool freed for other threads, so that their owners can use them
   * again. Without `flush`, up to 31 freed blocks for each owner stay in this pool. If `alloc`
   * finds its free list empty, it also delivers them. So call `flush` in threads that free blocks
   * but do not allocate.
   * @throws ArenaError 'pool-closed' if the pool is closed
   */
  flush(): void

  /**
   * Receives the blocks that other threads freed, and gives empty spans back to the arena. The call
   * visits every free block. So call it when the thread is idle, or after you have freed many
   * blocks.
   * @returns how many spans of 64 KiB it gave back
   * @throws ArenaError 'invalid-argument' if an option is wrong; 'pool-closed' if the pool is
   * closed
   */
  collect(options?: CollectOptions): number

  /**
   * Closes the pool, and gives its slot back. The blocks stay live. A second call does nothing.
   * After `close`, all other methods throw.
   */
  close(): void
}
