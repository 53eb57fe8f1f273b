/** What a pool can do: the interface that callers see, with its docs. */
import type { ElementArray, ElementArrayConstructor } from './header.ts'

/** How much `collect` may do. */
export interface CollectOptions {
  /**
   * Stop once so many spans of 64 KiB were given back: the runs of larger classes have several,
   * and are given back whole. By default: all that are empty.
   */
  readonly spans?: number
  /**
   * Stop after so much time, or a little later: by some microseconds, or what sorting the spans of a class
   * takes, 0.1 ms for 1,000 of them. How much is done is not deterministic then. Of both limits the
   * first one that is reached counts.
   */
  readonly milliseconds?: number
}

/**
 * One thread's way to allocate: a private front to one slot of an arena.
 *
 * Offsets are byte offsets from the start of `arena.buffer`, multiples of 16, and 0 is null. The
 * contents of a new block are whatever the memory held. Whatever throws leaves the arena as it was.
 */
export interface PoolOf<A = unknown> {
  /** The arena that the pool allocates from. */
  readonly arena: A

  /** Index of the pool's slot, which all of its blocks belong to. */
  readonly slot: number

  /** Tells this use of the slot from others; `arena.adopt(slot, generation)` wants it. */
  readonly generation: number

  /** False once the pool was closed. */
  readonly isOpen: boolean

  /**
   * Allocates `byteLength` bytes, 0 included, and gives the block's offset.
   * @param alignment of the offset: a power of two up to 4096; 16 by default
   * @throws ArenaError 'out-of-memory', 'invalid-argument', 'pool-closed'; 'corrupt' where the arena's own
   * lists were overwritten
   */
  alloc(byteLength: number, alignment?: number): number

  /** As `alloc`, but gives 0 when the arena has no room. */
  tryAlloc(byteLength: number, alignment?: number): number

  /**
   * As `alloc`, with every byte 0. Of a block above 512 KiB, memory that was never touched takes no
   * physical page until it is written.
   */
  allocZeroed(byteLength: number, alignment?: number): number

  /**
   * As `allocZeroed`, for a block whose bytes come into use one after the other: call `touch` before
   * you write to more of them. What was not touched need not be zeroed again, copied or saved.
   * What `realloc` and `tryResize` add is not cleared, and counts as used; so does all of a block that
   * `realloc` moves.
   */
  reserve(byteLength: number, alignment?: number): number

  /**
   * Says that the first `byteLength` bytes of a block are in use from now on. Any thread may call it.
   * @throws ArenaError 'invalid-argument' when the block is shorter; as `free`
   */
  touch(offset: number, byteLength: number): void

  /**
   * Allocates a typed array over the arena. Its `byteOffset` is the block's offset. Keep that at
   * once: `const { byteOffset: offset } = pool.allocArray(Float32Array, 3)`. When a
   * WebAssembly.Memory grows, its views are detached, and their `byteOffset` is 0. The header
   * remembers the type, so `arena.view(offset)` gives the same view in any thread, and after
   * growth. The elements are not cleared.
   * @param type of any realm; no subclass
   * @param length in elements
   * @throws as `alloc`
   */
  allocArray<A extends ElementArray>(type: ElementArrayConstructor<A>, length: number): A

  /**
   * Changes a block's byte length, in place where it can, and gives its offset, which is a new one
   * otherwise. Keeps the contents up to the smaller length, the element type and the alignment.
   * `realloc(0, n)` is `alloc(n)`. When it throws, the block is as it was; shrinking never does.
   * @throws ArenaError as `alloc` and `free`
   */
  realloc(offset: number, byteLength: number): number

  /**
   * Changes a block's byte length where it stands, or not at all: false when there is no room, or the
   * block is another thread's. A large block grows over free spans behind it. Shrinking a block of the
   * pool's own always succeeds.
   * @throws ArenaError as `free`, 'invalid-argument'
   */
  tryResize(offset: number, byteLength: number): boolean

  /**
   * Frees a block, of whatever thread. `free(0)` does nothing, as in C.
   *
   * Blocks of another thread go to a queue for it, and what is wrong with them may show only there, by
   * `arena.onViolation`.
   * @throws ArenaError 'double-free', 'invalid-offset', 'corrupt' (its header was overwritten),
   * 'pool-closed'
   */
  free(offset: number): void

  /** The byte length that was asked for. @throws as `free` */
  byteLengthOf(offset: number): number

  /**
   * Delivers the blocks of other threads that this one freed; until then up to 31 for each of them
   * may wait here. `alloc` does it when it misses, so this is for threads that only free.
   */
  flush(): void

  /**
   * Takes back what other threads have freed, and gives empty spans back to the arena; tells how many.
   * Costs a look at the free blocks. For threads that are idle, and after a burst.
   */
  collect(options?: CollectOptions): number

  /**
   * Hands the slot back. Blocks stay live; the pool cannot be used any more. Closing it again does
   * nothing.
   */
  close(): void
}
