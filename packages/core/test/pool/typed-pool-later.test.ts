// Typed pools when their pool closes, their memory grows, their free list is overwritten, or their
// thread dies.
import { Arena, blocks, type TypedPool } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { SLOT_FREE_HEADS } from '../../src/base/layout.ts'
import type { SlotIndex } from '../../src/base/units.ts'
import { slotWord } from '../../src/memory/memory.ts'
import { classFor } from '../../src/memory/size-classes.ts'
import { assertSound, refuses, refusesUnharmed, unharmed } from '../support/checks.ts'
import { memoryOf, smallArena } from '../support/memory.ts'

const test = suite('typed pool, later')

/** All calls of a typed pool. */
const callsOf = ({ alloc, tryAlloc, free }: TypedPool, offset: number) => [
  () => alloc(),
  () => tryAlloc(),
  () => free(offset),
  () => free(0),
]

test('closed: every method says so, and again after the slot was opened by another', () => {
  const { arena, pool } = smallArena(4 << 20)
  const fronts = [0, 30, 100, 3000, 100_000, 600_000].map((byteLength) => pool.of(byteLength))
  const offsets = fronts.map((front) => front.alloc())
  const kept = fronts.map((front) => ({ ...front }))
  pool.close()
  const refusesAll = (held: readonly number[]) => {
    unharmed(arena, () => {
      for (const front of [...fronts, ...kept]) {
        for (const offset of held) {
          for (const call of callsOf(front, offset)) refuses('pool-closed', call)
        }
      }
      refuses('pool-closed', () => pool.of(100))
    })
  }
  refusesAll(offsets)
  // The new pool has free blocks of the same classes, which the old fronts must not hand out.
  const next = arena.openPool()
  assert.is(next.slot, pool.slot)
  const others = fronts.map(({ byteLength }) => next.alloc(byteLength))
  refusesAll([offsets[1], ...others])
  for (const offset of [...offsets, ...others]) next.free(offset)
  refusesAll([others[2]])
  next.close()
  refusesAll([others[2]])
  assertSound(arena)
})

test('a wasm memory that grows, again and again: held and kept methods work', () => {
  const wasm = new WebAssembly.Memory({ initial: 32, maximum: 64 })
  const arena = Arena.create({ memory: wasm })
  const pool = arena.openPool()
  for (const byteLength of [100, 600_000]) {
    const front = pool.of(byteLength)
    const kept = { ...front }
    for (let growth = 0; growth < 6; growth++) {
      const held = front.alloc()
      const { alloc } = front
      wasm.grow(growth % 2) // by no page at all, too: the buffer is replaced all the same
      const calls = [
        () => front.free(held),
        () => kept.free(kept.alloc()),
        () => front.free(front.tryAlloc()),
        () => kept.free(front.alloc()),
      ]
      for (const call of [...calls.splice(growth % 4), ...calls]) {
        call()
        assertSound(arena)
      }
      assert.is.not(front.alloc, alloc, 'the methods are those for the new buffer')
      const renewed = front.alloc
      const offset = kept.tryAlloc()
      assert.is(front.alloc, renewed, 'kept methods renew nothing a second time')
      assert.is(pool.byteLengthOf(offset), byteLength)
      kept.free(offset)
      refuses('double-free', () => front.free(offset))
      assert.is(blocks(arena).length, 0)
    }
  }
  const [front, other] = [pool.of(100), pool.of(100)]
  const offset = front.alloc()
  wasm.grow(1)
  pool.close()
  for (const call of [...callsOf(front, offset), ...callsOf(other, offset)]) {
    refusesUnharmed(arena, 'pool-closed', call)
  }
  wasm.grow(1)
  for (const call of callsOf(front, offset)) refusesUnharmed(arena, 'pool-closed', call)
})

test('a free list that was overwritten is reported, and leads nowhere', () => {
  for (const to of [-16, 16, 65_536, 1 << 20, 2 ** 31 - 16]) {
    const { arena, pool, memory, slot } = smallArena()
    const front = pool.of(100)
    front.free(front.alloc())
    const freeHead = slotWord(memory, slot, SLOT_FREE_HEADS + classFor(memory, 100))
    memory.i32[freeHead] = to
    const { alloc, tryAlloc } = front
    for (const call of [alloc, tryAlloc]) {
      refusesUnharmed(arena, 'corrupt', call, new RegExp(`free blocks lead to ${to}`))
    }
  }
})

test('the blocks of a dead pool’s typed pools are adopted', () => {
  const arena = Arena.create({ byteLength: 4 << 20, shared: true })
  const memory = memoryOf(arena)
  const victim = Arena.attach(arena.handle).openPool()
  const lengths = [0, 100, 5000, 100_000, 600_000]
  const live = lengths.flatMap((byteLength, i) => {
    const front = victim.of(byteLength)
    const [first, second] = [front.alloc(), front.alloc()]
    front.free(first)
    arena.u8.fill(i, second, second + byteLength)
    return [second]
  })
  const before = blocks(arena)
  const adopter = arena.adopt(victim.slot, victim.generation)
  assertSound(arena)
  assert.equal(blocks(arena), before)
  for (const [i, offset] of live.entries()) {
    assert.is(adopter.byteLengthOf(offset), lengths[i])
    assert.ok(arena.u8.subarray(offset, offset + lengths[i]).every((byte) => byte === i))
    adopter.of(lengths[i]).free(offset)
  }
  adopter.collect()
  assertSound(arena)
  const heads = slotWord(memory, adopter.slot as SlotIndex, SLOT_FREE_HEADS)
  assert.is(memory.i32[heads + classFor(memory, 100)], 0)
  assert.is(arena.stats().committedByteLength, arena.stats().controlByteLength)
})

test.run()
