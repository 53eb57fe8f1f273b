/** Fills in the figures of `arena.stats()`, from the counters of the slots. */
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
  /** The slot that the figures are about. By default, they are about the whole arena. */
  readonly slot?: number
  /**
   * An earlier result for this arena. The call fills and returns this object, and makes no garbage.
   */
  readonly into?: ArenaStats
}

const KEYS = ['slot', 'into'] as const satisfies (keyof StatsOptions)[]
const NO_OPTIONS: StatsOptions = {}

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

/** Whether `stats` has the rows of this arena's classes, and can be written to. */
function isOf({ strides, classCount }: ArenaMemory, stats: ArenaStats): boolean {
  if (!isPlainObject(stats) || Object.isFrozen(stats)) return false
  const { classes, slots } = stats
  let index = 0
  while (index <= classCount && classes?.[index]?.stride === (strides[index] ?? 0)) index++
  return index > classCount && classes.length === index && isArray(slots)
}

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

/** Adds up the rows of the classes, for the figures of the whole. */
export function sumUp(stats: ArenaStats): void {
  for (let i = 0; i < TOTALS.length; i++) {
    let sum = 0
    for (let index = 0; index < stats.classes.length; index++)
      sum += stats.classes[index][TOTALS[i]]
    stats[TOTALS[i]] = sum
  }
}

/** The sum of every `step`-th word from `word` up to `end`. */
function sumOf({ i32 }: ArenaMemory, word: number, end: number, step: number): number {
  let sum = 0
  for (let at = word; at < end; at += step) sum += i32[at] >>> 0
  return sum
}

/** The sum of one word of the slots from `first` up to `end`. */
const sumOverSlots = (memory: ArenaMemory, field: number, first: SlotIndex, end: number) =>
  sumOf(
    memory,
    slotWord(memory, first, field),
    slotWord(memory, end as SlotIndex, field),
    memory.slotWordCount,
  )

/** Figures of a class, and the words of a slot that count them. */
const CLASS_COUNTS = [
  ['spanCount', layout.SLOT_SPANS],
  ['liveBlockCount', layout.SLOT_LIVE_SEEN],
  ['peakLiveBlockCount', layout.SLOT_PEAK_LIVE],
  ['refillCount', layout.SLOT_REFILLS],
  ['refilledBlockCount', layout.SLOT_REFILLED],
  ['drainedBlockCount', layout.SLOT_ARRIVED],
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

/** Fills in the figures of a class that follow from its counts. */
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

/** The sum of a slot's words for all classes. */
const sumOverClasses = (memory: ArenaMemory, slot: SlotIndex, field: number) =>
  sumOf(memory, slotWord(memory, slot, field), slotWord(memory, slot, field + memory.classCount), 1)
