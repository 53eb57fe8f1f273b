import {
  Arena,
  blocks as blocksOf,
  exactStats,
  fragmentation,
  hitRate,
  type Pool,
} from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { rounds } from '../../../test/support/rounds.ts'
import {
  SLOT_CARVED,
  SLOT_LIVE_SEEN,
  SLOT_OWNED_SPANS,
  SLOT_REFILLED,
  SLOT_REFILLS,
  SLOT_ROOM,
  SLOT_SPANS,
} from '../src/base/layout.ts'
import { slotWord } from '../src/memory/memory.ts'
import { classFor } from '../src/memory/size-classes.ts'
import { assertConserved } from './support/checks.ts'
import { fill, smallArena } from './support/memory.ts'
import { allocMany, deliver, fourPools, reclaimOnce } from './support/pools.ts'
import { Random } from './support/random.ts'

const test = suite('stats')
const SPAN = 65536

test('a new arena: control and nothing else', () => {
  const arena = Arena.create({ byteLength: 1 << 20, shared: false })
  const stats = arena.stats()
  assert.is(stats.reservedByteLength, 1 << 20)
  assert.equal(
    [stats.committedByteLength, stats.peakCommittedByteLength, stats.controlByteLength],
    [3 * SPAN, 3 * SPAN, 3 * SPAN],
  )
  assert.equal(
    [stats.liveBlockCount, stats.liveByteLength, stats.requestedByteLength, stats.refillCount],
    [0, 0, 0, 0],
  )
  assert.equal(stats.slots, [])
})

test('rows: one per class by ascending stride, and a last one of large blocks', () => {
  const { arena, memory } = smallArena(1 << 20, [400])
  const { classes } = arena.stats()
  assert.is(classes.length, memory.classCount + 1)
  assert.equal(
    classes.slice(0, -1).map(({ stride }) => stride),
    [...memory.strides],
  )
  assert.ok(classes.slice(0, -1).every((row) => row.maxByteLength === row.stride - 8))
  assert.equal(
    [classes.at(-1)?.maxByteLength, classes.at(-1)?.stride],
    [Number.POSITIVE_INFINITY, 0],
  )
})

test('the rows add up to the whole', () => {
  const { arena, pool } = smallArena(16 << 20)
  for (let i = 0; i < 500; i++) pool.alloc(i * 40)
  pool.alloc(700_000)
  const stats = exactStats(arena)
  const sum = (of: (row: (typeof stats.classes)[number]) => number) =>
    stats.classes.reduce((total, row) => total + of(row), 0)
  assert.is(
    sum((row) => row.liveBlockCount),
    stats.liveBlockCount,
  )
  assert.is(
    sum((row) => row.requestedByteLength),
    stats.requestedByteLength,
  )
  assert.is(stats.requestedByteLength, (500 * 499 * 40) / 2 + 700_000)
  assert.is(
    sum((row) => row.refillCount),
    stats.refillCount,
  )
  assert.is(
    sum((row) => row.wasteByteLength),
    stats.wasteByteLength,
  )
  assert.is(sum((row) => row.spanCount) * SPAN + stats.controlByteLength, stats.committedByteLength)
  assert.is(
    sum((row) => row.freeBlockCount * row.stride),
    stats.freeByteLength,
  )
})

test('exact: live blocks and what their holders asked for, per class', () => {
  const { arena, pool, memory } = smallArena(2 << 20)
  const offsets = [10, 20, 24, 600_000].map((byteLength) => pool.alloc(byteLength))
  const aligned = pool.alloc(100, 1024)
  const rowOf = (byteLength: number) => exactStats(arena).classes[classFor(memory, byteLength)]
  assert.equal([rowOf(20).liveBlockCount, rowOf(20).requestedByteLength], [3, 54])
  assert.equal([rowOf(1108).liveBlockCount, rowOf(1108).requestedByteLength], [1, 100])
  for (const offset of [...offsets, aligned]) pool.free(offset)
  assert.equal([rowOf(20).liveBlockCount, rowOf(20).requestedByteLength], [0, 0])
})

test('peaks stay when blocks are freed, and are reached again', () => {
  const { arena, pool, memory } = smallArena(4 << 20)
  const row = () => exactStats(arena).classes[classFor(memory, 1000)]
  const offsets = Array.from({ length: 1000 }, () => pool.alloc(1000))
  const { peakLiveBlockCount } = row()
  assert.is(peakLiveBlockCount, 1000)
  const peakCommitted = arena.stats().peakCommittedByteLength
  for (const offset of offsets) pool.free(offset)
  pool.collect()
  assert.ok(row().peakLiveBlockCount > 1000 - 64)
  assert.is(arena.stats().peakCommittedByteLength, peakCommitted)
  const { spanCount, peakSpanCount } = arena.stats().slots[0]
  assert.equal([spanCount, peakSpanCount], [0, peakCommitted / SPAN - memory.controlSpanCount])
  pool.alloc(700_000)
  assert.is(arena.stats().classes.at(-1)?.peakLiveBlockCount, 1)
})

