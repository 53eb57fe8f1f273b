/** Arenas small enough for a search: a few spans, slots and classes, and few blocks in a span. */
import { writeControl } from '../../src/control.ts'
import { livePattern, PARCEL_BITS } from '../../src/header.ts'
import { FIRST_PAYLOAD, LARGE_CLASS, SPAN_BYTE_LENGTH } from '../../src/layout.ts'
import { ArenaMemory } from '../../src/memory.ts'
import { PARCEL_BYTE_LENGTH } from '../../src/remote/mail.ts'

/** Payloads of the classes, in bytes, and how their runs are cut. */
export const PARCEL = PARCEL_BYTE_LENGTH // 124 blocks in a span
export const THIRD = 21_832 // three blocks in a span
export const WHOLE = 65_512 // one block in a span
export const HALVES = 43_672 // three blocks in a run of two spans: the third begins in a tail
export const DOUBLE = 131_032 // one block in a run of two spans
/** Above all classes: a run of its own, of two spans. */
export const LARGE = 131_048
/** The same, of three. */
export const LARGE_3 = LARGE + SPAN_BYTE_LENGTH

const STRIDES = [PARCEL, THIRD, HALVES, WHOLE, DOUBLE].map((byteLength) => byteLength + 8)
const TAG = 7

const live = livePattern(TAG)
const LEFTOVERS = [
  ...[...STRIDES.keys(), LARGE_CLASS].flatMap((row) => [live | row, live | row | PARCEL_BITS]),
  SPAN_BYTE_LENGTH + FIRST_PAYLOAD,
  -1,
  100,
]

export interface TinyArena {
  /** Spans beside the control area, which takes one. */
  readonly spanCount: number
  readonly slotCount: number
}

/**
 * A new arena in a buffer of its own. Its memory is as bad as memory can be that was used before: what
 * is in it looks like headers of live blocks of every class, of parcels, and like offsets.
 */
export function createTiny({ spanCount, slotCount }: TinyArena): ArenaMemory {
  const byteLength = (1 + spanCount) * SPAN_BYTE_LENGTH
  const buffer = new SharedArrayBuffer(byteLength)
  const geometry = { byteLength, slotCount, classCount: STRIDES.length }
  const words = new Int32Array(buffer)
  for (let word = SPAN_BYTE_LENGTH >> 2; word < words.length; word++) {
    words[word] = LEFTOVERS[(word ^ (word >> 4)) % LEFTOVERS.length]
  }
  writeControl(buffer, 0, geometry, STRIDES, TAG, true)
  return new ArenaMemory(buffer, 0)
}
