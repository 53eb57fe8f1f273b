// Blocks of other pools when there is hardly any memory left, and realloc of them. A free needs
// none; what stays where it is, stays as it was.

import type { ElementArrayConstructor, Pool } from '@ashlar/core'
import { blocks as blocksOf } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { SlotIndex } from '../src/base/units.ts'
import { createEnqueue } from '../src/remote/outbox.ts'
import {
  assertConserved,
  assertSound,
  refuses,
  refusesUnharmed,
  unharmed,
} from './support/checks.ts'
import { fill } from './support/memory.ts'
import { allocMany, countLive, deliver, fourPools, queueOf, violationsOf } from './support/pools.ts'

const test = suite('remote free and realloc, little memory')

/** Takes all memory that is left, for blocks of all lengths. */
const fillUp = (pool: Pool) =>
  [600_000, 65_000, 30_000, 3000, 520, 100, 8].flatMap((byteLength) => fill(pool, byteLength))

const kinds: [name: string, byteLength: number, alignment?: number][] = [
  ['small', 100],
  ['of a run of several spans', 100_000],
  ['aligned', 100, 1024],
  ['large', 600_000],
  ['aligned, large', 600_000, 4096],
]

for (const [name, byteLength, alignment] of kinds) {
  const lengths = [0, 60, byteLength - 1, byteLength + 50, 5000, 800_000]
  test(`realloc of another pool’s block moves it here: ${name}`, () => {
    for (const to of lengths) {
      const { arena, owner, freer } = fourPools(4 << 20)
      const block = owner.alloc(byteLength, alignment)
      for (let i = 0; i < byteLength; i++) arena.u8[block + i] = i * 7
      const moved = freer.realloc(block, to)
      assertSound(arena)
      assert.is(moved % (alignment ?? 16), 0)
      for (let i = 0; i < Math.min(byteLength, to); i++) {
        if (arena.u8[moved + i] !== ((i * 7) & 255)) assert.unreachable(`byte ${i} of ${to}`)
      }
      deliver([freer], owner)
      assertSound(arena)
      assert.equal(blocksOf(arena), [
        { offset: moved, byteLength: to, type: 'untyped', slot: freer.slot },
      ])
      const again = freer.realloc(moved, 2 * to)
      assert.is(again % (alignment ?? 16), 0, 'the alignment has moved along')
    }
  })

  test(`another pool’s block is not resized in place: ${name}`, () => {
    const { arena, owner, freer } = fourPools()
    const block = owner.alloc(byteLength, alignment)
    unharmed(arena, () => {
      for (const to of lengths) assert.is(freer.tryResize(block, to), false)
    })
    refusesUnharmed(arena, 'invalid-argument', () => freer.tryResize(block, -1))
    refusesUnharmed(arena, 'invalid-argument', () => freer.realloc(block, -1))
    assertSound(arena)
  })

  test(`no room to note a free: it is marked, and its owner takes it back: ${name}`, () => {
    const { arena, memory, owner, freer, third, fourth } = fourPools()
    const block = owner.alloc(byteLength, alignment)
    const filling = fillUp(third)
    const before = blocksOf(arena)
    refuses('out-of-memory', () => freer.realloc(block, byteLength + 100_000))
    assert.equal(blocksOf(arena), before)
    freer.free(block)
    const others = before.filter(({ offset }) => offset !== block)
    for (const pool of [freer, fourth, freer]) refuses('double-free', () => pool.free(block))
    assertSound(arena)
    assertConserved(arena, true)
    assert.equal(blocksOf(arena), others)
    assert.is(queueOf(memory, freer, owner).written, 0)
    owner.collect()
    assert.ok(owner.alloc(byteLength, alignment) > 0, 'in the same place')
    assert.is(blocksOf(arena).length, before.length)
    for (const offset of filling) third.free(offset)
    assertSound(arena)
    assert.equal([violationsOf(memory, owner), blocksOf(arena).length], [0, 1])
    assert.is(arena.stats().slots[owner.slot].remoteFreeCount, 1)
  })
}

