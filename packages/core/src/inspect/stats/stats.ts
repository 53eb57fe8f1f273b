/** Computes the figures of `arena.stats()` from the counters of the slots. */
import { isArray, isPlainObject } from '../../base/builtins.ts'
import { checkOptions, invalidArgument } from '../../base/errors.ts'
import * as layout from '../../base/layout.ts'
import type { SlotIndex } from '../../base/units.ts'
import {
  type ArenaMemory,
  controlWord,
  openedSlotCount,
  slotAt,
  slotWord,
} from '../../memory/memory.ts'
import { checkedSlot, slotState } from '../../spans/slots.ts'
import { droppedEvents } from '../../telemetry/telemetry.ts'
import {
  type ArenaStats,
  type ClassStats,
  newSlotStats,
  newStats,
  type SlotStats,
} from './figures.ts'

export type { ArenaStats, ClassStats, SlotStats } from './figures.ts'

/** Options of `arena.stats` and `exactStats`. */
export interface StatsOptions {
  /**
   * The index of the slot that the figures are about. By default, they are about the whole arena.
   */
  readonly slot?: number
  /**
   * An earlier result for this arena. The call fills this object again and returns it, and makes no
   * garbage.
   */
  readonly into?: ArenaStats
}

/** The names of all options. */
const KEYS = ['slot', 'into'] as const satisfies (keyof StatsOptions)[]
const NO_OPTIONS: StatsOptions = {}

/**
 * Returns the figures of an arena or a slot.
 * @throws ArenaError 'invalid-argument' if an option is wrong
 */
export function collectStats(memory: ArenaMemory, options = NO_OPTIONS): ArenaStats {
  checkOptions(options, KEYS)
  const { slot, into } = options
  const isWhole = slot === undefined
  const first = isWhole ? (0 as SlotIndex) : checkedSlot(memory, slot)
  const end = isWhole ? openedSlotCount(memory) : first + 1
  if (into !== undefined && !isOf(memory, into)) {
    throw invalidArgument('into', into, 'what stats() of this arena gave')
  }
  const stats = into ?? newStats(memory.strides)
  stats.reservedByteLength = memory.byteLength
  stats.controlByteLength = isWhole ? memory.controlSpanCount * layout.SPAN_BYTE_LENGTH : 0
  stats.committedByteLength =
    stats.controlByteLength +
    sumOverSlots(memory, layout.SLOT_OWNED_SPANS, first, end) * layout.SPAN_BYTE_LENGTH
  stats.peakCommittedByteLength =
    layout.SPAN_BYTE_LENGTH *
    (isWhole
      ? memory.i32[controlWord(memory, layout.CONTROL_PEAK_SPAN_COUNT)]
      : slotAt(memory, first, layout.SLOT_PEAK_OWNED_SPANS))
  countClasses(memory, stats.classes, first, end)
  countSlots(memory, stats.slots, first, end)
  sumUp(stats)
  return stats
}

/** Returns true if `stats` has a row for each class of this arena, and can be written to. */
function isOf({ strides, classCount }: ArenaMemory, stats: ArenaStats): boolean {
  if (!isPlainObject(stats) || Object.isFrozen(stats)) return false
  const { classes, slots } = stats
  let index = 0
  while (index <= classCount && classes?.[index]?.stride === (strides[index] ?? 0)) index++
  return index > classCount && classes.length === index && isArray(slots)
}

/** The figures of the arena that are sums over its classes. */
const TOTALS = [
  'liveBlockCount',
  'liveByteLength',
  'requestedByteLength',
  'freeByteLength',
  'uncarvedByteLength',
  'wasteByteLength',
  'refillCount',
  'refilledBlockCount',
] as const

/** Computes the figures of the whole: adds up the rows of the classes. */
export function sumUp(stats: ArenaStats): void {
  for (let i = 0; i < TOTALS.length; i++) {
    let sum = 0
    for (let index = 0; index < stats.classes.length; index++)
      sum += stats.classes[index][TOTALS[i]]
    stats[TOTALS[i]] = sum
  }
}

/**
 * Returns the sum of every `step`-th word, from index `word` up to index `end`. The word at `end`
 * does not count.
 */
function sumOf({ i32 }: ArenaMemory, word: number, end: number, step: number): number {
  let sum = 0
  for (let at = word; at < end; at += step) sum += i32[at] >>> 0
  return sum
}

