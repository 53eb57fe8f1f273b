/**
 * The figures that `arena.stats()` returns: what each means, and objects that hold them. Shares are
 * computed when they are read, because the engine would allocate an object for a stored fraction.
 */
import * as layout from '../../base/layout.ts'
import type { SlotState } from '../../spans/slots.ts'

/** Figures of refills. Each slot counts them modulo 2^32. */
export interface RefillStats {
  /** How often a free list was empty and was filled. */
  refillCount: number
  /** Blocks that refills handed out. */
  refilledBlockCount: number
}

/** What the bytes of spans are used for. */
interface ByteStats {
  liveBlockCount: number
  /** The bytes that live blocks take, headers included; large blocks take whole spans. */
  liveByteLength: number
  /** The bytes that were requested for live blocks; 0 unless by `exactStats`. */
  requestedByteLength: number
  /** The bytes that free blocks take, headers included. */
  freeByteLength: number
  /** The bytes that no block was carved from yet. */
  uncarvedByteLength: number
  /** Bytes of runs that no block can use: 8 at each start, and less than a stride at each end. */
  wasteByteLength: number
}

/** Figures of one size class, or of all large blocks. */
export interface ClassStats extends ByteStats, RefillStats {
  /** The largest payload in the class, in bytes; `Infinity` for large blocks. */
  readonly maxByteLength: number
  /** Header and payload, in bytes; 0 for large blocks, as each has its own length. */
  readonly stride: number
  spanCount: number
  freeBlockCount: number
  /** How many more blocks could be carved in these spans. */
  uncarvedBlockCount: number
  /** The sum of the slots' peaks, each of which may be too low by up to one refill. */
  peakLiveBlockCount: number
  /** Blocks that other slots freed and owners took back. Each slot counts modulo 2^32. */
  drainedBlockCount: number
}

export interface SlotStats extends RefillStats {
  slot: number
  state: SlotState
  spanCount: number
  peakSpanCount: number
  /** Blocks freed by other slots that this slot received, in all generations, modulo 2^32. */
  remoteFreeCount: number
  /** Received blocks that were not live: freed twice, never given out, or overwritten. */
  violationCount: number
  /** Events that were dropped because the slot's telemetry ring was full, modulo 2^32. */
  droppedEventCount: number
}

/** Committed bytes are control, live, free, uncarved or waste: these five add up to them. */
export interface ArenaStats extends ByteStats, RefillStats {
  /** The arena's length in bytes. */
  reservedByteLength: number
  /** The bytes of all spans in use, control area included. */
  committedByteLength: number
  /**
   * The bytes from the arena's start to the end of the last span that was ever in use: the system
   * gave memory for no more. For one slot: the most bytes that its spans ever had.
   */
  peakCommittedByteLength: number
  /** The bytes of the control area; 0 in the figures of one slot. */
  controlByteLength: number
  /** By ascending stride; the last row is for large blocks. */
  readonly classes: ClassStats[]
  /** A row for each slot that was ever in use. */
  readonly slots: SlotStats[]
}

/** @param stride 0 for large blocks. `collectStats` adds all other figures. */
const newClassStats = (stride: number) =>
  ({
    maxByteLength: stride === 0 ? Number.POSITIVE_INFINITY : stride - layout.HEADER_BYTE_LENGTH,
    stride,
  }) as ClassStats

export const newSlotStats = () => ({}) as SlotStats

export const newStats = (strides: Int32Array) =>
  ({
    classes: [...strides, 0].map(newClassStats),
    slots: [] as SlotStats[],
  }) as ArenaStats
