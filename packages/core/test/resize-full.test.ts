// Shorter lengths in a full arena: shrinking never fails, and what can be cut off is given back,
// whoever owns the block and whoever asks.

import type { Pool } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  LARGE_CLASS,
  RECORD_HAS_FREED_BITS,
  SLOT_HAS_FREED_BITS,
  SLOT_SWEEPING,
} from '../src/base/layout.ts'
import type { SlotIndex } from '../src/base/units.ts'
import { type ArenaMemory, recordWord, slotWord, spanOf, spanStart } from '../src/memory/memory.ts'
import { adoptSlot } from '../src/recovery/adopt.ts'
import { countFreeSpans } from '../src/spans/span-map.ts'
import { assertConserved, assertSound, refuses } from './support/checks.ts'
import { fill } from './support/memory.ts'
import { fourPools, reclaimOnce, violationsOf } from './support/pools.ts'
import { seeded } from './support/random.ts'

const test = suite('resize, full arena')

const fillUp = (pool: Pool) =>
  [1 << 20, 600_000, 65_000, 30_000, 3000, 520, 100, 8].flatMap((length) => fill(pool, length))

const kinds: [name: string, byteLength: number, alignment?: number][] = [
  ['small', 100],
  ['of a span', 5000],
  ['in a run of several spans', 100_000],
  ['a run of its own, of a class', 500_000],
  ['aligned', 5000, 1024],
  ['aligned, in a run', 100_000, 4096],
  ['large', 2_000_000],
  ['aligned, large', 2_000_000, 4096],
]

const isLarge = (byteLength: number) => byteLength > 524_288
const shorter = (byteLength: number) => [
  byteLength - 1,
  Math.floor(byteLength * 0.7),
  byteLength >> 1,
  byteLength >> 3,
  1,
  0,
]

/** Where a thread's block lies, and a full arena around it. */
function around(byteLength: number, alignment?: number) {
  const four = fourPools(6 << 20)
  const offset = four.owner.alloc(byteLength, alignment)
  for (let i = 0; i < byteLength; i++) four.arena.u8[offset + i] = i * 7
  fillUp(four.third)
  assert.is(countFreeSpans(four.memory), 0)
  return { ...four, offset }
}

function assertContents(u8: Uint8Array, offset: number, byteLength: number): void {
  for (let i = 0; i < byteLength; i++) {
    if (u8[offset + i] !== ((i * 7) & 255)) assert.unreachable(`byte ${i} of ${byteLength}`)
  }
}

for (const [name, byteLength, alignment] of kinds) {
  for (const who of ['owner', 'freer'] as const) {
    test(`shrinks, by its ${who === 'owner' ? who : 'holder elsewhere'}: ${name}`, () => {
      const { arena, memory, offset: first, ...pools } = around(byteLength, alignment)
      const pool = pools[who]
      let offset = first
      for (const to of shorter(byteLength)) {
        offset = pool.realloc(offset, to)
        assertSound(arena)
        assertConserved(arena, true)
        assert.is(pool.byteLengthOf(offset), to)
        assert.is(offset % (alignment ?? 16), 0)
        assertContents(arena.u8, offset, to)
      }
      pool.free(offset)
      pool.flush()
      pools.owner.collect()
      assertSound(arena)
      assert.is(violationsOf(memory, pools.owner), 0)
      assert.ok(fill(pools.owner, byteLength, alignment).length > 0, 'all of it is there again')
    })
  }

  test(`shrinks in place, by its owner: ${name}`, () => {
    const { arena, memory, owner, offset } = around(byteLength, alignment)
    let least = 0
    for (const to of shorter(byteLength)) {
      assert.ok(owner.tryResize(offset, to))
      assertSound(arena)
      assert.ok(countFreeSpans(memory) >= least)
      least = countFreeSpans(memory)
    }
    assert.is(least > 0, isLarge(byteLength))
  })
}

const large = kinds.filter(([, byteLength]) => isLarge(byteLength))
const spansFor = (byteLength: number, alignment = 16) => Math.ceil((byteLength + alignment) / 65536)

