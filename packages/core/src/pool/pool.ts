/**
 * Room pool: creates a pool, by which a thread allocates.
 * Invariant: all state of a pool is in its slot of the arena. The pool object only adds fast paths
 * to the slot.
 *
 *     alloc -> class -> pop the free list        free -> mine? live? -> push on the free list
 *           '-> slow: aligned, large, refill          '-> another slot's? -> queue it for that slot
 *                                                     '-> slow: aligned, large, errors
 */
import { checkCount, checkInteger, invalidArgument, poolClosed, wrongLink } from '../base/errors.ts'
import type { SlotIndex } from '../base/units.ts'
import { byteLengthAt, isLarge, liveBlockAt, ownerOfBlock } from '../blocks/check-offset.ts'
import { typeBits } from '../memory/block-header.ts'
import { type ElementArray, type ElementArrayConstructor, typeOf } from '../memory/element-types.ts'
import type { ArenaMemory } from '../memory/memory.ts'
import type { CollectOptions, PoolOf, TypedPool } from '../memory/pool-api.ts'
import { roomFor } from '../memory/size-classes.ts'
import { allocSlow } from '../refill/alloc-slow.ts'
import { collect as collectFor } from '../refill/collect.ts'
import { deliverAll } from '../remote/remote.ts'
import { closeSlot, slotGeneration } from '../spans/slots.ts'
import { touchBytes } from '../spans/span-map.ts'
import { createFastPaths, type FastPaths, throwOutOfMemory } from './fast-paths.ts'
import { reallocate, resizeWithin } from './resize.ts'

/** A pool whose `isOpen` this file can change. */
type Closable<P> = Omit<P, 'isOpen'> & { isOpen: boolean }

/** Makes the pool of an open slot. @param arena the object that `pool.arena` returns */
export function createPool<A>(memory: ArenaMemory, slot: SlotIndex, arena: A): PoolOf<A> {
  let { i32 } = memory
  let isOpen = true
  let fastPaths = createFastPaths(memory, slot, current)
  const { alloc, tryAlloc, free } = fastPaths
  const methods = createMethods(memory, slot, current)
  const pool: Closable<PoolOf<A>> = {
    slot,
    generation: slotGeneration(memory, slot),
    isOpen,
    alloc,
    tryAlloc,
    free,
    ...methods,
    close,
    arena,
  }
  return pool

  /**
   * Returns the fast paths for the arena's present buffer. If the buffer was replaced, makes new
   * ones.
   * @throws ArenaError 'pool-closed' if the pool is closed
   */
  function current(): FastPaths {
    if (!isOpen) throw poolClosed()
    if (i32[0] === undefined) {
      i32 = memory.i32
      fastPaths = createFastPaths(memory, slot, current)
      const { alloc, tryAlloc, free } = fastPaths
      Object.assign(pool, { alloc, tryAlloc, free })
    }
    return fastPaths
  }

  /** See `PoolOf.close`. */
  function close(): void {
    if (!isOpen) return
    methods.collect()
    fastPaths.disable()
    isOpen = false
    pool.isOpen = false
    closeSlot(memory, slot)
  }
}

/**
 * Makes the methods without a fast path. All of them call `current`, which throws if the pool is
 * closed.
 */
function createMethods(memory: ArenaMemory, slot: SlotIndex, current: () => FastPaths) {
  /** See `PoolOf.reserve`. */
  function reserve(byteLength: number, alignment?: number): number {
    const offset = allocSlow(current(), byteLength, alignment, true)
    if (offset === 0) throwOutOfMemory(memory, byteLength)
    if (!isLarge(memory, offset)) memory.views.u8.fill(0, offset, offset + byteLength)
    return offset
  }

  /** See `PoolOf.byteLengthOf`. */
  function byteLengthOf(offset: number): number {
    current()
    return byteLengthAt(memory, liveBlockAt(memory, offset), offset)
  }

  return {
    reserve,
    byteLengthOf,

    touch(offset: number, byteLength: number): void {
      checkInteger('byteLength', byteLength, 0, byteLengthOf(offset))
      touchBytes(memory, offset, offset + byteLength)
    },

    allocZeroed(byteLength: number, alignment?: number): number {
      const offset = reserve(byteLength, alignment)
      touchBytes(memory, offset, offset + byteLength)
      return offset
    },

    allocArray<T extends ElementArray>(type: ElementArrayConstructor<T>, length: number): T {
      const elementType = checkedType(type, length)
      const byteLength = length * type.BYTES_PER_ELEMENT
      if (byteLength > memory.byteLength) throwOutOfMemory(memory, byteLength)
      const offset = current().alloc(byteLength)
      if (offset % 16 !== 0 || offset + byteLength > memory.base + memory.byteLength) {
        throw wrongLink('free blocks', offset)
      }
      memory.i32[(offset >> 2) - 2] |= typeBits(elementType)
      return new type(memory.views.buffer, offset, length)
    },

    realloc(offset: number, byteLength: number): number {
      const paths = current()
      if (offset === 0) return paths.alloc(byteLength)
      return reallocate(paths, offset, byteLength) || throwOutOfMemory(memory, byteLength)
    },

    tryResize(offset: number, byteLength: number): boolean {
      current()
      const block = liveBlockAt(memory, offset)
      checkCount('byteLength', byteLength)
      const isOwn = ownerOfBlock(memory, block) === slot
      return isOwn && resizeWithin(memory, slot, block, offset, byteLength)
    },

    goodByteLength(byteLength: number): number {
      current()
      checkCount('byteLength', byteLength)
      return byteLength > memory.byteLength ? byteLength : roomFor(memory, byteLength)
    },

    of(byteLength: number): TypedPool {
      const paths = current()
      checkCount('byteLength', byteLength)
      return paths.of(byteLength)
    },

    flush(): void {
      current()
      deliverAll(memory, slot)
    },

    collect(options?: CollectOptions): number {
      return collectFor(current(), options)
    },
  }
}

/**
 * Checks the arguments of a call that allocates a typed array. Returns the element type of the
 * array.
 * @throws ArenaError 'invalid-argument' if an argument is wrong
 */
export function checkedType(type: unknown, length: number): number {
  const elementType = typeOf(type)
  if (elementType === -1) throw invalidArgument('type', type, 'a typed array constructor')
  checkCount('length', length)
  return elementType
}
