/**
 * The fast paths of a pool: closures over numbers and three typed arrays. The heads of the free
 * lists are words of the arena. `free` reads no header. It reads one word of the span map, and one
 * word of the live bits. One such word covers 512 bytes.
 *
 * These variants were rejected. The numbers are times relative to the fast paths, for random
 * lengths from 16 to 4096 B, on Node 20 / Node 24 / Bun:
 *
 *     live state in headers, no live bits    1,000 live: 1.03 / 1.00 / 1.00
 *                                          100,000 live: 1.8 / 1.4 / 1.5
 *     a live byte for 16 bytes, not a bit    1,000 live: 0.94 / - / 0.94
 *                                          100,000 live: 1.14 / 1.13 / 1.15
 *     a class with fields, not closures      1,000 live: 1.3
 *     `free` reads the header before the map 1,000 live: 1.05 to 1.08
 */
import { outOfMemory } from '../base/errors.ts'
import * as layout from '../base/layout.ts'
import type { SlotIndex, SpanIndex } from '../base/units.ts'
import { liveBlockAt, ownerOfBlock } from '../blocks/check-offset.ts'
import { freeBlock } from '../blocks/free-block.ts'
import { type ArenaMemory, liveWord, slotWord, spanMapWord, spanStart } from '../memory/memory.ts'
import type { TypedPool } from '../memory/pool-api.ts'
import { allocSlow } from '../refill/alloc-slow.ts'
import { createEnqueue, markFreed, type PoolCore } from '../remote/remote.ts'
import { countFreeSpans, headPattern, OWNER_MASK, ownerInMap } from '../spans/span-map.ts'

/** The methods of a pool that have a fast path. */
export interface FastPaths extends PoolCore {
  /** See `PoolOf.alloc`. */
  alloc(byteLength: number, alignment?: number): number
  /** See `PoolOf.tryAlloc`. */
  tryAlloc(byteLength: number, alignment?: number): number
  /** See `PoolOf.free`. */
  free(offset: number): void
  /** See `PoolOf.of`. If there is an earlier typed pool, that gets the new methods. */
  of(byteLength: number, earlier?: TypedPool): TypedPool
  /** Makes every later call use the slow path. */
  disable(): void
}

/**
 * Makes the fast paths for the arena's present buffer. If a WebAssembly.Memory grows, the fast
 * paths read undefined from its old views. Then they call the slow path, which makes new fast
 * paths. (With a variable `i32` instead of a constant, the old fast paths could stay in use. But
 * alloc and free would take 1.1 ns more, because engines embed constants in the code.)
 * @param current returns the present fast paths of the pool. It throws if the pool is closed
 */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: closures; a class is 1.3 times slower
