import { Arena, blocks, exactStats } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { SLOT_CLOSED, SLOT_OPEN, SLOT_STATE } from '../../src/base/layout.ts'
import type { SlotIndex } from '../../src/base/units.ts'
import { type ArenaMemory, openedSlotCount, slotWord, spanOf } from '../../src/memory/memory.ts'
import {
  changeState,
  closeSlot,
  lendSlot,
  reclaimerOf,
  slotGeneration,
  slotState,
} from '../../src/spans/slots.ts'
import { assertConserved, assertSound, refuses, refusesUnharmed } from '../support/checks.ts'
import { memoryOf, smallArena } from '../support/memory.ts'
import { anything, notNumbers, oddNumbers } from '../support/values.ts'

const test = suite('slots')

test('each pool has a slot of its own, until there are no more', () => {
  const arena = Arena.create({ byteLength: 1 << 20, shared: false, slots: 3 })
  const pools = [0, 1, 2].map(() => arena.openPool())
  assert.equal(
    pools.map(({ slot }) => slot),
    [0, 1, 2],
  )
  refuses('no-free-slot', () => arena.openPool(), /all 3 slots.*more `slots`/)
  pools[1].close()
  assert.is(arena.openPool().slot, 1)
  refuses('no-free-slot', () => arena.openPool())
})

test('a closed slot is opened before a vacant one, as its memory can be used again', () => {
  const { arena, pool, memory } = smallArena()
  pool.alloc(16)
  pool.close()
  assert.is(slotState(memory, 0 as SlotIndex), 'closed')
  assert.is(slotState(memory, 1 as SlotIndex), 'vacant')
  assert.is(arena.openPool().slot, 0)
  assert.is(slotState(memory, 0 as SlotIndex), 'open')
})

test('the generation distinguishes the pools of a slot', () => {
  const { arena, pool, memory } = smallArena()
  const word = slotWord(memory, 0 as SlotIndex, SLOT_STATE)
  const seen = new Set([memory.i32[word]])
  pool.close()
  for (let i = 0; i < 5; i++) {
    const next = arena.openPool()
    seen.add(memory.i32[word])
    next.close()
  }
  assert.is(seen.size, 6)
})

test('blocks outlive their pool, and belong to the one that opens the slot next', () => {
  const { arena, pool } = smallArena()
  const array = pool.allocArray(Uint16Array, 3)
  array.set([1, 2, 3])
  const other = pool.alloc(1000)
  pool.close()
  assertSound(arena)
  assert.equal([...arena.view(array.byteOffset)], [1, 2, 3])
  assert.is(blocks(arena).length, 2)
  const next = arena.openPool()
  next.free(other)
  assert.is(next.byteLengthOf(next.realloc(array.byteOffset, 4000)), 4000)
  assertSound(arena)
})

test('closing gives every empty span back', () => {
  const { arena, pool, memory } = smallArena(4 << 20)
  const kept = pool.alloc(48)
  const freed = [16, 200, 3000, 40_000, 700_000].map((byteLength) => pool.alloc(byteLength))
  for (const offset of freed) pool.free(offset)
  pool.close()
  assert.is(arena.stats().committedByteLength, (memory.controlSpanCount + 1) * 65536)
  for (const exact of [true, false]) assertConserved(arena, exact)
  assert.is(arena.view(kept).length, 48)
})

test('several pools of a thread share the spans, and not the blocks', () => {
  const { arena } = smallArena(4 << 20)
  const pools = [arena.openPool(), arena.openPool()]
  const offsets = Array.from({ length: 2000 }, (_, i) => pools[i % 2].alloc(100))
  assert.is(new Set(offsets).size, 2000)
  const memory = memoryOf(arena)
  const spansOf = (parity: number) =>
    new Set(offsets.filter((_, i) => i % 2 === parity).map((offset) => spanOf(memory, offset)))
  for (const span of spansOf(0)) assert.not.ok(spansOf(1).has(span))
  assertSound(arena)
  assert.is(pools[0].byteLengthOf(offsets[1]), 100) // anyone may ask
  for (const [i, offset] of offsets.entries()) pools[i % 2].free(offset)
  assert.is(exactStats(arena).liveBlockCount, 0)
})

