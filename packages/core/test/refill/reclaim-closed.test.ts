// What lies in closed slots serves the pools that are left, without anyone opening these slots.

import { blocks as blocksOf } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { LARGE_CLASS, SLOT_PARTIAL_HEADS } from '../../src/base/layout.ts'
import type { SlotIndex, SpanIndex } from '../../src/base/units.ts'
import { slotWord, spanMapWord, spanOf } from '../../src/memory/memory.ts'
import { classFor } from '../../src/memory/size-classes.ts'
import { slotGeneration } from '../../src/spans/slots.ts'
import { assertConserved, assertSameNumbers, assertSound, refuses } from '../support/checks.ts'
import { fill } from '../support/memory.ts'
import {
  allocMany,
  countLive,
  deliver,
  fourPools,
  queueOf,
  reclaimBy,
  reclaimOnce,
  violationsOf,
} from '../support/pools.ts'

const test = suite('closed slots')

/** Payload lengths: many in a span, several in a run of spans, one in a run, a large block. */
const LENGTHS = [100, 3000, 16_384, 100_000, 300_000, 600_000]

for (const byteLength of LENGTHS) {
  test(`what is free in a closed slot is allocated by others: ${byteLength} bytes`, () => {
    const { arena, owner, third } = fourPools()
    const all = fill(owner, byteLength)
    const freed = all.filter((_, i) => i % 2 === 1)
    for (const block of freed) owner.free(block)
    owner.close()
    assertSound(arena)
    const found = fill(third, byteLength)
    assertSound(arena)
    assertConserved(arena, true)
    assertSameNumbers(
      found.sort((a, b) => a - b),
      freed.sort((a, b) => a - b),
    )
    assert.is(arena.stats().slots[owner.slot].state, 'closed')
    assert.is(blocksOf(arena).length, all.length)
  })

  test(`what is freed into a closed slot is allocated by others: ${byteLength} bytes`, () => {
    const { arena, memory, owner, freer, third } = fourPools()
    freer.free(owner.alloc(8)) // makes a segment, while there is memory
    deliver([freer], owner)
    const all = fill(owner, byteLength)
    owner.close()
    for (const block of all.slice(0, 100)) freer.free(block)
    freer.flush()
    assertSound(arena)
    const found = fill(third, byteLength)
    assertSound(arena)
    assert.is(found.length, Math.min(all.length, 100))
    assert.is(queueOf(memory, freer, owner).taken, found.length + 1)
    assert.is(violationsOf(memory, owner) + violationsOf(memory, third), 0)
    assert.is(arena.stats().slots[owner.slot].state, 'closed')
  })
}

test('empty spans of a closed slot serve blocks of any length', () => {
  const { arena, owner, third } = fourPools()
  for (const block of fill(owner, 100)) owner.free(block)
  owner.close()
  assert.ok(third.alloc(arena.byteLength - 4 * 65536) > 0)
  assertSound(arena)
})

for (const place of ['an open slot’s', 'another class’s', 'control', 'out of the arena'] as const) {
  test(`a list of a closed slot that leads elsewhere, nothing is taken over: ${place}`, () => {
    const { arena, memory, owner, freer, third } = fourPools()
    const ofOpen = spanOf(memory, owner.alloc(100))
    const ofOtherClass = spanOf(memory, freer.alloc(3000))
    fill(third, 100)
    freer.close()
    const spans = {
      'an open slot’s': ofOpen,
      'another class’s': ofOtherClass,
      control: 1,
      'out of the arena': memory.spanCount,
    }
    const partial = slotWord(memory, freer.slot as SlotIndex, SLOT_PARTIAL_HEADS)
    memory.i32[partial + classFor(memory, 100)] = spans[place]
    const map = spanMapWord(memory, 0 as SpanIndex)
    const before = memory.i32.slice(map, map + memory.spanCount)
    refuses('corrupt', () => third.alloc(100), new RegExp(`lead to ${spans[place]}$`))
    assert.equal(memory.i32.slice(map, map + memory.spanCount), before)
    assert.is(arena.stats().slots[owner.slot].spanCount, 1)
  })
}

test('what is free in an open slot stays there', () => {
  const { arena, owner, third } = fourPools()
  for (const block of fill(owner, 100).slice(0, 300)) owner.free(block)
  assert.equal(fill(third, 100), [])
  assert.is(fill(owner, 100).length, 300)
  assertSound(arena)
})

