// The slot of a thread that has died between two calls. Death within a call: test/interleaving, and
// rebuild.test.ts and adopt-repair-map.test.ts for what it leaves.
import { Arena, blocks as blocksOf, exactStats, type Pool } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { SlotIndex } from '../../src/base/units.ts'
import { lendSlot } from '../../src/spans/slots.ts'
import { assertConserved, assertSound, refuses, refusesUnharmed } from '../support/checks.ts'
import { fill, memoryOf } from '../support/memory.ts'
import { allocMany, deliver, queueOf, reclaimBy } from '../support/pools.ts'
import { Random } from '../support/random.ts'
import { anything, notNumbers, oddNumbers } from '../support/values.ts'

const test = suite('adopt')

/** An arena, and a pool that another thread opened in it. */
function withVictim(byteLength = 4 << 20) {
  const arena = Arena.create({ byteLength, shared: true })
  const victim = Arena.attach(arena.handle).openPool()
  return { arena, memory: memoryOf(arena), victim }
}

const kinds: [number, number?][] = [[8], [100], [100, 1024], [3000], [16_384], [100_000], [600_000]]

/** Blocks of every kind; every third one was freed. */
function leave(pool: Pool, arena: Arena) {
  const blocks = kinds.flatMap(([byteLength, alignment]) => {
    const offsets = allocMany(pool, byteLength > 50_000 ? 3 : 12, byteLength, alignment)
    return offsets.map((offset) => ({ offset, byteLength }))
  })
  for (const [i, { offset, byteLength }] of blocks.entries()) {
    arena.u8.fill(i, offset, offset + byteLength)
    if (i % 3 === 0) pool.free(offset)
  }
  return blocks.map((block, cookie) => ({ ...block, cookie })).filter((_, i) => i % 3 !== 0)
}

test('live blocks stay, with what is in them; free ones are free; figures are right', () => {
  const { arena, victim } = withVictim()
  const live = leave(victim, arena)
  const before = blocksOf(arena)
  const requested = exactStats(arena).requestedByteLength
  const adopter = arena.adopt(victim.slot, victim.generation)
  assertSound(arena)
  for (const exact of [true, false]) assertConserved(arena, exact)
  assert.equal(blocksOf(arena), before)
  assert.is(before.length, live.length)
  assert.is(exactStats(arena).requestedByteLength, requested)
  assert.is(arena.stats().liveBlockCount, live.length, 'counted without a walk')
  for (const { offset, byteLength, cookie } of live) {
    assert.ok(arena.u8.subarray(offset, offset + byteLength).every((byte) => byte === cookie))
  }
  assert.equal([adopter.slot, adopter.isOpen], [victim.slot, true])
  assert.is(adopter.generation, victim.generation + 1)
  assert.is(arena.stats().slots[adopter.slot].state, 'open')
  for (const { offset } of live) adopter.free(offset)
  adopter.collect()
  assertSound(arena)
  assert.is(arena.stats().committedByteLength, arena.stats().controlByteLength)
})

test('what was free in the slot is allocated again, to the last byte', () => {
  for (const byteLength of [100, 16_384, 100_000]) {
    const { arena, victim } = withVictim(1 << 20)
    const all = fill(victim, byteLength)
    for (const block of new Random(1).shuffle([...all]).slice(0, all.length >> 1))
      victim.free(block)
    const adopter = arena.adopt(victim.slot)
    assertSound(arena)
    assert.is(fill(adopter, byteLength).length, all.length >> 1)
    assertSound(arena)
  }
})

test('a slot with nothing in it, and one that was kept for a thread that never opened it', () => {
  const { arena, victim } = withVictim()
  const reserved = arena.reserveSlot()
  for (const slot of [victim.slot, reserved]) {
    const adopter = arena.adopt(slot)
    assertSound(arena)
    adopter.free(adopter.alloc(100))
    assert.is(adopter.slot, slot)
    refuses('invalid-argument', () => arena.openPool(slot), /is "open"/)
  }
})

