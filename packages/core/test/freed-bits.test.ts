// Blocks that other threads free where there is no memory to note that in: by a bit for each block.
import type { Pool } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { adoptSlot } from '../src/adopt.ts'
import { setDraining } from '../src/drain.ts'
import {
  RECORD_HAS_FREED_BITS,
  SLOT_HAS_FREED_BITS,
  SLOT_MARKING,
  SLOT_TAKING_FROM,
} from '../src/layout.ts'
import type { ArenaMemory } from '../src/memory.ts'
import { beginMarking, endMarking, markFreed } from '../src/remote/freed-bits.ts'
import { INBOX_TAKEN, mailWord } from '../src/remote/mail.ts'
import { headOf } from '../src/span-map.ts'
import { asSlotIndex } from '../src/units.ts'
import { assertConserved, assertSound, refuses } from './support/checks.ts'
import { grounds } from './support/grounds.ts'
import { fill, memoryOf } from './support/memory.ts'
import { allocMany, countLive, fourPools, tendBy, violationsOf } from './support/pools.ts'

const test = suite('freed bits')

const kinds: [name: string, byteLength: number, alignment?: number][] = [
  ['small', 100],
  ['in a run of several spans', 16_384],
  ['longer than a span', 100_000],
  ['aligned', 100, 1024],
  ['aligned, longer than a span', 100_000, 4096],
  ['large', 600_000],
  ['aligned, large', 600_000, 4096],
]

const slotOf = (pool: Pool) => asSlotIndex(pool.slot)
const mark = (memory: ArenaMemory, freer: Pool, ...blocks: number[]) => {
  for (const block of blocks) markFreed(memory, slotOf(freer), block)
}
const hasFreedBit = (memory: ArenaMemory, block: number) =>
  (memory.i32[memory.freedWord(block)] & memory.bitOf(block)) !== 0
/** Of the words that say whether a run, and whether a slot, may have freed bits. */
const saidOf = (memory: ArenaMemory, owner: Pool, block: number) => [
  memory.i32[memory.recordWord(headOf(memory, memory.spanOf(block)), RECORD_HAS_FREED_BITS)],
  memory.i32[memory.slotWord(slotOf(owner), SLOT_HAS_FREED_BITS)],
]
/** Three blocks of a kind, and so many others that none of their runs becomes empty. */
const blocksOf = (owner: Pool, byteLength: number, alignment?: number) =>
  allocMany(owner, 3, byteLength, alignment)

for (const [name, byteLength, alignment] of kinds) {
  test(`nobody holds a marked block, and its owner takes it back: ${name}`, () => {
    const { arena, memory, owner, freer } = fourPools(4 << 20)
    const [first, block, last] = blocksOf(owner, byteLength, alignment)
    mark(memory, freer, block)
    assert.ok(hasFreedBit(memory, block))
    assert.equal(saidOf(memory, owner, block), [1, 1])
    assertSound(arena)
    assertConserved(arena, true)
    const held = () => arena.blocks().map(({ offset }) => offset)
    assert.equal(held(), [first, last])
    assert.is(countLive(memory, [block]), 1, 'only the owner changes the state of a block')
    owner.collect()
    assertSound(arena)
    assert.equal([hasFreedBit(memory, block), countLive(memory, [block])], [false, 0])
    assert.equal(held(), [first, last])
    assert.is(violationsOf(memory, owner), 0)
    assert.is(arena.stats().slots[owner.slot].remoteFrees, 1)
    const drained = arena.stats().classes.reduce((sum, row) => sum + row.drainedBlocks, 0)
    assert.is(drained, 1)
    assert.ok(fill(owner, byteLength, alignment).includes(block))
  })

  test(`marked twice is a double free, whoever does it: ${name}`, () => {
    const { arena, memory, owner, freer, third } = fourPools(4 << 20)
    const [, block] = blocksOf(owner, byteLength, alignment)
    mark(memory, freer, block)
    for (const pool of [freer, third, freer]) {
      refuses('double-free', () => mark(memory, pool, block), new RegExp(`${block}`))
      assert.is(memory.i32[memory.slotWord(slotOf(pool), SLOT_MARKING)], 0)
      assertSound(arena)
    }
    owner.collect()
    assertSound(arena)
    assert.equal([arena.blocks().length, violationsOf(memory, owner)], [2, 0])
  })

  test(`marked, and freed by its owner as well: counted, and no damage: ${name}`, () => {
    const { arena, memory, owner, freer } = fourPools(4 << 20)
    const [, block] = blocksOf(owner, byteLength, alignment)
    const beside = owner.alloc(byteLength, alignment)
    mark(memory, freer, block, beside)
    owner.free(block)
    owner.collect()
    assertSound(arena)
    assert.equal([countLive(memory, [block, beside]), arena.blocks().length], [0, 2])
    const isLarge = byteLength > memory.classes.maxByteLength
    assert.is(violationsOf(memory, owner), isLarge ? 0 : 1, 'a large one is gone with its run')
    const again = fill(owner, byteLength, alignment)
    assert.ok(again.includes(block))
    assert.is(arena.blocks().length, again.length + 2, 'none of them is marked')
    assertSound(arena)
  })
}

