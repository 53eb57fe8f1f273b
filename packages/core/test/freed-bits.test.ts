// Blocks that other threads free where there is no memory to note that in: by a bit for each block.

import type { Pool } from '@ashlar/core'
import { blocks as blocksOf } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  RECORD_HAS_FREED_BITS,
  SLOT_HAS_FREED_BITS,
  SLOT_MARKING,
  SLOT_SWEEPING,
} from '../src/base/layout.ts'
import {
  bitOf,
  clearLiveBit,
  freedWord,
  recordWord,
  slotWord,
  spanMapWord,
  spanOf,
} from '../src/memory/memory.ts'
import { adoptSlot } from '../src/recovery/adopt.ts'
import { setDraining } from '../src/spans/partial.ts'
import { headOf } from '../src/spans/span-map.ts'
import { assertConserved, assertSound, refuses } from './support/checks.ts'
import { hasFreedBit, kinds, mark, saidOf, slotOf } from './support/freed-bits.ts'
import { fill, memoryOf } from './support/memory.ts'
import { allocMany, countLive, fourPools, violationsOf } from './support/pools.ts'
import { regions } from './support/regions.ts'

const test = suite('freed bits')

for (const [name, byteLength, alignment] of kinds) {
  test(`nobody holds a marked block, and its owner takes it back: ${name}`, () => {
    const { arena, memory, owner, freer } = fourPools(4 << 20)
    const [first, block, last] = allocMany(owner, 3, byteLength, alignment)
    mark(memory, freer, block)
    assert.ok(hasFreedBit(memory, block))
    assert.equal(saidOf(memory, owner, block), [1, 1])
    assertSound(arena)
    assertConserved(arena, true)
    const held = () => blocksOf(arena).map(({ offset }) => offset)
    assert.equal(held(), [first, last])
    assert.is(countLive(memory, [block]), 1, 'only the owner changes the state of a block')
    owner.collect()
    assertSound(arena)
    assert.equal([hasFreedBit(memory, block), countLive(memory, [block])], [false, 0])
    assert.equal(held(), [first, last])
    assert.is(violationsOf(memory, owner), 0)
    assert.is(arena.stats().slots[owner.slot].remoteFreeCount, 1)
    const drained = arena.stats().classes.reduce((sum, row) => sum + row.drainedBlockCount, 0)
    assert.is(drained, 1)
    assert.ok(fill(owner, byteLength, alignment).includes(block))
  })

  test(`marked twice is a double free, whoever does it: ${name}`, () => {
    const { arena, memory, owner, freer, third } = fourPools(4 << 20)
    const [, block] = allocMany(owner, 3, byteLength, alignment)
    mark(memory, freer, block)
    for (const pool of [freer, third, freer]) {
      refuses('double-free', () => mark(memory, pool, block), new RegExp(`${block}`))
      assert.is(memory.i32[slotWord(memory, slotOf(pool), SLOT_MARKING)], 0)
      assertSound(arena)
    }
    owner.collect()
    assertSound(arena)
    assert.equal([blocksOf(arena).length, violationsOf(memory, owner)], [2, 0])
  })

  test(`marked, and freed by its owner as well: counted, and no damage: ${name}`, () => {
    const { arena, memory, owner, freer } = fourPools(4 << 20)
    const [, block] = allocMany(owner, 3, byteLength, alignment)
    const beside = owner.alloc(byteLength, alignment)
    mark(memory, freer, block, beside)
    owner.free(block)
    owner.collect()
    assertSound(arena)
    assert.equal([countLive(memory, [block, beside]), blocksOf(arena).length], [0, 2])
    const isLarge = byteLength > memory.maxClassByteLength
    assert.is(violationsOf(memory, owner), isLarge ? 0 : 1, 'a large one is gone with its run')
    const again = fill(owner, byteLength, alignment)
    assert.ok(again.includes(block))
    assert.is(blocksOf(arena).length, again.length + 2, 'none of them is marked')
    assertSound(arena)
  })
}