test('the queues from and to the dead thread are received', () => {
  const { arena, memory, victim } = withVictim()
  const owner = arena.openPool()
  const [ofOwner, ofVictim] = [owner, victim].map((pool) => allocMany(pool, 200, 100))
  for (const block of ofOwner) victim.free(block) // the last 8 are not delivered
  for (const block of ofVictim.slice(0, 150)) owner.free(block)
  owner.flush()
  const adopter = arena.adopt(victim.slot)
  assertSound(arena)
  owner.collect()
  assert.is(queueOf(memory, adopter, owner).taken, 200)
  for (const block of ofVictim.slice(150)) owner.free(block)
  deliver([owner], adopter)
  assertSound(arena)
  assert.equal(blocksOf(arena), [])
  assert.is(queueOf(memory, adopter, owner).segmentCount, 0, 'all were given back')
})

test('what the dead thread was reclaiming is closed again', () => {
  const { arena, memory, victim } = withVictim()
  const closing = arena.openPool()
  const blocks = allocMany(closing, 700, 100)
  closing.close()
  lendSlot(memory, closing.slot as SlotIndex, victim.slot as SlotIndex)
  assert.is(arena.stats().slots[closing.slot].state, 'lent')
  const adopter = arena.adopt(victim.slot)
  assertSound(arena)
  assert.is(arena.stats().slots[closing.slot].state, 'closed')
  for (const block of blocks) adopter.free(block)
  adopter.flush()
  reclaimBy(adopter, arena)
  assertSound(arena)
  assert.equal(blocksOf(arena), [])
})

test('an adopter may die as well, and so on; a slot that it closed cannot be adopted again', () => {
  const { arena, victim } = withVictim()
  const live = leave(victim, arena)
  let last = victim
  for (let i = 0; i < 3; i++) {
    last = Arena.attach(arena.handle).adopt(last.slot, last.generation)
    last.free(last.alloc(5000))
    assertSound(arena)
    assert.is(blocksOf(arena).length, live.length)
  }
  assert.is(last.generation, victim.generation + 3)
  last.close()
  refuses('not-adoptable', () => arena.adopt(last.slot, last.generation))
  const next = Arena.attach(arena.handle).openPool()
  assert.is(next.slot, victim.slot)
  refuses('not-adoptable', () => arena.adopt(next.slot, victim.generation), /generation \d+, not/)
  arena.adopt(next.slot, next.generation)
})

type Refused = readonly [arena: Arena, slot: number, generation?: number]
type Victim = ReturnType<typeof withVictim>

const refusals: [name: string, arrange: (scene: Victim) => Refused, message: RegExp][] = [
  [
    'a pool that is open in this thread',
    ({ arena }) => [arena, arena.openPool().slot],
    /its pool is open in this thread/,
  ],
  [
    'another generation',
    ({ arena, victim }) => [arena, victim.slot, victim.generation + 1],
    /it is in generation 1, not 2/,
  ],
  [
    'the second of two adopters',
    ({ arena, victim: { slot, generation } }) => {
      Arena.attach(arena.handle).adopt(slot, generation)
      return [arena, slot, generation]
    },
    /it is in generation 2, not 1/,
  ],
  ['a slot that was never opened', ({ arena }) => [arena, 1], /it is vacant/],
  [
    'a slot that was closed',
    ({ arena, victim }) => {
      victim.close()
      return [arena, victim.slot]
    },
    /it is closed/,
  ],
  [
    'a closed slot that somebody reclaims',
    ({ arena, memory, victim }) => {
      victim.close()
      lendSlot(memory, victim.slot as SlotIndex, 5 as SlotIndex)
      return [arena, victim.slot]
    },
    /it is lent/,
  ],
]

for (const [name, arrange, message] of refusals) {
  test(`refused, and nothing changes: ${name}`, () => {
    const [arena, slot, generation] = arrange(withVictim())
    refusesUnharmed(arena, 'not-adoptable', () => arena.adopt(slot, generation), message)
    assertSound(arena)
  })
}

test('refused: numbers that are no slot', () => {
  const { arena } = withVictim()
  for (const slot of [...notNumbers, ...oddNumbers, undefined, 15, 255]) {
    refusesUnharmed(arena, 'invalid-argument', () => arena.adopt(anything(slot)), /from 0 to 14/)
  }
})

test.run()