for (const [name, byteLength, alignment] of large) {
  const to = byteLength - 5 * 65536
  const cut = () => {
    const all = around(byteLength, alignment)
    assert.is(all.freer.realloc(all.offset, to), all.offset)
    assertSound(all.arena)
    assert.is(countFreeSpans(all.memory), 0, 'the run is its owner’s')
    return all
  }
  const assertGivenBack = (memory: ArenaMemory) => assert.is(countFreeSpans(memory), 5)

  test(`cut off by another thread, given back by its owner: ${name}`, () => {
    for (const [what, act] of [
      ['collect', (pool: Pool) => pool.collect()],
      ['a miss', (pool: Pool) => pool.free(pool.alloc(30_000))],
      ['close', (pool: Pool) => pool.close()],
    ] as const) {
      const { arena, memory, owner, offset } = cut()
      act(owner)
      if (what === 'a miss') owner.collect()
      assertSound(arena)
      assertGivenBack(memory)
      assertContents(arena.u8, offset, to)
    }
  })

  test(`cut off by another thread, given back by who looks after a closed owner: ${name}`, () => {
    const { arena, memory, owner, fourth, offset } = around(byteLength, alignment)
    owner.close()
    assert.is(fourth.realloc(offset, to), offset)
    reclaimOnce(fourth, arena, LARGE_CLASS)
    assertSound(arena)
    assertGivenBack(memory)
    assert.ok(fourth.alloc(4 * 65536) > 0)
  })

  test(`cut off by another thread, given back after the owner has died: ${name}`, () => {
    const { arena, memory, owner, offset } = cut()
    // As if it had died when it had just begun to give back.
    const head = spanOf(memory, offset)
    memory.i32[slotWord(memory, owner.slot as SlotIndex, SLOT_HAS_FREED_BITS)] = 0
    memory.i32[slotWord(memory, owner.slot as SlotIndex, SLOT_SWEEPING)] = head
    memory.i32[recordWord(memory, head, RECORD_HAS_FREED_BITS)] = 0
    adoptSlot(memory, owner.slot as SlotIndex)
    assertSound(arena)
    owner.collect()
    assertSound(arena)
    assertGivenBack(memory)
  })

  test(`cut off by another thread, it must not grow into what may be gone: ${name}`, () => {
    const { arena, memory, owner, freer, offset } = cut()
    for (const longer of [to + 1, byteLength]) {
      refuses('out-of-memory', () => freer.realloc(offset, longer))
      assert.is(freer.byteLengthOf(offset), to)
    }
    assert.is(freer.realloc(offset, to - 10 * 65536), offset, 'it may be cut again')
    owner.collect()
    assertSound(arena)
    assert.is(countFreeSpans(memory), 15)
    assert.is(owner.realloc(offset, byteLength), offset, 'its owner may let it grow')
    assertSound(arena)
    assert.is(countFreeSpans(memory), 0)
  })

  test(`cut off and freed by another thread: ${name}`, () => {
    const { arena, memory, owner, freer, offset } = cut()
    freer.free(offset)
    owner.collect()
    assertSound(arena)
    assert.is(countFreeSpans(memory), spansFor(byteLength, alignment))
    assert.is(violationsOf(memory, owner), 0)
  })

  test(`cut where its last byte is the last of a span: ${name}`, () => {
    for (const distance of [-1, 0, 1]) {
      const { arena, memory, owner, freer, offset } = around(byteLength, alignment)
      const last = 20 * 65536 - (offset - spanStart(memory, spanOf(memory, offset))) + distance
      assert.is(freer.realloc(offset, last), offset)
      owner.collect()
      assertSound(arena)
      assertContents(arena.u8, offset, last)
      assert.is(countFreeSpans(memory), spansFor(byteLength, alignment) - (distance > 0 ? 21 : 20))
    }
  })

  test(`a length that was overwritten cuts nothing off: ${name}`, () => {
    for (const wrong of [-1, byteLength + 70_000, 2 ** 31 - 1, -(2 ** 31), -4097]) {
      const { arena, memory, owner, offset } = cut()
      arena.i32[(offset >> 2) - 1] = wrong
      owner.collect()
      assert.is(countFreeSpans(memory), 0, `${wrong}`)
    }
  })
}

test(
  'two pools, all kinds of blocks, a full arena: shorter and shorter, by anyone, in any order',
  seeded((random) => {
    const { arena, memory, ...named } = fourPools(6 << 20)
    const pools = [named.owner, named.freer]
    const live: { offset: number; byteLength: number; alignment: number; cookie: number }[] = []
    const write = (one: (typeof live)[number]) => {
      one.cookie = random.below(256)
      arena.u8.fill(one.cookie, one.offset, one.offset + one.byteLength)
    }
    for (let misses = 0; misses < 30; ) {
      const [, most, alignment = 16] = random.pick(kinds)
      const byteLength = random.below(most + 1)
      const offset = random.pick(pools).tryAlloc(byteLength, alignment)
      if (offset === 0) misses++
      else live.push({ offset, byteLength, alignment, cookie: 0 })
    }
    for (const one of live) write(one)
    fillUp(named.third)
    for (let step = 0; live.some(({ byteLength }) => byteLength > 0); step++) {
      const one = random.pick(live)
      const to = random.below(one.byteLength + 1)
      const isCut = one.byteLength < 8 || random.below(3) === 0
      one.offset = random.pick(pools).realloc(one.offset, isCut ? 0 : to)
      one.byteLength = isCut ? 0 : to
      assert.is(one.offset % one.alignment, 0)
      const bytes = arena.u8.subarray(one.offset, one.offset + one.byteLength)
      if (!bytes.every((byte) => byte === one.cookie)) assert.unreachable(`step ${step}`)
      if (step % 50 === 0) assertSound(arena)
      if (step % 97 === 0) random.pick(pools).collect()
    }
    assertSound(arena)
    for (const pool of pools) assert.is(violationsOf(memory, pool), 0)
  }),
)

test.run()