const types: [type: ElementArrayConstructor, name: string][] = [
  [Int16Array, 'i16'],
  [Float64Array, 'f64'],
  [Uint8ClampedArray, 'u8c'],
]

for (const [type, name] of types) {
  test(`realloc of another pool’s array: it stays one of ${name}`, () => {
    const { arena, owner, freer } = fourPools()
    const array = owner.allocArray(type, 10)
    const moved = freer.realloc(array.byteOffset, 20 * type.BYTES_PER_ELEMENT)
    assert.equal([arena.view(moved).constructor, arena.view(moved).length], [type, 20])
    deliver([freer], owner)
    assert.is(blocksOf(arena)[0].type, name)
    assertSound(arena)
  })
}

test('a full arena is no end while the owner takes what it is sent', () => {
  const { arena, memory, owner, freer } = fourPools()
  const blocks = allocMany(owner, 1000, 100)
  freer.free(blocks[0])
  fillUp(freer)
  for (const block of blocks.slice(1)) {
    if (queueOf(memory, freer, owner).written % 128 === 0) owner.collect()
    freer.free(block)
  }
  deliver([freer], owner)
  assertSound(arena)
  assert.is(arena.stats().slots[owner.slot].remoteFreeCount, 1000)
  assert.is(queueOf(memory, freer, owner).segmentCount, 1)
})

test('an owner that lags in a full arena: by bits after a segment, then by the queue again', () => {
  const { arena, memory, owner, freer } = fourPools()
  const blocks = allocMany(owner, 300, 100)
  freer.free(blocks[0])
  fillUp(freer) // segments come by the refill
  for (const block of blocks.slice(1, 128)) freer.free(block)
  const writtenAfter = (block: number) => {
    freer.free(block)
    assertSound(arena)
    return queueOf(memory, freer, owner).written
  }
  assert.is(writtenAfter(blocks[128]), 128)
  owner.collect()
  // It does not look for a segment each time.
  for (const block of blocks.slice(129, 299)) writtenAfter(block)
  assert.ok(writtenAfter(blocks[299]) > 129)
  deliver([freer], owner)
  assertSound(arena)
  assert.is(arena.stats().slots[owner.slot].remoteFreeCount, 300)
  assert.is(countLive(memory, blocks), 0)
})

test('the longer an arena is full, the less often a segment is looked for', () => {
  const { memory, owner, freer } = fourPools()
  const block = owner.alloc(100)
  const [place] = allocMany(freer, 1, 520)
  fillUp(freer)
  let looks = 0
  const enqueue = createEnqueue(memory, freer.slot as SlotIndex, (byteLength) => {
    looks++
    return freer.tryAlloc(byteLength)
  })
  const postsToNextLook = () => {
    const before = looks
    let posts = 0
    for (; looks === before && posts < 10_000; posts++) enqueue(owner.slot as SlotIndex, block)
    return posts
  }
  assert.equal(Array.from({ length: 4 }, postsToNextLook), [1, 129, 257, 513])
  freer.free(place)
  assert.equal(Array.from({ length: 3 }, postsToNextLook), [1025, 128, 129], 'it found one')
})

test('realloc in a full arena: a shorter length stays, a longer one is refused', () => {
  const { arena, owner, freer, third } = fourPools()
  const block = owner.alloc(5000)
  arena.u8.fill(7, block, block + 5000)
  fillUp(third)
  const others = blocksOf(arena).filter(({ offset }) => offset !== block)
  refuses('out-of-memory', () => freer.realloc(block, 6000))
  assert.is(owner.byteLengthOf(block), 5000)
  for (const byteLength of [4000, 0, 5000]) {
    assert.is(freer.realloc(block, byteLength), block)
    assert.is(owner.byteLengthOf(block), byteLength)
    assertSound(arena)
  }
  assert.ok(arena.u8.subarray(block, block + 5000).every((byte) => byte === 7))
  assert.equal(
    blocksOf(arena).filter(({ offset }) => offset !== block),
    others,
  )
})

