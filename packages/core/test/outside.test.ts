// Offsets outside of an arena that lies in a larger buffer. Whatever is around it, and whatever its
// blocks hold, could be taken for a span map or for headers.
import { Arena } from '@ashlar/core'
import { suite } from 'uvu'
import type { SlotIndex } from '../src/base/units.ts'
import { classFor } from '../src/memory/size-classes.ts'
import { headPattern } from '../src/spans/span-map.ts'
import { assertSound, refuses, unharmed } from './support/checks.ts'
import { memoryOf } from './support/memory.ts'

const test = suite('offsets outside of the arena')
const SPAN = 65536
const BUFFER_SPAN_COUNT = 64
const ARENA_SPAN_COUNT = 18

for (const [name, byteOffset] of [
  ['in the middle', 20 * SPAN],
  ['in the middle, between spans', 20 * SPAN + 4096 + 16],
  ['at the start', 0],
  ['at the end', (BUFFER_SPAN_COUNT - ARENA_SPAN_COUNT) * SPAN],
] as const) {
  test(`refused by every pool, and not a byte changes: an arena ${name}`, () => {
    const buffer = new ArrayBuffer(BUFFER_SPAN_COUNT * SPAN)
    const arena = Arena.create({ buffer, byteOffset, byteLength: ARENA_SPAN_COUNT * SPAN })
    const memory = memoryOf(arena)
    const [owner, freer, third] = [arena.openPool(), arena.openPool(), arena.openPool()]
    owner.alloc(100)
    freer.free(owner.alloc(100)) // has a segment for the owner
    third.close()
    const block = owner.alloc(12 * SPAN)
    const hostile = new Int32Array(buffer)
    const isOutside = (word: number) =>
      4 * word < byteOffset || 4 * word >= byteOffset + arena.byteLength
    const isInBlock = (word: number) => 4 * word >= block && 4 * word < block + 12 * SPAN
    for (const classIndex of [0, 3, classFor(memory, 100), classFor(memory, 3000)]) {
      for (const slot of [owner.slot, freer.slot, third.slot]) {
        const mapped = headPattern(slot as SlotIndex) | classIndex
        const header = memory.plainHeader
        for (let word = 0; word < hostile.length; word++) {
          // Where the span map would go on, and where headers would be.
          if (isInBlock(word) || isOutside(word)) hostile[word] = word % 4 < 2 ? mapped : header
          if (isOutside(word) && word % 4 === 2) hostile[word] = header
        }
        assertAllRefused(arena, [owner, freer])
      }
    }
    assertSound(arena)
  })
}

function assertAllRefused(arena: Arena, pools: readonly ReturnType<Arena['openPool']>[]): void {
  const { byteOffset, byteLength, buffer } = arena
  const offsets = [16, 32, 2 ** 31 - 16, byteOffset - 16, byteOffset + byteLength]
  for (let start = byteOffset - 300 * SPAN; start < 2 ** 31 - SPAN; start += SPAN) {
    const isNear = start < buffer.byteLength + 40 * SPAN || start % (256 * SPAN) < SPAN
    if (isNear) for (const within of [16, 128, 32_784]) offsets.push(start + within)
  }
  const outside = offsets.filter(
    (one) => one !== 0 && (one < byteOffset || one >= byteOffset + byteLength),
  )
  unharmed(arena, () => {
    for (const pool of pools) {
      for (const offset of outside) {
        refuses('invalid-offset', () => pool.free(offset), new RegExp(`offset ${offset} `))
      }
    }
  })
}

test.run()
