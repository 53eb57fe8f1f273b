/** Figures about an arena: from counters that the cold paths keep, or exact ones from a walk. */
import {
  CONTROL_TOUCHED_SPAN_COUNT,
  HEADER_BYTE_LENGTH,
  LARGE_CLASS,
  LARGE_ROW,
  RECORD_CARVED_COUNT,
  RECORD_RUN_SPAN_COUNT,
  SLOT_DRAINED,
  SLOT_LIVE_SEEN,
  SLOT_OWNED_SPANS,
  SLOT_PEAK_LIVE,
  SLOT_PEAK_OWNED_SPANS,
  SLOT_REFILLS,
  SLOT_VIOLATIONS,
  SPAN_BYTE_LENGTH,
} from './layout.ts'
import { secondWordAt } from './lookup.ts'
import type { ArenaMemory } from './memory.ts'
import { capacityOf } from './partial.ts'
import { type SlotState, slotState } from './slots.ts'
import { countFreeSpans } from './span-map.ts'
import {
  asSlotIndex,
  type ClassIndex,
  type PayloadOffset,
  type SlotIndex,
  type SpanIndex,
} from './units.ts'
import { forEachBlockIn, forEachRun, heldOffset } from './walk.ts'

/** Figures of one size class, or of all large blocks. */
export interface ClassStats {
  /** The largest payload of the class, in bytes; of large blocks `Infinity`. */
  readonly maxByteLength: number
  /** Header and payload, in bytes; of large blocks 0: each has the length that it needs. */
  readonly stride: number
  spanCount: number
  liveBlocks: number
  freeBlocks: number
  /** Room for blocks that were never carved. */
  uncarvedBlocks: number
  /**
   * The sum of the slots' peaks, as their cold paths saw them: up to one refill of each slot short of
   * the true one.
   */
  peakLiveBlocks: number
  refills: number
  /** Bytes at the ends of runs that no block fits. */
  wasteBytes: number
  /** What holders of live blocks asked for; 0 unless exact. */
  requestedBytes: number
}

export interface SlotStats {
  readonly slot: number
  readonly state: SlotState
  readonly spanCount: number
  readonly peakSpanCount: number
  /** Blocks freed by other slots that came in, those sent on included; of all generations, modulo 2^32. */
  readonly remoteFrees: number
  /** Those among them that were no live blocks: freed twice, never given out, or overwritten. */
  readonly violations: number
}

/**
 * All in bytes unless named otherwise.
 * `controlBytes + liveBytes + freeBytes + uncarvedBytes + wasteBytes = committedBytes`.
 */
export interface ArenaStats {
  /** Whether a walk counted, or the cold paths did: then live and free are as of the last of them. */
  readonly exact: boolean
  /** The arena's length. */
  readonly reservedBytes: number
  /** The spans in use, control area included. */
  readonly committedBytes: number
  /** The part of the arena, from its start, that was ever in use: memory that the system gave. */
  readonly peakCommittedBytes: number
  readonly controlBytes: number
  readonly liveBlocks: number
  /** The strides of live blocks. */
  readonly liveBytes: number
  /** What holders of live blocks asked for; 0 unless exact. */
  readonly requestedBytes: number
  /** The strides of free blocks. */
  readonly freeBytes: number
  readonly uncarvedBytes: number
  /** Ends of runs that no block fits. */
  readonly wasteBytes: number
  /** How often a free list was empty. */
  readonly refills: number
  /** By ascending stride; the last row is that of large blocks. */
  readonly classes: readonly ClassStats[]
  /** Those slots that were ever opened. */
  readonly slots: readonly SlotStats[]
}

