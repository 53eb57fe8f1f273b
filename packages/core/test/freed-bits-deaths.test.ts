// Freed bits that are half set: by a thread that is at it, or has died. And spans that change hands
// meanwhile.

import type { Pool } from '@ashlar/core'
import { blocks as blocksOf } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  RECORD_HAS_FREED_BITS,
  SLOT_HAS_FREED_BITS,
  SLOT_MARKING,
  SLOT_TAKING_FROM,
} from '../src/base/layout.ts'
import {
  type ArenaMemory,
  bitOf,
  freedWord,
  recordWord,
  slotWord,
  spanOf,
} from '../src/memory/memory.ts'
import { adoptSlot } from '../src/recovery/adopt.ts'
import { beginMarking, endMarking } from '../src/remote/freed-bits.ts'
import { INBOX_TAKEN, queueWord } from '../src/remote/queue.ts'
import { headOf } from '../src/spans/span-map.ts'
import { assertSound, refuses } from './support/checks.ts'
import { hasFreedBit, kinds, mark, saidOf, slotOf } from './support/freed-bits.ts'
import { allocMany, countLive, fourPools, reclaimBy, violationsOf } from './support/pools.ts'

const test = suite('freed bits, half set')

/** What a thread writes that marks a block, in order; it may die before each, and at the end. */
type Write = (memory: ArenaMemory, freer: Pool, block: number, owner: Pool) => void
const steps: [name: string, write: Write][] = [
  [
    'it says what it marks',
    (memory, freer, block) => {
      memory.i32[slotWord(memory, slotOf(freer), SLOT_MARKING)] = block
    },
  ],
  [
    'the bit',
    (memory, _freer, block) => {
      memory.i32[freedWord(memory, block)] |= bitOf(memory, block)
    },
  ],
  [
    'the record of the run',
    (memory, _freer, block) => {
      const head = headOf(memory, spanOf(memory, block))
      memory.i32[recordWord(memory, head, RECORD_HAS_FREED_BITS)] = 1
    },
  ],
  [
    'the slot of the owner',
    (memory, _freer, _block, owner) => {
      memory.i32[slotWord(memory, slotOf(owner), SLOT_HAS_FREED_BITS)] = 1
    },
  ],
]

for (const [name, byteLength, alignment] of kinds) {
  for (const [stepCount, [last]] of steps.entries()) {
    test(`a thread that dies while it marks; the last it wrote was ${last}: ${name}`, () => {
      const { arena, memory, owner, freer, third } = fourPools(4 << 20)
      const [, block] = allocMany(owner, 3, byteLength, alignment)
      for (const [, write] of steps.slice(0, stepCount + 1)) write(memory, freer, block, owner)
      owner.collect()
      assert.is(countLive(memory, [block]), 1, 'left alone while its thread may be alive')
      for (let time = 0; time < 2; time++) adoptSlot(memory, slotOf(freer))
      assertSound(arena)
      assert.equal(
        [hasFreedBit(memory, block), ...saidOf(memory, owner, block), blocksOf(arena).length],
        [true, 1, 1, 2],
      )
      refuses('double-free', () => mark(memory, third, block))
      owner.collect()
      assertSound(arena)
      assert.equal([countLive(memory, [block]), violationsOf(memory, owner)], [0, 0])
    })
  }
}

test('a dead thread that was marking what is no block, or free by now: nothing is marked', () => {
  const { arena, memory, owner, freer } = fourPools()
  const [block, free] = allocMany(owner, 2, 100)
  owner.free(free)
  for (const wrong of [free, block + 16, 8, -16, 65536 * 30, 2 ** 30, -(2 ** 31)]) {
    memory.i32[slotWord(memory, slotOf(freer), SLOT_MARKING)] = wrong
    adoptSlot(memory, slotOf(freer))
    assertSound(arena)
    assert.is(memory.i32[slotWord(memory, slotOf(freer), SLOT_MARKING)], 0)
    assert.is(blocksOf(arena).length, 1)
  }
})

