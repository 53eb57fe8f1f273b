/**
 * Box 1: a thread's front to its slot.
 *
 *     alloc -> class -> pop the free list              free -> mine? live? -> push on the free list
 *           '-> slow: aligned, large, refill                '-> another slot's? -> note it for that
 *                                                           '-> slow: aligned, large, errors
 *
 * The fast paths are closures over numbers and three typed arrays; list heads are words of the arena.
 * A free waits for no load but the live bit's, one word for 512 bytes.
 *
 * Losers, 16 to 4096 B at random, as parts of this one's time on Node 20 / Node 24 / Bun:
 *
 *     the state in the header, a division   1,000 live: 1.03 / 1.00 / 1.00; 100,000: 1.8 / 1.4 / 1.5
 *     a byte for 16 bytes instead of a bit  1,000 live: 0.94 / - / 0.94; 100,000: 1.14 / 1.13 / 1.15
 *     a class with fields                   1,000 live: 1.3
 *     the header before the map             1,000 live: 1.05 to 1.08
 */

import { checkCount, corrupt, invalidArgument, outOfMemory, poolClosed } from '../base/errors.ts'
import { FIRST_PAYLOAD, LARGE_ROW, SLOT_FREE_HEADS } from '../base/layout.ts'
import { asSpanIndex, type SlotIndex } from '../base/units.ts'
import { freeBlock } from '../blocks/free-block.ts'
import { goodByteLength as roomFor } from '../blocks/large.ts'
import { byteLengthAt, isLarge, liveBlockAt, ownerOfBlock } from '../blocks/lookup.ts'
import {
  type ElementArray,
  type ElementArrayConstructor,
  plainPattern,
  typeBits,
  typeOf,
} from '../memory/header.ts'
import type { ArenaMemory } from '../memory/memory.ts'
import type { CollectOptions, Pool } from '../memory/pool-api.ts'
import { allocSlow } from '../refill/alloc-slow.ts'
import { collect as giveBack } from '../refill/collect.ts'
import { createEnqueue, deliverAll, markFreed, type PoolFastPaths } from '../remote/remote.ts'
import { closeSlot, slotGeneration } from '../spans/slots.ts'
import {
  countFreeSpans,
  headPattern,
  OWNER_MASK,
  ownerInMap,
  touchBytes,
} from '../spans/span-map.ts'
import { reallocate, resizeWithin } from './resize.ts'

/**
 * @param grown the pool that another one's closures are put into, because the buffer was replaced: a
 * WebAssembly.Memory has grown. The old closures find their words undefined, which both fast paths
 * take for a miss; like all others, they pass the call on. (With `let i32` instead there is nothing
 * to replace, and every pair takes 1.1 ns more: engines embed what a constant refers to.)
 */
