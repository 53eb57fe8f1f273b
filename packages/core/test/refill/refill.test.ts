import { blocks as blocksOf, exactStats } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  RECORD_CARVED_COUNT,
  RECORD_NEXT_PARTIAL,
  RECORD_PARKED_COUNT,
  RECORD_PARKED_HEAD,
  RECORD_PREVIOUS_PARTIAL,
  RECORD_RUN_SPAN_COUNT,
  SLOT_OUTSTANDING,
  SLOT_PARTIAL_HEADS,
  SLOT_REFILLS,
} from '../../src/base/layout.ts'
import type { SlotIndex, SpanIndex } from '../../src/base/units.ts'
import { type ArenaMemory, recordWord, slotWord, spanOf } from '../../src/memory/memory.ts'
import { baseBatch } from '../../src/memory/refill-batch.ts'
import { classFor, preferredRunSpanCount } from '../../src/memory/size-classes.ts'
import { refill } from '../../src/refill/refill.ts'
import type { PoolCore } from '../../src/remote/remote.ts'
import { capacityOf } from '../../src/spans/runs.ts'
import { assertSound, refuses } from '../support/checks.ts'
import { fill, smallArena } from '../support/memory.ts'
import { Random } from '../support/random.ts'

const test = suite('refill')

const unreachable = () => {
  throw new Error('no block was freed remotely here')
}
const coreOf = (memory: ArenaMemory, slot: SlotIndex): PoolCore => ({
  memory,
  slot,
  tryAlloc: unreachable,
  tryFree: unreachable,
  enqueue: unreachable,
})

/** Live blocks and those on free lists: what a look for empty spans can come across. */
function handedBy(memory: ArenaMemory, slot: SlotIndex): number {
  let total = 0
  for (let row = 0; row < memory.classCount; row++) {
    total += memory.i32[slotWord(memory, slot, SLOT_OUTSTANDING + row)]
  }
  return total
}

test('every class: the first refill claims one run and carves one batch of it', () => {
  for (const byteLength of [0, 24, 200, 1000, 4000, 30_000, 100_000, 524_288]) {
    const { arena, memory, slot } = smallArena(2 << 20)
    const classIndex = classFor(memory, byteLength)
    const stride = memory.strides[classIndex]
    assert.ok(refill(coreOf(memory, slot), classIndex))
    const row = exactStats(arena).classes[classIndex]
    const spanCount = preferredRunSpanCount(stride)
    assert.is(row.spanCount, spanCount)
    const room = Math.floor((spanCount * 65536 - 8) / stride)
    assert.is(row.freeBlockCount, Math.min(baseBatch(stride), room))
    assert.is(memory.i32[slotWord(memory, slot, SLOT_REFILLS + classIndex)], 1)
    assertSound(arena)
  }
})

test('a run is carved from its start to its end, batch by batch', () => {
  const { arena, pool, memory } = smallArena(2 << 20)
  const classIndex = classFor(memory, 1000)
  const stride = memory.strides[classIndex]
  const first = pool.alloc(1000)
  const capacity = capacityOf(memory, spanOf(memory, first))
  const base = baseBatch(stride) // then twice as many, and then more than the rest
  for (let i = 1; i < capacity; i++) {
    assert.is(pool.alloc(1000), first + i * stride)
    const { refillCount: refills, spanCount } = arena.stats().classes[classIndex]
    assert.is(refills, i < base ? 1 : i < 3 * base ? 2 : 3)
    assert.is(spanCount, 1)
  }
  pool.alloc(1000)
  assert.is(arena.stats().classes[classIndex].spanCount, 2)
})

test('no room for the usual run: a short one, of at least one block', () => {
  const { arena, pool, memory } = smallArena(32 * 65536)
  const classIndex = classFor(memory, 16384)
  assert.ok(preferredRunSpanCount(memory.strides[classIndex]) > 1)
  const large = pool.alloc((memory.spanCount - memory.controlSpanCount - 1) * 65536 - 16)
  assert.is(fill(pool, 16384).length, 3)
  assert.is(arena.stats().classes[classIndex].spanCount, 1)
  pool.free(large)
  assert.ok(fill(pool, 16384).length > 90)
  assertSound(arena)
})

test('out of memory: false, and the arena is as it was', () => {
  const { arena, pool, memory, slot } = smallArena()
  fill(pool, 65536 - 24)
  fill(pool, 8)
  const blocks = blocksOf(arena)
  for (const byteLength of [16, 1000, 524_288]) {
    assert.not.ok(refill(coreOf(memory, slot), classFor(memory, byteLength)))
  }
  assert.equal(blocksOf(arena), blocks)
  assertSound(arena)
})