test('a reserved slot is opened by its number, once, and by nobody else', () => {
  const arena = Arena.create({ byteLength: 1 << 20, shared: true, slots: 3 })
  const slot = arena.reserveSlot()
  assert.is(arena.stats().slots[slot].state, 'reserved')
  assertSound(arena)
  const others = [arena.openPool(), arena.openPool()]
  assert.equal(
    others.map((pool) => pool.slot),
    [0, 1, 2].filter((other) => other !== slot),
  )
  refuses('no-free-slot', () => arena.openPool())
  refuses('no-free-slot', () => arena.reserveSlot())
  const pool = Arena.attach(arena.handle).openPool(slot)
  assert.equal([pool.slot, arena.stats().slots[slot].state], [slot, 'open'])
  pool.free(pool.alloc(100))
  refusesUnharmed(arena, 'invalid-argument', () => arena.openPool(slot), /is "open", expected one/)
  assertSound(arena)
})

test('only a reserved slot is opened by its number', () => {
  const { arena, pool } = smallArena()
  const open = (slot: unknown) => () => arena.openPool(anything(slot))
  refusesUnharmed(arena, 'invalid-argument', open(0), /slot 0 is "open", expected .*reserveSlot/)
  refusesUnharmed(arena, 'invalid-argument', open(1), /slot 1 is "vacant"/)
  pool.close()
  refusesUnharmed(arena, 'invalid-argument', open(0), /slot 0 is "closed"/)
  for (const slot of [...notNumbers, ...oddNumbers, 15]) {
    refusesUnharmed(arena, 'invalid-argument', open(slot), /slot is .*from 0 to 14/)
  }
})

test('a closed slot is reserved before a vacant one; its blocks are there once it is open', () => {
  const { arena, pool } = smallArena()
  const offset = pool.alloc(100)
  pool.close()
  assert.is(arena.reserveSlot(), 0)
  assert.is(arena.reserveSlot(), 1)
  assertSound(arena)
  const next = arena.openPool(0)
  next.free(offset)
  next.collect()
  assert.is(arena.stats().committedByteLength, arena.stats().controlByteLength)
})

test('a pool keeps the generation that it was opened in; each change begins another one', () => {
  const { arena, pool, memory } = smallArena()
  const slot = 0 as SlotIndex
  assert.is(pool.generation, slotGeneration(memory, slot))
  pool.close()
  assert.is(slotGeneration(memory, slot), pool.generation + 1)
  arena.reserveSlot()
  const next = arena.openPool(0)
  assert.is(next.generation, pool.generation + 3)
  assert.is(slotGeneration(memory, slot), next.generation)
})

test('a state changes from the one that is expected, in the generation that was seen', () => {
  const { memory } = smallArena()
  const slot = 0 as SlotIndex
  const generation = slotGeneration(memory, slot)
  assert.not.ok(changeState(memory, slot, SLOT_CLOSED, SLOT_OPEN))
  assert.not.ok(changeState(memory, slot, SLOT_OPEN, SLOT_CLOSED, -1, generation - 1))
  assert.is(slotGeneration(memory, slot), generation)
  assert.ok(changeState(memory, slot, SLOT_OPEN, SLOT_CLOSED, -1, generation))
  assert.not.ok(changeState(memory, slot, SLOT_OPEN, SLOT_CLOSED))
  assert.ok(lendSlot(memory, slot, 7 as SlotIndex))
  assert.equal([slotState(memory, slot), reclaimerOf(memory, slot)], ['lent', 7])
  assert.not.ok(lendSlot(memory, slot, 6 as SlotIndex))
  closeSlot(memory, slot)
  assert.equal([slotState(memory, slot), reclaimerOf(memory, slot)], ['closed', -1])
  assert.is(slotGeneration(memory, slot), generation + 3)
})

test('generations wrap', () => {
  const { arena, pool, memory } = smallArena()
  const slot = 0 as SlotIndex
  for (let i = pool.generation; i < 65_535; i++) changeState(memory, slot, SLOT_OPEN, SLOT_OPEN)
  pool.close()
  assert.is(slotGeneration(memory, slot), 0)
  assert.is(arena.openPool().generation, 1)
})

