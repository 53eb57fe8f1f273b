// How far memory was touched: what lies behind is 0, and is neither zeroed nor read.

import { Arena, type ArenaError, type Pool } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { SpanIndex } from '../../src/base/units.ts'
import { type ArenaMemory, spanOf, spanStart, touchedWord } from '../../src/memory/memory.ts'
import { clearSpans, touchBytes, touchSpans } from '../../src/spans/span-map.ts'
import { assertSound, refuses, refusesUnharmed } from '../support/checks.ts'
import { fill, memoryOf, smallArena } from '../support/memory.ts'
import { seeded } from '../support/random.ts'
import { regions } from '../support/regions.ts'
import { anything, notNumbers, oddNumbers } from '../support/values.ts'

const test = suite('touched')
const SPAN = 65536
/** From the start of a large block's run to its bytes. */
const HEAD = 16

const touchedIn = (memory: ArenaMemory, first: number, spanCount: number) => {
  const word = touchedWord(memory, first as SpanIndex)
  return [...memory.i32.subarray(word, word + spanCount)]
}
/** Of the spans that a large block of so many bytes takes. */
const touchedOf = (memory: ArenaMemory, offset: number, byteLength: number) =>
  touchedIn(memory, spanOf(memory, offset), Math.ceil((byteLength + HEAD) / SPAN))
/** By words: a callback for each byte takes seconds. */
function isZero({ u8, i32 }: Arena, offset: number, byteLength: number): boolean {
  const end = offset + byteLength
  let sum = 0
  for (let word = offset >> 2; word < end >> 2; word++) sum |= i32[word]
  for (let byte = end & -4; byte < end; byte++) sum |= u8[byte]
  return sum === 0
}
const fillBytes = (arena: Arena, offset: number, byteLength: number) =>
  arena.u8.fill(0xff, offset, offset + byteLength)

test('an arena’s own buffer begins untouched, a caller’s fully touched', () => {
  for (const { name, create } of regions) {
    const { arena } = create(2 << 20)
    const memory = memoryOf(arena)
    const touched = touchedIn(memory, memory.controlSpanCount, 32 - memory.controlSpanCount)
    const isOwn = name === 'shared' || name === 'unshared'
    assert.ok(
      touched.every((count) => count === (isOwn ? 0 : SPAN)),
      name,
    )
  }
})

test('an overwritten touched word leads to no other block, and leaves no byte unzeroed', () => {
  for (const touched of [2 ** 30, 65_537, -1, -16_777_216, -(2 ** 31)]) {
    const { arena, pool, memory } = smallArena(8 << 20)
    const [block, next] = [pool.alloc(1_000_000), pool.alloc(1_000_000)]
    fillBytes(arena, block, 1_000_000)
    fillBytes(arena, next, 1_000_000)
    pool.free(block)
    memory.i32[touchedWord(memory, spanOf(memory, block))] = touched
    assert.is(pool.allocZeroed(1_000_000), block)
    assert.ok(isZero(arena, block, 1_000_000), `it was ${touched}`)
    const kept = arena.i32.subarray(next >> 2, (next + 1_000_000) >> 2)
    assert.is(
      kept.findIndex((word) => word !== -1),
      -1,
      `it was ${touched}`,
    )
  }
})

test('spans of a size class are touched as a whole, free ones are not', () => {
  const { arena, pool, memory } = smallArena(4 << 20)
  const [small, inRun] = [pool.alloc(100), pool.alloc(16_384)]
  assert.equal(touchedIn(memory, spanOf(memory, small), 1), [SPAN])
  assert.equal(touchedIn(memory, spanOf(memory, inRun), 3), [SPAN, SPAN, 0])
  assertSound(arena)
})

test('alloc and allocZeroed touch a large block as far as it goes', () => {
  for (const allocate of ['alloc', 'tryAlloc', 'allocZeroed'] as const) {
    const { arena, pool, memory } = smallArena(4 << 20)
    const offset = pool[allocate](9 * SPAN)
    assert.equal(touchedIn(memory, spanOf(memory, offset), 11), [...Array(9).fill(SPAN), HEAD, 0])
    assertSound(arena)
  }
})

test('reserve touches the header only; touch raises that, and never lowers it', () => {
  const { arena, pool, memory } = smallArena(4 << 20)
  const other = arena.openPool()
  const offset = pool.reserve(10 * SPAN)
  const touched = () => touchedOf(memory, offset, 10 * SPAN)
  assert.equal(touched(), [HEAD, ...Array(10).fill(0)])
  for (const [by, byteLength, expected] of [
    [pool, 0, [HEAD, 0, 0, 0]],
    [pool, 1, [HEAD + 1, 0, 0, 0]],
    [other, 100, [HEAD + 100, 0, 0, 0]],
    [pool, 50, [HEAD + 100, 0, 0, 0]],
    [pool, SPAN - HEAD, [SPAN, 0, 0, 0]],
    [other, SPAN - HEAD + 1, [SPAN, 1, 0, 0]],
    [other, 2 * SPAN, [SPAN, SPAN, HEAD, 0]],
    [pool, 3, [SPAN, SPAN, HEAD, 0]],
  ] as [Pool, number, number[]][]) {
    by.touch(offset, byteLength)
    assert.equal(touched().slice(0, 4), expected)
    assertSound(arena)
  }
  pool.touch(offset, 10 * SPAN)
  assert.equal(touched(), [...Array(10).fill(SPAN), HEAD])
  assertSound(arena)
})