for (const { name, create, byteOffset } of regions) {
  test(`every granule of an arena has a bit of its own: ${name}`, () => {
    const { arena, assertSurroundings } = create(3 << 20)
    const memory = memoryOf(arena)
    const [owner, freer] = [arena.openPool(), arena.openPool()]
    const lengths: [number, number?][] = [[8], [24], [100], [100, 64], [16_384], [600_000]]
    const blocks = lengths.flatMap(([length, alignment]) => allocMany(owner, 3, length, alignment))
    const walls = fill(owner, 40_000) // small blocks in all spans would make each listing long
    owner.free(Math.max(...walls))
    for (const block of fill(owner, 8).slice(-40)) blocks.push(block) // up to the last span
    assert.ok(Math.max(...blocks) > byteOffset + arena.byteLength - 65536)
    const before = blocksOf(arena).length
    for (const [i, block] of blocks.entries()) {
      mark(memory, freer, block)
      assert.is(blocksOf(arena).length, before - i - 1)
    }
    assertSound(arena)
    owner.collect()
    assertSound(arena)
    assert.equal([countLive(memory, blocks), blocksOf(arena).length], [0, before - blocks.length])
    assertSurroundings()
  })
}

const takers: [name: string, take: (owner: Pool) => unknown][] = [
  ['collect', (owner) => owner.collect()],
  ['collect with a budget', (owner) => owner.collect({ spans: 1000 })],
  ['a miss', (owner) => owner.free(owner.alloc(5000))],
  ['a large block', (owner) => owner.free(owner.alloc(700_000))],
  ['an aligned block', (owner) => owner.free(owner.alloc(5000, 4096))],
  ['close', (owner) => owner.close()],
]

for (const [name, take] of takers) {
  test(`taken back: ${name}`, () => {
    const { arena, memory, owner, freer, third } = fourPools(4 << 20)
    const blocks = kinds.map(([, byteLength, alignment]) => owner.alloc(byteLength, alignment))
    for (const [i, block] of blocks.entries()) mark(memory, i % 2 === 0 ? freer : third, block)
    take(owner)
    assertSound(arena)
    assertConserved(arena, true)
    assert.equal([countLive(memory, blocks), blocksOf(arena).length], [0, 0])
    assert.equal([violationsOf(memory, owner), arena.stats().slots[0].remoteFreeCount], [0, 7])
  })
}

test('an owner that does nothing: bits stay as they are, whoever else does what', () => {
  const { arena, memory, owner, freer, third } = fourPools(4 << 20)
  const blocks = allocMany(owner, 20, 3000)
  mark(memory, freer, ...blocks)
  fill(third, 3000)
  freer.collect()
  freer.close()
  assertSound(arena)
  assert.is(countLive(memory, blocks), 20)
  assert.ok(owner.alloc(30_000) > 0, 'its next miss takes them')
  assert.is(arena.stats().slots[owner.slot].remoteFreeCount, 20)
  assertSound(arena)
})

test('the owner has closed: the next thread that finds the arena full takes them', () => {
  for (const [, byteLength, alignment] of kinds) {
    const { arena, memory, owner, freer, third } = fourPools(4 << 20)
    const blocks = fill(owner, byteLength, alignment)
    owner.close()
    mark(memory, freer, ...blocks)
    assertSound(arena)
    assert.is(fill(third, byteLength, alignment).length, blocks.length)
    assertSound(arena)
    assert.is(violationsOf(memory, owner) + violationsOf(memory, third), 0)
  }
})

test('the owner has closed: whoever opens its slot takes them', () => {
  const { arena, memory, owner, freer } = fourPools(4 << 20)
  const blocks = kinds.map(([, byteLength, alignment]) => owner.alloc(byteLength, alignment))
  owner.close()
  mark(memory, freer, ...blocks)
  const next = arena.openPool()
  assert.is(next.slot, owner.slot)
  next.collect()
  assertSound(arena)
  assert.equal([countLive(memory, blocks), blocksOf(arena).length], [0, 0])
})

