/**
 * Frees another slot's block when there is no memory for a queue: sets the freed bit of the block.
 *
 *     freer   marking = offset; set the bit; set the flags of the run and of its slot; marking = 0
 *     owner   clear the slot's flag; for each run with a flag: sweeping = run; clear the flag,
 *             free the blocks of the bits, clear the bits; sweeping = 0
 *
 * `marking` and `sweeping` are words of the slots. While a thread marks an offset, the owner does
 * not sweep the bit of this offset. So if the freer dies, its adopter can repeat all steps of the
 * freer.
 */
import { ArenaError, doubleFree } from '../base/errors.ts'
import * as layout from '../base/layout.ts'
import type { PayloadOffset, SlotIndex, SpanIndex } from '../base/units.ts'
import { alignedByteLength } from '../blocks/aligned.ts'
import { classOfBlock, isLiveAt, liveBlockAt, roomOfBlock } from '../blocks/check-offset.ts'
import { markFree, recycle } from '../blocks/free-block.ts'
import { unmarkedOffset } from '../blocks/walk.ts'
import { alignmentInHeader } from '../memory/block-header.ts'
import {
  type ArenaMemory,
  addToSlot,
  bitOf,
  freedWord,
  headerAt,
  mapAt,
  openedSlotCount,
  recordWord,
  secondWordAt,
  slotAt,
  slotWord,
  spanMapWord,
  spanOf,
  spanStart,
} from '../memory/memory.ts'
import { spanCountFor } from '../memory/size-classes.ts'
import { resizeLargeRun, runSpanCountOf } from '../spans/runs.ts'
import { headOf, ownerInMap, stateInMap } from '../spans/span-map.ts'

/**
 * Frees a live block of another slot: sets the block's freed bit for the owner.
 * @param slot the slot of the calling thread
 * @param offset what `alloc` returned for the block
 * @throws ArenaError 'double-free' if the bit was set already
 */
export function markFreed(memory: ArenaMemory, slot: SlotIndex, offset: number): void {
  const isNew = beginMarking(memory, slot, offset)
  endMarking(memory, slot)
  if (!isNew) throw doubleFree(offset)
}

/**
 * Sets the freed bit of a block, and returns true. Returns false if the bit was set already. The
 * owner does not sweep this bit until the caller calls `endMarking`.
 * @param slot the slot of the calling thread
 */
export function beginMarking(memory: ArenaMemory, slot: SlotIndex, offset: number): boolean {
  const { i32 } = memory
  const bit = bitOf(memory, offset)
  Atomics.store(i32, slotWord(memory, slot, layout.SLOT_MARKING), offset)
  const isNew = (Atomics.or(i32, freedWord(memory, offset), bit) & bit) === 0
  announce(memory, headOf(memory, spanOf(memory, offset)))
  return isNew
}

/** Ends what `beginMarking` began: the owner may sweep the bit from now on. */
export function endMarking(memory: ArenaMemory, slot: SlotIndex): void {
  Atomics.store(memory.i32, slotWord(memory, slot, layout.SLOT_MARKING), 0)
}

/**
 * Sets the flag of a run, and the flag of the slot that owns the run. The flags mean that the run
 * has freed bits, or that its large block has shrunk.
 *
 * The flag of the run is set first, then the owner is read. A thread that hands the run over
 * changes the owner first, and then reads the flag. So one of the two threads sets the new owner's
 * flag.
 */
export function announce(memory: ArenaMemory, head: SpanIndex): void {
  const { i32 } = memory
  Atomics.store(i32, recordWord(memory, head, layout.RECORD_HAS_FREED_BITS), 1)
  const owner = ownerInMap(Atomics.load(i32, spanMapWord(memory, head)))
  if (owner < 0 || owner >= memory.slotCount) return
  Atomics.store(i32, slotWord(memory, owner, layout.SLOT_HAS_FREED_BITS), 1)
}

