/**
 * Chooses the capacity of a list's block, in bytes. In names, "room" means this capacity.
 *
 * A list uses the whole block of a size class. The byte lengths of classes are a fifth apart. So a
 * growing list moves whenever it has grown by a fifth, and copies about five bytes for each byte
 * added. If capacities doubled, it would copy one byte, but waste up to half of the capacity. In a
 * benchmark, lists of random length grow, shrink, are made and are freed. If their data has 30 to
 * 130 B on average, a list takes 28 to 32 B more than its data. At 256 B, it takes 1.18 times its
 * data, and at 512 B 1.14 times. These figures include handle, header and prefix. (If a list had 3
 * % more capacity, and shrank only when a quarter is unused, it would take 1.22 times its data at
 * 256 B.)
 */
import type { Pool } from '@ashlar/core'
import { CLASS_BYTE_LENGTH_MAX } from '../memory/blocks.ts'

/** The byte length of the prefix before the elements. It holds the length and the capacity. */
export const PREFIX_BYTE_LENGTH = 8
/** Capacities are multiples of 16 bytes, because the byte lengths of size classes are. */
export const ROOM_STEP = 16
/** The greatest capacity. No arena has this many bytes, so a longer list is out of memory. */
const ROOM_MAX = 2 ** 31 - ROOM_STEP
const SPAN_BYTE_LENGTH = 64 * 1024
/**
 * The bytes of a run besides its capacity: 16 before the block, the prefix, and 8 up to a multiple
 * of 16.
 */
const RUN_OVERHEAD = 32

/**
 * Returns whether a block with this capacity is a run of whole spans, which can be resized in
 * place.
 */
export const isRun = (room: number) => room > CLASS_BYTE_LENGTH_MAX

/**
 * Returns the capacity for a given byte length of elements. A run gets an eighth more, so that it
 * does not move at each span.
 */
export const roomFor = (pool: Pool, byteLength: number) =>
  leastRoomFor(pool, isRun(byteLength) ? byteLength + Math.ceil(byteLength / 8) : byteLength)

/**
 * Returns the same as `roomFor`, but without the extra eighth of a run. Use it when memory is
 * short.
 */
export function leastRoomFor(pool: Pool, byteLength: number): number {
  // Rounded up first, because the line below rounds down, and must not remove capacity that is
  // needed.
  const room = Math.min(Math.ceil(byteLength / ROOM_STEP) * ROOM_STEP, ROOM_MAX)
  return (pool.goodByteLength(room + PREFIX_BYTE_LENGTH) - PREFIX_BYTE_LENGTH) & -ROOM_STEP
}

/**
 * Returns the capacity of the shortest run for a given byte length, even if a size class would fit.
 */
export const leastRunRoomFor = (byteLength: number) =>
  Math.ceil((byteLength + RUN_OVERHEAD) / SPAN_BYTE_LENGTH) * SPAN_BYTE_LENGTH - RUN_OVERHEAD

/**
 * Returns the capacity to which a list should shrink, or `room` if it should stay. At least 4 bytes
 * stay unused, or a 16th from 256 B on. (With 8 bytes, a list would take two bytes more. With a
 * 16th for all lengths, it would take five bytes more at 128 B.)
 */
export function shrunkRoom(pool: Pool, room: number, byteLength: number): number {
  const spare = room - byteLength
  if (spare < 20 || spare < room >> 3) return room // less than one step of size classes
  return Math.min(room, roomFor(pool, byteLength + (byteLength < 256 ? 4 : byteLength >> 4)))
}
