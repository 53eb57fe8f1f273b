/**
 * How much room a list is given: numbers only, in bytes.
 *
 * A list gets the whole room of the size class that it needs. Classes lie a fifth apart, so a list
 * that grows moves at every fifth, and copies about five bytes for each one that is added. Doubling
 * would copy one, and waste up to half. Lists of random length that grow, shrink, come and go take
 * 28 to 32 B above their data where they hold 30 to 130 B on average, and 1.18 times their data at
 * 256 B, 1.14 at 512 B: handle, header and prefix included. (Asking for 3 % more than needed, and
 * shrinking when a quarter is spare: 1.22 times at 256 B.)
 */
import { CLASS_BYTE_LENGTH_MAX } from '../memory/reserved.ts'

/** Before the elements: the length, and the room. */
export const PREFIX_BYTE_LENGTH = 8
/** A block's header, and the prefix. */
const OVERHEAD = 8 + PREFIX_BYTE_LENGTH
/** Rooms are multiples of it, as size classes are. */
export const GRANULE_SHIFT = 4
const SPAN_BYTE_LENGTH = 64 * 1024

/**
 * Of each default size class of core: 16-byte steps up to 128 B of payload, then four per doubling.
 * An arena may have more of them, and then lists do not fill these; it is nothing worse.
 */
const ROOMS = Int32Array.from(classRooms())

function classRooms(): number[] {
  const strides: number[] = []
  for (let stride = 32; stride <= 144; stride += 16) strides.push(stride)
  strides.push(160, 176, 208, 240, 272)
  for (let power = 256; power < CLASS_BYTE_LENGTH_MAX; power *= 2) {
    strides.push((power / 4) * 5, (power / 4) * 6, (power / 4) * 7, power * 2 + 16)
  }
  return strides.map((stride) => stride - OVERHEAD)
}

const LARGEST_CLASS_ROOM = ROOMS[ROOMS.length - 1]

/** Whether a room is a run of whole spans, which can be resized where it stands. */
export const isRun = (room: number) => room > LARGEST_CLASS_ROOM

/**
 * The room for so many bytes of elements. Above the size classes there is an eighth to spare, or the
 * growth of a list by spans would copy it for each of them.
 */
export function roomFor(byteLength: number): number {
  if (byteLength > LARGEST_CLASS_ROOM)
    return leastRunRoomFor(byteLength + Math.ceil(byteLength / 8))
  let low = 0
  let high = ROOMS.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if (ROOMS[middle] < byteLength) low = middle + 1
    else high = middle
  }
  return ROOMS[low]
}

/** The same, with nothing to spare but what a block has anyway: for when there is no memory. */
export const leastRoomFor = (byteLength: number) =>
  byteLength > LARGEST_CLASS_ROOM ? leastRunRoomFor(byteLength) : roomFor(byteLength)

/** The room of as many whole spans as needed. A run begins 16 bytes after its first span does. */
export const leastRunRoomFor = (byteLength: number) =>
  Math.ceil((byteLength + 2 * OVERHEAD) / SPAN_BYTE_LENGTH) * SPAN_BYTE_LENGTH - 2 * OVERHEAD

/**
 * The room that a list should shrink to; its own if it should not. It leaves 4 bytes, or a 16th from
 * 256 B up, to spare: so much has to be added before the list moves again. (8 bytes below: two bytes
 * more a list on average. A 16th: five more at 128 B.)
 */
export function shrunkRoom(room: number, byteLength: number): number {
  const spare = room - byteLength
  if (spare < 20 || spare < room >> 3) return room // less than the distance of two classes
  return Math.min(room, roomFor(byteLength + (byteLength < 256 ? 4 : byteLength >> 4)))
}
