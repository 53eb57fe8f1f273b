/**
 * The way back to the owner that needs no memory: a freed bit for each block.
 *
 *     freer   marking = offset; set the bit; set the flags of the run and of its slot; marking = 0
 *     owner   clear the slot's flag; for each run with a flag: sweeping = run; clear the flag,
 *             free the blocks of the bits, clear the bits; sweeping = 0
 *
 * The owner leaves a bit alone while somebody is marking its offset. So if a thread dies amid these
 * steps, its adopter can do all of them again: nobody has cleared the bit meanwhile.
 */
import { ArenaError, doubleFree } from '../base/errors.ts'
import * as layout from '../base/layout.ts'
import {
  asPayloadOffset,
  asSlotIndex,
  asSpanIndex,
  type PayloadOffset,
  type SlotIndex,
  type SpanIndex,
} from '../base/units.ts'
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
  recordWord,
  secondWordAt,
  slotAt,
  slotWord,
  spanMapWord,
  spanOf,
  spanStart,
} from '../memory/memory.ts'
import { largeSpanCount } from '../memory/size-classes.ts'
import { resizeLargeRun, rowOf, runSpanCountOf } from '../spans/runs.ts'
import { headOf, ownerInMap, stateInMap } from '../spans/span-map.ts'

/**
 * Notes a live block of another slot for its owner, by its bit.
 * @throws ArenaError 'double-free' if the bit was set before
 */
export function markFreed(memory: ArenaMemory, slot: SlotIndex, offset: number): void {
  const isNew = beginMarking(memory, slot, offset)
  endMarking(memory, slot)
  if (!isNew) throw doubleFree(offset)
}

/** Gives whether the bit was not set before. What depends on the bit comes before `endMarking`. */
export function beginMarking(memory: ArenaMemory, slot: SlotIndex, offset: number): boolean {
  const { i32 } = memory
  const bit = bitOf(memory, offset)
  Atomics.store(i32, slotWord(memory, slot, layout.SLOT_MARKING), offset)
  const isNew = (Atomics.or(i32, freedWord(memory, offset), bit) & bit) === 0
  announce(memory, headOf(memory, spanOf(memory, offset)))
  return isNew
}

export function endMarking(memory: ArenaMemory, slot: SlotIndex): void {
  Atomics.store(memory.i32, slotWord(memory, slot, layout.SLOT_MARKING), 0)
}

/**
 * Sets the flags for a run with freed bits, or with an end that was cut off. The run's flag comes
 * first: a thread that takes the run over looks at it once the map names the new owner, so the new
 * owner's flag is set by one thread or the other.
 */
export function announce(memory: ArenaMemory, head: SpanIndex): void {
  const { i32 } = memory
  Atomics.store(i32, recordWord(memory, head, layout.RECORD_HAS_FREED_BITS), 1)
  const owner = ownerInMap(Atomics.load(i32, spanMapWord(memory, head)))
  if (owner < 0 || owner >= memory.slotCount) return
  Atomics.store(i32, slotWord(memory, owner, layout.SLOT_HAS_FREED_BITS), 1)
}

/**
 * Frees the blocks of a slot that have freed bits. Only the thread that has the slot may call it.
 */
export function sweepFreedBits(memory: ArenaMemory, slot: SlotIndex): void {
  const { i32 } = memory
  const hasFreedBits = slotWord(memory, slot, layout.SLOT_HAS_FREED_BITS)
  if (i32[hasFreedBits] === 0) return
  Atomics.store(i32, hasFreedBits, 0)
  let freedCount = 0
  for (let head = asSpanIndex(memory.controlSpanCount); head < memory.spanCount; head++) {
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

/** Gives how many blocks it freed. */
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
    // With its last block, the run is given back, and another slot may have claimed it by now.
    return (mapAt(memory, head) & ~layout.MAP_DRAINING) === mapped
  })
  return freedCount
}