for (const { name, create, byteOffset } of grounds) {
  test(`every granule of an arena has a bit of its own: ${name}`, () => {
    const { arena, assertSurroundings } = create(3 << 20)
    const memory = memoryOf(arena)
    const [owner, freer] = [arena.openPool(), arena.openPool()]
    const lengths: [number, number?][] = [[8], [24], [100], [100, 64], [16_384], [600_000]]
    const blocks = lengths.flatMap(([length, alignment]) => allocMany(owner, 3, length, alignment))
    for (const block of fill(owner, 8).slice(-40)) blocks.push(block) // up to the last span
    assert.ok(Math.max(...blocks) > byteOffset + arena.byteLength - 65536)
    const before = arena.blocks().length
    for (const [i, block] of blocks.entries()) {
      mark(memory, freer, block)
      assert.is(arena.blocks().length, before - i - 1)
    }
    assertSound(arena)
    owner.collect()
    assertSound(arena)
    assert.equal([countLive(memory, blocks), arena.blocks().length], [0, before - blocks.length])
    assertSurroundings()
  })
}

const takers: [name: string, take: (owner: Pool) => unknown][] = [
  ['collect', (owner) => owner.collect()],
  ['collect with a budget', (owner) => owner.collect({ milliseconds: 1000 })],
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
    assert.equal([countLive(memory, blocks), arena.blocks().length], [0, 0])
    assert.equal([violationsOf(memory, owner), arena.stats().slots[0].remoteFrees], [0, 7])
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
  assert.is(arena.stats().slots[owner.slot].remoteFrees, 20)
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
  assert.equal([countLive(memory, blocks), arena.blocks().length], [0, 0])
})

test('the owner has died: its adopter takes them', () => {
  const { arena, memory, owner, freer } = fourPools(4 << 20)
  const blocks = kinds.map(([, byteLength, alignment]) => owner.alloc(byteLength, alignment))
  mark(memory, freer, ...blocks)
  // As if the owner had begun to take them: nobody is told of them any more, and some are free.
  memory.i32[memory.slotWord(slotOf(owner), SLOT_HAS_FREED_BITS)] = 0
  for (const block of blocks) {
    memory.i32[memory.recordWord(memory.spanOf(block), RECORD_HAS_FREED_BITS)] = 0
  }
  memory.clearLiveBit(blocks[0])
  adoptSlot(memory, slotOf(owner))
  assertSound(arena)
  assert.not.ok(hasFreedBit(memory, blocks[0]))
  assert.equal(arena.blocks(), [])
  owner.collect()
  assertSound(arena)
  assert.equal([countLive(memory, blocks), violationsOf(memory, owner)], [0, 0])
  const { committedBytes, controlBytes } = arena.stats()
  assert.is(committedBytes, controlBytes)
})

/** What a thread writes that marks a block, in order; it may die before each, and at the end. */
type Write = (memory: ArenaMemory, freer: Pool, block: number, owner: Pool) => void
const steps: [name: string, write: Write][] = [
  [
    'it says what it marks',
    (memory, freer, block) => {
      memory.i32[memory.slotWord(slotOf(freer), SLOT_MARKING)] = block
    },
  ],
  [
    'the bit',
    (memory, _freer, block) => {
      memory.i32[memory.freedWord(block)] |= memory.bitOf(block)
    },
  ],
  [
    'the record of the run',
    (memory, _freer, block) => {
      const head = headOf(memory, memory.spanOf(block))
      memory.i32[memory.recordWord(head, RECORD_HAS_FREED_BITS)] = 1
    },
  ],
  [
    'the slot of the owner',
    (memory, _freer, _block, owner) => {
      memory.i32[memory.slotWord(slotOf(owner), SLOT_HAS_FREED_BITS)] = 1
    },
  ],
]