/**
 * Frees a slot's blocks that have freed bits. If a large block has shrunk, gives back the end of
 * its run. Only the slot's thread may call this function, or the thread that the slot is lent to.
 */
export function sweepFreedBits(memory: ArenaMemory, slot: SlotIndex): void {
  const { i32 } = memory
  const hasFreedBits = slotWord(memory, slot, layout.SLOT_HAS_FREED_BITS)
  if (i32[hasFreedBits] === 0) return
  Atomics.store(i32, hasFreedBits, 0)
  let freedCount = 0
  for (let head = memory.controlSpanCount as SpanIndex; head < memory.spanCount; head++) {
    if (!isRunOf(memory, head, slot)) continue
    const runHasFreedBits = recordWord(memory, head, layout.RECORD_HAS_FREED_BITS)
    if (Atomics.load(i32, runHasFreedBits) === 0) continue
    i32[slotWord(memory, slot, layout.SLOT_SWEEPING)] = head
    Atomics.store(i32, runHasFreedBits, 0)
    freedCount += sweepRun(memory, slot, head)
    if (isRunOf(memory, head, slot)) giveBackEnd(memory, head)
    i32[slotWord(memory, slot, layout.SLOT_SWEEPING)] = 0
  }
  addToSlot(memory, slot, layout.SLOT_DRAINED, freedCount)
}

/** Frees the blocks of a run that have freed bits, and returns how many it freed. */
function sweepRun(memory: ArenaMemory, slot: SlotIndex, head: SpanIndex): number {
  const mapped = mapAt(memory, head) & ~layout.MAP_DRAINING
  let freedCount = 0
  forEachFreedBit(memory, head, (offset) => {
    if (isBeingMarked(memory, offset)) {
      announce(memory, head)
      return true
    }
    freeMarked(memory, slot, offset)
    freedCount++
    // If this was the last live block, the run was given back, and another slot may own its spans.
    // Then the walk must end.
    return (mapAt(memory, head) & ~layout.MAP_DRAINING) === mapped
  })
  return freedCount
}

/** Calls `visit` with the offset of each freed bit of a run, until `visit` returns false. */
export function forEachFreedBit(
  memory: ArenaMemory,
  head: SpanIndex,
  visit: (offset: PayloadOffset) => boolean,
): void {
  const start = spanStart(memory, head)
  const first: number = freedWord(memory, start)
  // The run of a large block has freed bits only in its first span, where its one block begins.
  const isLargeRun = stateInMap(mapAt(memory, head)) === layout.SPAN_LARGE
  const wordCount = (isLargeRun ? 1 : runSpanCountOf(memory, head)) * layout.SPAN_BIT_WORD_COUNT
  for (let word = 0; word < wordCount; word++) {
    for (let bits = Atomics.load(memory.i32, first + word); bits !== 0; bits &= bits - 1) {
      const bitIndex = 31 - Math.clz32(bits & -bits)
      const offset = start + (word << layout.BIT_WORD_SHIFT) + (bitIndex << layout.GRANULE_SHIFT)
      if (!visit(offset as PayloadOffset)) return
    }
  }
}

/** Returns true if a thread is between `beginMarking` and `endMarking` for `offset`. */
function isBeingMarked(memory: ArenaMemory, offset: number): boolean {
  for (let slot = 0 as SlotIndex; slot < openedSlotCount(memory); slot++) {
    const marking = slotWord(memory, slot, layout.SLOT_MARKING)
    if (Atomics.load(memory.i32, marking) === offset) return true
  }
  return false
}

/** Clears the freed bit of a block. */
function clearFreedBit(memory: ArenaMemory, offset: PayloadOffset): void {
  Atomics.and(memory.i32, freedWord(memory, offset), ~bitOf(memory, offset))
}

/**
 * Frees a block that has a freed bit, and clears the bit. The block is marked as free before the
 * bit is cleared. So an adopter can see which of the bits were swept.
 * @param slot the slot that owns the block
 */