test('the owner has died: its adopter takes them', () => {
  const { arena, memory, owner, freer } = fourPools(4 << 20)
  const blocks = kinds.map(([, byteLength, alignment]) => owner.alloc(byteLength, alignment))
  mark(memory, freer, ...blocks)
  const two = allocMany(owner, 2, 3000)
  mark(memory, freer, ...two)
  // As if the owner had died in a sweep: it has freed one block of a run, whose bit is still set.
  const head = spanOf(memory, two[0])
  memory.i32[slotWord(memory, slotOf(owner), SLOT_HAS_FREED_BITS)] = 0
  memory.i32[slotWord(memory, slotOf(owner), SLOT_SWEEPING)] = head
  memory.i32[recordWord(memory, head, RECORD_HAS_FREED_BITS)] = 0
  clearLiveBit(memory, two[0])
  adoptSlot(memory, slotOf(owner))
  assertSound(arena)
  assert.equal([hasFreedBit(memory, two[0]), hasFreedBit(memory, two[1])], [false, true])
  assert.equal(blocksOf(arena), [])
  owner.collect()
  assertSound(arena)
  assert.equal([countLive(memory, [...blocks, ...two]), violationsOf(memory, owner)], [0, 0])
  const { committedByteLength, controlByteLength } = arena.stats()
  assert.is(committedByteLength, controlByteLength)
})

test('a run that is given back with its last block is not looked at any further', () => {
  for (const [byteLength, blockCount] of [
    [3000, 10],
    [16_384, 5],
    [600_000, 1],
  ]) {
    const { arena, memory, owner, freer } = fourPools(4 << 20)
    const blocks = allocMany(owner, blockCount, byteLength)
    const head = headOf(memory, spanOf(memory, blocks[0]))
    owner.collect() // parks what nobody has, so that the run is empty with the last of these
    if (blockCount > 1) setDraining(memory, head, true)
    mark(memory, freer, ...blocks)
    // As if somebody else had the span by then, and a block there that is marked.
    const later = (blocks.at(-1) ?? 0) + 16
    memory.i32[freedWord(memory, later)] |= bitOf(memory, later)
    owner.collect({ spans: 0 })
    assert.is(memory.i32[spanMapWord(memory, head)], 0, 'given back')
    assert.ok(hasFreedBit(memory, later))
    assert.is(violationsOf(memory, owner), 0)
    assertSound(arena)
  }
})

test('in the tail of a run of several spans', () => {
  for (const byteLength of [16_384, 65_536, 262_144]) {
    const { arena, memory, owner, freer } = fourPools(4 << 20)
    const isInTail = (one: number) => headOf(memory, spanOf(memory, one)) !== spanOf(memory, one)
    let block = owner.alloc(byteLength)
    while (!isInTail(block)) block = owner.alloc(byteLength)
    mark(memory, freer, block)
    assertSound(arena)
    owner.collect()
    assertSound(arena)
    assert.is(countLive(memory, [block]), 0)
  }
})

test('each owner takes what is its own', () => {
  const { arena, memory, owner, freer, third, fourth } = fourPools(4 << 20)
  const owners = [owner, third, fourth]
  const blocks = owners.map((pool) =>
    kinds.slice(0, 5).map(([, length, a]) => pool.alloc(length, a)),
  )
  for (const some of blocks) mark(memory, freer, ...some)
  for (const [i, pool] of owners.entries()) {
    pool.collect()
    assertSound(arena)
    assert.equal(
      blocks.map((some) => countLive(memory, some)),
      owners.map((_, j) => (j > i ? 5 : 0)),
    )
  }
})

test('in many runs at a time', () => {
  const { arena, memory, owner, freer } = fourPools(8 << 20)
  for (const byteLength of [100, 3000, 16_384, 30_000, 100_000]) {
    const blocks = fill(owner, byteLength)
    const [kept, marked] = [true, false].map((isKept) =>
      blocks.filter((_, i) => (i % 3 === 0) === isKept),
    )
    mark(memory, freer, ...marked)
    assertSound(arena)
    assert.is(blocksOf(arena).length, blocks.length - marked.length)
    owner.collect()
    assertSound(arena)
    assert.is(countLive(memory, blocks), blocks.length - marked.length)
    for (const block of kept) owner.free(block)
    owner.collect()
    assertSound(arena)
    const { committedByteLength, controlByteLength } = arena.stats()
    assert.is(committedByteLength, controlByteLength)
  }
})

test.run()
