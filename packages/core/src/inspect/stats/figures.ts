/**
 * Defines the figures that `arena.stats()` returns, and makes the objects that hold them. Shares
 * are not stored, because the engine would allocate an object for a stored fraction. See shares.ts.
 */
import * as layout from '../../base/layout.ts'
import type { SlotState } from '../../spans/slots.ts'

/** Figures about refills. Each slot counts them modulo 2^32. */
export interface RefillStats {
  /** How many times a pool has filled an empty free list. Each slot counts modulo 2^32. */
  refillCount: number
  /** How many blocks refills have handed out. Each slot counts modulo 2^32. */
  refilledBlockCount: number
}

/** Figures about the use of the bytes in spans. */
interface ByteStats {
  /** How many blocks are live. */
  liveBlockCount: number
  /** How many bytes the live blocks take. Headers count too. A large block takes whole spans. */
  liveByteLength: number
  /**
   * How many bytes were requested for the live blocks. Only `exactStats` counts them. In the result
   * of `arena.stats()`, it is 0.
   */
  requestedByteLength: number
  /** How many bytes the free blocks take. Headers count too. */
  freeByteLength: number
  /** How many bytes of the spans have room for further blocks, but are not cut into blocks yet. */
  uncarvedByteLength: number
  /**
   * How many bytes of the spans no block can use. These are 8 bytes at the start of each run of
   * spans, and at its end a rest that is shorter than a block.
   */
  wasteByteLength: number
}

/** Figures about one size class, or about all large blocks together. */
export interface ClassStats extends ByteStats, RefillStats {
  /** The longest payload of the class, in bytes. For large blocks, it is `Infinity`. */
  readonly maxByteLength: number
  /**
   * How many bytes a block of the class takes. The header counts too. It is 0 for large blocks,
   * because their lengths differ.
   */
  readonly stride: number
  /** How many spans of 64 KiB the class uses. */
  spanCount: number
  /** How many free blocks the spans of the class hold. */
  freeBlockCount: number
  /** How many further blocks can be cut from the spans of the class. */
  uncarvedBlockCount: number
  /**
   * The most blocks that were live at the same time in each slot, added up over the slots. The
   * figure of a slot may be too low by up to one refill.
   */
  peakLiveBlockCount: number
  /**
   * How many blocks of the class another slot has freed and their owner has received. Each slot
   * counts modulo 2^32.
   */
  drainedBlockCount: number
}

/** Figures about one slot. */
export interface SlotStats extends RefillStats {
  /** The index of the slot. */
  slot: number
  /**
   * The state of the slot. It is `'open'` if the slot has an open pool, and `'closed'` if that pool
   * was closed. It is `'reserved'` from `arena.reserveSlot()` until a thread opens a pool on the
   * slot. It is `'lent'` while another thread gives back memory of the closed slot. A slot in state
   * `'vacant'` was never in use, and has no row.
   */
  state: SlotState
  /** How many spans of 64 KiB the slot owns. */
  spanCount: number
  /** The most spans of 64 KiB that the slot has owned at the same time. */
  peakSpanCount: number
  /**
   * How many blocks this slot has received that other slots had freed. The count includes all pools
   * that were ever open on the slot. It is modulo 2^32.
   */
  remoteFreeCount: number
  /**
   * How many received blocks were freed wrongly: they were freed twice, their header was
   * overwritten, or no block begins at the offset.
   */
  violationCount: number
  /**
   * How many telemetry events the slot has dropped because nobody had read the earlier ones. The
   * count is modulo 2^32.
   */
  droppedEventCount: number
}

/**
 * The figures that `arena.stats()` returns, about the arena or about one slot. These five add up to
 * `committedByteLength`: `controlByteLength`, `liveByteLength`, `freeByteLength`,
 * `uncarvedByteLength` and `wasteByteLength`.
 */
export interface ArenaStats extends ByteStats, RefillStats {
  /** The length of the arena in bytes. */
  reservedByteLength: number
  /** How many bytes all spans in use take. The control area counts too. */
  committedByteLength: number
  /**
   * How many bytes lie between the start of the arena and the end of the last span that was ever in
   * use. The arena has never taken more memory from the machine than this. In the figures of one
   * slot: the most bytes that the slot's spans had at the same time.
   */
  peakCommittedByteLength: number
  /** How many bytes the control area takes. It is 0 in the figures of one slot. */
  controlByteLength: number
  /**
   * One row for each size class, by ascending length. One more row, the last, is for large blocks.
   */
  readonly classes: ClassStats[]
  /**
   * One row for each slot that was ever in use. With the option `slot`, it has only the row of that
   * slot.
   */
  readonly slots: SlotStats[]
}

/**
 * Makes a row for a size class. `collectStats` adds all figures except `maxByteLength` and
 * `stride`.
 * @param stride the stride of the class; 0 for large blocks
 */
const newClassStats = (stride: number) =>
  ({
    maxByteLength: stride === 0 ? Number.POSITIVE_INFINITY : stride - layout.HEADER_BYTE_LENGTH,
    stride,
  }) as ClassStats

/** Makes a row for a slot. `collectStats` adds all figures. */
export const newSlotStats = () => ({}) as SlotStats

/**
 * Makes an object for the figures of an arena. `collectStats` adds all figures.
 * @param strides the stride of each class of the arena
 */
export const newStats = (strides: Int32Array) =>
  ({
    classes: [...strides, 0].map(newClassStats),
    slots: [] as SlotStats[],
  }) as ArenaStats
