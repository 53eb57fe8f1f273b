/**
 * How many bytes of elements the block of a list has room for.
 *
 * A list gets the whole room of a size class. Classes lie a fifth apart, so a growing list moves at
 * every fifth, and copies about five bytes for each byte added. Doubling would copy one, and waste
 * up to half. Lists of random length that grow, shrink, come and go take 28 to 32 B above their
 * data if they hold 30 to 130 B on average, and 1.18 times their data at 256 B, 1.14 at 512 B, with
 * handle, header and prefix. (With 3 % more room, and shrinking at a spare quarter: 1.22 times at
 * 256 B.)
 */
import type { Pool } from '@ashlar/core'
import { CLASS_BYTE_LENGTH_MAX } from '../memory/blocks.ts'

/** Before the elements: the length, and the room. */
export const PREFIX_BYTE_LENGTH = 8
/** Rooms are multiples of 16 bytes, as the strides of size classes are. */
export const ROOM_STEP = 16
/** No arena has as many bytes: a list that long is out of memory. */
const ROOM_MAX = 2 ** 31 - ROOM_STEP
const SPAN_BYTE_LENGTH = 64 * 1024
/** Of a run: 16 bytes up to its block, the prefix, and 8 to a multiple of 16. */
const RUN_OVERHEAD = 32

/** Whether a block with that room is a run of whole spans, which can be resized in place. */
export const isRun = (room: number) => room > CLASS_BYTE_LENGTH_MAX

/** The room for so many bytes of elements. Runs get an eighth to spare, or each span would copy. */
export const roomFor = (pool: Pool, byteLength: number) =>
  leastRoomFor(pool, isRun(byteLength) ? byteLength + Math.ceil(byteLength / 8) : byteLength)

/** `roomFor` with nothing to spare but what the block has anyway, for when memory is short. */
export function leastRoomFor(pool: Pool, byteLength: number): number {
  // Rounded up first: rounding down below must not take away room that is needed.
  const room = Math.min(Math.ceil(byteLength / ROOM_STEP) * ROOM_STEP, ROOM_MAX)
  return (pool.goodByteLength(room + PREFIX_BYTE_LENGTH) - PREFIX_BYTE_LENGTH) & -ROOM_STEP
}

/** The room of a run of the fewest spans, also where a size class would do. */
export const leastRunRoomFor = (byteLength: number) =>
  Math.ceil((byteLength + RUN_OVERHEAD) / SPAN_BYTE_LENGTH) * SPAN_BYTE_LENGTH - RUN_OVERHEAD

/**
 * The room that a list should shrink to, or its own. At least 4 bytes stay spare, or a 16th from
 * 256 B up. (8 bytes: two bytes more a list on average. A 16th everywhere: five more at 128 B.)
 */
export function shrunkRoom(pool: Pool, room: number, byteLength: number): number {
  const spare = room - byteLength
  if (spare < 20 || spare < room >> 3) return room // less than the distance of two classes
  return Math.min(room, roomFor(pool, byteLength + (byteLength < 256 ? 4 : byteLength >> 4)))
}
