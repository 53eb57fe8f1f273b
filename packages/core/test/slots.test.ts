import { Arena } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { SLOT_STATE } from '../src/layout.ts'
import { slotState } from '../src/slots.ts'
import { asSlotIndex } from '../src/units.ts'
import { assertConserved, assertSound, refuses } from './support/checks.ts'
import { memoryOf, smallArena } from './support/memory.ts'

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
  assert.is(slotState(memory, asSlotIndex(0)), 'closed')
  assert.is(slotState(memory, asSlotIndex(1)), 'vacant')
  assert.is(arena.openPool().slot, 0)
  assert.is(slotState(memory, asSlotIndex(0)), 'open')
})

test('the generation tells the pools of a slot apart', () => {
  const { arena, pool, memory } = smallArena()
  const word = memory.slotWord(asSlotIndex(0), SLOT_STATE)
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
  assert.is(arena.blocks().length, 2)
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
  assert.is(arena.stats().committedBytes, (memory.controlSpanCount + 1) * 65536)
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
    new Set(offsets.filter((_, i) => i % 2 === parity).map((offset) => memory.spanOf(offset)))
  for (const span of spansOf(0)) assert.not.ok(spansOf(1).has(span))
  assertSound(arena)
  assert.is(pools[0].byteLengthOf(offsets[1]), 100) // anyone may ask
  for (const [i, offset] of offsets.entries()) pools[i % 2].free(offset)
  assert.is(arena.stats({ exact: true }).liveBlocks, 0)
})

test.run()
