/**
 * The figures that `arena.stats()` returns: what each means, and objects that hold them. Shares are
 * computed when they are read, because the engine would allocate an object for a stored fraction.
 */
import * as layout from '../../base/layout.ts'
import type { SlotState } from '../../spans/slots.ts'

/**
 * 1 - part / whole, kept between 0 and 1: the counters of a running thread may disagree, and each
 * counter wraps at its own time.
 */
const restOf = (part: number, whole: number) =>
  whole > 0 ? Math.min(Math.max(1 - part / whole, 0), 1) : 0

/** The bytes that the live blocks of a class take; large blocks take whole spans. */
export const liveBytesOf = ({
  stride,
  spanCount,
  liveBlocks,
}: Pick<ClassStats, 'stride' | 'spanCount' | 'liveBlocks'>): number =>
  stride === 0 ? spanCount * layout.SPAN_BYTE_LENGTH : liveBlocks * stride

const emptyClassStats = (stride: number, maxByteLength: number) => ({
  /** The largest payload in the class, in bytes; `Infinity` for large blocks. */
  maxByteLength,
  /** Header and payload, in bytes; 0 for large blocks, as each has its own length. */
  stride,
  spanCount: 0,
  liveBlocks: 0,
  freeBlocks: 0,
  /** How many more blocks could be carved in these spans. */
  uncarvedBlocks: 0,
  /** The sum of the slots' peaks, each of which may be too low by up to one refill. */
  peakLiveBlocks: 0,
  /** How often a free list was empty and was filled. Each slot counts modulo 2^32. */
  refills: 0,
  /** Blocks that refills handed out. Each slot counts modulo 2^32. */
  refilledBlocks: 0,
  /** Blocks that other slots freed and owners took back. Each slot counts modulo 2^32. */
  drainedBlocks: 0,
  /**
   * `1 - refills / refilledBlocks`, from 0 to 1; 0 before the first refill. It is the share of
   * allocs that found a block on the free list, if each block that was handed out was allocated
   * once. The true share is higher if blocks are freed and reused between two refills, lower if a
   * sweep takes blocks back unused. It is meaningless once `refilledBlocks` has wrapped.
   */
  get hitRate(): number {
    return restOf(this.refills, this.refilledBlocks)
  },
  /** The share of the spans' bytes that no live block takes; 0 without spans. */
  get fragmentation(): number {
    return restOf(liveBytesOf(this), this.spanCount * layout.SPAN_BYTE_LENGTH)
  },
  /** Bytes of runs that no block can use: 8 at each start, and less than a stride at each end. */
  wasteBytes: 0,
  /** The bytes that were requested for live blocks; 0 unless by `exactStats`. */
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
  /** Refills of all classes. This figure and the next two are counted as those of a class. */
  refills: 0,
  refilledBlocks: 0,
  get hitRate(): number {
    return restOf(this.refills, this.refilledBlocks)
  },
  /** Blocks freed by other slots that this slot received, in all generations, modulo 2^32. */
  remoteFrees: 0,
  /** Received blocks that were not live: freed twice, never given out, or overwritten. */
  violations: 0,
  /** Events that were dropped because the slot's telemetry ring was full, modulo 2^32. */
  droppedEvents: 0,
})
export type SlotStats = ReturnType<typeof emptySlotStats>

export const emptyStats = (strides: Int32Array) => ({
  /** The arena's length in bytes. */
  reservedBytes: 0,
  /** The bytes of all spans in use, control area included. */
  committedBytes: 0,
  /**
   * The bytes from the arena's start to the end of the last span that was ever in use: the system
   * gave memory for no more. For one slot: the most bytes that its spans ever had.
   */
  peakCommittedBytes: 0,
  /** The bytes of the control area; 0 in the figures of one slot. */
  controlBytes: 0,
  liveBlocks: 0,
  /** The bytes that live blocks take, headers included. */
  liveBytes: 0,
  /** The bytes that were requested for live blocks; 0 unless by `exactStats`. */
  requestedBytes: 0,
  /** The bytes that free blocks take, headers included. */
  freeBytes: 0,
  uncarvedBytes: 0,
  /** Bytes of runs that no block can use: 8 at each start, and less than a stride at each end. */
  wasteBytes: 0,
  /** Refills of all classes. This figure and the next two are counted as those of a class. */
  refills: 0,
  refilledBlocks: 0,
  get hitRate(): number {
    return restOf(this.refills, this.refilledBlocks)
  },
  /** The share of the committed bytes, without the control area, that no live block takes. */
  get fragmentation(): number {
    return restOf(this.liveBytes, this.committedBytes - this.controlBytes)
  },
  /** By ascending stride; the last row is for large blocks. */
  classes: [
    ...Array.from(strides, (stride) => emptyClassStats(stride, stride - layout.HEADER_BYTE_LENGTH)),
    emptyClassStats(0, Number.POSITIVE_INFINITY),
  ] as ClassStats[],
  /** A row for each slot that was ever in use. */
  slots: [] as SlotStats[],
})

/** `controlBytes + liveBytes + freeBytes + uncarvedBytes + wasteBytes = committedBytes`. */
export type ArenaStats = ReturnType<typeof emptyStats>