for (const byteLength of [100, 5000]) {
  test(`realloc that finds a place, but no memory to note the old one: ${byteLength} bytes`, () => {
    const { arena, owner, freer, third } = fourPools()
    const block = owner.alloc(byteLength)
    arena.u8.fill(7, block, block + byteLength)
    const here = allocMany(freer, 2, 3000)
    fillUp(third)
    freer.free(here[0])
    assert.is(freer.realloc(block, 3000), here[0], 'it moves')
    assertSound(arena)
    const kept = Math.min(byteLength, 3000)
    assert.ok(arena.u8.subarray(here[0], here[0] + kept).every((byte) => byte === 7))
    assert.is(blocksOf(arena).filter(({ offset }) => offset === block).length, 0)
    owner.collect()
    assert.is(owner.alloc(byteLength), block, 'the old place is free')
    assertSound(arena)
  })
}

test('realloc of a block that was freed by its bit: refused, and no other place is lost', () => {
  const { arena, owner, freer, third } = fourPools()
  const block = owner.alloc(100)
  const here = allocMany(freer, 2, 3000)
  fillUp(third)
  freer.free(block)
  freer.free(here[0])
  const before = blocksOf(arena)
  for (let i = 0; i < 3; i++) refuses('double-free', () => freer.realloc(block, 3000))
  assertSound(arena)
  assert.equal(blocksOf(arena), before)
  assert.is(freer.alloc(3000), here[0])
})

/** Blocks of 100 bytes that fill a span: nobody takes it over while they are live. */
const PER_SPAN = 585

test('a closed owner with many blocks on their way: a thread that only frees goes on', () => {
  const { arena, memory, owner, freer, third } = fourPools()
  const blocks = allocMany(owner, 3 * PER_SPAN, 100)
  freer.free(owner.alloc(3000)) // makes a segment, while there is memory
  owner.close()
  fill(freer, 520)
  fillUp(third)
  for (const block of blocks) freer.free(block)
  assertSound(arena)
  assert.ok(blocksOf(arena).every(({ offset }) => !blocks.includes(offset)))
  freer.collect()
  assert.is(violationsOf(memory, owner), 0)
  assert.ok(third.alloc(65_000) > 0, 'what it frees serves others')
  assertSound(arena)
})

test('several closed owners in turn', () => {
  const { arena, owner, freer, third, fourth } = fourPools()
  const blocks = [owner, third].map((pool) => allocMany(pool, 2 * PER_SPAN, 100))
  for (const pool of [owner, third]) freer.free(pool.alloc(3000))
  for (const pool of [owner, third]) pool.close()
  fill(freer, 520)
  fillUp(fourth)
  for (let i = 0; i < 2 * PER_SPAN; i++) for (const some of blocks) freer.free(some[i])
  assertSound(arena)
  const freed = new Set(blocks.flat())
  assert.ok(blocksOf(arena).every(({ offset }) => !freed.has(offset)))
})

test('a free finds room for its segment as it receives', () => {
  const { arena, memory, owner, freer, third, fourth } = fourPools()
  const blocks = allocMany(owner, 130, 3000)
  fourth.free(freer.alloc(100)) // makes a segment, while there is memory
  const own = freer.alloc(520)
  fill(freer, 520)
  fillUp(third)
  freer.free(blocks[0])
  assert.is(queueOf(memory, freer, owner).written, 0)
  fourth.free(own)
  fourth.flush()
  for (const block of blocks.slice(1)) freer.free(block)
  assertSound(arena)
  assert.ok(
    queueOf(memory, freer, owner).written > 0,
    'it looked again after as many as a segment holds',
  )
  assert.is(queueOf(memory, fourth, freer).taken, 2)
  deliver([freer], owner)
  assertSound(arena)
  assert.is(countLive(memory, blocks), 0)
})

test.run()
