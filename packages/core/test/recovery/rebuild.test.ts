// A thread dies in a call: its slot's runs have blocks on their way between lists and callers, and
// its lists and counts are half written.

import { blocks, exactStats, verify } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import * as layout from '../../src/base/layout.ts'
import type { SlotIndex, SpanIndex } from '../../src/base/units.ts'
import { unmark } from '../../src/blocks/aligned.ts'
import {
  BLOCK_INTERNAL,
  BLOCK_PLAIN,
  BLOCK_SHIFTED,
  headerWith,
  typeBits,
} from '../../src/memory/block-header.ts'
import { bitOf, liveWord, slotWord, spanOf, spanStart } from '../../src/memory/memory.ts'
import { classFor } from '../../src/memory/size-classes.ts'
import { rebuildRuns } from '../../src/recovery/rebuild.ts'
import { SEGMENT_STAMP, stampOf } from '../../src/remote/queue.ts'
import { assertConserved, assertSound } from '../support/checks.ts'
import { fill, smallArena } from '../support/memory.ts'
import { allocMany, deliver, fourPools, queueOf } from '../support/pools.ts'
import { type Site, site } from '../support/site.ts'

const test = suite('rebuild')
const DEAD = 0 as SlotIndex

/** What is planted, and the block that is free by it, or live: its allocation was complete. */
interface Left {
  readonly writes: (s: Site) => readonly (readonly [word: number, value: number])[]
  readonly freed?: (s: Site) => number
  readonly gained?: (s: Site) => number
}

const freeHead = (s: Site) => s.slotWord(layout.SLOT_FREE_HEADS + s.classIndex)
const partialHead = (s: Site) => s.slotWord(layout.SLOT_PARTIAL_HEADS + s.classIndex)
const record = (s: Site, field: number) => s.recordWord(s.partialSpan, field)
const header = (s: Site, offset: number) => s.headerWord(offset)
const lengthOf = (s: Site, offset: number) => s.headerWord(offset) + 1
const plain = (s: Site) => s.memory.plainHeader
/** The word with a block's live bit, and what it is with that bit changed. */
const liveBit = (s: Site, block: number) => {
  const word = liveWord(s.memory, block)
  return [word, s.i32[word] ^ bitOf(s.memory, block)] as const
}
/** The count of unmarked blocks of a block's run, and what it is with one more. */
const unmarkedOf = (s: Site, block: number) => {
  const word = s.recordWord(spanOf(s.memory, block), layout.RECORD_UNMARKED_COUNT)
  return [word, s.i32[word] + 1] as const
}
/** Where the block of the shifted payload begins. */
const blockOf = (s: Site, payload: number) => {
  for (let block = payload; ; block -= 16) {
    if (s.i32[lengthOf(s, block)] === payload) return block
  }
}
/** Where the next block of the class would be carved. */
const uncarved = (s: Site) => {
  let span = s.partialSpan
  const end = () => s.i32[s.recordWord(span, layout.RECORD_CARVED_COUNT)] * 112
  while (end() > 60_000) span = s.i32[s.recordWord(span, layout.RECORD_NEXT_PARTIAL)]
  return spanStart(s.memory, span as SpanIndex) + layout.FIRST_PAYLOAD + end()
}