test('a failing tryAlloc looks at each free block once, however often it is repeated', () => {
  for (const byteLength of [8, 100, 4096]) {
    const { arena, pool, memory, slot } = smallArena(2 << 20)
    const offsets = fill(pool, byteLength)
    // Every fourth block stays: no span becomes empty, and nothing else fits.
    const freed = offsets.filter((_, i) => i % 4 !== 0)
    for (const offset of freed) pool.free(offset)
    const before = handedBy(memory, slot)
    assert.is(pool.tryAlloc(600_000), 0)
    assert.is(before - handedBy(memory, slot), freed.length)
    const words = memory.i32.slice()
    for (let i = 0; i < 100; i++) assert.is(pool.tryAlloc(600_000), 0)
    for (let i = 0; i < 100; i++) assert.is(pool.tryAlloc(1 << 30), 0)
    assert.is(
      words.findIndex((word, i) => word !== memory.i32[i]),
      -1,
    )
    assertSound(arena)
  }
})

test('what was handed out for nothing is halved at each look, down to the base', () => {
  const { pool, memory, slot } = smallArena(2 << 20)
  const freed = fill(pool, 8).filter((_, i) => i % 4 !== 0)
  for (const offset of freed) pool.free(offset)
  pool.tryAlloc(600_000)
  for (let round = 0; round < 50; round++) {
    const before = handedBy(memory, slot)
    const offset = pool.alloc(8)
    const outstanding = handedBy(memory, slot) - before
    assert.ok(
      outstanding >= 0 && outstanding <= Math.max(64, 1024 >> round),
      `${outstanding} blocks handed out for one alloc`,
    )
    pool.free(offset)
    assert.is(pool.tryAlloc(600_000), 0)
    assert.is(handedBy(memory, slot), before)
  }
})

test('over a long run, looks come across no more blocks than were handed out', () => {
  const { pool, memory, slot } = smallArena(2 << 20)
  const random = new Random(7)
  const live: number[] = []
  const outstanding = new Int32Array(memory.classCount)
  const sum = { parked: 0, handedOut: 0 }
  for (let step = 0; step < 20_000; step++) {
    if (random.below(100) < 52) {
      const offset = pool.tryAlloc(random.logUniform(14))
      if (offset !== 0) live.push(offset)
    } else if (live.length > 0) {
      pool.free(live.splice(random.below(live.length), 1)[0])
    }
    // A call hands out blocks of one class, and parks those of others.
    for (let row = 0; row < outstanding.length; row++) {
      const change = memory.i32[slotWord(memory, slot, SLOT_OUTSTANDING + row)] - outstanding[row]
      if (change > 0) sum.handedOut += change
      else sum.parked -= change
      outstanding[row] += change
    }
  }
  assert.ok(sum.parked > 1000, 'nothing was ever parked')
  assert.ok(sum.parked <= sum.handedOut, JSON.stringify(sum))
})

test('a list that leads to nowhere is an error, and no endless call', () => {
  const { pool, memory, slot } = smallArena(2 << 20)
  const classIndex = classFor(memory, 100)
  pool.alloc(100)
  pool.collect()
  const span = memory.i32[slotWord(memory, slot, SLOT_PARTIAL_HEADS + classIndex)]
  memory.i32[recordWord(memory, span as SpanIndex, RECORD_PARKED_HEAD)] = -16
  refuses('corrupt', () => pool.alloc(100), /parked blocks/)
})

test('phases of changing sizes: idle spans serve the next one, up to what a slot may keep', () => {
  const { arena, pool } = smallArena(128 << 20)
  for (let byteLength = 100; byteLength < 8000; byteLength += 200) {
    const offsets = Array.from({ length: 1000 }, () => pool.alloc(byteLength))
    const { committedByteLength, liveByteLength } = exactStats(arena)
    // Twice what is live, four idle MiB, and the rest of a run of each class.
    assert.ok(
      committedByteLength < 2 * liveByteLength + (5 << 20),
      `${liveByteLength} live, ${committedByteLength}`,
    )
    for (const offset of offsets) pool.free(offset)
  }
  assertSound(arena)
})

test('a frame that takes a block of every class and frees it settles: no more misses', () => {
  const { arena, pool, memory } = smallArena(64 << 20)
  const frame = () => {
    for (const stride of memory.strides.slice(0, 40)) pool.free(pool.alloc(stride - 8))
  }
  frame()
  const { refillCount: refills } = arena.stats()
  for (let i = 0; i < 100; i++) frame()
  assert.is(arena.stats().refillCount, refills)
})

test('records that were overwritten are an error, and no endless call', () => {
  for (const [field, value] of [
    [RECORD_PREVIOUS_PARTIAL, 5],
    [RECORD_PARKED_COUNT, -1],
    [RECORD_CARVED_COUNT, 1 << 20],
    [RECORD_NEXT_PARTIAL, 1],
    [RECORD_NEXT_PARTIAL, -1],
    [RECORD_NEXT_PARTIAL, 1 << 20],
    [RECORD_RUN_SPAN_COUNT, 0],
  ]) {
    const { pool, memory } = smallArena(2 << 20)
    const span = spanOf(memory, pool.alloc(100))
    memory.i32[recordWord(memory, span, field)] = value
    const allocMany = () => {
      for (let i = 0; i < 3000; i++) pool.alloc(100)
    }
    refuses('corrupt', allocMany, /span/)
  }
})

test.run()