test('spans are handed over one by one: those with room; full ones stay', () => {
  const { arena, memory, owner, third } = fourPools()
  const blocks = allocMany(owner, 1700, 100) // nearly three spans
  const run = allocMany(owner, 2, 16_384) // in one of several
  const spanOfBlock = (block: number) => spanOf(memory, block)
  const spans = [...new Set(blocks.map(spanOfBlock))]
  assert.is(spans.length, 3)
  const middle = blocks.filter((block) => spanOfBlock(block) === spans[1])
  owner.close()
  const spanCounts = () => [owner, third].map(({ slot }) => arena.stats().slots[slot].spanCount)
  const runSpanCount = spanCounts()[0] - 3
  assert.ok(runSpanCount > 1)
  reclaimBy(third, arena)
  assertSound(arena)
  assertConserved(arena, true)
  assert.equal(spanCounts(), [2, 1 + runSpanCount])
  const slotOf = new Map(blocksOf(arena).map(({ offset, slot }) => [offset, slot]))
  assert.ok(run.every((block) => slotOf.get(block) === third.slot))
  assert.ok(middle.every((block) => slotOf.get(block) === owner.slot))
  // The next one goes as soon as it has room.
  third.free(middle[7])
  third.flush()
  reclaimBy(third, arena)
  assertSound(arena)
  assert.equal(spanCounts(), [1, 2 + runSpanCount + 1]) // and one with a segment
  assert.is(blocksOf(arena).length, 1701)
})

test('live blocks keep what is in them, whoever owns their span in the meantime', () => {
  const { arena, owner, freer, third, fourth } = fourPools()
  const kinds: [number, number?][] = [[100], [100, 512], [3000], [16_384], [100_000], [600_000]]
  const blocks = kinds.map(([byteLength, alignment]) => owner.alloc(byteLength, alignment))
  for (const [i, block] of blocks.entries()) arena.u8.fill(i + 1, block, block + kinds[i][0])
  const isIntact = () =>
    blocks.every((block, i) =>
      arena.u8.subarray(block, block + kinds[i][0]).every((byte) => byte === i + 1),
    )
  // From slot to slot, and to one that is opened anew.
  for (const [closing, next] of [
    [owner, freer],
    [freer, third],
    [third, fourth],
  ]) {
    closing.close()
    reclaimBy(next, arena)
    assertSound(arena)
    assert.is(blocksOf(arena).length, blocks.length)
    assert.ok(isIntact())
  }
  for (const block of blocks) fourth.free(block)
  fourth.flush()
  reclaimBy(fourth, arena)
  assertSound(arena)
  assert.equal(blocksOf(arena), [])
})

test('several closed slots are looked after at once, each in new generations', () => {
  const { arena, memory, owner, freer, third, fourth } = fourPools(4 << 20)
  const closing = [owner, freer, third]
  for (let round = 0; round < 200; round++) for (const pool of closing) pool.alloc(3000)
  const generations = () => closing.map(({ slot }) => slotGeneration(memory, slot as SlotIndex))
  for (const pool of closing) pool.close()
  const before = generations()
  reclaimOnce(fourth, arena, classFor(memory, 3000))
  assertSound(arena)
  assert.equal(
    generations(),
    before.map((generation) => generation + 4), // for its queues, and for its spans
  )
  // Opened afterwards, a slot is as usable as ever.
  const next = arena.openPool()
  assert.is(next.slot, owner.slot)
  next.free(next.alloc(3000))
  for (const { offset } of blocksOf(arena)) next.free(offset)
  deliver([next], fourth)
  next.collect()
  for (let i = 0; i < 2; i++) reclaimBy(next, arena)
  assertSound(arena)
  assert.equal(blocksOf(arena), [])
})

test('the reclaimer frees a block of a closed slot’s queue that it owns by now', () => {
  const { arena, memory, owner, freer, third } = fourPools()
  const blocks = [...allocMany(owner, 5, 3000), owner.alloc(100, 512)]
  for (const block of blocks) freer.free(block)
  owner.close()
  reclaimBy(third, arena)
  freer.flush()
  assert.is(queueOf(memory, freer, owner).sent, blocks.length)
  reclaimBy(third, arena)
  assertSound(arena)
  assert.equal(blocksOf(arena), [])
  assert.is(queueOf(memory, third, owner).written, 0)
})