test('touch refuses too long a length, a wrong length, and a wrong offset', () => {
  const { arena, pool, memory } = smallArena(4 << 20)
  for (const [byteLength, alignment] of [[100], [100, 256], [600_000], [600_000, 4096]]) {
    const offset = pool.reserve(byteLength, alignment)
    pool.touch(offset, byteLength)
    refusesUnharmed(
      arena,
      'invalid-argument',
      () => pool.touch(offset, byteLength + 1),
      /from 0 to/,
    )
    for (const odd of [...notNumbers, ...oddNumbers, undefined]) {
      refusesUnharmed(arena, 'invalid-argument', () => pool.touch(offset, anything(odd)))
    }
    refusesUnharmed(arena, 'invalid-offset', () => pool.touch(offset + 16, 1))
    pool.free(offset)
    refuses('double-free', () => pool.touch(offset, 1))
  }
  pool.close()
  refuses('pool-closed', () => pool.touch(memory.base, 1))
  refuses('pool-closed', () => pool.reserve(600_000))
})

test('reserve: lengths and alignments as for alloc', () => {
  const { arena, pool, memory } = smallArena(4 << 20)
  const { maxClassByteLength } = memory
  for (const odd of [...notNumbers, ...oddNumbers, undefined]) {
    refusesUnharmed(arena, 'invalid-argument', () => pool.reserve(anything(odd)))
    if (odd === undefined) continue
    refusesUnharmed(arena, 'invalid-argument', () => pool.reserve(100, anything(odd)))
    refusesUnharmed(arena, 'invalid-argument', () => pool.reserve(600_000, anything(odd)))
  }
  refusesUnharmed(arena, 'out-of-memory', () => pool.reserve(2 ** 32 - 1))
  for (const distance of [-4097, -4096, -4095, -16, -1, 0, 1, 16, 4096]) {
    for (const alignment of [undefined, 1, 16, 32, 4096]) {
      const offset = pool.reserve(maxClassByteLength + distance, alignment)
      assert.is(offset % (alignment ?? 16), 0)
      assert.is(pool.byteLengthOf(offset), maxClassByteLength + distance)
      assertSound(arena)
      pool.free(offset)
    }
  }
})

const zeroed: ['reserve' | 'allocZeroed', string][] = [
  ['reserve', 'reserved'],
  ['allocZeroed', 'zeroed'],
]
const lengths: [byteLength: number, alignment?: number][] = [
  [600_000],
  [0],
  [100],
  [16_384],
  [1 << 20],
  [100, 1024],
  [600_000, 4096],
  [524_000, 4096],
  [600_000, 32],
  [100_000, 64],
]

for (const { name, create } of regions) {
  for (const [allocate, what] of zeroed) {
    test(`${what} memory is 0, whatever lay there before: ${name}`, () => {
      for (const [before, alignment] of lengths.filter((_, i) => i % 3 === 0)) {
        const { arena, assertSurroundings } = create(3 << 20)
        const pool = arena.openPool()
        for (const offset of fill(pool, before, alignment)) {
          fillBytes(arena, offset, before)
          pool.free(offset)
        }
        for (const [byteLength, after] of lengths) {
          const offset = pool[allocate](byteLength, after)
          assert.ok(isZero(arena, offset, byteLength), `${byteLength} after ${before}`)
          assertSound(arena)
          if (allocate === 'reserve') pool.touch(offset, byteLength >> 1)
          fillBytes(arena, offset, byteLength >> 1)
          pool.free(offset)
        }
        assertSurroundings()
      }
    })
  }
}

test('the header of a shifted payload counts as touched', () => {
  for (const alignment of [32, 64, 1024, 4096]) {
    const { arena, pool } = smallArena(2 << 20)
    const offset = pool.reserve(600_000, alignment)
    pool.free(offset)
    const again = pool.allocZeroed(600_000)
    assert.is(offset - again, alignment - HEAD)
    assert.ok(isZero(arena, again, 600_000), `alignment ${alignment}`)
  }
})

test('memory that was never touched is not written', () => {
  for (const [byteLength, alignment] of lengths.filter(([length]) => length > 530_000)) {
    for (const allocate of ['reserve', 'allocZeroed'] as const) {
      const { arena, pool, memory } = smallArena(4 << 20)
      // As no caller may: it shows who writes. (What was not touched is taken for 0.)
      arena.u8.fill(0x5a, spanStart(memory, memory.controlSpanCount as SpanIndex))
      const offset = pool[allocate](byteLength, alignment)
      const bytes = arena.u8.subarray(offset, offset + byteLength)
      assert.ok(bytes.every((byte) => byte === 0x5a))
    }
  }
})

