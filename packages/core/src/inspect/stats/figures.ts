/**
 * The figures that `arena.stats()` returns: what each means, and objects that hold them. Shares are
 * computed when they are read, because the engine would allocate an object for a stored fraction.
 */
import * as layout from '../../base/layout.ts'
import type { SlotState } from '../../spans/slots.ts'

/** Figures of refills. Each slot counts them modulo 2^32. */
export interface RefillStats {
  /** How many times a pool has filled an empty free list. Each slot counts modulo 2^32. */
  refillCount: number
  /** How many blocks refills have handed out. Each slot counts modulo 2^32. */
  refilledBlockCount: number
}

/** What the bytes of spans are used for. */
interface ByteStats {
  /** How many blocks are live. */
  liveBlockCount: number
  /** How many bytes the live blocks take, with their headers. A large block takes whole spans. */
  liveByteLength: number
  /**
   * How many bytes were requested for the live blocks. Only `exactStats` counts them; otherwise 0.
   */
  requestedByteLength: number
  /** How many bytes the free blocks take, with their headers. */
  freeByteLength: number
  /**
   * How many bytes of the spans have room for further blocks, but were not made into blocks yet.
   */
  uncarvedByteLength: number
  /**
   * How many bytes of the spans no block can use: 8 at the start of each run of spans, and less
   * than the length of a block at its end.
   */
  wasteByteLength: number
}

/** Figures of one size class, or of all large blocks together. */
export interface ClassStats extends ByteStats, RefillStats {
  /** The longest payload of the class, in bytes. It is `Infinity` for large blocks. */
  readonly maxByteLength: number
  /**
   * The bytes that a block takes with its header. It is 0 for large blocks, whose lengths differ.
   */
  readonly stride: number
  /** How many spans of 64 KiB the class uses. */
  spanCount: number
  /** How many free blocks these spans hold. */
  freeBlockCount: number
  /** How many further blocks can be made in these spans. */
  uncarvedBlockCount: number
  /**
   * The most blocks that were live at once in each slot, added up over the slots. The figure of a
   * slot may be too low by up to one refill.
   */
  peakLiveBlockCount: number
  /**
   * How many blocks their owners have received that other slots had freed. Each slot counts modulo
   * 2^32.
   */
  drainedBlockCount: number
}

/** Figures of one slot. */
export interface SlotStats extends RefillStats {
  /** The index of the slot. */
  slot: number
  /**
   * `'open'` if the slot has an open pool. `'closed'` if its pool was closed. `'reserved'` after
   * `arena.reserveSlot()`. `'lent'` while another thread gives back memory of the closed slot.
   */
  state: SlotState
  /** How many spans of 64 KiB the slot owns. */
  spanCount: number
  /** The most spans that the slot has owned at once. */
  peakSpanCount: number
  /**
   * How many blocks this slot has received that other slots had freed. It counts for all pools that
   * the slot has had, modulo 2^32.
   */
  remoteFreeCount: number
  /**
   * How many received blocks were freed wrongly: twice, with an overwritten header, or at an offset
   * where no block begins.
   */
  violationCount: number
  /**
   * How many telemetry events were dropped because nobody had read the earlier ones, modulo 2^32.
   */
  droppedEventCount: number
}

/**
 * The figures that `arena.stats()` returns, about the arena or about one slot. Five of them add up
 * to `committedByteLength`: those of control, live, free, uncarved and waste bytes.
 */
export interface ArenaStats extends ByteStats, RefillStats {
  /** The length of the arena in bytes. */
  reservedByteLength: number
  /** How many bytes all spans in use take, with the control area. */
  committedByteLength: number
  /**
   * How many bytes lie between the start of the arena and the end of the last span that was ever in
   * use. The arena has never taken more memory from the machine. For one slot: the most bytes that
   * its spans have had at once.
   */
  peakCommittedByteLength: number
  /** How many bytes the control area takes. It is 0 in the figures of one slot. */
  controlByteLength: number
  /** One row for each size class, by ascending length. The last row is for large blocks. */
  readonly classes: ClassStats[]
  /**
   * One row for each slot that has ever been in use. With the option `slot`, only the row of that
   * slot.
   */
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
