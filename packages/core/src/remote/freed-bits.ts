/**
 * The other way back to the owner, which needs no memory: a freed bit for each block.
 *
 *     freer     marking = offset; set the bit; say so in the record and in the slot; marking = 0
 *     owner     clears what the slot and the records say, frees the blocks of the bits, clears these
 *
 * A bit whose offset somebody is marking is left alone. So whoever adopts a thread that died amid these
 * steps can do all of them again: nobody has taken the bit away meanwhile.
 */
import { doubleFree } from '../errors.ts'
import { markFree, recycle } from '../free-block.ts'
import {
  BIT_WORD_SHIFT,
  GRANULE_SHIFT,
  MAP_DRAINING,
  RECORD_HAS_FREED_BITS,
  SLOT_ARRIVED,
  SLOT_HAS_FREED_BITS,
  SLOT_MARKING,
  SPAN_BIT_WORD_COUNT,
  SPAN_HEAD,
  SPAN_LARGE,
} from '../layout.ts'
import { classOfBlock, isLiveAt, liveBlockAt } from '../lookup.ts'
import type { ArenaMemory } from '../memory.ts'
import { rowOf, runSpanCountOf } from '../runs.ts'
import { headOf, ownerInMap, stateInMap } from '../span-map.ts'
import {
  asPayloadOffset,
  asSlotIndex,
  asSpanIndex,
  type PayloadOffset,
  type SlotIndex,
  type SpanIndex,
} from '../units.ts'
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

/** Says that a run has freed bits: to its owner, and to the next one should it change hands meanwhile. */
function announce(memory: ArenaMemory, head: SpanIndex): void {
  const { i32 } = memory
  Atomics.store(i32, memory.recordWord(head, RECORD_HAS_FREED_BITS), 1)
  let told = -1
  for (;;) {
    const owner = ownerInMap(Atomics.load(i32, memory.mapWord(head)))
    if (owner === told || owner < 0 || owner >= memory.slotCount) return
    Atomics.store(i32, memory.slotWord(owner, SLOT_HAS_FREED_BITS), 1)
    told = owner
  }
}

/** Frees the blocks of a slot that have freed bits; gives how many. By who has the slot. */
export function sweepFreedBits(memory: ArenaMemory, slot: SlotIndex): number {
  const { i32 } = memory
  const hasFreedBits = memory.slotWord(slot, SLOT_HAS_FREED_BITS)
  if (i32[hasFreedBits] === 0) return 0
  Atomics.store(i32, hasFreedBits, 0)
  let freedCount = 0
  for (let index = memory.controlSpanCount; index < memory.spanCount; index++) {
    const head = asSpanIndex(index)
    const mapped = i32[memory.mapWord(head)]
    const state = stateInMap(mapped)
    if ((state !== SPAN_HEAD && state !== SPAN_LARGE) || ownerInMap(mapped) !== slot) continue
    const runHasFreedBits = memory.recordWord(head, RECORD_HAS_FREED_BITS)
    if (Atomics.load(i32, runHasFreedBits) === 0) continue
    Atomics.store(i32, runHasFreedBits, 0)
    freedCount += sweepRun(memory, slot, head)
  }
  return freedCount
}

function sweepRun(memory: ArenaMemory, slot: SlotIndex, head: SpanIndex): number {
  const { i32 } = memory
  const mapped = i32[memory.mapWord(head)] & ~MAP_DRAINING
  let freedCount = 0
  forEachFreedBit(memory, head, (offset) => {
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
 * After a death, in a run of the dead slot: clears the bits of blocks that were freed already, and says
 * again which ones are left.
 */
export function settleFreedBits(memory: ArenaMemory, head: SpanIndex): void {
  forEachFreedBit(memory, head, (offset) => {
    if (isLiveAt(memory, offset)) announce(memory, head)
    else Atomics.and(memory.i32, memory.freedWord(offset), ~memory.bitOf(offset))
    return true
  })
}
