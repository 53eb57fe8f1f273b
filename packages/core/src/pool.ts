/**
 * Box 1: a thread's front to its slot.
 *
 *     alloc -> class -> pop the free list              free -> live? mine? -> push on the free list
 *           '-> slow: aligned, large, refill                '-> slow: aligned, large, errors
 *
 * The fast paths are closures over numbers and three typed arrays; list heads are words of the arena.
 * Losers on a random mix of 16 to 4096 B with 1,000 live, Node 20 / Node 24 / Bun (this one: 7.5 /
 * 10 / 7.6 ns a pair): a class with fields 1.3 times as long; class table and divisors as words of
 * the arena, so that one typed array is enough: the same.
 */
import { alignedByteLength, checkAlignment, shiftPayload } from './aligned.ts'
import { allocLarge } from './alloc-large.ts'
import { invalidArgument, noRoomForMail, outOfMemory, poolClosed } from './errors.ts'
import { freeBlock } from './free-block.ts'
import {
  alignmentInHeader,
  type ElementArray,
  type ElementArrayConstructor,
  freePattern,
  livePattern,
  STATE_TAG_ALIGNMENT,
  typeBits,
  typeInHeader,
  typeOf,
} from './header.ts'
import { FIRST_PAYLOAD, SLOT_FREE_HEADS } from './layout.ts'
import { headerWordAt, liveBlockAt, ownerOfBlock, secondWordAt } from './lookup.ts'
import type { ArenaMemory } from './memory.ts'
import { reclaim } from './partial.ts'
import { refill } from './refill.ts'
import { deliverAll, post, takeMail } from './remote/remote.ts'
import { resizeInPlace } from './resize.ts'
import { closeSlot, slotGeneration } from './slots.ts'
import { countFreeSpans, headPattern, OWNER_MASK, ownerInMap } from './span-map.ts'
import { asSlotIndex, asSpanIndex, type SlotIndex } from './units.ts'

/** How much `collect` may do. */
export interface CollectOptions {
  /** Stop once so many spans of 64 KiB were given back. By default: all that are empty. */
  readonly spans?: number
}

/**
 * One thread's way to allocate: a private front to one slot of an arena.
 *
 * Offsets are byte offsets from the start of `arena.buffer`, multiples of 16, and 0 is null. The
 * contents of a new block are whatever the memory held. Whatever throws leaves the arena as it was.
 * (Boxes: see docs/design.md.)
 */
export interface Pool {
  /** Index of the pool's slot, which all of its blocks belong to. */
  readonly slot: number

  /** Tells this use of the slot from others; `arena.adopt(slot, generation)` wants it. */
  readonly generation: number

  /** False once the pool was closed. */
  readonly isOpen: boolean

  /**
   * Allocates `byteLength` bytes, 0 included, and gives the block's offset.
   * @param alignment of the offset: a power of two up to 4096; 16 by default
   * @throws ArenaError 'out-of-memory', 'invalid-argument', 'pool-closed'
   */
  alloc(byteLength: number, alignment?: number): number

  /** As `alloc`, but gives 0 when the arena has no room. */
  tryAlloc(byteLength: number, alignment?: number): number

  /** As `alloc`, with every byte 0. */
  allocZeroed(byteLength: number, alignment?: number): number

