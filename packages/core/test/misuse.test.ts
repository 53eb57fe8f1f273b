// Offsets and lengths that callers must not pass: an ArenaError each, and not a byte of the arena
// changes.

import type { Arena, ArenaErrorCode, Pool } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { spanOf, spanStart } from '../src/memory/memory.ts'
import { classFor } from '../src/memory/size-classes.ts'
import { assertSound, refuses, refusesUnharmed, unharmed } from './support/checks.ts'
import { smallArena } from './support/memory.ts'
import { anything, notNumbers, oddNumbers, shownValue } from './support/values.ts'

const test = suite('misuse')

/** Everything that takes the offset of a live block. */
const takers: Record<string, (arena: Arena, pool: Pool, offset: number) => unknown> = {
  free: (_arena, pool, offset) => pool.free(offset),
  'realloc, shorter': (_arena, pool, offset) => pool.realloc(offset, 1),
  'realloc, longer': (_arena, pool, offset) => pool.realloc(offset, 5000),
  tryResize: (_arena, pool, offset) => pool.tryResize(offset, 8),
  byteLengthOf: (_arena, pool, offset) => pool.byteLengthOf(offset),
  view: (arena, _pool, offset) => arena.view(offset),
}

/** All of them refuse all of these, and leave the arena as it is. */
function refusedByAll(arena: Arena, pool: Pool, code: ArenaErrorCode, ...offsets: unknown[]): void {
  let called = ''
  try {
    unharmed(arena, () => {
      for (const offset of offsets) {
        for (const [name, take] of Object.entries(takers)) {
          called = `${name}(${shownValue(offset)})`
          refuses(code, () => take(arena, pool, anything(offset)))
        }
      }
    })
  } catch (error) {
    throw new Error(`${called}: ${(error as Error).message}`, { cause: error })
  }
}

/** From 16 to `end` in multiples of 16, at most about 40 of them. */
const insides = (end: number) => {
  const step = Math.max(16, Math.floor(end / 40 / 16) * 16)
  return Array.from({ length: Math.max(0, Math.ceil((end - 16) / step)) }, (_, i) => 16 + i * step)
}

/** Kinds of blocks, by what they are asked for. */
const kinds: [name: string, byteLength: number, alignment?: number][] = [
  ['the smallest', 0],
  ['a small one', 100],
  ['one of 16 KiB', 16_384],
  ['one in the tail of a run', 100_000],
  ['an aligned one', 100, 1024],
  ['an aligned one of several spans', 100_000, 4096],
  ['a large one', 600_000],
  ['an aligned large one', 600_000, 4096],
]

for (const [name, byteLength, alignment] of kinds) {
  test(`freed twice: ${name}`, () => {
    const { arena, pool } = smallArena(3 << 20)
    pool.alloc(byteLength, alignment)
    const offset = pool.alloc(byteLength, alignment)
    pool.free(offset)
    refusedByAll(arena, pool, 'double-free', offset)
    // After other blocks have come and gone.
    const others = [8, 48, 3000].map((length) => pool.alloc(length))
    for (const other of others) pool.free(other)
    refusedByAll(arena, pool, 'double-free', offset)
    pool.collect()
    refusedByAll(arena, pool, 'double-free', offset)
    assertSound(arena)
  })

  test(`freed twice, the span given back and nobody’s: ${name}`, () => {
    const { arena, pool } = smallArena(3 << 20)
    const offset = pool.alloc(byteLength, alignment)
    pool.free(offset)
    pool.collect()
    const { committedByteLength, controlByteLength } = arena.stats()
    assert.is(committedByteLength, controlByteLength)
    refusedByAll(arena, pool, 'double-free', offset)
  })

  test(`inside of it and beside it: ${name}`, () => {
    const { arena, pool } = smallArena(3 << 20)
    const offset = pool.alloc(byteLength, alignment)
    const inside = insides(byteLength).map((distance) => offset + distance)
    const misaligned = [1, 2, 4, 8, 15, -1, -8].map((distance) => offset + distance)
    refusedByAll(arena, pool, 'invalid-offset', ...inside, ...misaligned)
    pool.free(offset)
    assertSound(arena)
  })

  test(`of another arena: ${name}`, () => {
    const { arena, pool } = smallArena(3 << 20)
    const other = smallArena(3 << 20)
    // Nothing of this arena stands where the blocks of the other one do.
    const offsets = Array.from({ length: 3 }, () => other.pool.alloc(byteLength, alignment))
    for (const offset of offsets) {
      const code = arena.u8[offset] === 0 ? 'invalid-offset' : 'double-free'
      refusedByAll(arena, pool, code, offset)
    }
    for (const offset of offsets) other.pool.free(offset)
    assertSound(other.arena)
  })
}

test('of another arena, in a span of the same class', () => {
  const ours = smallArena()
  const theirs = smallArena()
  for (const { pool } of [ours, theirs]) for (let i = 0; i < 10; i++) pool.alloc(100)
  // Beyond what is carved here, and then with what their memory holds copied over ours.
  const offset = Array.from({ length: 300 }, () => theirs.pool.alloc(100)).at(-1) ?? 0
  refusedByAll(ours.arena, ours.pool, 'invalid-offset', offset)
  ours.arena.u8.set(theirs.arena.u8.subarray(offset - 4096, offset + 112), offset - 4096)
  refusedByAll(ours.arena, ours.pool, 'invalid-offset', offset)
})