export function collectStats(memory: ArenaMemory, exact: boolean): ArenaStats {
  const slots = Array.from({ length: memory.slotCount }, (_, slot) => asSlotIndex(slot))
  const classes = [...memory.classes.strides].map((stride, row) =>
    countedRow(memory, slots, row, stride),
  )
  const large = countedRow(memory, slots, LARGE_ROW, 0)
  const rows = [...classes, large]
  forEachRun(memory, (head, classIndex) => {
    const row = classIndex === LARGE_CLASS ? large : classes[classIndex]
    addRun(memory, row, head, classIndex)
    if (exact) forEachBlockIn(memory, head, (block) => addIfLive(memory, row, block))
  })
  for (const row of rows) {
    if (!exact) row.liveBlocks = row.liveBlocksSeen
    row.peakLiveBlocks = Math.max(row.peakLiveBlocks, row.liveBlocks)
    row.freeBlocks = row === large ? 0 : row.carvedBlocks - row.liveBlocks
  }
  const sum = (of: (row: Row) => number) => rows.reduce((total, row) => total + of(row), 0)
  const committedSpanCount = memory.spanCount - countFreeSpans(memory)
  const touchedSpanCount = memory.i32[memory.controlWord(CONTROL_TOUCHED_SPAN_COUNT)]
  return {
    exact,
    reservedBytes: memory.byteLength,
    committedBytes: committedSpanCount * SPAN_BYTE_LENGTH,
    peakCommittedBytes: touchedSpanCount * SPAN_BYTE_LENGTH,
    controlBytes: memory.controlSpanCount * SPAN_BYTE_LENGTH,
    liveBlocks: sum((row) => row.liveBlocks),
    liveBytes: sum((row) =>
      row === large ? row.spanCount * SPAN_BYTE_LENGTH : row.liveBlocks * row.stride,
    ),
    requestedBytes: sum((row) => row.requestedBytes),
    freeBytes: sum((row) => row.freeBlocks * row.stride),
    uncarvedBytes: sum((row) => row.uncarvedBlocks * row.stride),
    wasteBytes: sum((row) => row.wasteBytes),
    refills: sum((row) => row.refills),
    classes: rows.map(({ liveBlocksSeen, carvedBlocks, ...row }) => row),
    slots: slots.map((slot) => slotStats(memory, slot)).filter(({ state }) => state !== 'vacant'),
  }
}

type Row = ClassStats & { carvedBlocks: number; liveBlocksSeen: number }

/** A row with what the slots counted. */
function countedRow(memory: ArenaMemory, slots: SlotIndex[], row: number, stride: number): Row {
  const sumOf = (field: number) =>
    slots.reduce((total, slot) => total + memory.i32[memory.slotWord(slot, field + row)], 0)
  return {
    maxByteLength: row === LARGE_ROW ? Number.POSITIVE_INFINITY : stride - HEADER_BYTE_LENGTH,
    stride,
    spanCount: 0,
    liveBlocks: 0,
    freeBlocks: 0,
    uncarvedBlocks: 0,
    peakLiveBlocks: sumOf(SLOT_PEAK_LIVE),
    refills: sumOf(SLOT_REFILLS),
    wasteBytes: 0,
    requestedBytes: 0,
    carvedBlocks: 0,
    liveBlocksSeen: sumOf(SLOT_LIVE_SEEN),
  }
}

function addRun(memory: ArenaMemory, row: Row, head: SpanIndex, classIndex: ClassIndex): void {
  const spanCount = memory.i32[memory.recordWord(head, RECORD_RUN_SPAN_COUNT)]
  row.spanCount += spanCount
  if (classIndex === LARGE_CLASS) return
  const carvedCount = memory.i32[memory.recordWord(head, RECORD_CARVED_COUNT)]
  const capacity = capacityOf(memory, head, classIndex)
  row.carvedBlocks += carvedCount
  row.uncarvedBlocks += capacity - carvedCount
  row.wasteBytes += spanCount * SPAN_BYTE_LENGTH - capacity * row.stride
}

function addIfLive(memory: ArenaMemory, row: Row, block: PayloadOffset): void {
  const offset = heldOffset(memory, block)
  if (offset === 0) return
  row.liveBlocks++
  row.requestedBytes += secondWordAt(memory, offset)
}

const slotStats = (memory: ArenaMemory, slot: SlotIndex): SlotStats => ({
  slot,
  state: slotState(memory, slot),
  spanCount: memory.i32[memory.slotWord(slot, SLOT_OWNED_SPANS)],
  peakSpanCount: memory.i32[memory.slotWord(slot, SLOT_PEAK_OWNED_SPANS)],
  remoteFrees: memory.i32[memory.slotWord(slot, SLOT_DRAINED)] >>> 0,
  violations: memory.i32[memory.slotWord(slot, SLOT_VIOLATIONS)] >>> 0,
})