test('the cheap figures are the exact ones right after a refill, and after a collect', () => {
  const { arena, pool, memory } = smallArena(4 << 20)
  const both = () => [exactStats(arena), arena.stats()].map(({ liveBlockCount }) => liveBlockCount)
  for (let i = 0; i < 10; i++) {
    const refills = arena.stats().refillCount
    while (arena.stats().refillCount === refills) pool.alloc(3000)
    const [exact, seen] = both()
    assert.is(seen, exact)
  }
  const blocks = blocksOf(arena)
  for (const { offset } of blocks.slice(0, 70)) pool.free(offset)
  pool.collect()
  const [exact, seen] = both()
  assert.is(seen, exact)
  assert.is(exact, blocks.length - 70)
  assert.is(arena.stats().classes[classFor(memory, 3000)].liveBlockCount, exact)
})

test('slots: state, spans and peak of each that was ever opened', () => {
  const { arena, pool } = smallArena()
  const other = arena.openPool()
  pool.alloc(16)
  other.alloc(700_000)
  other.close()
  const states = arena.stats().slots.map(({ slot, state, spanCount }) => [slot, state, spanCount])
  assert.equal(states, [
    [0, 'open', 1],
    [1, 'closed', 11],
  ])
})

test('what refills did: counts, and the share of allocs that were no miss', () => {
  const { arena, pool, memory } = smallArena(4 << 20)
  const row = () => arena.stats().classes[classFor(memory, 56)]
  assert.equal([row().refillCount, row().refilledBlockCount, hitRate(row())], [0, 0, 0])
  const offsets = Array.from({ length: 64 + 1 }, () => pool.alloc(56))
  assert.equal([row().refillCount, row().refilledBlockCount], [2, 64 + 128])
  assert.is(hitRate(row()), 1 - 2 / 192)
  for (const offset of offsets) pool.free(offset)
  for (let i = 0; i < 1000; i++) pool.free(pool.alloc(56)) // hits that nobody counts
  assert.is(row().refillCount, 2)
  assert.equal([arena.stats().refillCount, hitRate(arena.stats())], [2, hitRate(row())])
  assert.equal(
    [arena.stats().slots[0].refillCount, hitRate(arena.stats().slots[0])],
    [2, hitRate(row())],
  )
})

test('drained blocks, by class, and large ones', () => {
  const { arena, memory } = smallArena(8 << 20)
  const [owner, freer] = [arena.openPool(), arena.openPool()]
  const lengths = [56, 56, 56, 1000, 700_000]
  for (const byteLength of lengths) freer.free(owner.alloc(byteLength))
  freer.flush()
  owner.collect()
  const drained = (byteLength: number) =>
    arena.stats().classes[classFor(memory, byteLength)].drainedBlockCount
  assert.equal([drained(56), drained(1000), drained(24)], [3, 1, 0])
  assert.is(arena.stats().classes.at(-1)?.drainedBlockCount, 1)
  assert.is(arena.stats().slots[owner.slot].remoteFreeCount, lengths.length)
})

test('fragmentation: 0 if live blocks fill their spans, near 1 if few of many are left', () => {
  const { arena, pool, memory } = smallArena(8 << 20)
  const row = () => exactStats(arena).classes[classFor(memory, 1000)]
  assert.is(fragmentation(row()), 0)
  const offsets = Array.from({ length: 63 * 10 }, () => pool.alloc(1000))
  const { liveBlockCount, stride, spanCount } = row()
  assert.is(fragmentation(row()), 1 - (liveBlockCount * stride) / (spanCount * SPAN))
  assert.ok(fragmentation(row()) < 0.05)
  for (const [i, offset] of offsets.entries()) if (i % 20 !== 0) pool.free(offset)
  assert.ok(fragmentation(row()) > 0.9)
  assert.ok(fragmentation(exactStats(arena)) > 0.9)
  pool.alloc(65536 * 9)
  const { classes } = arena.stats()
  assert.is(fragmentation(classes[classes.length - 1]), 0) // a large block takes its spans whole
})

test('conservation holds in both modes at every step of a random run', () => {
  const { arena, pool } = smallArena(2 << 20)
  const random = new Random(3)
  const live: number[] = []
  for (let step = 0; step < rounds(3000); step++) {
    randomStep(pool, random, live)
    assertConserved(arena, step % 2 === 0)
  }
})

