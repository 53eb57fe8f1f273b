/** Fills in the figures of `arena.stats()`, from the counters of the slots. */
import { isPlainObject } from '../../base/builtins.ts'
import { checkOptions, invalidArgument } from '../../base/errors.ts'
import * as layout from '../../base/layout.ts'
import { asSlotIndex, type SlotIndex } from '../../base/units.ts'
import { type ArenaMemory, controlWord, slotAt } from '../../memory/memory.ts'
import { checkedSlot, slotState } from '../../spans/slots.ts'
import { droppedEvents } from '../../telemetry/telemetry.ts'
import {
  type ArenaStats,
  type ClassStats,
  emptySlotStats,
  emptyStats,
  liveBytesOf,
  type SlotStats,
} from './figures.ts'

export type { ArenaStats, ClassStats, SlotStats } from './figures.ts'

export interface StatsOptions {
  /** The slot whose figures you want; by default all slots. */
  readonly slot?: number
  /** An earlier result, to be filled again and returned: the call then makes no garbage. */
  readonly into?: ArenaStats
}

const KEYS = ['slot', 'into'] as const satisfies (keyof StatsOptions)[]
const NO_OPTIONS: StatsOptions = {}

export function collectStats(memory: ArenaMemory, options = NO_OPTIONS): ArenaStats {
  checkOptions(options, KEYS, '{ slot: 0 }')
  const { slot, into } = options
  const only = slot === undefined ? -1 : checkedSlot(memory, slot)
  if (into !== undefined && !(isPlainObject(into) && isOf(memory, into))) {
    throw invalidArgument('into', into, 'what stats() of this arena gave')
  }
  const stats = into ?? emptyStats(memory.classes.strides)
  const first = asSlotIndex(Math.max(only, 0))
  const end = only === -1 ? memory.openedSlotCount : only + 1
  stats.reservedBytes = memory.byteLength
  stats.controlBytes = only === -1 ? memory.controlSpanCount * layout.SPAN_BYTE_LENGTH : 0
  stats.committedBytes =
    stats.controlBytes +
    sumOf(memory, layout.SLOT_OWNED_SPANS, first, end) * layout.SPAN_BYTE_LENGTH
  stats.peakCommittedBytes =
    layout.SPAN_BYTE_LENGTH *
    (only === -1
      ? memory.i32[controlWord(memory, layout.CONTROL_PEAK_SPAN_COUNT)]
      : slotAt(memory, first, layout.SLOT_PEAK_OWNED_SPANS))
  countClasses(memory, stats.classes, first, end)
  countSlots(memory, stats.slots, first, end)
  sumUp(stats)
  return stats
}

/** Adds up the rows of the classes, for the figures of the whole. */
export function sumUp(stats: ArenaStats): void {
  stats.liveBlocks = 0
  stats.liveBytes = 0
  stats.requestedBytes = 0
  stats.freeBytes = 0
  stats.uncarvedBytes = 0
  stats.wasteBytes = 0
  stats.refills = 0
  stats.refilledBlocks = 0
  for (let index = 0; index < stats.classes.length; index++) {
    const row = stats.classes[index]
    stats.liveBlocks += row.liveBlocks
    stats.liveBytes += liveBytesOf(row)
    stats.requestedBytes += row.requestedBytes
    stats.freeBytes += row.freeBlocks * row.stride
    stats.uncarvedBytes += row.uncarvedBlocks * row.stride
    stats.wasteBytes += row.wasteBytes
    stats.refills += row.refills
    stats.refilledBlocks += row.refilledBlocks
  }
}

/** Whether `stats` has the rows of this arena's classes, and can be written to. */
function isOf(memory: ArenaMemory, stats: ArenaStats): boolean {
  const { classes, slots } = stats
  if (Object.isFrozen(stats)) return false
  const { strides, count } = memory.classes
  if (classes?.length !== count + 1 || !Array.isArray(slots)) return false
  for (let index = 0; index < count; index++) {
    if (classes[index]?.stride !== strides[index]) return false
  }
  return classes[count]?.stride === 0
}

/** The sum of one word of the slots from `first` up to `end`. */
function sumOf(memory: ArenaMemory, field: number, first: SlotIndex, end: number): number {
  let sum = 0
  for (let slot = first; slot < end; slot++) sum += slotAt(memory, slot, field) >>> 0
  return sum
}

/** Figures of a class, and the words of a slot that count them. */
const CLASS_COUNTS = [
  ['spanCount', layout.SLOT_SPANS],
  ['liveBlocks', layout.SLOT_LIVE_SEEN],
  ['peakLiveBlocks', layout.SLOT_PEAK_LIVE],
  ['refills', layout.SLOT_REFILLS],
  ['refilledBlocks', layout.SLOT_REFILLED],
  ['drainedBlocks', layout.SLOT_ARRIVED],
] as const

/** Fills the rows of classes with what the slots from `first` up to `end` have counted. */
function countClasses(
  memory: ArenaMemory,
  rows: readonly ClassStats[],
  first: SlotIndex,
  end: number,
): void {
  for (let index = 0; index < rows.length; index++) {
    const row = rows[index]
    const isLarge = index === memory.classes.count
    const at = isLarge ? layout.LARGE_ROW : index
    for (let i = 0; i < CLASS_COUNTS.length; i++) {
      row[CLASS_COUNTS[i][0]] = sumOf(memory, CLASS_COUNTS[i][1] + at, first, end)
    }
    const carvedBlocks = sumOf(memory, layout.SLOT_CARVED + at, first, end)
    const capacity = sumOf(memory, layout.SLOT_ROOM + at, first, end)
    // The counters of a thread that is running may disagree for a moment.
    if (!isLarge) row.liveBlocks = Math.min(row.liveBlocks, carvedBlocks)
    row.freeBlocks = isLarge ? 0 : carvedBlocks - row.liveBlocks
    row.uncarvedBlocks = capacity - carvedBlocks
    row.wasteBytes = isLarge ? 0 : row.spanCount * layout.SPAN_BYTE_LENGTH - capacity * row.stride
    row.peakLiveBlocks = Math.max(row.peakLiveBlocks, row.liveBlocks)
    row.requestedBytes = 0
  }
}

function countSlots(memory: ArenaMemory, rows: SlotStats[], first: SlotIndex, end: number): void {
  let rowCount = 0
  for (let slot = first; slot < end; slot++) {
    const state = slotState(memory, slot)
    if (state === 'vacant') continue
    if (rowCount === rows.length) rows.push(emptySlotStats())
    const row = rows[rowCount++]
    row.slot = slot
    row.state = state
    row.spanCount = slotAt(memory, slot, layout.SLOT_OWNED_SPANS)
    row.peakSpanCount = slotAt(memory, slot, layout.SLOT_PEAK_OWNED_SPANS)
    row.refills = 0
    row.refilledBlocks = 0
    for (let index = 0; index < memory.classes.count; index++) {
      row.refills += slotAt(memory, slot, layout.SLOT_REFILLS + index) >>> 0
      row.refilledBlocks += slotAt(memory, slot, layout.SLOT_REFILLED + index) >>> 0
    }
    row.remoteFrees = slotAt(memory, slot, layout.SLOT_DRAINED) >>> 0
    row.violations = slotAt(memory, slot, layout.SLOT_VIOLATIONS) >>> 0
    row.droppedEvents = droppedEvents(memory, slot)
  }
  if (rows.length > rowCount) rows.length = rowCount
}