export function createPool(memory: ArenaMemory, slot: SlotIndex, grown?: Pool): Pool {
  const { i32 } = memory
  const { base, slotCount, controlSpanCount, byteLength: reach } = memory // as far as the map has words
  const { maxByteLength, divisors, count: classCount } = memory.classes
  // A copy, which `close` blanks: the slot's free lists are another pool's once it is opened again.
  const classOf = memory.classes.classOf.slice()
  const freeHeads: number = memory.slotWord(slot, SLOT_FREE_HEADS)
  const spanMap: number = memory.mapWord(asSpanIndex(0))
  const liveBits: number = memory.liveWord(base)
  const plain = plainPattern(memory.tag)
  /** Blocks lie between these; what a list that was overwritten leads to, elsewhere. */
  const lowest = memory.spanStart(asSpanIndex(controlSpanCount))
  const highest = base + reach
  // Of a closed pool -1, from which no word of the span map is a class away.
  let mine = headPattern(slot)
  const theirs = mine & ~OWNER_MASK

  function tryAlloc(byteLength: number, alignment?: number): number {
    if (
      alignment === undefined &&
      typeof byteLength === 'number' && // `>>>` throws for a bigint or a symbol
      byteLength >>> 0 === byteLength &&
      byteLength <= maxByteLength
    ) {
      const classIndex = classOf[(byteLength + 23) >>> 4]
      const block = i32[freeHeads + classIndex]
      if (block > lowest && block < highest) {
        const header = (block >> 2) - 2
        i32[freeHeads + classIndex] = i32[header + 1]
        i32[header + 1] = byteLength
        i32[header] = plain
        // Last: a thread that dies before has not allocated.
        i32[liveBits + ((block - base) >>> 9)] |= 1 << ((block - base) >>> 4)
        return block
      }
    }
    return tryAllocSlow(byteLength, alignment)
  }

  function alloc(byteLength: number, alignment?: number): number {
    const offset = tryAlloc(byteLength, alignment)
    return offset !== 0 ? offset : throwOutOfMemory(byteLength)
  }

  /** The fast path of `free`; false when the block is not an ordinary one of this slot. */
  function tryFree(offset: number): boolean {
    if (typeof offset === 'number' && (offset & -16) === offset && (offset - base) >>> 0 < reach) {
      const classIndex = i32[spanMap + ((offset - base) >>> 16)] - mine
      const liveWord = liveBits + ((offset - base) >>> 9)
      const bit = 1 << ((offset - base) >>> 4)
      // In a span of this slot, and live? Its header is not looked at: that would be a cache miss.
      if (classIndex >>> 0 < classCount && (i32[liveWord] & bit) !== 0) {
        i32[liveWord] ^= bit // first: a thread that dies after it has freed
        i32[(offset >> 2) - 1] = i32[freeHeads + classIndex]
        i32[freeHeads + classIndex] = offset
        return true
      }
    }
    return false
  }

  function free(offset: number): void {
    if (!tryFree(offset)) freeRemote(offset)
  }

  /**
   * Free of a block that another slot owns. Its header is not looked at, which would fetch a line that
   * nobody needs here: the owner does that when it takes the block back. (Losers: 17 to 22 ns with a
   * look at the header, now 7 to 11.)
   */
  function freeRemote(offset: number): void {
    if (typeof offset === 'number' && (offset | 0) === offset && (offset - base) >>> 0 < reach) {
      const mapped = i32[spanMap + ((offset - base) >>> 16)]
      const classIndex = mapped & 0xff
      const owner = ownerInMap(mapped)
      const withinBlocks = ((offset - base) & 0xffff) - FIRST_PAYLOAD
      if (
        mine !== -1 &&
        // In a span of a class, of another slot?
        (mapped & ~OWNER_MASK) === (theirs | classIndex) &&
        owner !== slot &&
        owner < slotCount &&
        // Where a block of this class begins?
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

  const enqueue = createEnqueue(memory, slot, tryAlloc)
  /** What the cold paths need of the fast ones. */
  const fastPaths: PoolFastPaths = { tryAlloc, tryFree, enqueue }

  function tryAllocSlow(byteLength: number, alignment?: number): number {
    checkOpen()
    if (i32[0] === undefined) return renewed().tryAlloc(byteLength, alignment)
    return allocSlow(memory, slot, fastPaths, byteLength, alignment)
  }

  function freeSlow(offset: number): void {
    checkOpen()
    if (i32[0] === undefined) {
      renewed().free(offset)
      return
    }
    if (offset === 0) return
    const block = liveBlockAt(memory, offset)
    const owner = ownerOfBlock(memory, block)
    if (owner === slot) freeBlock(memory, slot, block, offset)
    else if (!enqueue(owner, offset)) markFreed(memory, slot, offset)
  }

  /** Comes first in all that is not fast: what is closed stays so when the buffer is replaced. */
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

  function reserve(byteLength: number, alignment?: number): number {
    checkOpen()
    if (i32[0] === undefined) return renewed().reserve(byteLength, alignment)
    const offset = allocSlow(memory, slot, fastPaths, byteLength, alignment, true)
    if (offset === 0) throwOutOfMemory(byteLength)
    if (!isLarge(memory, offset)) memory.views.u8.fill(0, offset, offset + byteLength)
    return offset
  }

  function touch(offset: number, byteLength: number): void {
    const most = byteLengthOf(offset)
    checkCount('byteLength', byteLength, 'bytes')
    if (byteLength > most) throw invalidArgument('byteLength', byteLength, `at most ${most}`)
    touchBytes(memory, offset, offset + byteLength)
  }

  function allocZeroed(byteLength: number, alignment?: number): number {
    const offset = reserve(byteLength, alignment)
    touchBytes(memory, offset, offset + byteLength)
    return offset
  }

  function allocArray<A extends ElementArray>(type: ElementArrayConstructor<A>, length: number): A {
    const elementType = typeOf(type)
    if (elementType === -1) throw invalidArgument('type', type, 'a typed array constructor')
    checkCount('length', length, 'elements')
    const byteLength = length * type.BYTES_PER_ELEMENT
    if (byteLength > memory.byteLength) throwOutOfMemory(byteLength)
    const offset = alloc(byteLength)
    if (offset % 16 !== 0 || offset + byteLength > highest) {
      throw corrupt(`a list of free blocks led to ${offset}`)
    }
    const { buffer, i32: words } = memory.views
    words[(offset >> 2) - 2] |= typeBits(elementType)
    return new type(buffer, offset, length)
  }

  function realloc(offset: number, byteLength: number): number {
    checkOpen()
    if (i32[0] === undefined) return renewed().realloc(offset, byteLength)
    if (offset === 0) return alloc(byteLength)
    const resized = reallocate(memory, slot, pool, offset, byteLength)
    return resized !== 0 ? resized : throwOutOfMemory(byteLength)
  }

  function tryResize(offset: number, byteLength: number): boolean {
    checkOpen()
    if (i32[0] === undefined) return renewed().tryResize(offset, byteLength)
    const block = liveBlockAt(memory, offset)
    checkCount('byteLength', byteLength, 'bytes')
    const isOwn = ownerOfBlock(memory, block) === slot
    return isOwn && resizeWithin(memory, slot, block, offset, byteLength)
  }

  function byteLengthOf(offset: number): number {
    checkOpen()
    if (i32[0] === undefined) return renewed().byteLengthOf(offset)
    return byteLengthAt(memory, liveBlockAt(memory, offset), offset)
  }

  function goodByteLength(byteLength: number): number {
    checkOpen()
    checkCount('byteLength', byteLength, 'bytes')
    return roomFor(memory, byteLength)
  }

  function flush(): void {
    checkOpen()
    deliverAll(memory, slot)
  }

  function collect(options?: CollectOptions): number {
    checkOpen()
    if (i32[0] === undefined) return renewed().collect(options)
    return giveBack(memory, slot, fastPaths, options)
  }

  function close(): void {
    if (mine === -1) return
    if (i32[0] === undefined) {
      renewed().close()
      return
    }
    giveBack(memory, slot, fastPaths, undefined)
    mine = -1
    classOf.fill(LARGE_ROW) // the row of large blocks has no free list
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
    reserve,
    touch,
    allocArray,
    realloc,
    tryResize,
    free,
    byteLengthOf,
    goodByteLength,
    flush,
    collect,
    close,
  }
  const pool: Pool = grown === undefined ? methods : Object.assign(grown, methods)
  return pool
}
