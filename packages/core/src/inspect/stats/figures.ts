/** The figures that `arena.stats()` gives: what they mean, and objects that hold them. */
import { HEADER_BYTE_LENGTH, SPAN_BYTE_LENGTH } from '../../base/layout.ts'
import type { SlotState } from '../../spans/slots.ts'

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
  /** How often a free list was empty and was filled; modulo 2^32, in each slot, as the next two. */
  refills: number
  /** Blocks that refills handed out. */
  refilledBlocks: number
  /** Blocks that other slots freed, and their owners took back. */
  drainedBlocks: number
  /**
   * `1 - refills / refilledBlocks`: the share of allocs that found a block on the free list, if
   * each block that was handed out was allocated once. Blocks that come and go between two refills
   * make it higher, those that are put aside again unused lower. From 0 to 1; 0 before the first
   * refill. Of use until `refilledBlocks` has begun anew, after 2^32 blocks of a slot.
   */
  readonly hitRate: number
  /** The share of the spans' bytes that no live block takes; 0 without spans. */
  readonly fragmentation: number
  /** Bytes at the ends of runs that no block fits. */
  wasteBytes: number
  /** What holders of live blocks asked for; 0 unless exact. */
  requestedBytes: number
}

export interface SlotStats {
  slot: number
  state: SlotState
  spanCount: number
  peakSpanCount: number
  refills: number
  refilledBlocks: number
  readonly hitRate: number
  /** Blocks freed by other slots that came in, those sent on included; of all generations, modulo 2^32. */
  remoteFrees: number
  /** Those among them that were no live blocks: freed twice, never given out, or overwritten. */
  violations: number
  /** Events that found the slot's telemetry ring full, modulo 2^32. */
  droppedEvents: number
}

/**
 * All in bytes unless named otherwise.
 * `controlBytes + liveBytes + freeBytes + uncarvedBytes + wasteBytes = committedBytes`.
 */
export interface ArenaStats {
  /** Whether a walk counted, or the cold paths did: then live and free are as of the last of them. */
  exact: boolean
  /** The arena's length. */
  reservedBytes: number
  /** The spans in use, control area included. */
  committedBytes: number
  /**
   * The part of the arena, from its start, that was ever in use: memory that the system gave. Of one
   * slot: the most that it had.
   */
  peakCommittedBytes: number
  /** 0 in the figures of one slot. */
  controlBytes: number
  liveBlocks: number
  /** The strides of live blocks. */
  liveBytes: number
  /** What holders of live blocks asked for; 0 unless exact. */
  requestedBytes: number
  /** The strides of free blocks. */
  freeBytes: number
  uncarvedBytes: number
  /** Ends of runs that no block fits. */
  wasteBytes: number
  /** How often a free list was empty. */
  refills: number
  refilledBlocks: number
  readonly hitRate: number
  /** The share of the committed bytes, the control area aside, that no live block takes. */
  readonly fragmentation: number
  /** By ascending stride; the last row is that of large blocks. */
  classes: ClassStats[]
  /** Those slots that were ever opened. */
  slots: SlotStats[]
}

/** Shares are worked out when they are read: a fraction that is stored is garbage. */
const hitRateOf = ({ refills, refilledBlocks }: Pick<ClassStats, 'refills' | 'refilledBlocks'>) =>
  restOf(refills, refilledBlocks)

const fragmentationOf = (liveBytes: number, spanBytes: number) => restOf(liveBytes, spanBytes)

/**
 * The share of a whole that a part leaves. Within 0 to 1: counters wrap, each at its own time, and
 * those of a thread that is just changing them need not agree.
 */
const restOf = (part: number, whole: number) =>
  whole > 0 ? Math.min(Math.max(1 - part / whole, 0), 1) : 0

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
    return fragmentationOf(this.liveBytes, this.committedBytes - this.controlBytes)
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
    const spanBytes = this.spanCount * SPAN_BYTE_LENGTH
    return fragmentationOf(this.stride === 0 ? spanBytes : this.liveBlocks * this.stride, spanBytes)
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