/** A slot that was opened again, with remote frees for blocks that are another's by now. */
function passedBy() {
  const { arena, memory, owner, freer, third } = fourPools()
  const blocks = allocMany(owner, 6, 3000)
  for (const block of blocks) third.free(block)
  owner.close()
  reclaimBy(freer, arena) // before the queue was delivered
  third.flush()
  const next = arena.openPool()
  assert.is(next.slot, owner.slot)
  return { arena, memory, next, owner: freer, freer: third, blocks }
}

for (let stepCount = 0; stepCount <= steps.length; stepCount++) {
  for (const isCounted of [false, true]) {
    if (isCounted && stepCount < steps.length) continue
    const at = `${stepCount} steps${isCounted ? ', and counted it' : ''}`
    test(`a thread dies that marks a block of its queue for another slot: after ${at}`, () => {
      const { arena, memory, next, owner, freer, blocks } = passedBy()
      const taken = queueWord(memory, slotOf(next), INBOX_TAKEN, slotOf(freer))
      memory.i32[slotWord(memory, slotOf(next), SLOT_TAKING_FROM)] = freer.slot + 1
      for (const [, write] of steps.slice(0, stepCount)) write(memory, next, blocks[0], owner)
      if (isCounted) memory.i32[taken] = 1
      for (let time = 0; time < 2; time++) adoptSlot(memory, slotOf(next))
      assertSound(arena)
      assert.is(memory.i32[slotWord(memory, slotOf(next), SLOT_MARKING)], 0)
      assert.is(memory.i32[taken], stepCount === 0 ? 0 : 1)
      assert.is(hasFreedBit(memory, blocks[0]), stepCount > 0)
      next.collect()
      assertSound(arena)
      assert.equal([memory.i32[taken], countLive(memory, blocks)], [6, 6])
      owner.collect()
      assertSound(arena)
      assert.equal([countLive(memory, blocks), blocksOf(arena).length], [0, 0])
      assert.is(violationsOf(memory, owner) + violationsOf(memory, next), 0)
    })
  }
}

test('a block of a queue for another slot that is marked already: a double free', () => {
  const { arena, memory, next, owner, freer, blocks } = passedBy()
  mark(memory, freer, blocks[2])
  next.collect()
  assertSound(arena)
  assert.equal([violationsOf(memory, next), countLive(memory, blocks)], [1, 6])
  owner.collect()
  assertSound(arena)
  assert.equal([violationsOf(memory, owner), countLive(memory, blocks)], [0, 0])
})

test('a bit that is being marked is left for later, and not forgotten', () => {
  for (const [, byteLength, alignment] of kinds) {
    const { arena, memory, owner, freer, third } = fourPools(4 << 20)
    const [block, other] = allocMany(owner, 3, byteLength, alignment)
    assert.ok(beginMarking(memory, slotOf(freer), block))
    mark(memory, third, other)
    for (let time = 0; time < 2; time++) owner.collect()
    assertSound(arena)
    assert.equal([hasFreedBit(memory, block), countLive(memory, [block, other])], [true, 1])
    assert.equal(saidOf(memory, owner, block), [1, 1])
    endMarking(memory, slotOf(freer))
    owner.collect()
    assertSound(arena)
    assert.is(countLive(memory, [block]), 0)
    assert.is(memory.i32[slotWord(memory, slotOf(owner), SLOT_HAS_FREED_BITS)], 0)
  }
})

test('a span that is handed over while a bit of it is being marked: its new owner takes it', () => {
  const { arena, memory, owner, freer, third } = fourPools()
  const blocks = allocMany(owner, 6, 3000)
  owner.close()
  assert.ok(beginMarking(memory, slotOf(freer), blocks[1]))
  reclaimBy(third, arena)
  assert.is(blocksOf(arena)[0].slot, third.slot)
  assertSound(arena)
  assert.equal(saidOf(memory, third, blocks[1]), [1, 1])
  endMarking(memory, slotOf(freer))
  mark(memory, freer, blocks[2])
  third.collect()
  assertSound(arena)
  assert.equal([countLive(memory, blocks), violationsOf(memory, third)], [4, 0])
})

test.run()