test('growth in place touches the added bytes; bytes that were cut off stay touched', () => {
  for (const [grow, name] of [
    [(pool: Pool, offset: number, to: number) => pool.tryResize(offset, to), 'tryResize'],
    [(pool: Pool, offset: number, to: number) => pool.realloc(offset, to) === offset, 'realloc'],
  ] as const) {
    const { arena, pool, memory } = smallArena(6 << 20)
    const offset = pool.reserve(10 * SPAN)
    pool.touch(offset, 2 * SPAN)
    assert.ok(grow(pool, offset, 12 * SPAN), name)
    const at = spanOf(memory, offset)
    assert.equal(touchedIn(memory, at + 10, 4), [SPAN, SPAN, HEAD, 0])
    assertSound(arena)
    fillBytes(arena, offset, 2 * SPAN)
    fillBytes(arena, offset + 10 * SPAN, 2 * SPAN)
    assert.ok(grow(pool, offset, 9 * SPAN), name)
    assert.equal(touchedIn(memory, at + 10, 4), [SPAN, SPAN, HEAD, 0])
    assertSound(arena)
    pool.free(offset)
    assert.ok(isZero(arena, pool.allocZeroed(13 * SPAN), 13 * SPAN), name)
  }
})

test('realloc that moves: the contents come along, and the rest counts as touched', () => {
  const { arena, pool, memory } = smallArena(8 << 20)
  const offset = pool.reserve(10 * SPAN)
  pool.touch(offset, 100)
  fillBytes(arena, offset, 100)
  pool.alloc(600_000) // behind it
  const moved = pool.realloc(offset, 20 * SPAN)
  assert.is.not(moved, offset)
  assert.ok(arena.u8.subarray(moved, moved + 100).every((byte) => byte === 0xff))
  assert.ok(isZero(arena, moved + 100, 10 * SPAN - 100))
  assert.equal(touchedOf(memory, moved, 20 * SPAN), [...Array(20).fill(SPAN), HEAD])
  pool.free(moved)
  assert.ok(isZero(arena, pool.allocZeroed(20 * SPAN), 20 * SPAN))
  assertSound(arena)
})

test('spans: cleared as far as they were touched, in the middle of others', () => {
  const { arena, memory } = smallArena(2 << 20)
  const first = (memory.controlSpanCount + 2) as SpanIndex
  const start = spanStart(memory, first)
  arena.u8.fill(0xff, start - SPAN, start + 5 * SPAN)
  touchBytes(memory, start, start + SPAN + 1000)
  touchSpans(memory, (first + 3) as SpanIndex, 1)
  assert.equal(touchedIn(memory, first - 1, 6), [0, SPAN, 1000, 0, SPAN, 0])
  clearSpans(memory, first, 4)
  assert.equal(touchedIn(memory, first - 1, 6), [0, 0, 0, 0, 0, 0])
  const isFull = (from: number, to: number) =>
    arena.u8.subarray(start + from, start + to).every((byte) => byte === 0xff)
  assert.ok(isZero(arena, start, SPAN + 1000) && isZero(arena, start + 3 * SPAN, SPAN))
  assert.ok(isFull(-SPAN, 0) && isFull(SPAN + 1000, 3 * SPAN) && isFull(4 * SPAN, 5 * SPAN))
  touchBytes(memory, start + 100, start + 100) // nothing
  assert.equal(touchedIn(memory, first, 1), [100])
})

function orFull(allocate: () => number): number {
  try {
    return allocate()
  } catch (error) {
    assert.is((error as ArenaError).code, 'out-of-memory')
    return 0
  }
}

test(
  'blocks of any kind that come, grow and go: what is zeroed is 0',
  seeded((random) => {
    for (const shared of [false, true]) {
      const arena = Arena.create({ byteLength: 8 << 20, shared })
      const pools = [arena.openPool(), arena.openPool()]
      const live: [offset: number, byteLength: number][] = []
      for (let step = 0; step < 1500; step++) {
        const pool = random.pick(pools)
        const choice = random.below(10)
        if (choice < 5) {
          const byteLength = random.pick([100, 20_000, 530_000, 700_000]) + random.below(5000)
          const alignment = random.pick([undefined, 64, 4096])
          const allocate = random.pick(['reserve', 'allocZeroed', 'alloc'] as const)
          const offset = orFull(() => pool[allocate](byteLength, alignment))
          if (offset === 0) continue
          if (allocate !== 'alloc') assert.ok(isZero(arena, offset, byteLength), `step ${step}`)
          const used = allocate === 'reserve' ? random.below(byteLength + 1) : byteLength
          pool.touch(offset, used)
          fillBytes(arena, offset, used)
          live.push([offset, byteLength])
        } else if (live.length > 0 && choice < 8) {
          const [[offset]] = live.splice(random.below(live.length), 1)
          pool.free(offset)
        } else if (live.length > 0 && choice === 8) {
          const one = random.pick(live)
          const byteLength = one[1] + random.below(2 * SPAN)
          if (pool.tryResize(one[0], byteLength)) one[1] = byteLength
        } else {
          pool.collect()
        }
        if (step % 100 === 0) assertSound(arena)
      }
      assertSound(arena)
    }
  }),
)

test.run()