const leftovers: Record<string, Left> = {
  'alloc: has its length, not live yet': {
    writes: (s) => [
      [freeHead(s), s.free2],
      [lengthOf(s, s.free), 100],
    ],
  },
  'alloc: complete, but its caller never knew': {
    writes: (s) => [
      [freeHead(s), s.free2],
      [lengthOf(s, s.free), 100],
      [header(s, s.free), plain(s)],
      liveBit(s, s.free),
    ],
    gained: (s) => s.free,
  },
  'free: says so, is on no list': {
    writes: (s) => [liveBit(s, s.live)],
    freed: (s) => s.live,
  },
  'a list in a circle, and one that leads nowhere': {
    writes: (s) => [
      [lengthOf(s, s.free2), s.free],
      [record(s, layout.RECORD_PARKED_HEAD), -16],
    ],
  },
  'all lists of the class lost': {
    writes: (s) => [
      [freeHead(s), 0],
      [partialHead(s), 0],
      [record(s, layout.RECORD_PARKED_HEAD), 0],
    ],
  },
  'links of partial spans, half changed': {
    writes: (s) => [
      [partialHead(s), s.fullSpan],
      [record(s, layout.RECORD_NEXT_PARTIAL), s.partialSpan],
      [record(s, layout.RECORD_PREVIOUS_PARTIAL), 999],
    ],
  },
  'counts that are wrong': {
    writes: (s) => [
      [record(s, layout.RECORD_PARKED_COUNT), 77],
      [record(s, layout.RECORD_UNMARKED_COUNT), 5],
      [s.slotWord(layout.SLOT_OUTSTANDING + s.classIndex), -5],
      [s.slotWord(layout.SLOT_OUTSTANDING + layout.LARGE_CLASS), 12],
      [s.slotWord(layout.SLOT_LIVE_SEEN + s.classIndex), 9999],
      [s.slotWord(layout.SLOT_OWNED_SPANS), 1],
      [s.slotWord(layout.SLOT_SPANS_AT_SWEEP), 500],
    ],
  },
  'carving: a header that the count does not include yet': {
    writes: (s) => [[header(s, uncarved(s)), plain(s)]],
  },
  'aligned alloc, or a segment: counted as unmarked, still an ordinary block': {
    writes: (s) => [unmarkedOf(s, s.live)],
  },
  'aligned alloc, or a segment: unmarked, so it is free': {
    writes: (s) => [unmarkedOf(s, s.live), liveBit(s, s.live)],
    freed: (s) => s.live,
  },
  'aligned alloc: free until its payload is known': {
    writes: (s) => [[header(s, blockOf(s, s.shifted)), plain(s)]],
    freed: (s) => s.shifted,
  },
  'a segment that is in no queue yet, or no more': {
    writes: (s) => [
      unmarkedOf(s, s.live),
      liveBit(s, s.live),
      [header(s, s.live), headerWith(BLOCK_INTERNAL, s.memory.tag)],
    ],
    freed: (s) => s.live,
  },
  'aligned free: the payload is free, the block says that it is shifted': {
    writes: (s) => [[header(s, s.shifted), s.memory.freedHeader]],
    freed: (s) => s.shifted,
  },
  'aligned free: the block is free as well, but counts as unmarked': {
    writes: (s) => [
      [header(s, s.shifted), s.memory.freedHeader],
      [header(s, blockOf(s, s.shifted)), plain(s)],
    ],
    freed: (s) => s.shifted,
  },
  'a large block that was marked free, and not given back yet': {
    writes: (s) => [[header(s, s.large), s.memory.freedHeader]],
    freed: (s) => s.large,
  },
}

for (const [name, { writes, freed, gained }] of Object.entries(leftovers)) {
  test(name, () => {
    const s = site()
    const expected = new Set(blocks(s.arena).map(({ offset }) => offset))
    if (freed !== undefined) assert.ok(expected.delete(freed(s)))
    if (gained !== undefined) expected.add(gained(s))
    for (const [word, value] of writes(s)) s.i32[word] = value
    for (let time = 0; time < 2; time++) {
      rebuildRuns(s.memory, DEAD)
      assertSound(s.arena)
      for (const exact of [true, false]) assertConserved(s.arena, exact)
      const offsets = blocks(s.arena).map(({ offset }) => offset)
      assert.equal(
        offsets,
        [...expected].sort((a, b) => a - b),
      )
      assert.is(s.arena.stats().liveBlockCount, expected.size)
      const owned = s.i32[s.slotWord(layout.SLOT_OWNED_SPANS)]
      assert.is(s.i32[s.slotWord(layout.SLOT_SPANS_AT_SWEEP)], owned)
    }
  })
}

