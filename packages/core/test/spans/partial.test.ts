import { exactStats } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  RECORD_NEXT_PARTIAL,
  RECORD_PARKED_COUNT,
  RECORD_PREVIOUS_PARTIAL,
  SLOT_FREE_HEADS,
  SLOT_OUTSTANDING,
  SLOT_PARTIAL_HEADS,
} from '../../src/base/layout.ts'
import type { SpanIndex } from '../../src/base/units.ts'
import { recordWord, slotWord, spanMapWord, spanOf } from '../../src/memory/memory.ts'
import { classFor, preferredRunSpanCount } from '../../src/memory/size-classes.ts'
import { reclaim } from '../../src/reclaim/reclaim.ts'
import { link, unlink } from '../../src/spans/partial.ts'
import { headPattern } from '../../src/spans/span-map.ts'
import { assertConserved, assertSound } from '../support/checks.ts'
import { fill, smallArena } from '../support/memory.ts'
import { Random } from '../support/random.ts'

const test = suite('partial')

test('the list of partial spans links both ways, whichever span is taken off', () => {
  for (const taken of [0, 1, 2]) {
    const { memory, slot } = smallArena()
    const classIndex = classFor(memory, 16)
    const spans = [3, 7, 5].map((span) => span as SpanIndex)
    for (const span of spans) {
      memory.i32[spanMapWord(memory, span)] = headPattern(slot) | classIndex
      link(memory, span)
    }
    unlink(memory, spans[taken])
    const expected = [...spans].reverse().filter((span) => span !== spans[taken])
    const recordOf = (span: number, field: number) =>
      memory.i32[recordWord(memory, span as SpanIndex, field)]
    const found: number[] = []
    let previous = 0
    let span = memory.i32[slotWord(memory, slot, SLOT_PARTIAL_HEADS + classIndex)]
    while (span !== 0) {
      assert.is(recordOf(span, RECORD_PREVIOUS_PARTIAL), previous)
      found.push(span)
      previous = span
      span = recordOf(span, RECORD_NEXT_PARTIAL)
    }
    assert.equal(found, expected)
  }
})

for (const byteLength of [8, 64, 1000, 4096, 16384, 100_000, 524_288]) {
  test(`blocks of ${byteLength} bytes: looked at once, and empty spans are given back`, () => {
    const { arena, pool, memory, slot } = smallArena(4 << 20)
    const classIndex = classFor(memory, byteLength)
    const outstanding = slotWord(memory, slot, SLOT_OUTSTANDING + classIndex)
    const freeHead = slotWord(memory, slot, SLOT_FREE_HEADS + classIndex)
    const committedBefore = arena.stats().committedByteLength
    const offsets = new Random(byteLength).shuffle(fill(pool, byteLength))
    const held = offsets.pop() ?? 0
    const committedFull = arena.stats().committedByteLength
    for (const offset of offsets) pool.free(offset)
    assert.is(memory.i32[outstanding], offsets.length + 1)
    assert.is(exactStats(arena).liveBlockCount, 1)
    const released = reclaim(memory, slot, memory.spanCount)
    assert.is(memory.i32[outstanding], 1)
    assert.is(memory.i32[freeHead], 0)
    assertSound(arena)
    // Only the run that the held block is in remains.
    const { committedByteLength, classes } = exactStats(arena)
    const remaining = classes[classIndex].spanCount * 65536
    assert.is(committedByteLength, committedBefore + remaining)
    assert.is(released * 65536 + remaining, committedFull - committedBefore)
    const words = memory.i32.slice()
    assert.is(reclaim(memory, slot, memory.spanCount), 0)
    assert.equal(memory.i32.subarray(0, 4096), words.subarray(0, 4096))
    pool.free(held)
    assert.ok(pool.collect() > 0)
    assert.is(arena.stats().committedByteLength, committedBefore)
  })
}

test('a budget stops the sweep after so many spans; the figures stay sound', () => {
  const { arena, pool, memory } = smallArena(4 << 20)
  const offsets = [16, 1000, 16384].flatMap((byteLength) =>
    Array.from({ length: 60 }, () => pool.alloc(byteLength)),
  )
  const many = Array.from({ length: 9000 }, () => pool.alloc(24))
  for (const offset of [...offsets, ...many]) pool.free(offset)
  assert.is(pool.collect({ spans: 0 }), 0)
  let total = 0
  for (let budget = 1; ; budget++) {
    const free = arena.stats().committedByteLength
    const released = pool.collect({ spans: budget })
    assert.is(free - arena.stats().committedByteLength, released * 65536)
    total += released
    for (const exact of [true, false]) assertConserved(arena, exact)
    assertSound(arena)
    if (released === 0) break
    assert.ok(released >= Math.min(budget, 1) && released < budget + 9, `${released}`)
  }
  assert.is(arena.stats().committedByteLength, memory.controlSpanCount * 65536)
  assert.ok(total > 9)
})

test('blocks of one run that are parked one by one keep it partial until the last', () => {
  const { pool, memory, slot } = smallArena()
  const offsets = Array.from({ length: 3 }, () => pool.alloc(16384))
  const span = spanOf(memory, offsets[0])
  const classIndex = classFor(memory, 16384)
  const parked = () => memory.i32[recordWord(memory, span, RECORD_PARKED_COUNT)]
  reclaim(memory, slot, memory.spanCount) // the rest of what the refill handed out
  const before = parked()
  for (const [i, offset] of offsets.slice(1).entries()) {
    pool.free(offset)
    reclaim(memory, slot, memory.spanCount)
    assert.is(parked(), before + i + 1)
    assert.is(memory.i32[slotWord(memory, slot, SLOT_PARTIAL_HEADS + classIndex)], span)
  }
  pool.free(offsets[0])
  assert.is(pool.collect(), preferredRunSpanCount(memory.strides[classIndex]))
})

test.run()
