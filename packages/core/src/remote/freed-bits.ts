/**
 * The other way back to the owner, which needs no memory: a freed bit for each block.
 *
 *     freer     marking = offset; set the bit; say so in the record and in the slot; marking = 0
 *     owner     clears what the slot says; for each run that says so: sweeping = run; clears what the
 *               run says, frees the blocks of the bits, clears these; sweeping = 0
 *
 * A bit whose offset somebody is marking is left alone. So whoever adopts a thread that died amid these
 * steps can do all of them again: nobody has taken the bit away meanwhile.
 */
import { doubleFree } from '../base/errors.ts'
import {
  BIT_WORD_SHIFT,
  GRANULE_SHIFT,
  MAP_DRAINING,
  RECORD_HAS_FREED_BITS,
  SLOT_ARRIVED,
  SLOT_DRAINED,
  SLOT_HAS_FREED_BITS,
  SLOT_MARKING,
  SLOT_SWEEPING,
  SPAN_BIT_WORD_COUNT,
  SPAN_HEAD,
  SPAN_LARGE,
} from '../base/layout.ts'
import {
  asPayloadOffset,
  asSlotIndex,
  asSpanIndex,
  type PayloadOffset,
  type SlotIndex,
  type SpanIndex,
} from '../base/units.ts'
import { markFree, recycle } from '../blocks/free-block.ts'
import { classOfBlock, isLiveAt, liveBlockAt } from '../blocks/lookup.ts'
import type { ArenaMemory } from '../memory/memory.ts'
import { rowOf, runSpanCountOf } from '../spans/runs.ts'
import { headOf, ownerInMap, stateInMap } from '../spans/span-map.ts'
import { giveBackEnd } from './cut-off.ts'
import { NO_LIMIT } from './queue.ts'
import { violate } from './violate.ts'

/**
 * Notes a live block of another slot for its owner, by its bit.
 * @throws ArenaError 'double-free' when that was done before
 */
export function markFreed(memory: ArenaMemory, slot: SlotIndex, offset: number): void {
  const isNew = beginMarking(memory, slot, offset)
  endMarking(memory, slot)
  if (!isNew) throw doubleFree(offset)
}

/** Gives whether the bit was not set before. What goes with it is to be done before `endMarking`. */
export function beginMarking(memory: ArenaMemory, slot: SlotIndex, offset: number): boolean {
  const { i32 } = memory
  const bit = memory.bitOf(offset)
  Atomics.store(i32, memory.slotWord(slot, SLOT_MARKING), offset)
  const isNew = (Atomics.or(i32, memory.freedWord(offset), bit) & bit) === 0
  announce(memory, headOf(memory, memory.spanOf(offset)))
  return isNew
}

export function endMarking(memory: ArenaMemory, slot: SlotIndex): void {
  Atomics.store(memory.i32, memory.slotWord(slot, SLOT_MARKING), 0)
}

/**
 * Says that a run has freed bits, or an end that was cut off: first in its record. Whoever takes
 * the run over looks there, after the map says whose it is; so one of the two tells the new owner.
 */
export function announce(memory: ArenaMemory, head: SpanIndex): void {
  const { i32 } = memory
  Atomics.store(i32, memory.recordWord(head, RECORD_HAS_FREED_BITS), 1)
  const owner = ownerInMap(Atomics.load(i32, memory.mapWord(head)))
  if (owner < 0 || owner >= memory.slotCount) return
  Atomics.store(i32, memory.slotWord(owner, SLOT_HAS_FREED_BITS), 1)
}

/**
 * Frees the blocks of a slot that have freed bits, up to `limit` of them; gives how many. By who has the
 * slot. The rest waits for the next sweep.
 */
export function sweepFreedBits(memory: ArenaMemory, slot: SlotIndex, limit = NO_LIMIT): number {
  const { i32 } = memory
  const hasFreedBits = memory.slotWord(slot, SLOT_HAS_FREED_BITS)
  if (i32[hasFreedBits] === 0) return 0
  Atomics.store(i32, hasFreedBits, 0)
  let freedCount = 0
  for (let index = memory.controlSpanCount; index < memory.spanCount; index++) {
    const head = asSpanIndex(index)
    if (!isRunOf(memory, head, slot)) continue
    const runHasFreedBits = memory.recordWord(head, RECORD_HAS_FREED_BITS)
    if (Atomics.load(i32, runHasFreedBits) === 0) continue
    if (freedCount >= limit) {
      Atomics.store(i32, hasFreedBits, 1)
      break
    }
    i32[memory.slotWord(slot, SLOT_SWEEPING)] = head
    Atomics.store(i32, runHasFreedBits, 0)
    freedCount += sweepRun(memory, slot, head, limit - freedCount)
    if (isRunOf(memory, head, slot)) giveBackEnd(memory, slot, head)
    i32[memory.slotWord(slot, SLOT_SWEEPING)] = 0
  }
  i32[memory.slotWord(slot, SLOT_DRAINED)] += freedCount
  return freedCount
}

