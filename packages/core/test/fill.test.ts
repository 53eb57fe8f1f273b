// Memory that was full of one size and is empty again holds as much as ever, of any size.

import type { Pool } from '@ashlar/core'
import { exactStats } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertSameNumbers, assertSound, refuses } from './support/checks.ts'
import { fill, smallArena } from './support/memory.ts'
import { Random, seeded } from './support/random.ts'

const test = suite('fill')
const LENGTHS = [100, 1000, 4096, 16384, 30_000, 65536, 100_000, 200_000]
const RUNS = [300_000, 524_288, 524_297, 1 << 20]
/** 62 spans beside the control area: lengths at which no order of claims leaves gaps. */
const ARENA = (4 << 20) + 65536

const freeAll = (pool: Pool, offsets: readonly number[]) => {
  for (const offset of offsets) pool.free(offset)
}

const countOf = new Map(
  [...LENGTHS, ...RUNS].map((byteLength) => [
    byteLength,
    fill(smallArena(ARENA).pool, byteLength).length,
  ]),
)

for (const byteLength of [24, ...LENGTHS, ...RUNS]) {
  test(`${byteLength} bytes, then every other length, then ${byteLength} again`, () => {
    const { arena, pool, memory } = smallArena(ARENA)
    const random = new Random(byteLength)
    let first = fill(pool, byteLength)
    const count = first.length
    for (const [other, countOfOther] of countOf) {
      freeAll(pool, random.shuffle(first))
      const offsets = fill(pool, other)
      assert.is(offsets.length, countOfOther, `${other} after ${byteLength}`)
      freeAll(pool, random.shuffle(offsets))
      first = fill(pool, byteLength)
      assert.is(first.length, count, `${byteLength} after ${other}`)
    }
    assertSound(arena)
    freeAll(pool, first)
    pool.collect()
    assert.is(arena.stats().committedByteLength, memory.controlSpanCount * 65536)
  })
}

test('to the last byte: nothing is free; at most an eighth is waste, but for the last run', () => {
  for (const byteLength of LENGTHS) {
    const { arena, pool } = smallArena(ARENA)
    const count = fill(pool, byteLength).length
    const stats = exactStats(arena)
    const {
      liveBlockCount,
      liveByteLength,
      controlByteLength,
      freeByteLength,
      uncarvedByteLength,
    } = stats
    assert.equal([liveBlockCount, freeByteLength, uncarvedByteLength], [count, 0, 0])
    const lost = ARENA - controlByteLength - liveByteLength
    assert.ok(lost < ARENA / 8 + 9 * 65536, `${byteLength}: ${lost} bytes hold nothing`)
  }
})

test(
  'a full arena of all sizes: one free at a time, alloc and tryAlloc work again each time',
  seeded((random) => {
    const { arena, pool } = smallArena(ARENA)
    const live: [offset: number, byteLength: number][] = []
    for (let misses = 0; misses < 50; ) {
      const byteLength = random.logUniform(20)
      const offset = pool.tryAlloc(byteLength)
      if (offset === 0) misses++
      else live.push([offset, byteLength])
    }
    for (const [offset, byteLength] of random.shuffle(live)) {
      pool.free(offset)
      const again = random.below(2) === 0 ? pool.alloc(byteLength) : pool.tryAlloc(byteLength)
      assert.is.not(again, 0)
      pool.free(again)
    }
    assertSound(arena)
    pool.collect()
    assert.is(arena.stats().committedByteLength, arena.stats().controlByteLength)
  }),
)

test(
  'mixed sizes, again and again: what fits one time fits every time',
  seeded((random) => {
    const { arena, pool } = smallArena(ARENA)
    const lengths = Array.from({ length: 3000 }, () => random.logUniform(17))
    const allocate = () => lengths.map((byteLength) => pool.tryAlloc(byteLength))
    const first = allocate()
    for (let round = 0; round < 10; round++) {
      const held = first.filter((offset) => offset !== 0)
      freeAll(pool, random.shuffle(held))
      pool.collect()
      assertSameNumbers(allocate(), first)
    }
    assertSound(arena)
  }),
)

test('runs that are freed in part leave room for blocks of one span', () => {
  const { arena, pool, memory } = smallArena(ARENA)
  const large = fill(pool, 600_000)
  pool.free(large[1])
  const small = fill(pool, 1000)
  const freeSpanCount = memory.spanCount - memory.controlSpanCount - 10 * (large.length - 1)
  assert.is(small.length, 63 * freeSpanCount)
  refuses('out-of-memory', () => pool.alloc(600_000))
  freeAll(pool, small)
  assert.is(pool.alloc(600_000), large[1])
  assertSound(arena)
})

test.run()
