/**
 * The figures that `arena.stats()` gives: what they mean, and objects that hold them. Shares are
 * worked out as they are read: a stored fraction is garbage.
 */
import * as layout from '../../base/layout.ts'
import type { SlotState } from '../../spans/slots.ts'

/**
 * The share of a whole that a part leaves, from 0 to 1: counters wrap, each at its own time, and
 * those of a running thread may disagree.
 */
const restOf = (part: number, whole: number) =>
  whole > 0 ? Math.min(Math.max(1 - part / whole, 0), 1) : 0

/** The bytes of spans that live blocks of a class take; large blocks take all of their spans. */
export const liveBytesOf = ({
  stride,
  spanCount,
  liveBlocks,
}: Pick<ClassStats, 'stride' | 'spanCount' | 'liveBlocks'>): number =>
  stride === 0 ? spanCount * layout.SPAN_BYTE_LENGTH : liveBlocks * stride

const emptyClassStats = (stride: number, maxByteLength: number) => ({
  /** The largest payload of the class, in bytes; `Infinity` for large blocks. */
  maxByteLength,
  /** Header and payload, in bytes; 0 for large blocks, as each has its own length. */
  stride,
  spanCount: 0,
  liveBlocks: 0,
  freeBlocks: 0,
  /** Room for blocks that were never carved. */
  uncarvedBlocks: 0,
  /** The sum of the slots' peaks; up to one refill of each slot below the true peak. */
  peakLiveBlocks: 0,
  /** How often a free list was empty and was filled. Each slot counts modulo 2^32. */
  refills: 0,
  /** Blocks that refills handed out; counted as `refills`. */
  refilledBlocks: 0,
  /** Blocks that other slots freed and their owners took back; counted as `refills`. */
  drainedBlocks: 0,
  /**
   * `1 - refills / refilledBlocks`, from 0 to 1; 0 before the first refill. It is the share of
   * allocs that found a block on the free list, if each block was allocated once. Blocks that come
   * and go between two refills raise it; blocks that are parked again unused lower it. It is
   * meaningless once `refilledBlocks` has wrapped.
   */
  get hitRate(): number {
    return restOf(this.refills, this.refilledBlocks)
  },
  /** The share of the spans' bytes that no live block takes; 0 without spans. */
  get fragmentation(): number {
    return restOf(liveBytesOf(this), this.spanCount * layout.SPAN_BYTE_LENGTH)
  },
  /** Bytes at the ends of runs that no block fits. */
  wasteBytes: 0,
  /** The bytes that live blocks were asked for; 0 unless exact. */
  requestedBytes: 0,
})

type Row = ReturnType<typeof emptyClassStats>

/** Figures of one size class, or of all large blocks. */
export interface ClassStats extends Omit<Row, 'stride' | 'maxByteLength'> {
  readonly stride: Row['stride']
  readonly maxByteLength: Row['maxByteLength']
}

export const emptySlotStats = () => ({
  slot: 0,
  state: 'vacant' as SlotState,
  spanCount: 0,
  peakSpanCount: 0,
  /** Refills of all classes; this and the next two are as those of a class. */
  refills: 0,
  refilledBlocks: 0,
  get hitRate(): number {
    return restOf(this.refills, this.refilledBlocks)
  },
  /** Blocks freed by other slots that came in, or were sent on; of all generations, modulo 2^32. */
  remoteFrees: 0,
  /** Those among them that were no live blocks: freed twice, never given out, or overwritten. */
  violations: 0,
  /** Events that found the slot's telemetry ring full, modulo 2^32. */
  droppedEvents: 0,
})
export type SlotStats = ReturnType<typeof emptySlotStats>

export const emptyStats = (strides: Int32Array) => ({
  /** Whether a walk counted. If not, live and free are as of the last cold path of each pool. */
  exact: false,
  /** The arena's length. */
  reservedBytes: 0,
  /** The spans in use, control area included. */
  committedBytes: 0,
  /**
   * The part of the arena, from its start, that was ever in use: memory that the system gave. For
   * one slot: the most that it had.
   */
  peakCommittedBytes: 0,
  /** 0 in the figures of one slot. */
  controlBytes: 0,
  liveBlocks: 0,
  /** The strides of live blocks. */
  liveBytes: 0,
  /** The bytes that live blocks were asked for; 0 unless exact. */
  requestedBytes: 0,
  /** The strides of free blocks. */
  freeBytes: 0,
  uncarvedBytes: 0,
  /** Ends of runs that no block fits. */
  wasteBytes: 0,
  /** Refills of all classes; this and the next two are as those of a class. */
  refills: 0,
  refilledBlocks: 0,
  get hitRate(): number {
    return restOf(this.refills, this.refilledBlocks)
  },
  /** The share of the committed bytes, without the control area, that no live block takes. */
  get fragmentation(): number {
    return restOf(this.liveBytes, this.committedBytes - this.controlBytes)
  },
  /** By ascending stride; the last row is that of large blocks. */
  classes: [
    ...Array.from(strides, (stride) => emptyClassStats(stride, stride - layout.HEADER_BYTE_LENGTH)),
    emptyClassStats(0, Number.POSITIVE_INFINITY),
  ] as ClassStats[],
  /** The slots that were ever opened. */
  slots: [] as SlotStats[],
})

/** `controlBytes + liveBytes + freeBytes + uncarvedBytes + wasteBytes = committedBytes`. */
export type ArenaStats = ReturnType<typeof emptyStats>
