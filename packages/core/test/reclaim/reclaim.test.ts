import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  RECORD_NEXT_PARTIAL,
  SLOT_LEARNED,
  SLOT_NEXT_SWEEP,
  SLOT_PARTIAL_HEADS,
  SLOT_UNSORTED,
} from '../../src/base/layout.ts'
import type { SpanIndex } from '../../src/base/units.ts'
import { recordWord, slotWord, spanOf } from '../../src/memory/memory.ts'
import { classFor } from '../../src/memory/size-classes.ts'
import { isSweepDue, reclaim } from '../../src/reclaim/reclaim.ts'
import { assertSound } from '../support/checks.ts'
import { fill, smallArena } from '../support/memory.ts'

const test = suite('reclaim')

test('a budget does not starve the classes behind the one that uses it up', () => {
  const { arena, pool } = smallArena(32 << 20)
  const large = Array.from({ length: 1000 }, () => pool.alloc(4096))
  for (const offset of large) pool.free(offset)
  const { committedByteLength: before } = arena.stats()
  for (let frame = 0; frame < 200; frame++) {
    const small = Array.from({ length: 6000 }, () => pool.alloc(16))
    for (const offset of small) pool.free(offset)
    pool.collect({ spans: 1 })
  }
  assert.ok(arena.stats().committedByteLength < before / 4, `${arena.stats().committedByteLength}`)
  assertSound(arena)
})

test('a sweep with a budget of 0 parks nothing and learns nothing', () => {
  const { pool, memory, slot } = smallArena(4 << 20)
  for (const offset of Array.from({ length: 500 }, () => pool.alloc(56))) pool.free(offset)
  const words = memory.i32.slice()
  assert.is(pool.collect({ spans: 0 }), 0)
  assert.equal(memory.i32, words)
  const learned = slotWord(memory, slot, SLOT_LEARNED + classFor(memory, 56))
  assert.ok(memory.i32[learned] >>> 16 > 0)
})

test('the class of the next sweep may be any word', () => {
  for (const damage of [-1, 58, 1 << 30, -(2 ** 31)]) {
    const { arena, pool, memory, slot } = smallArena(4 << 20)
    for (const offset of fill(pool, 1000)) pool.free(offset)
    memory.i32[slotWord(memory, slot, SLOT_NEXT_SWEEP)] = damage
    assert.ok(reclaim(memory, slot, memory.spanCount) > 0)
    assert.is(arena.stats().committedByteLength, arena.stats().controlByteLength)
    assertSound(arena)
  }
})

test('spans are sorted once as many blocks were parked as there are spans', () => {
  const { arena, pool, memory, slot } = smallArena(4 << 20)
  const classIndex = classFor(memory, 1000)
  const first = slotWord(memory, slot, SLOT_PARTIAL_HEADS + classIndex)
  const unsorted = slotWord(memory, slot, SLOT_UNSORTED + classIndex)
  const bySpan = new Map<number, number[]>()
  for (const offset of fill(pool, 1000)) {
    const span = spanOf(memory, offset)
    bySpan.set(span, [...(bySpan.get(span) ?? []), offset])
  }
  const isSorted = () => {
    let last = 0
    for (let span = memory.i32[first]; span !== 0; ) {
      if (span < last) return false
      last = span
      span = memory.i32[recordWord(memory, span as SpanIndex, RECORD_NEXT_PARTIAL)]
    }
    return true
  }
  let parked = 0
  for (const offsets of [...bySpan.values()]) {
    pool.free(offsets[0])
    reclaim(memory, slot, memory.spanCount)
    parked++
    assert.is(memory.i32[unsorted], parked % bySpan.size)
    assert.is(isSorted(), parked === 1 || parked === bySpan.size)
    assertSound(arena)
  }
})

test('a sweep is due at twice the spans of the last one, and not before there are 64', () => {
  for (const [spanCount, atSweep, expected] of [
    [0, 0, false],
    [63, 0, false],
    [64, 0, true],
    [83, 10, false],
    [84, 10, true],
    [32_000, 16_000, false],
    [32_064, 16_000, true],
  ] as const) {
    assert.is(isSweepDue(spanCount, atSweep), expected, `${spanCount} after ${atSweep}`)
  }
})

test.run()