/** Damage to the block at an offset, which therefore counts as held. */
const damages: Record<string, (s: Site) => { at: number; writes: ReturnType<Left['writes']> }> = {
  'a header that a neighbour has overwritten': (s) => ({
    at: s.live,
    writes: [[header(s, s.live), 0x3fc00000]],
  }),
  'a block that says it is live, but longer than there is room': (s) => ({
    at: s.live,
    writes: [[lengthOf(s, s.live), 105]],
  }),
  'a live block of another arena': (s) => ({
    at: s.live,
    writes: [[header(s, s.live), headerWith(BLOCK_PLAIN, s.memory.tag ^ 1)]],
  }),
  'a live block of a type that there is not': (s) => ({
    at: s.live,
    writes: [[header(s, s.live), plain(s) | typeBits(14)]],
  }),
  'a live block that says it is a segment': (s) => ({
    at: s.live,
    writes: [[header(s, s.live), headerWith(BLOCK_INTERNAL, s.memory.tag)]],
  }),
  'a live block that says it is shifted': (s) => ({
    at: s.live,
    writes: [
      [header(s, s.live), headerWith(BLOCK_SHIFTED, s.memory.tag)],
      [lengthOf(s, s.live), s.live],
    ],
  }),
  'a free block that says it is shifted, and leads to another one': (s) => ({
    at: s.free,
    writes: [
      unmarkedOf(s, s.free),
      [header(s, s.free), headerWith(BLOCK_SHIFTED, s.memory.tag)],
      [lengthOf(s, s.free), s.live2],
    ],
  }),
  'a shifted block that leads to another one': (s) => ({
    at: blockOf(s, s.shifted),
    writes: [[lengthOf(s, blockOf(s, s.shifted)), s.live2]],
  }),
  'a shifted block that leads to itself': (s) => ({
    at: blockOf(s, s.shifted),
    writes: [[lengthOf(s, blockOf(s, s.shifted)), blockOf(s, s.shifted)]],
  }),
  'a shifted block that leads out of the arena': (s) => ({
    at: blockOf(s, s.shifted),
    writes: [[lengthOf(s, blockOf(s, s.shifted)), -16]],
  }),
  'a large block whose header was overwritten': (s) => ({
    at: s.large,
    writes: [[header(s, s.large), 0x3fc00000]],
  }),
  'a shifted block whose payload’s header was overwritten': (s) => ({
    at: blockOf(s, s.shifted),
    writes: [[header(s, s.shifted), 0x3fc00000]],
  }),
}

for (const [name, damage] of Object.entries(damages)) {
  test(`damaged, so it is kept, and verify reports it: ${name}`, () => {
    const s = site()
    const { at, writes } = damage(s)
    const liveBlockCount = () => s.arena.stats().liveBlockCount
    rebuildRuns(s.memory, DEAD)
    const before = liveBlockCount()
    const wasFree = at === s.free
    for (const [word, value] of writes) s.i32[word] = value
    for (let time = 0; time < 2; time++) {
      rebuildRuns(s.memory, DEAD)
      assert.ok(verify(s.arena).some(({ offset }) => offset === at))
      for (const [word, value] of writes) assert.is(s.i32[word], value, 'nobody touches it')
      assert.is(liveBlockCount(), before + (wasFree ? 1 : 0))
    }
  })
}

test('runs of other slots stay as they are; empty ones of its own are given back', () => {
  const { arena, memory, owner, freer } = fourPools()
  const blocks = [owner, freer].map((pool) => allocMany(pool, 10, 3000))
  const committed = arena.stats().committedByteLength
  for (const [i, pool] of [owner, freer].entries()) for (const block of blocks[i]) pool.free(block)
  rebuildRuns(memory, owner.slot as SlotIndex)
  assertSound(arena)
  assert.is(arena.stats().committedByteLength, committed - 65536)
  assert.is(freer.alloc(3000), blocks[1][9], 'from the free list, as before')
})

test('segments: those of its queues stay; one of no queue is freed', () => {
  const { arena, memory, owner, freer } = fourPools()
  for (const block of allocMany(owner, 200, 100)) freer.free(block)
  const ofNone = freer.alloc(520)
  unmark(memory, ofNone)
  memory.i32[(ofNone >> 2) - 2] = headerWith(BLOCK_INTERNAL, memory.tag)
  memory.i32[(ofNone >> 2) + SEGMENT_STAMP] = stampOf(freer.slot as SlotIndex, -128)
  const liveBlockCount = () => exactStats(arena).liveBlockCount
  assert.is(liveBlockCount(), 203)
  rebuildRuns(memory, freer.slot as SlotIndex)
  assertSound(arena)
  assert.equal([liveBlockCount(), queueOf(memory, freer, owner).segmentCount], [202, 2])
  deliver([freer], owner)
  assertSound(arena)
  assert.equal([liveBlockCount(), queueOf(memory, freer, owner).segmentCount], [2, 2])
  freer.collect()
  assertSound(arena)
  assert.equal([liveBlockCount(), queueOf(memory, freer, owner).segmentCount], [0, 0])
})

test('partial spans are in ascending order afterwards', () => {
  const { pool, memory, slot } = smallArena(2 << 20)
  const offsets = fill(pool, 1000)
  for (const [i, offset] of offsets.entries()) if (i % 2 === 0) pool.free(offset)
  rebuildRuns(memory, slot)
  const first = slotWord(memory, slot, layout.SLOT_PARTIAL_HEADS + classFor(memory, 1000))
  assert.is(memory.i32[first], spanOf(memory, offsets[0]))
})

test.run()
