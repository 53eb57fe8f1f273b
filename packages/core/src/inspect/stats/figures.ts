/** The figures that `arena.stats()` gives: what they mean, and objects that hold them. */
import { HEADER_BYTE_LENGTH, SPAN_BYTE_LENGTH } from '../../base/layout.ts'
import type { SlotState } from '../../spans/slots.ts'

/** What refills did. Each slot counts modulo 2^32, in each class. */
export interface RefillStats {
  /** How often a free list was empty and was filled. */
  refills: number
  /** Blocks that refills handed out. */
  refilledBlocks: number
  /**
   * `1 - refills / refilledBlocks`, from 0 to 1; 0 before the first refill. It is the share of
   * allocs that found a block on the free list, if each block was allocated once. Blocks that come
   * and go between two refills raise it; blocks that are parked again unused lower it. It is
   * meaningless once `refilledBlocks` has wrapped.
   */
  readonly hitRate: number
}

/** Figures of one size class, or of all large blocks. */
export interface ClassStats extends RefillStats {
  /** The largest payload of the class, in bytes; `Infinity` for large blocks. */
  readonly maxByteLength: number
  /** Header and payload, in bytes; 0 for large blocks, as each has its own length. */
  readonly stride: number
  spanCount: number
  liveBlocks: number
  freeBlocks: number
  /** Room for blocks that were never carved. */
  uncarvedBlocks: number
  /** The sum of the slots' peaks; up to one refill of each slot below the true peak. */
  peakLiveBlocks: number
  /** Blocks that other slots freed and their owners took back; counted as `refills`. */
  drainedBlocks: number
  /** The share of the spans' bytes that no live block takes; 0 without spans. */
  readonly fragmentation: number
  /** Bytes at the ends of runs that no block fits. */
  wasteBytes: number
  /** The bytes that live blocks were asked for; 0 unless exact. */
  requestedBytes: number
}

export interface SlotStats extends RefillStats {
  slot: number
  state: SlotState
  spanCount: number
  peakSpanCount: number
  /** Blocks freed by other slots that came in, or were sent on; of all generations, modulo 2^32. */
  remoteFrees: number
  /** Those among them that were no live blocks: freed twice, never given out, or overwritten. */
  violations: number
  /** Events that found the slot's telemetry ring full, modulo 2^32. */
  droppedEvents: number
}

/** `controlBytes + liveBytes + freeBytes + uncarvedBytes + wasteBytes = committedBytes`. */
export interface ArenaStats extends RefillStats {
  /** Whether a walk counted. If not, live and free are as of the last cold path of each pool. */
  exact: boolean
  /** The arena's length. */
  reservedBytes: number
  /** The spans in use, control area included. */
  committedBytes: number
  /**
   * The part of the arena, from its start, that was ever in use: memory that the system gave. For
   * one slot: the most that it had.
   */
  peakCommittedBytes: number
  /** 0 in the figures of one slot. */
  controlBytes: number
  liveBlocks: number
  /** The strides of live blocks. */
  liveBytes: number
  /** The bytes that live blocks were asked for; 0 unless exact. */
  requestedBytes: number
  /** The strides of free blocks. */
  freeBytes: number
  uncarvedBytes: number
  /** Ends of runs that no block fits. */
  wasteBytes: number
  /** The share of the committed bytes, without the control area, that no live block takes. */
  readonly fragmentation: number
  /** By ascending stride; the last row is that of large blocks. */
  classes: ClassStats[]
  /** The slots that were ever opened. */
  slots: SlotStats[]
}

/**
 * The share of a whole that a part leaves, worked out as it is read: a stored fraction is garbage.
 * Clamped to 0 to 1: counters wrap, each at its own time, and those of a running thread may
 * disagree.
 */
const restOf = (part: number, whole: number) =>
  whole > 0 ? Math.min(Math.max(1 - part / whole, 0), 1) : 0

const hitRateOf = ({ refills, refilledBlocks }: RefillStats) => restOf(refills, refilledBlocks)

/** The bytes of spans that live blocks of a class take; large blocks take all of their spans. */
export const liveBytesOf = ({ stride, spanCount, liveBlocks }: ClassStats) =>
  stride === 0 ? spanCount * SPAN_BYTE_LENGTH : liveBlocks * stride

export const emptyStats = (strides: Int32Array): ArenaStats => ({
  exact: false,
  reservedBytes: 0,
  committedBytes: 0,
  peakCommittedBytes: 0,
  controlBytes: 0,
  liveBlocks: 0,
  liveBytes: 0,
  requestedBytes: 0,
  freeBytes: 0,
  uncarvedBytes: 0,
  wasteBytes: 0,
  refills: 0,
  refilledBlocks: 0,
  get hitRate() {
    return hitRateOf(this)
  },
  get fragmentation() {
    return restOf(this.liveBytes, this.committedBytes - this.controlBytes)
  },
  classes: [
    ...Array.from(strides, (stride) => emptyClassStats(stride, stride - HEADER_BYTE_LENGTH)),
    emptyClassStats(0, Number.POSITIVE_INFINITY),
  ],
  slots: [],
})

const emptyClassStats = (stride: number, maxByteLength: number): ClassStats => ({
  maxByteLength,
  stride,
  spanCount: 0,
  liveBlocks: 0,
  freeBlocks: 0,
  uncarvedBlocks: 0,
  peakLiveBlocks: 0,
  refills: 0,
  refilledBlocks: 0,
  drainedBlocks: 0,
  get hitRate() {
    return hitRateOf(this)
  },
  get fragmentation() {
    return restOf(liveBytesOf(this), this.spanCount * SPAN_BYTE_LENGTH)
  },
  wasteBytes: 0,
  requestedBytes: 0,
})

export const emptySlotStats = (): SlotStats => ({
  slot: 0,
  state: 'vacant',
  spanCount: 0,
  peakSpanCount: 0,
  refills: 0,
  refilledBlocks: 0,
  get hitRate() {
    return hitRateOf(this)
  },
  remoteFrees: 0,
  violations: 0,
  droppedEvents: 0,
})