test('a refill whose list a closed slot’s queue has filled keeps no other span', () => {
  const { arena, memory, owner, freer, third, fourth } = fourPools()
  const blocks = allocMany(owner, 50, 3000)
  const [first, , last] = [...new Set(blocks.map((block) => spanOf(memory, block)))]
  const freed = blocks.filter((block) => [first, last].includes(spanOf(memory, block)))
  assert.ok(freed.length < 32, 'no batch yet')
  for (const block of freed) freer.free(block)
  owner.close()
  fill(third, 3000) // takes over the last span
  freer.flush()
  const offset = third.alloc(3000)
  assertSound(arena)
  assert.is(spanOf(memory, offset), last)
  assert.is(spanOf(memory, fourth.alloc(30_000)), first)
  assertSound(arena)
})

/** Two closed slots: of each of two classes two spans with room, and an empty one; and queues. */
function twoClosed() {
  const { owner, freer, third, fourth, arena, memory } = fourPools(4 << 20)
  const queued: number[] = []
  for (const pool of [owner, freer]) {
    for (const [byteLength, perSpan] of [
      [100, 585],
      [3000, 21],
    ]) {
      const blocks = allocMany(pool, 3 * perSpan, byteLength)
      const spans = [...new Set(blocks.map((block) => spanOf(memory, block)))]
      for (const [i, block] of blocks.entries()) {
        if (i % 2 === 0 || spanOf(memory, block) === spans[0]) pool.free(block)
        else if (i % 11 === 0) queued.push(block)
      }
    }
    pool.collect({ spans: 0 })
  }
  for (const block of queued) fourth.free(block)
  for (const pool of [owner, freer]) pool.close()
  fourth.flush()
  const spanCounts = () =>
    [owner, freer, third].map(({ slot }) => arena.stats().slots[slot].spanCount)
  return { arena, memory, owner, freer, third, fourth, queued, spanCounts }
}

test('one span at a time, of the class that is wanted', () => {
  const { arena, memory, third, queued, spanCounts } = twoClosed()
  const live = blocksOf(arena).length
  assert.equal(spanCounts(), [4, 4, 0])
  const row = classFor(memory, 100)
  for (const expected of [
    [3, 4, 1],
    [2, 4, 2],
    [2, 3, 3],
    [2, 2, 4],
    [2, 2, 4],
  ]) {
    reclaimOnce(third, arena, row)
    assertSound(arena)
    for (const exact of [true, false]) assertConserved(arena, exact)
    assert.equal(spanCounts(), expected)
    const taken = blocksOf(arena).filter(({ slot }) => slot === third.slot)
    assert.ok(taken.every(({ byteLength }) => byteLength === 100))
  }
  assert.is(countLive(memory, queued), 0, 'the first call emptied the queue')
  assert.is(blocksOf(arena).length, live)
})

test('for a large block, queues are emptied and empty spans given back: none is taken over', () => {
  const { arena, memory, owner, freer, third, fourth, queued, spanCounts } = twoClosed()
  const kept = blocksOf(arena)
  reclaimOnce(third, arena, LARGE_CLASS)
  assertSound(arena)
  assert.equal(spanCounts(), [4, 4, 0])
  assert.is(countLive(memory, queued), 0)
  for (const { offset } of kept) fourth.free(offset)
  fourth.flush()
  reclaimOnce(third, arena, LARGE_CLASS)
  assertSound(arena)
  assert.equal(spanCounts(), [0, 0, 0])
  for (const pool of [owner, freer]) assert.is(violationsOf(memory, pool), 0)
})

test('what an allocation of one class finds leaves the spans of the others where they are', () => {
  const { arena, third, fourth, spanCounts } = twoClosed()
  fill(fourth, 600_000)
  for (const byteLength of [65_000, 30_000]) fill(fourth, byteLength)
  const offset = third.alloc(3000)
  assertSound(arena)
  assert.equal(spanCounts(), [3, 4, 1])
  assert.ok(blocksOf(arena).some((one) => one.offset === offset && one.slot === third.slot))
})

test.run()