/** Calls `visit` for the offset of each freed bit of a run, until `visit` gives false. */
export function forEachFreedBit(
  memory: ArenaMemory,
  head: SpanIndex,
  visit: (offset: PayloadOffset) => boolean,
): void {
  const start = spanStart(memory, head)
  const first: number = freedWord(memory, start)
  // A large run has bits in its first span only, where its one block begins.
  const isLargeRun = stateInMap(mapAt(memory, head)) === layout.SPAN_LARGE
  const wordCount = (isLargeRun ? 1 : runSpanCountOf(memory, head)) * layout.SPAN_BIT_WORD_COUNT
  for (let word = 0; word < wordCount; word++) {
    for (let bits = Atomics.load(memory.i32, first + word); bits !== 0; bits &= bits - 1) {
      const bitIndex = 31 - Math.clz32(bits & -bits)
      const offset = start + (word << layout.BIT_WORD_SHIFT) + (bitIndex << layout.GRANULE_SHIFT)
      if (!visit(asPayloadOffset(offset))) return
    }
  }
}

function isBeingMarked(memory: ArenaMemory, offset: number): boolean {
  for (let slot = asSlotIndex(0); slot < memory.openedSlotCount; slot++) {
    const marking = slotWord(memory, slot, layout.SLOT_MARKING)
    if (Atomics.load(memory.i32, marking) === offset) return true
  }
  return false
}

function clearFreedBit(memory: ArenaMemory, offset: PayloadOffset): void {
  Atomics.and(memory.i32, freedWord(memory, offset), ~bitOf(memory, offset))
}

/** The block counts as free before its bit is cleared: so an adopter sees which bits are done. */
function freeMarked(memory: ArenaMemory, slot: SlotIndex, offset: PayloadOffset): void {
  let block = asPayloadOffset(0)
  try {
    block = liveBlockAt(memory, offset)
    markFree(memory, block, offset)
  } catch (error) {
    violate(memory, slot, error)
  }
  clearFreedBit(memory, offset)
  if (block === 0) return
  addToSlot(memory, slot, layout.SLOT_ARRIVED + rowOf(classOfBlock(memory, block)), 1)
  recycle(memory, block)
}

/** Finishes what a dead slot's thread was marking. */
export function settleMarking(memory: ArenaMemory, slot: SlotIndex): void {
  const offset = slotAt(memory, slot, layout.SLOT_MARKING)
  if (offset !== 0 && isLiveAt(memory, offset)) beginMarking(memory, slot, offset)
  endMarking(memory, slot)
}

/**
 * Finishes what a dead slot's thread was sweeping: clears the bits of blocks that are free already.
 * The next sweep finds the others.
 */
export function settleSweep(memory: ArenaMemory, slot: SlotIndex): void {
  const { i32 } = memory
  const sweeping = slotWord(memory, slot, layout.SLOT_SWEEPING)
  const head = asSpanIndex(i32[sweeping])
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

/** Whether a run of the slot begins at a span. */
function isRunOf(memory: ArenaMemory, span: SpanIndex, slot: SlotIndex): boolean {
  if (!(span > 0 && span < memory.spanCount)) return false
  const mapped = mapAt(memory, span)
  const state = stateInMap(mapped)
  return (state === layout.SPAN_HEAD || state === layout.SPAN_LARGE) && ownerInMap(mapped) === slot
}

/**
 * Gives back the end of a large run that its block does not need. The holder of the block sets its
 * length, in any thread; the owner of the run has the spans.
 */
function giveBackEnd(memory: ArenaMemory, head: SpanIndex): void {
  if (stateInMap(mapAt(memory, head)) !== layout.SPAN_LARGE) return
  const block = asPayloadOffset(spanStart(memory, head) + layout.FIRST_PAYLOAD)
  const offset = unmarkedOffset(memory, block, true)
  const byteLength = secondWordAt(memory, offset) >>> 0
  // If the headers are damaged, all of the run stays.
  if (offset === 0 || offset + byteLength > block + roomOfBlock(memory, block)) return
  const alignment = alignmentInHeader(headerAt(memory, offset))
  const spanCount = largeSpanCount(alignedByteLength(byteLength, alignment))
  if (spanCount < runSpanCountOf(memory, head)) resizeLargeRun(memory, head, spanCount)
}

/**
 * Counts and reports a block that another thread freed wrongly. The owner finds it in an innocent
 * call, which must not throw an ArenaError for it.
 */
export function violate(memory: ArenaMemory, slot: SlotIndex, error: unknown): void {
  if (!(error instanceof ArenaError)) throw error
  addToSlot(memory, slot, layout.SLOT_VIOLATIONS, 1)
  const { onViolation } = memory
  // Later: an error of the hook must not reach this caller.
  if (onViolation !== undefined) queueMicrotask(() => onViolation(error))
}
