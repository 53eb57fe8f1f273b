import { blocks, exactStats } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  RECORD_CARVED_COUNT,
  RECORD_PARKED_COUNT,
  SLOT_OUTSTANDING,
} from '../../src/base/layout.ts'
import type { ClassIndex, SlotIndex, SpanIndex } from '../../src/base/units.ts'
import { recordWord, slotWord, spanMapWord, spanOf } from '../../src/memory/memory.ts'
import { capacityFor, classFor } from '../../src/memory/size-classes.ts'
import { drainSparse, link, setDraining } from '../../src/spans/partial.ts'
import { publishRun } from '../../src/spans/runs.ts'
import { claimRun, headPattern, isDraining } from '../../src/spans/span-map.ts'
import { assertSound, refuses } from '../support/checks.ts'
import { fill, smallArena } from '../support/memory.ts'
import { fourPools } from '../support/pools.ts'

const test = suite('drain')

/** Which partial spans drain, given their counts of live blocks; each has room for 63. */
function drained(liveCounts: readonly number[], batch: number): boolean[] {
  const { memory, slot } = smallArena(4 << 20)
  const classIndex = classFor(memory, 1020)
  assert.is(capacityFor(memory, classIndex, 1), CAPACITY)
  const spans = liveCounts.map(() => {
    const span = claimRun(memory, slot, 1)
    publishRun(memory, slot, span, 1, classIndex)
    return span
  })
  for (const [i, span] of spans.entries()) {
    memory.i32[recordWord(memory, span, RECORD_CARVED_COUNT)] = CAPACITY
    memory.i32[recordWord(memory, span, RECORD_PARKED_COUNT)] = CAPACITY - liveCounts[i]
  }
  for (const span of [...spans].reverse()) link(memory, span)
  drainSparse(memory, slot, classIndex, batch)
  return spans.map((span) => isDraining(memory.i32[spanMapWord(memory, span)]))
}
const CAPACITY = 63

// Live blocks of spans in ascending order, the next batch; which drain.
const CASES: readonly [string, number[], number, boolean[]][] = [
  ['one span stays, however sparse', [1], 16, [false]],
  ['two that are nearly full', [60, 60], 16, [false, false]],
  ['two, each half full, and a batch: no room in one', [32, 32], 16, [false, false]],
  ['few in each: the first one has room for all', [5, 5, 5, 5], 16, [false, true, true, true]],
  ['the first two have room', [20, 20, 20, 20], 16, [false, false, true, true]],
  ['an eighth more, to spare: 56 + 7 is what one holds', [28, 28], 0, [false, true]],
  ['and one block more', [32, 32], 0, [false, false]],
  ['room for the batch: 40 + 5 + 18', [20, 20], 18, [false, true]],
  ['and one block more', [20, 20], 20, [false, false]],
]
for (const [name, liveCounts, batch, expected] of CASES) {
  test(name, () => assert.equal(drained(liveCounts, batch), expected))
}

test('a draining span that is needed again stops to drain', () => {
  const { memory, slot } = smallArena(4 << 20)
  const classIndex = 3 as ClassIndex
  const span = claimRun(memory, slot, 1)
  publishRun(memory, slot, span, 1, classIndex)
  const word = () => memory.i32[spanMapWord(memory, span)]
  setDraining(memory, span, true)
  assert.ok(isDraining(word()))
  setDraining(memory, span, true)
  setDraining(memory, span, false)
  assert.is(word(), headPattern(slot) | classIndex)
})

/** A pool with two spans of a class, of which the second one drains; and what lives there. */
function draining(byteLength: number) {
  const all = fourPools(2 << 20)
  const { arena, memory, owner } = all
  const offsets = fill(owner, byteLength).filter((offset) => offset >> 16 <= 5)
  for (const { offset } of blocks(arena)) if (!offsets.includes(offset)) owner.free(offset)
  const spans = [...new Set(offsets.map((offset) => spanOf(memory, offset)))]
  const [first, second] = spans
  const blocksOf = (span: number) => offsets.filter((offset) => spanOf(memory, offset) === span)
  for (const span of spans) {
    for (const offset of blocksOf(span).slice(1)) owner.free(offset)
  }
  owner.collect()
  for (const span of spans.slice(1)) assert.ok(isDraining(memory.i32[spanMapWord(memory, span)]))
  return { ...all, low: blocksOf(first)[0], high: blocksOf(second)[0], second }
}

test('a block freed in a draining span is parked; the last one gives the span back', () => {
  const { arena, memory, owner, high, second } = draining(1000)
  const { spanCount } = arena.stats().slots[owner.slot]
  const row = slotWord(memory, owner.slot as SlotIndex, SLOT_OUTSTANDING + classFor(memory, 1000))
  const outstanding = memory.i32[row]
  owner.free(high)
  assert.is(memory.i32[row], outstanding - 1)
  assert.is(arena.stats().slots[owner.slot].spanCount, spanCount - 1)
  assert.is(memory.i32[spanMapWord(memory, second as SpanIndex)], 0)
  assertSound(arena)
  refuses('double-free', () => owner.free(high))
  assert.is.not(owner.alloc(1000) >> 16, high >> 16)
  assertSound(arena)
})

test('the same for a block that another thread freed, when its owner receives it', () => {
  const { arena, memory, owner, freer, high, second } = draining(1000)
  freer.free(high)
  assertSound(arena)
  freer.flush()
  owner.collect({ spans: 0 })
  assert.is(memory.i32[spanMapWord(memory, second as SpanIndex)], 0)
  assert.is(arena.stats().slots[owner.slot].violationCount, 0)
  assertSound(arena)
})

test('realloc and tryResize of a block in a span that drains', () => {
  const { arena, owner, high } = draining(1000)
  assert.ok(owner.tryResize(high, 990))
  const moved = owner.realloc(high, 3000)
  assert.is.not(moved >> 16, high >> 16)
  assertSound(arena)
})

test('when memory runs out, spans that drain are filled like any other', () => {
  const { arena, memory, owner, second } = draining(1000)
  fill(owner, 1000)
  assert.not.ok(isDraining(memory.i32[spanMapWord(memory, second as SpanIndex)]))
  assert.is(exactStats(arena).uncarvedByteLength, 0)
  assertSound(arena)
})

test.run()