  /**
   * Allocates a typed array over the arena. `view.byteOffset` is the block's offset: free it by that.
   * The header remembers the type, so `arena.view(offset)` gives the same view in any thread. The
   * elements are not cleared.
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
   * Frees a block, of whatever thread. `free(0)` does nothing, as in C.
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

/**
 * @param grown the pool that another one's closures are put into, because the buffer was replaced: a
 * WebAssembly.Memory has grown. The old closures find their words undefined, which both fast paths
 * take for a miss, and pass the call on. (With `let i32` instead there is nothing to replace, and
 * every pair takes 1.1 ns more: engines embed what a constant refers to.)
 */
export function createPool(memory: ArenaMemory, slot: SlotIndex, grown?: Pool): Pool {
  const { i32 } = memory
  const { base } = memory
  const { classOf, maxByteLength, divisors } = memory.classes
  const freeHeads: number = memory.slotWord(slot, SLOT_FREE_HEADS)
  const spanMap: number = memory.mapWord(asSpanIndex(0))
  const live = livePattern(memory.tag)
  const freed = freePattern(memory.tag)
  // Of a closed pool -1, which no word of the span map equals; its free lists are empty.
  let mine = headPattern(slot)
  const theirs = mine & ~OWNER_MASK

  function tryAlloc(byteLength: number, alignment?: number): number {
    if (alignment === undefined && byteLength >>> 0 === byteLength && byteLength <= maxByteLength) {
      const classIndex = classOf[(byteLength + 23) >>> 4]
      const block = i32[freeHeads + classIndex]
      if (block > 0) {
        const header = (block >> 2) - 2
        i32[freeHeads + classIndex] = i32[header + 1]
        i32[header + 1] = byteLength
        i32[header] = live | classIndex // last: a thread that dies before has not allocated
        return block
      }
    }
    return tryAllocSlow(byteLength, alignment)
  }

  function alloc(byteLength: number, alignment?: number): number {
    const offset = tryAlloc(byteLength, alignment)
    return offset !== 0 ? offset : throwOutOfMemory(byteLength)
  }

  function free(offset: number): void {
    if ((offset | 0) === offset && offset > 0) {
      const header = (offset >> 2) - 2
      const word = i32[header]
      const classIndex = word & 0xff
      const withinBlocks = ((offset - base) & 0xffff) - FIRST_PAYLOAD
      if (
        // Live, intact, of this arena, naturally aligned?
        (word & STATE_TAG_ALIGNMENT) === live &&
        // In a span of this slot and this class?
        i32[spanMap + ((offset - base) >>> 16)] === (mine | classIndex) &&
        // Where a block of this class begins?
        Math.imul(
          Math.imul(withinBlocks >>> 4, divisors[2 * classIndex + 1]) >>> 20,
          divisors[2 * classIndex],
        ) === withinBlocks
      ) {
        i32[header] = freed | classIndex
        i32[header + 1] = i32[freeHeads + classIndex]
        i32[freeHeads + classIndex] = offset
        return
      }
    }
    freeRemote(offset)
  }

  function tryAllocSlow(byteLength: number, alignment?: number): number {
    if (i32.length === 0) return renewed().tryAlloc(byteLength, alignment)
    checkOpen()
    if (byteLength >>> 0 !== byteLength) {
      throw invalidArgument('byteLength', byteLength, 'a whole number of bytes from 0 to 2^32 - 1')
    }
    if (alignment !== undefined) {
      checkAlignment(alignment)
      if (alignment <= 16) return tryAlloc(byteLength)
      if (byteLength > memory.byteLength) return 0
      const block = tryAlloc(alignedByteLength(byteLength, alignment))
      return block === 0 ? 0 : shiftPayload(memory, block, byteLength, alignment)
    }
    if (byteLength > maxByteLength) return allocLarge(memory, slot, byteLength, tryAlloc)
    return refill(memory, slot, memory.classes.classFor(byteLength), tryAlloc)
      ? tryAlloc(byteLength)
      : 0
  }

  /** Free of a block that another slot owns: the same three checks, then it is noted. */
  function freeRemote(offset: number): void {
    if ((offset | 0) === offset && offset > 0) {
      const word = i32[(offset >> 2) - 2]
      const classIndex = word & 0xff
      const mapped = i32[spanMap + ((offset - base) >>> 16)]
      const withinBlocks = ((offset - base) & 0xffff) - FIRST_PAYLOAD
      if (
        mine !== -1 &&
        (word & STATE_TAG_ALIGNMENT) === live &&
        (mapped & ~OWNER_MASK) === (theirs | classIndex) &&
        Math.imul(
          Math.imul(withinBlocks >>> 4, divisors[2 * classIndex + 1]) >>> 20,
          divisors[2 * classIndex],
        ) === withinBlocks
      ) {
        postTo(asSlotIndex(ownerInMap(mapped)), offset)
        return
      }
    }
    freeSlow(offset)
  }

  function freeSlow(offset: number): void {
    if (i32.length === 0) {
      renewed().free(offset)
      return
    }
    checkOpen()
    if (offset === 0) return
    const block = liveBlockAt(memory, offset)
    const owner = ownerOfBlock(memory, block)
    if (owner === slot) freeBlock(memory, slot, block, offset)
    else postTo(owner, offset)
  }

  function postTo(owner: SlotIndex, offset: number): void {
    if (!post(memory, slot, owner, offset, tryAlloc)) throw noRoomForMail(offset)
  }

  function checkOpen(): void {
    if (mine === -1) throw poolClosed()
  }

  /** The pool, with closures over the buffer that has replaced this one's. */
  function renewed(): Pool {
    return pool.free === free ? createPool(memory, slot, pool) : pool
  }

  function throwOutOfMemory(byteLength: number): never {
    throw outOfMemory(byteLength, countFreeSpans(memory), memory.spanCount)
  }

  function allocZeroed(byteLength: number, alignment?: number): number {
    const offset = alloc(byteLength, alignment)
    memory.views.u8.fill(0, offset, offset + byteLength)
    return offset
  }

  function allocArray<A extends ElementArray>(type: ElementArrayConstructor<A>, length: number): A {
    const elementType = typeOf(type)
    if (elementType === -1) throw invalidArgument('type', type, 'a typed array constructor')
    if (length >>> 0 !== length) {
      throw invalidArgument('length', length, 'a whole number of elements from 0 to 2^32 - 1')
    }
    const offset = alloc(length * type.BYTES_PER_ELEMENT)
    const { buffer, i32: words } = memory.views
    words[(offset >> 2) - 2] |= typeBits(elementType)
    return new type(buffer, offset, length)
  }

  function realloc(offset: number, byteLength: number): number {
    checkOpen()
    if (offset === 0) return alloc(byteLength)
    const block = liveBlockAt(memory, offset)
    if (byteLength >>> 0 !== byteLength) {
      throw invalidArgument('byteLength', byteLength, 'a whole number of bytes from 0 to 2^32 - 1')
    }
    const isOwn = ownerOfBlock(memory, block) === slot
    if (isOwn && resizeInPlace(memory, slot, block, offset, byteLength)) return offset
    const header = headerWordAt(memory, offset)
    const before = secondWordAt(memory, offset)
    const moved = tryAlloc(byteLength, alignmentInHeader(header))
    if (moved === 0) {
      if (byteLength > before) throwOutOfMemory(byteLength)
      memory.i32[(offset >> 2) - 1] = byteLength // a smaller block may be out of reach; this one is large enough
      return offset
    }
    memory.i32[(moved >> 2) - 2] |= typeBits(typeInHeader(header))
    memory.views.u8.copyWithin(moved, offset, offset + Math.min(before, byteLength))
    free(offset)
    return moved
  }

  function byteLengthOf(offset: number): number {
    checkOpen()
    liveBlockAt(memory, offset)
    return secondWordAt(memory, offset)
  }

  function flush(): void {
    checkOpen()
    deliverAll(memory, slot)
  }

  function collect(options?: CollectOptions): number {
    checkOpen()
    const spans = options?.spans ?? Number.POSITIVE_INFINITY
    if (!(spans >= 0)) throw invalidArgument('spans', spans, 'a number of spans, 0 or more')
    deliverAll(memory, slot)
    takeMail(memory, slot, tryAlloc)
    return reclaim(memory, slot, spans)
  }

  function close(): void {
    if (mine === -1) return
    deliverAll(memory, slot)
    takeMail(memory, slot, tryAlloc)
    reclaim(memory, slot, Number.POSITIVE_INFINITY)
    mine = -1
    Object.assign(pool, { isOpen: false })
    closeSlot(memory, slot)
  }

  const methods = {
    slot,
    generation: slotGeneration(memory, slot),
    isOpen: true,
    alloc,
    tryAlloc,
    allocZeroed,
    allocArray,
    realloc,
    free,
    byteLengthOf,
    flush,
    collect,
    close,
  }
  const pool: Pool = grown === undefined ? methods : Object.assign(grown, methods)
  return pool
}