export function createFastPaths(
  memory: ArenaMemory,
  slot: SlotIndex,
  current: () => FastPaths,
): FastPaths {
  const { i32 } = memory
  const { base, slotCount, controlSpanCount, byteLength: reach } = memory // `reach`: arena length
  const { maxClassByteLength, divisors, classCount } = memory
  // A copy, so that `disable` can overwrite it. After this pool is closed, another pool may use the
  // free lists of this slot.
  const classOf = memory.classOf.slice()
  const freeHeads: number = slotWord(memory, slot, layout.SLOT_FREE_HEADS)
  const spanMap: number = spanMapWord(memory, 0 as SpanIndex)
  const liveBits: number = liveWord(memory, base)
  const plain = memory.plainHeader
  /** All blocks lie between these offsets. An overwritten free list may lead to other offsets. */
  const lowest = spanStart(memory, controlSpanCount as SpanIndex)
  const highest = base + reach
  // For typed pools: `lowest`, until `disable` sets it to `highest`. (To compare `mine` takes 1.07
  // times as long where the last block comes first, but 0.94 times for random blocks.)
  let floor: number = lowest
  // `mine` is the map word of a head of this slot, without the class. `disable` sets it to -1. Then
  // only the map word of a free span, minus `mine`, is the index of a class. Free spans have no
  // live bits, so `tryFree` frees nothing.
  let mine = headPattern(slot)
  const theirs = mine & ~OWNER_MASK

  /** See `PoolOf.tryAlloc`. */
  function tryAlloc(byteLength: number, alignment?: number): number {
    if (
      alignment === undefined &&
      typeof byteLength === 'number' && // `>>>` throws for a bigint or a symbol
      byteLength >>> 0 === byteLength &&
      byteLength <= maxClassByteLength
    ) {
      const classIndex = classOf[(byteLength + 23) >>> 4]
      const block = i32[freeHeads + classIndex]
      if (block > lowest && block < highest) {
        const header = (block >> 2) - 2
        i32[freeHeads + classIndex] = i32[header + 1]
        i32[header + 1] = byteLength
        i32[header] = plain
        // This store is last: if the thread dies before it, the block is still free.
        i32[liveBits + ((block - base) >>> 9)] |= 1 << ((block - base) >>> 4)
        return block
      }
    }
    // `| 0` tells engines that the result is an integer, which saves 0.4 ns.
    return tryAllocSlow(byteLength, alignment) | 0
  }

  /** See `PoolOf.alloc`. */
  function alloc(byteLength: number, alignment?: number): number {
    const offset = tryAlloc(byteLength, alignment)
    return offset !== 0 ? offset : throwOutOfMemory(memory, byteLength)
  }

  /**
   * Frees a live ordinary block in the first span of a run of this slot, and returns true. Returns
   * false for any other offset.
   */
  function tryFree(offset: number): boolean {
    if (typeof offset === 'number' && (offset & -16) === offset && (offset - base) >>> 0 < reach) {
      const classIndex = i32[spanMap + ((offset - base) >>> 16)] - mine
      const liveWord = liveBits + ((offset - base) >>> 9)
      const bit = 1 << ((offset - base) >>> 4)
      // Is the block live, and in the first span of a run of this slot? A live bit answers this
      // without a read of the header, which would be a cache miss.
      if (classIndex >>> 0 < classCount && (i32[liveWord] & bit) !== 0) {
        i32[liveWord] ^= bit // this is first: if the thread dies after it, the block is free
        i32[(offset >> 2) - 1] = i32[freeHeads + classIndex]
        i32[freeHeads + classIndex] = offset
        return true
      }
    }
    return false
  }

  /** See `PoolOf.free`. */
  function free(offset: number): void {
    if (!tryFree(offset)) freeRemote(offset)
  }

  /**
   * Queues a block in the first span of another slot's run. If that is not possible, calls
   * `freeSlow`.
   *
   * The function does not read the header of the block. This thread would fetch its cache line only
   * for this read. Instead, the owner checks the header when it receives the block. (A free takes
   * 17 to 22 ns with a read of the header, and 7 to 11 ns without.)
   */
  function freeRemote(offset: number): void {
    if (typeof offset === 'number' && (offset | 0) === offset && (offset - base) >>> 0 < reach) {
      const mapped = i32[spanMap + ((offset - base) >>> 16)]
      const classIndex = mapped & 0xff
      const owner = ownerInMap(mapped)
      const withinBlocks = ((offset - base) & 0xffff) - layout.FIRST_PAYLOAD
      if (
        mine !== -1 &&
        // Is the span the head of a run of a size class, and owned by another slot?
        (mapped & ~OWNER_MASK) === (theirs | classIndex) &&
        owner !== slot &&
        owner < slotCount &&
        // Does a block of this class begin at the offset?
        Math.imul(
          Math.imul(withinBlocks >>> 4, divisors[2 * classIndex + 1]) >>> 20,
          divisors[2 * classIndex],
        ) === withinBlocks &&
        enqueue(owner, offset)
      ) {
        return
      }
    }
    freeSlow(offset)
  }

  /** Allocates a block without the fast path. */
  function tryAllocSlow(byteLength: number, alignment?: number): number {
    const now = current()
    if (now !== fastPaths) return now.tryAlloc(byteLength, alignment)
    return allocSlow(fastPaths, byteLength, alignment)
  }

  /**
   * Frees a block without the fast path.
   * @throws ArenaError 'invalid-offset', 'double-free' or 'corrupt' if there is no live block at
   * the offset; 'pool-closed' if the pool is closed
   */
  function freeSlow(offset: number): void {
    const now = current()
    if (now !== fastPaths) {
      now.free(offset)
      return
    }
    if (offset === 0) return
    const block = liveBlockAt(memory, offset)
    const owner = ownerOfBlock(memory, block)
    if (owner === slot) freeBlock(memory, block, offset)
    else if (!enqueue(owner, offset)) markFreed(memory, slot, offset)
  }

  /** Makes every later call use the slow path. */
  function disable(): void {
    mine = -1
    floor = highest
    classOf.fill(layout.LARGE_CLASS) // the row of large blocks has no free list
  }

  /**
   * Makes a typed pool: the same steps, but the class and the list are constants. For a refill, it
   * calls `allocSlow`, not the pool's `tryAlloc`: V8 inlined `tryAlloc` here, and then the second
   * typed pool of a program took 1.3 times as long. (Rejected: to share these steps with `tryAlloc`
   * and `tryFree` in functions. That takes 1.04 times as long.)
   *
   * If the length has no class, the typed pool has the row of large blocks. This row has no free
   * list, and `free` meets no live bit in it. So all calls take the slow path.
   * @param earlier the typed pool that gets the new methods. Default: a new one
   */
  function of(byteLength: number, earlier?: TypedPool): TypedPool {
    const isLarge = byteLength > maxClassByteLength
    const classIndex = isLarge ? layout.LARGE_CLASS : classOf[(byteLength + 23) >>> 4]
    const freeHead = freeHeads + classIndex

    /** See `TypedPool.tryAlloc`. */
    function tryAlloc(): number {
      const block = i32[freeHead]
      if (block > floor && block < highest) {
        const header = (block >> 2) - 2
        i32[freeHead] = i32[header + 1]
        i32[header + 1] = byteLength
        i32[header] = plain
        // Last, as in the `tryAlloc` of the pool.
        i32[liveBits + ((block - base) >>> 9)] |= 1 << ((block - base) >>> 4)
        return block
      }
      return allocSlow(renew(), byteLength) | 0
    }

    /** See `TypedPool.alloc`. */
    function alloc(): number {
      const offset = tryAlloc()
      return offset !== 0 ? offset : throwOutOfMemory(memory, byteLength)
    }

    /** See `TypedPool.free`. */
    function free(offset: number): void {
      if (
        typeof offset === 'number' &&
        (offset & -16) === offset &&
        (offset - base) >>> 0 < reach &&
        i32[spanMap + ((offset - base) >>> 16)] - mine === classIndex
      ) {
        const liveWord = liveBits + ((offset - base) >>> 9)
        const bit = 1 << ((offset - base) >>> 4)
        if ((i32[liveWord] & bit) !== 0) {
          i32[liveWord] ^= bit // first, as in `tryFree`
          i32[(offset >> 2) - 1] = i32[freeHead]
          i32[freeHead] = offset
          return
        }
      }
      renew().free(offset)
    }

    /**
     * Returns the present fast paths of the pool. If the pool has new ones, replaces the methods
     * of the typed pool, unless they are replaced already: a caller may have kept the old methods.
     */
    function renew(): FastPaths {
      const now = current()
      if (now !== fastPaths && typed.alloc === alloc) now.of(byteLength, typed)
      return now
    }

    const methods = { byteLength, alloc, tryAlloc, free }
    const typed: TypedPool = earlier === undefined ? methods : Object.assign(earlier, methods)
    return typed
  }

  const enqueue = createEnqueue(memory, slot, tryAlloc)
  const fastPaths: FastPaths = {
    memory,
    slot,
    alloc,
    tryAlloc,
    free,
    of,
    tryFree,
    enqueue,
    disable,
  }
  return fastPaths
}

/** Throws an ArenaError 'out-of-memory' that says how many spans are free. */
export function throwOutOfMemory(memory: ArenaMemory, byteLength: number): never {
  throw outOfMemory(byteLength, countFreeSpans(memory), memory.spanCount)
}