function freeMarked(memory: ArenaMemory, slot: SlotIndex, offset: PayloadOffset): void {
  let block = 0 as PayloadOffset
  try {
    block = liveBlockAt(memory, offset)
    markFree(memory, block, offset)
  } catch (error) {
    violate(memory, slot, error)
  }
  clearFreedBit(memory, offset)
  if (block === 0) return
  addToSlot(memory, slot, layout.SLOT_ARRIVED + classOfBlock(memory, block), 1)
  recycle(memory, block)
}

/** Sets the freed bit that the dead thread of a slot was about to set, if there is such a bit. */
export function settleMarking(memory: ArenaMemory, slot: SlotIndex): void {
  const offset = slotAt(memory, slot, layout.SLOT_MARKING)
  if (offset !== 0 && isLiveAt(memory, offset)) beginMarking(memory, slot, offset)
  endMarking(memory, slot)
}

/**
 * Repairs the sweep of freed bits in which the dead thread of a slot died. Clears the freed bits of
 * blocks that are free already, and sets the flags. The next sweep finds the other bits.
 */
export function settleSweep(memory: ArenaMemory, slot: SlotIndex): void {
  const { i32 } = memory
  const sweeping = slotWord(memory, slot, layout.SLOT_SWEEPING)
  const head = i32[sweeping] as SpanIndex
  if (isRunOf(memory, head, slot)) {
    forEachFreedBit(memory, head, (offset) => {
      const isFreed = !isLiveAt(memory, offset)
      if (isFreed) clearFreedBit(memory, offset)
      return true
    })
    announce(memory, head)
  }
  Atomics.store(i32, slotWord(memory, slot, layout.SLOT_HAS_FREED_BITS), 1)
  i32[sweeping] = 0
}

/** Returns true if a run of the slot begins at a span. */
function isRunOf(memory: ArenaMemory, span: SpanIndex, slot: SlotIndex): boolean {
  if (!(span > 0 && span < memory.spanCount)) return false
  const mapped = mapAt(memory, span)
  const state = stateInMap(mapped)
  return (state === layout.SPAN_HEAD || state === layout.SPAN_LARGE) && ownerInMap(mapped) === slot
}

/**
 * Gives back the spans at the end of a large run that its block no longer needs. Any thread may
 * shrink the block, but only the owner of the run may free spans.
 */
function giveBackEnd(memory: ArenaMemory, head: SpanIndex): void {
  if (stateInMap(mapAt(memory, head)) !== layout.SPAN_LARGE) return
  const block = (spanStart(memory, head) + layout.FIRST_PAYLOAD) as PayloadOffset
  const offset = unmarkedOffset(memory, block, true)
  const byteLength = secondWordAt(memory, offset) >>> 0
  // If the headers are damaged, keep the whole run.
  if (offset === 0 || offset + byteLength > block + roomOfBlock(memory, block)) return
  const alignment = alignmentInHeader(headerAt(memory, offset))
  const spanCount = spanCountFor(alignedByteLength(byteLength, alignment))
  if (spanCount < runSpanCountOf(memory, head)) resizeLargeRun(memory, head, spanCount)
}

/**
 * Counts and reports an ArenaError that another thread has caused, such as a double free. The owner
 * finds the error in an unrelated call, so that call must not throw it. If `error` is no
 * ArenaError, throws it.
 * @param slot the slot whose thread found the error
 */
export function violate(memory: ArenaMemory, slot: SlotIndex, error: unknown): void {
  if (!(error instanceof ArenaError)) throw error
  addToSlot(memory, slot, layout.SLOT_VIOLATIONS, 1)
  const { onViolation } = memory
  // The microtask is needed because an error that `onViolation` throws must not reach this caller.
  if (onViolation !== undefined) queueMicrotask(() => onViolation(error))
}