function sweepRun(memory: ArenaMemory, slot: SlotIndex, head: SpanIndex, limit: number): number {
  const { i32 } = memory
  const mapped = i32[memory.mapWord(head)] & ~MAP_DRAINING
  let freedCount = 0
  forEachFreedBit(memory, head, (offset) => {
    if (freedCount === limit) {
      announce(memory, head)
      return false
    }
    if (isBeingMarked(memory, offset)) {
      announce(memory, head)
      return true
    }
    freeMarked(memory, slot, offset)
    freedCount++
    // With its last block the run is given back: others may have it by now.
    return (i32[memory.mapWord(head)] & ~MAP_DRAINING) === mapped
  })
  return freedCount
}

/** Calls `visit` for the offset of each freed bit of a run, for as long as that gives true. */
export function forEachFreedBit(
  memory: ArenaMemory,
  head: SpanIndex,
  visit: (offset: PayloadOffset) => boolean,
): void {
  const start = memory.spanStart(head)
  const first: number = memory.freedWord(start)
  const wordCount = bitWordCountOf(memory, head)
  for (let word = 0; word < wordCount; word++) {
    for (let bits = Atomics.load(memory.i32, first + word); bits !== 0; bits &= bits - 1) {
      const bitIndex = 31 - Math.clz32(bits & -bits)
      const offset = start + (word << BIT_WORD_SHIFT) + (bitIndex << GRANULE_SHIFT)
      if (!visit(asPayloadOffset(offset))) return
    }
  }
}

/** The one block of a large run begins in its first span. */
const bitWordCountOf = (memory: ArenaMemory, head: SpanIndex) =>
  stateInMap(memory.i32[memory.mapWord(head)]) === SPAN_LARGE
    ? SPAN_BIT_WORD_COUNT
    : runSpanCountOf(memory, head) * SPAN_BIT_WORD_COUNT

function isBeingMarked(memory: ArenaMemory, offset: number): boolean {
  for (let slot = 0; slot < memory.openedSlotCount; slot++) {
    const marking = memory.slotWord(asSlotIndex(slot), SLOT_MARKING)
    if (Atomics.load(memory.i32, marking) === offset) return true
  }
  return false
}

/** The block counts as free before its bit is cleared: an adopter knows by that what was dealt with. */
function freeMarked(memory: ArenaMemory, slot: SlotIndex, offset: PayloadOffset): void {
  const { i32 } = memory
  let block = asPayloadOffset(0)
  try {
    block = liveBlockAt(memory, offset)
    markFree(memory, block, offset)
  } catch (error) {
    violate(memory, slot, error)
  }
  Atomics.and(i32, memory.freedWord(offset), ~memory.bitOf(offset))
  if (block === 0) return
  i32[memory.slotWord(slot, SLOT_ARRIVED + rowOf(classOfBlock(memory, block)))]++
  recycle(memory, slot, block)
}

/** Finishes what the thread of a dead slot was marking. */
export function settleMarking(memory: ArenaMemory, slot: SlotIndex): void {
  const offset = memory.i32[memory.slotWord(slot, SLOT_MARKING)]
  if (offset !== 0 && isLiveAt(memory, offset)) beginMarking(memory, slot, offset)
  endMarking(memory, slot)
}

/**
 * Finishes what a dead slot's thread was sweeping: clears the bits of blocks that were freed already, and
 * leaves the others to the next sweep.
 */
export function settleSweep(memory: ArenaMemory, slot: SlotIndex): void {
  const { i32 } = memory
  const sweeping = memory.slotWord(slot, SLOT_SWEEPING)
  const head = asSpanIndex(i32[sweeping])
  if (isRunOf(memory, head, slot)) {
    forEachFreedBit(memory, head, (offset) => {
      const isFreed = !isLiveAt(memory, offset)
      if (isFreed) Atomics.and(i32, memory.freedWord(offset), ~memory.bitOf(offset))
      return true
    })
    announce(memory, head)
  }
  Atomics.store(i32, memory.slotWord(slot, SLOT_HAS_FREED_BITS), 1)
  i32[sweeping] = 0
}

/** Whether a run of the slot begins at a span. */
function isRunOf(memory: ArenaMemory, span: SpanIndex, slot: SlotIndex): boolean {
  if (!(span > 0 && span < memory.spanCount)) return false
  const mapped = memory.i32[memory.mapWord(span)]
  const state = stateInMap(mapped)
  return (state === SPAN_HEAD || state === SPAN_LARGE) && ownerInMap(mapped) === slot
}