/** Answers to loads of a slot's state: tests see what a claim does while another thread goes on. */
function onStateLoad(memory: ArenaMemory, slot: number, act: (count: number) => void) {
  const { load } = Atomics
  const word = slotWord(memory, slot as SlotIndex, SLOT_STATE)
  let count = 0
  Atomics.load = ((array: Int32Array, index: number) => {
    if (array.buffer === memory.i32.buffer && index === word) act(count++)
    return load(array, index)
  }) as typeof load
  return () => {
    Atomics.load = load
  }
}

test('a claim finds a slot that a reclaimer closes again meanwhile', () => {
  for (let at = 0; at < 30; at++) {
    const arena = Arena.create({ byteLength: 1 << 20, shared: false, slots: 2 })
    const [closing, reclaimer] = [arena.openPool(), arena.openPool()]
    const memory = memoryOf(arena)
    const slot = closing.slot as SlotIndex
    closing.close()
    lendSlot(memory, slot, reclaimer.slot as SlotIndex)
    const restore = onStateLoad(memory, slot, (count) => {
      if (count === at) closeSlot(memory, slot)
    })
    try {
      assert.is(arena.openPool().slot, slot)
    } finally {
      restore()
    }
    assertSound(arena)
  }
})

test('a claim ends if a reclaimer has died and its slot is never closed', () => {
  const arena = Arena.create({ byteLength: 1 << 20, shared: false, slots: 2 })
  const [closing, reclaimer] = [arena.openPool(), arena.openPool()]
  const memory = memoryOf(arena)
  closing.close()
  lendSlot(memory, closing.slot as SlotIndex, reclaimer.slot as SlotIndex)
  refusesUnharmed(arena, 'no-free-slot', () => arena.openPool())
  refusesUnharmed(arena, 'no-free-slot', () => arena.reserveSlot())
  closeSlot(memory, closing.slot as SlotIndex)
  assert.is(arena.openPool().slot, closing.slot)
})

test('the count of opened slots only rises, and is the same for all threads', () => {
  const arena = Arena.create({ byteLength: 4 << 20, shared: true, slots: 40 })
  const memory = memoryOf(arena)
  assert.is(openedSlotCount(memory), 0)
  const pools = Array.from({ length: 20 }, (_, i) => {
    const pool = arena.openPool()
    assert.is(openedSlotCount(memory), i + 1)
    return pool
  })
  for (const pool of pools) pool.close()
  assert.is(arena.openPool().slot, 0)
  assert.is(openedSlotCount(memory), 20)
  for (let slot = 1; slot < 20; slot++) assert.is(arena.reserveSlot(), slot)
  assert.is(openedSlotCount(memory), 20)
  assert.is(arena.reserveSlot(), 20)
  assert.is(openedSlotCount(memory), 21)
  assert.is(Arena.attach(arena.handle).reserveSlot(), 21)
  assert.is(openedSlotCount(memory), 22)
})

test('frees between the first slot and the last', () => {
  const arena = Arena.create({ byteLength: 4 << 20, shared: false, slots: 40 })
  const pools = Array.from({ length: 40 }, () => arena.openPool())
  const [first, last] = [pools[0], pools[39]]
  for (const [owner, freer] of [
    [first, last],
    [last, first],
  ]) {
    freer.free(owner.alloc(100))
    freer.flush()
    owner.collect()
    assert.is(arena.stats().slots[owner.slot].remoteFreeCount, 1)
  }
  assertSound(arena)
})

test('isOpen: true for the pool that has the slot, in its generation', () => {
  const arena = Arena.create({ byteLength: 4 << 20, shared: false })
  const first = arena.openPool()
  assert.is(first.arena, arena)
  assert.ok(arena.isOpen(first.slot, first.generation))
  assert.not.ok(arena.isOpen(first.slot, first.generation + 1))
  first.close()
  assert.not.ok(arena.isOpen(first.slot, first.generation))
  const second = arena.openPool()
  assert.is(second.slot, first.slot)
  assert.not.ok(arena.isOpen(first.slot, first.generation))
  assert.ok(arena.isOpen(second.slot, second.generation))
  const reserved = arena.reserveSlot()
  assert.not.ok(arena.isOpen(reserved, 1))
  const adopter = arena.adopt(reserved)
  assert.is(adopter.arena, arena)
  assert.ok(arena.isOpen(adopter.slot, adopter.generation))
  refuses('invalid-argument', () => arena.isOpen(15, 1), /slot/)
})

test.run()