function randomStep(pool: Pool, random: Random, live: number[]): void {
  const choice = random.below(10)
  if (choice < 5) {
    const alignment = random.pick([undefined, 16, 64, 4096])
    const offset = pool.tryAlloc(random.logUniform(20), alignment)
    if (offset !== 0) live.push(offset)
  } else if (choice === 9) {
    pool.collect({ spans: random.below(4) })
  } else if (live.length > 0) {
    const at = random.below(live.length)
    const offset = live[at]
    live[at] = live[live.length - 1]
    live.length--
    pool.free(offset)
  }
}

test('a full arena: everything is live or waste', () => {
  for (const byteLength of [8, 100, 16384, 524_288]) {
    const { arena, pool } = smallArena(4 << 20)
    fill(pool, byteLength)
    const { freeByteLength, uncarvedByteLength } = exactStats(arena)
    assert.equal([freeByteLength, uncarvedByteLength], [0, 0])
    assertConserved(arena, true)
  }
})

test('slots: violations, and what came in by the queues', async () => {
  const { arena, owner, freer, third } = fourPools()
  const blocks = allocMany(owner, 10, 100)
  for (const block of blocks) freer.free(block)
  for (const block of blocks.slice(7)) third.free(block)
  const figures = () =>
    arena.stats().slots.map((slot) => [slot.remoteFreeCount, slot.violationCount])
  assert.equal(figures(), [
    [0, 0],
    [0, 0],
    [0, 0],
    [0, 0],
  ])
  deliver([freer, third], owner)
  assert.equal(figures(), [
    [13, 3],
    [0, 0],
    [0, 0],
    [0, 0],
  ])
  owner.close()
  assert.is(arena.openPool().slot, owner.slot)
  assert.equal(figures()[0], [13, 3], 'of all generations')
  await Promise.resolve()
})

test('right after a span was taken over: nothing is negative, live is exact', () => {
  for (const byteLength of [100, 3000, 16_384]) {
    const { arena, memory, owner, third } = fourPools()
    const blocks = fill(owner, byteLength)
    for (const block of blocks.filter((_, i) => i % 3 !== 0)) owner.free(block)
    owner.collect()
    const live = exactStats(arena).liveBlockCount
    assert.is(arena.stats().liveBlockCount, live)
    owner.close()
    const row = classFor(memory, byteLength)
    for (let i = 0; i < 40; i++) {
      reclaimOnce(third, arena, row)
      for (const exact of [true, false]) assertConserved(arena, exact)
      const { freeByteLength, liveBlockCount } = arena.stats()
      assert.ok(freeByteLength >= 0)
      assert.is(liveBlockCount, live)
    }
    assert.ok(arena.stats().slots[third.slot].spanCount > 0)
    third.alloc(byteLength)
    assertConserved(arena, false)
  }
})

test('hitRate and fragmentation stay within 0 to 1, whatever the counters hold', () => {
  const { arena, pool, memory, slot } = smallArena()
  allocMany(pool, 100, 56)
  const row = classFor(memory, 56)
  const perClass = [SLOT_LIVE_SEEN, SLOT_CARVED, SLOT_ROOM, SLOT_SPANS, SLOT_REFILLED, SLOT_REFILLS]
  const words = [
    ...perClass.map((field) => slotWord(memory, slot, field + row)),
    slotWord(memory, slot, SLOT_OWNED_SPANS),
  ]
  const random = new Random(5)
  const check = (note: string) => {
    const stats = arena.stats()
    const { classes, slots } = stats
    const shares = [stats, ...classes].flatMap((one) => [hitRate(one), fragmentation(one)])
    for (const share of [...shares, ...slots.map(hitRate)]) {
      assert.ok(share >= 0 && share <= 1, `${share}, ${note}`)
    }
  }
  const refills = slotWord(memory, slot, SLOT_REFILLS + row)
  const refilled = slotWord(memory, slot, SLOT_REFILLED + row)
  for (const [a, b] of [
    [100, 5], // the blocks have begun anew
    [-1, 5],
    [5, -1],
    [0, 0],
    [7, 0],
  ]) {
    memory.i32[refills] = a
    memory.i32[refilled] = b
    check(`${a} refills of ${b} blocks`)
  }
  for (let round = 0; round < 500; round++) {
    for (const word of words) {
      const value = random.logUniform(32)
      memory.i32[word] = random.below(2) === 0 ? value : -value
    }
    check(words.map((word) => memory.i32[word]).join())
  }
})

test.run()