/**
 * Returns the sum of one word over the slots from `first` up to `end`. Slot `end` does not count.
 * @param field a `SLOT_` constant, plus the class for an array
 */
const sumOverSlots = (memory: ArenaMemory, field: number, first: SlotIndex, end: number) =>
  sumOf(
    memory,
    slotWord(memory, first, field),
    slotWord(memory, end as SlotIndex, field),
    memory.slotWordCount,
  )

/** The figures of a class that slots count, each with the array of a slot that holds the count. */
const CLASS_COUNTS = [
  ['spanCount', layout.SLOT_SPANS],
  ['liveBlockCount', layout.SLOT_LIVE_SEEN],
  ['peakLiveBlockCount', layout.SLOT_PEAK_LIVE],
  ['refillCount', layout.SLOT_REFILLS],
  ['refilledBlockCount', layout.SLOT_REFILLED],
  ['drainedBlockCount', layout.SLOT_ARRIVED],
] as const

/**
 * Fills the rows of classes with the counts of the slots from `first` up to `end`. Slot `end` does
 * not count.
 */
function countClasses(
  memory: ArenaMemory,
  rows: readonly ClassStats[],
  first: SlotIndex,
  end: number,
): void {
  for (let index = 0; index < rows.length; index++) {
    const row = rows[index]
    const at = index === memory.classCount ? layout.LARGE_CLASS : index
    for (let i = 0; i < CLASS_COUNTS.length; i++) {
      row[CLASS_COUNTS[i][0]] = sumOverSlots(memory, CLASS_COUNTS[i][1] + at, first, end)
    }
    row.requestedByteLength = 0
    deriveFigures(
      row,
      sumOverSlots(memory, layout.SLOT_CARVED + at, first, end),
      sumOverSlots(memory, layout.SLOT_ROOM + at, first, end),
    )
  }
}

/**
 * Computes the figures of a class that follow from its counts.
 * @param row holds the counts, and gets the figures
 * @param carvedCount how many blocks are carved
 * @param capacity how many blocks fit into the spans of the class
 */
export function deriveFigures(row: ClassStats, carvedCount: number, capacity: number): void {
  const { stride, spanCount } = row
  // The counters of a thread that is running may disagree for a moment.
  const liveCount = Math.min(row.liveBlockCount, carvedCount)
  const freeCount = carvedCount - liveCount
  const uncarvedCount = capacity - carvedCount
  row.liveBlockCount = liveCount
  row.peakLiveBlockCount = Math.max(row.peakLiveBlockCount, liveCount)
  row.freeBlockCount = freeCount
  row.uncarvedBlockCount = uncarvedCount
  row.freeByteLength = freeCount * stride
  row.uncarvedByteLength = uncarvedCount * stride
  const spanBytes = spanCount * layout.SPAN_BYTE_LENGTH
  row.wasteByteLength = stride === 0 ? 0 : spanBytes - capacity * stride
  row.liveByteLength = stride === 0 ? spanBytes : liveCount * stride
}

/**
 * Fills the rows of the slots from `first` up to `end`. Slot `end` does not count. Vacant slots get
 * no row.
 */
function countSlots(memory: ArenaMemory, rows: SlotStats[], first: SlotIndex, end: number): void {
  let rowCount = 0
  for (let slot = first; slot < end; slot++) {
    const state = slotState(memory, slot)
    if (state === 'vacant') continue
    if (rowCount === rows.length) rows.push(newSlotStats())
    const row = rows[rowCount++]
    row.slot = slot
    row.state = state
    row.spanCount = slotAt(memory, slot, layout.SLOT_OWNED_SPANS)
    row.peakSpanCount = slotAt(memory, slot, layout.SLOT_PEAK_OWNED_SPANS)
    row.refillCount = sumOverClasses(memory, slot, layout.SLOT_REFILLS)
    row.refilledBlockCount = sumOverClasses(memory, slot, layout.SLOT_REFILLED)
    row.remoteFreeCount = slotAt(memory, slot, layout.SLOT_DRAINED) >>> 0
    row.violationCount = slotAt(memory, slot, layout.SLOT_VIOLATIONS) >>> 0
    row.droppedEventCount = droppedEvents(memory, slot)
  }
  rows.length = rowCount
}

/** Returns the sum of an array of a slot over all size classes. */
const sumOverClasses = (memory: ArenaMemory, slot: SlotIndex, field: number) =>
  sumOf(memory, slotWord(memory, slot, field), slotWord(memory, slot, field + memory.classCount), 1)