test('where no block can be: control area, rests of spans, uncarved memory, outside', () => {
  const { arena, pool, memory } = smallArena()
  const offset = pool.alloc(1000)
  const start = spanStart(memory, spanOf(memory, offset))
  const { stride } = arena.stats().classes[classFor(memory, 1000)]
  const uncarved = [20, 40, 61].map((i) => offset + i * stride)
  const rest = [offset + 63 * stride, start + 65536 - 16]
  const outside = [-16, -(2 ** 31), 1 << 20, (1 << 20) + 16, 2 ** 31 - 16]
  const control = [16, 4096, 65536 - 16, memory.controlSpanCount * 65536 - 16]
  const wrong = [...control, start, ...uncarved, ...rest, (1 << 20) - 16, ...outside]
  refusedByAll(arena, pool, 'invalid-offset', ...wrong)
  for (const [name, take] of Object.entries(takers)) {
    if (name !== 'free' && !name.startsWith('realloc')) {
      refusesUnharmed(arena, 'invalid-offset', () => take(arena, pool, 0))
    }
  }
})

test('what is no offset at all', () => {
  const { arena, pool } = smallArena()
  const live = pool.alloc(100)
  const nearly = [2 ** 31, `${live}`, [live], BigInt(live), live + 0.5, live + 2 ** 32]
  refusedByAll(arena, pool, 'invalid-offset', ...notNumbers, ...oddNumbers, undefined, ...nearly)
})

test('what is no length', () => {
  const { arena, pool } = smallArena()
  const offset = pool.alloc(100)
  for (const value of [...notNumbers, ...oddNumbers, undefined]) {
    const byteLength = anything(value)
    for (const call of [
      () => pool.alloc(byteLength),
      () => pool.alloc(byteLength, 16),
      () => pool.alloc(byteLength, 64),
      () => pool.tryAlloc(byteLength),
      () => pool.tryAlloc(byteLength, 4096),
      () => pool.allocZeroed(byteLength),
      () => pool.realloc(offset, byteLength),
      () => pool.tryResize(offset, byteLength),
      () => pool.allocArray(Uint8Array, byteLength),
    ]) {
      refusesUnharmed(arena, 'invalid-argument', call)
    }
  }
})

/** Headers of live blocks, copied into payloads by a caller who copies memory. */
for (const [source, sourceLength, alignment] of kinds) {
  test(`forged headers: those of ${source} all over other payloads`, () => {
    const { arena, pool } = smallArena(3 << 20)
    const { i32 } = arena
    const original = pool.alloc(sourceLength, alignment)
    const header = [i32[(original >> 2) - 2], i32[(original >> 2) - 1]]
    for (const byteLength of [24, 100, 1000, 16_384, 100_000, 600_000]) {
      const victim = pool.alloc(byteLength)
      for (let word = victim >> 2; word + 1 < (victim + byteLength) >> 2; word += 2) {
        i32[word] = header[0]
        i32[word + 1] = header[1]
      }
      const inside = insides(byteLength).map((distance) => victim + distance)
      refusedByAll(arena, pool, 'invalid-offset', ...inside)
      assertSound(arena)
      pool.free(victim)
    }
  })
}

test('forged headers: each position of a span of blocks of the same class', () => {
  for (const byteLength of [24, 40, 100, 1000, 5000]) {
    const { arena, pool } = smallArena()
    const offsets = Array.from({ length: 60 }, () => pool.alloc(byteLength))
    const live = new Set(offsets)
    const first = (offsets[0] >> 2) - 2
    for (const offset of offsets) {
      for (let word = offset >> 2; word + 1 < (offset + byteLength) >> 2; word += 2) {
        arena.i32[word] = arena.i32[first]
        arena.i32[word + 1] = byteLength
      }
    }
    const before = arena.i32.slice()
    for (let offset = offsets[0]; offset < offsets[59]; offset += 16) {
      if (live.has(offset)) continue
      refuses('invalid-offset', () => pool.free(offset))
      refuses('invalid-offset', () => pool.realloc(offset, 8))
    }
    assert.is(
      before.findIndex((word, i) => word !== arena.i32[i]),
      -1,
    )
    assertSound(arena)
  }
})

test('blocks of another pool cannot be resized where they are', () => {
  const { arena, pool } = smallArena(4 << 20)
  const other = arena.openPool()
  for (const [, byteLength, alignment] of kinds) {
    const offset = other.alloc(byteLength, alignment)
    unharmed(arena, () => assert.is(pool.tryResize(offset, 5), false))
    refusesUnharmed(arena, 'invalid-argument', () => pool.tryResize(offset, -5))
    refusesUnharmed(arena, 'invalid-argument', () => pool.realloc(offset, -5))
    other.free(offset)
  }
})

test('a refusal between two calls does not disturb them', () => {
  const { arena, pool } = smallArena()
  const offsets = Array.from({ length: 100 }, () => pool.alloc(100))
  for (const offset of offsets) {
    pool.free(offset)
    refuses('double-free', () => pool.free(offset))
    refuses('invalid-offset', () => pool.free(offset + 16))
  }
  assert.equal(
    offsets.map(() => pool.alloc(100)),
    [...offsets].reverse(),
  )
  assertSound(arena)
})

test.run()