for (const [name, byteLength, alignment] of kinds) {
  for (const [stepCount, [last]] of steps.entries()) {
    test(`a thread that dies while it marks; the last it wrote was ${last}: ${name}`, () => {
      const { arena, memory, owner, freer, third } = fourPools(4 << 20)
      const [, block] = blocksOf(owner, byteLength, alignment)
      for (const [, write] of steps.slice(0, stepCount + 1)) write(memory, freer, block, owner)
      owner.collect()
      assert.is(countLive(memory, [block]), 1, 'left alone while its thread may be alive')
      for (let time = 0; time < 2; time++) adoptSlot(memory, slotOf(freer))
      assertSound(arena)
      assert.equal(
        [hasFreedBit(memory, block), ...saidOf(memory, owner, block), arena.blocks().length],
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
    memory.i32[memory.slotWord(slotOf(freer), SLOT_MARKING)] = wrong
    adoptSlot(memory, slotOf(freer))
    assertSound(arena)
    assert.is(memory.i32[memory.slotWord(slotOf(freer), SLOT_MARKING)], 0)
    assert.is(arena.blocks().length, 1)
  }
})

/** A slot that was opened again, with mail for blocks that are another's by now. */
function passedBy() {
  const { arena, memory, owner, freer, third } = fourPools()
  const blocks = allocMany(owner, 6, 3000)
  for (const block of blocks) third.free(block)
  owner.close()
  tendBy(freer, arena) // before the mail was delivered
  third.flush()
  const next = arena.openPool()
  assert.is(next.slot, owner.slot)
  return { arena, memory, next, owner: freer, freer: third, blocks }
}

for (let stepCount = 0; stepCount <= steps.length; stepCount++) {
  for (const isCounted of [false, true]) {
    if (isCounted && stepCount < steps.length) continue
    const at = `${stepCount} steps${isCounted ? ', and counted it' : ''}`
    test(`a thread dies that marks a block out of its mail for another slot: after ${at}`, () => {
      const { arena, memory, next, owner, freer, blocks } = passedBy()
      const taken = mailWord(memory, slotOf(next), INBOX_TAKEN, slotOf(freer))
      memory.i32[memory.slotWord(slotOf(next), SLOT_TAKING_FROM)] = freer.slot + 1
      for (const [, write] of steps.slice(0, stepCount)) write(memory, next, blocks[0], owner)
      if (isCounted) memory.i32[taken] = 1
      for (let time = 0; time < 2; time++) adoptSlot(memory, slotOf(next))
      assertSound(arena)
      assert.is(memory.i32[memory.slotWord(slotOf(next), SLOT_MARKING)], 0)
      assert.is(memory.i32[taken], stepCount === 0 ? 0 : 1)
      assert.is(hasFreedBit(memory, blocks[0]), stepCount > 0)
      next.collect()
      assertSound(arena)
      assert.equal([memory.i32[taken], countLive(memory, blocks)], [6, 6])
      owner.collect()
      assertSound(arena)
      assert.equal([countLive(memory, blocks), arena.blocks().length], [0, 0])
      assert.is(violationsOf(memory, owner) + violationsOf(memory, next), 0)
    })
  }
}

test('a block out of the mail for another slot that is marked already: a double free, counted', () => {
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
    const [block, other] = blocksOf(owner, byteLength, alignment)
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
    assert.is(memory.i32[memory.slotWord(slotOf(owner), SLOT_HAS_FREED_BITS)], 0)
  }
})

test('a span that is handed over while a bit of it is being marked: its new owner takes it', () => {
  const { arena, memory, owner, freer, third } = fourPools()
  const blocks = allocMany(owner, 6, 3000)
  owner.close()
  assert.ok(beginMarking(memory, slotOf(freer), blocks[1]))
  tendBy(third, arena)
  assert.is(arena.blocks()[0].slot, third.slot)
  assertSound(arena)
  assert.equal(saidOf(memory, third, blocks[1]), [1, 1])
  endMarking(memory, slotOf(freer))
  mark(memory, freer, blocks[2])
  third.collect()
  assertSound(arena)
  assert.equal([countLive(memory, blocks), violationsOf(memory, third)], [4, 0])
})

test('a run that is given back with its last block is not looked at any further', () => {
  for (const [byteLength, blockCount] of [
    [3000, 10],
    [16_384, 5],
    [600_000, 1],
  ]) {
    const { arena, memory, owner, freer } = fourPools(4 << 20)
    const blocks = allocMany(owner, blockCount, byteLength)
    const head = headOf(memory, memory.spanOf(blocks[0]))
    owner.collect() // parks what nobody has, so that the run is empty with the last of these
    if (blockCount > 1) setDraining(memory, head, true)
    mark(memory, freer, ...blocks)
    // As if somebody else had the span by then, and a block there that is marked.
    const later = (blocks.at(-1) ?? 0) + 16
    memory.i32[memory.freedWord(later)] |= memory.bitOf(later)
    owner.collect({ spans: 0 })
    assert.is(memory.i32[memory.mapWord(head)], 0, 'given back')
    assert.ok(hasFreedBit(memory, later))
    assert.is(violationsOf(memory, owner), 0)
    assertSound(arena)
  }
})

test('in the tails of a run of several spans, and in many runs at a time', () => {
  const { arena, memory, owner, freer } = fourPools(8 << 20)
  for (const byteLength of [100, 3000, 16_384, 30_000, 100_000]) {
    const blocks = fill(owner, byteLength)
    const marked = blocks.filter((_, i) => i % 3 !== 0)
    mark(memory, freer, ...marked)
    assertSound(arena)
    assert.is(arena.blocks().length, blocks.length - marked.length)
    owner.collect()
    assertSound(arena)
    assert.is(countLive(memory, blocks), blocks.length - marked.length)
    for (const block of blocks) if (!marked.includes(block)) owner.free(block)
    owner.collect()
    assertSound(arena)
    const { committedBytes, controlBytes } = arena.stats()
    assert.is(committedBytes, controlBytes)
  }
})

test.run()
