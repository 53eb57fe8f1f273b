/**
 * How many bytes of elements the block of a list has room for.
 *
 * A list gets the whole room of a size class. Classes are a fifth apart, so a growing list moves at
 * every fifth, and copies about five bytes for each byte added. Doubling would copy one byte, and
 * waste up to half of the room. Lists of random length that grow, shrink, are made and freed take
 * 28 to 32 B more than their data if they hold 30 to 130 B on average, 1.18 times their data at 256
 * B, and 1.14 times at 512 B: with handle, header and prefix. (With 3 % more room, and shrinking
 * only if a quarter is spare: 1.22 times at 256 B.)
 */
import type { Pool } from '@ashlar/core'
import { CLASS_BYTE_LENGTH_MAX } from '../memory/blocks.ts'

/** Bytes before the elements: the length, and the room. */
export const PREFIX_BYTE_LENGTH = 8
/** Rooms are multiples of 16 bytes, as the strides of size classes are. */
export const ROOM_STEP = 16
/** No arena has so many bytes: a list of that length is out of memory. */
const ROOM_MAX = 2 ** 31 - ROOM_STEP
const SPAN_BYTE_LENGTH = 64 * 1024
/** Bytes of a run besides room: 16 before the block, the prefix, and 8 up to a multiple of 16. */
const RUN_OVERHEAD = 32

/** Whether a block with this room is a run of whole spans, which can be resized in place. */
export const isRun = (room: number) => room > CLASS_BYTE_LENGTH_MAX

/** The room for so many bytes of elements. A run gets an eighth more, not to move at each span. */
export const roomFor = (pool: Pool, byteLength: number) =>
  leastRoomFor(pool, isRun(byteLength) ? byteLength + Math.ceil(byteLength / 8) : byteLength)

/** As `roomFor`, but without the extra eighth of a run: for when memory is short. */
export function leastRoomFor(pool: Pool, byteLength: number): number {
  // Rounded up first: rounding down below must not take away room that is needed.
  const room = Math.min(Math.ceil(byteLength / ROOM_STEP) * ROOM_STEP, ROOM_MAX)
  return (pool.goodByteLength(room + PREFIX_BYTE_LENGTH) - PREFIX_BYTE_LENGTH) & -ROOM_STEP
}

/** The room of the shortest run for so many bytes, also where a size class would do. */
export const leastRunRoomFor = (byteLength: number) =>
  Math.ceil((byteLength + RUN_OVERHEAD) / SPAN_BYTE_LENGTH) * SPAN_BYTE_LENGTH - RUN_OVERHEAD

/**
 * The room that a list should shrink to; `room` if it stays. At least 4 bytes stay spare, or a 16th
 * from 256 B on. (8 bytes would cost a list two bytes more; a 16th everywhere, five at 128 B.)
 */
export function shrunkRoom(pool: Pool, room: number, byteLength: number): number {
  const spare = room - byteLength
  if (spare < 20 || spare < room >> 3) return room // less than the distance of two size classes
  return Math.min(room, roomFor(pool, byteLength + (byteLength < 256 ? 4 : byteLength >> 4)))
}
