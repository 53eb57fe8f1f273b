/** Adds up figures: from the counters of cold paths, or from a walk over all headers. */
import {
  LARGE_CLASS,
  LARGE_ROW,
  RECORD_CARVED_COUNT,
  SLOT_ARRIVED,
  SLOT_CARVED,
  SLOT_DRAINED,
  SLOT_LIVE_SEEN,
  SLOT_OWNED_SPANS,
  SLOT_PEAK_LIVE,
  SLOT_PEAK_OWNED_SPANS,
  SLOT_REFILLED,
  SLOT_REFILLS,
  SLOT_ROOM,
  SLOT_SPANS,
  SLOT_VIOLATIONS,
  SPAN_BYTE_LENGTH,
} from '../../base/layout.ts'
import { asSlotIndex, type SlotIndex } from '../../base/units.ts'
import { forEachLiveIn, forEachRun } from '../../blocks/walk.ts'
import type { ArenaMemory } from '../../memory/memory.ts'
import { capacityOf, runSpanCountOf } from '../../spans/runs.ts'
import { slotState } from '../../spans/slots.ts'
import { droppedEvents } from '../../telemetry/telemetry.ts'
import {
  type ArenaStats,
  type ClassStats,
  emptySlotStats,
  liveBytesOf,
  type SlotStats,
} from './figures.ts'

/** Fills the rows of classes with what the slots from `firstSlot` up to `endSlot` counted. */
export function countClasses(
  memory: ArenaMemory,
  rows: ClassStats[],
  firstSlot: number,
  endSlot: number,
): void {
  const { i32, classes } = memory
  for (let index = 0; index < rows.length; index++) {
    const row = rows[index]
    const isLarge = index === classes.count
    let spanCount = 0
    let liveBlocks = 0
    let carvedBlocks = 0
    let capacity = 0
    let peakLiveBlocks = 0
    let refills = 0
    let refilledBlocks = 0
    let drainedBlocks = 0
    for (let slot = asSlotIndex(firstSlot); slot < endSlot; slot++) {
      const words: number = memory.slotWord(slot, isLarge ? LARGE_ROW : index)
      spanCount += i32[words + SLOT_SPANS]
      liveBlocks += i32[words + SLOT_LIVE_SEEN]
      carvedBlocks += i32[words + SLOT_CARVED]
      capacity += i32[words + SLOT_ROOM]
      peakLiveBlocks += i32[words + SLOT_PEAK_LIVE]
      refills += i32[words + SLOT_REFILLS] >>> 0
      refilledBlocks += i32[words + SLOT_REFILLED] >>> 0
      drainedBlocks += i32[words + SLOT_ARRIVED] >>> 0
    }
    row.spanCount = spanCount
    // The counters of a thread that is running may disagree for a moment.
    row.liveBlocks = isLarge ? liveBlocks : Math.min(liveBlocks, carvedBlocks)
    row.freeBlocks = isLarge ? 0 : carvedBlocks - row.liveBlocks
    row.uncarvedBlocks = capacity - carvedBlocks
    row.wasteBytes = isLarge ? 0 : spanCount * SPAN_BYTE_LENGTH - capacity * row.stride
    row.peakLiveBlocks = Math.max(peakLiveBlocks, row.liveBlocks)
    row.refills = refills
    row.refilledBlocks = refilledBlocks
    row.drainedBlocks = drainedBlocks
    row.requestedBytes = 0
  }
}

/**
 * Replaces the figures that a walk over all headers gives exactly.
 * @param slot whose runs are walked; -1 for those of all slots
 */
export function walkClasses(memory: ArenaMemory, rows: ClassStats[], slot: number): void {
  const none = { spanCount: 0, liveBlocks: 0, freeBlocks: 0, uncarvedBlocks: 0, wasteBytes: 0 }
  for (const row of rows) Object.assign(row, none)
  forEachRun(memory, (head, classIndex, owner) => {
    if (slot !== -1 && owner !== slot) return
    const isLarge = classIndex === LARGE_CLASS
    const row = rows[isLarge ? memory.classes.count : classIndex]
    const spanCount = runSpanCountOf(memory, head)
    let liveBlocks = 0
    forEachLiveIn(memory, head, (_block, offset) => {
      liveBlocks++
      row.requestedBytes += memory.secondWordAt(offset)
    })
    row.spanCount += spanCount
    row.liveBlocks += liveBlocks
    if (isLarge) return
    const carvedBlocks = memory.recordAt(head, RECORD_CARVED_COUNT)
    const capacity = capacityOf(memory, head, classIndex)
    row.freeBlocks += carvedBlocks - liveBlocks
    row.uncarvedBlocks += capacity - carvedBlocks
    row.wasteBytes += spanCount * SPAN_BYTE_LENGTH - capacity * row.stride
  })
  for (const row of rows) row.peakLiveBlocks = Math.max(row.peakLiveBlocks, row.liveBlocks)
}

/** Fills the rows of the slots that were ever opened. */
export function countSlots(
  memory: ArenaMemory,
  rows: SlotStats[],
  firstSlot: number,
  endSlot: number,
): void {
  let rowCount = 0
  for (let slot = asSlotIndex(firstSlot); slot < endSlot; slot++) {
    const state = slotState(memory, slot)
    if (state === 'vacant') continue
    if (rowCount === rows.length) rows.push(emptySlotStats())
    const row = rows[rowCount++]
    row.slot = slot
    row.state = state
    row.spanCount = wordOf(memory, slot, SLOT_OWNED_SPANS)
    row.peakSpanCount = wordOf(memory, slot, SLOT_PEAK_OWNED_SPANS)
    row.refills = sumOf(memory, slot, SLOT_REFILLS)
    row.refilledBlocks = sumOf(memory, slot, SLOT_REFILLED)
    row.remoteFrees = wordOf(memory, slot, SLOT_DRAINED)
    row.violations = wordOf(memory, slot, SLOT_VIOLATIONS)
    row.droppedEvents = droppedEvents(memory, slot)
  }
  if (rows.length > rowCount) rows.length = rowCount
}

const wordOf = (memory: ArenaMemory, slot: SlotIndex, field: number) =>
  memory.slotAt(slot, field) >>> 0

function sumOf(memory: ArenaMemory, slot: SlotIndex, field: number): number {
  let sum = 0
  for (let row = 0; row < memory.classes.count; row++) sum += wordOf(memory, slot, field + row)
  return sum
}

/** Adds the rows of classes up. */
export function sumUp(stats: ArenaStats): void {
  let liveBlocks = 0
  let liveBytes = 0
  let freeBytes = 0
  let uncarvedBytes = 0
  let wasteBytes = 0
  let requestedBytes = 0
  let refills = 0
  let refilledBlocks = 0
  for (let index = 0; index < stats.classes.length; index++) {
    const row = stats.classes[index]
    liveBlocks += row.liveBlocks
    liveBytes += liveBytesOf(row)
    freeBytes += row.freeBlocks * row.stride
    uncarvedBytes += row.uncarvedBlocks * row.stride
    wasteBytes += row.wasteBytes
    requestedBytes += row.requestedBytes
    refills += row.refills
    refilledBlocks += row.refilledBlocks
  }
  stats.liveBlocks = liveBlocks
  stats.liveBytes = liveBytes
  stats.freeBytes = freeBytes
  stats.uncarvedBytes = uncarvedBytes
  stats.wasteBytes = wasteBytes
  stats.requestedBytes = requestedBytes
  stats.refills = refills
  stats.refilledBlocks = refilledBlocks
}
