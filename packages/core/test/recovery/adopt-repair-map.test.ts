// The span map as a thread leaves it that dies half-way through a claim, a release, growth,
// shrinking, or a handover.

import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import * as layout from '../../src/base/layout.ts'
import type { SlotIndex } from '../../src/base/units.ts'
import { controlWord, spanOf } from '../../src/memory/memory.ts'
import { repairMap } from '../../src/recovery/adopt.ts'
import { rebuildRuns } from '../../src/recovery/rebuild.ts'
import { assertSameNumbers, assertSound } from '../support/checks.ts'
import { type Site, site } from '../support/site.ts'

const test = suite('repair of the span map')

const DEAD = 0 as SlotIndex
const OTHER = 4 as SlotIndex
const TENDER = 7 as SlotIndex
const { SPAN_CLAIMED, SPAN_HEAD, SPAN_LARGE, SPAN_TAIL, LARGE_CLASS } = layout

const mapped = (state: number, owner: number, classIndex = 0, position = 0) =>
  classIndex |
  ((owner + 1) << layout.MAP_OWNER_SHIFT) |
  (state << layout.MAP_STATE_SHIFT) |
  (position << layout.MAP_POSITION_SHIFT)

/** Words of the span map: what is planted, and what it has to be afterwards. */
type Spans = readonly (readonly [span: number, planted: number, repaired: number])[]

const largeSpan = (s: Site) => spanOf(s.memory, s.large)
const largeEnd = (s: Site) => largeSpan(s) + 10
const claimed = mapped(SPAN_CLAIMED, DEAD)
const runClass = (s: Site) => s.i32[s.mapWord(s.run)] & 0xff
const tailOfRun = (s: Site, owner: number) => mapped(SPAN_TAIL, owner, runClass(s), 1)
const before = (s: Site, span: number) => s.i32[s.mapWord(span)]

const leftovers: Record<string, (s: Site) => Spans> = {
  'a span that was claimed, and nothing else': (s) => [[s.freeSpan, claimed, 0]],
  'the first, the last and some more': (s) => [
    [s.freeSpan, claimed, 0],
    [s.freeSpan + 1, claimed, 0],
    [s.memory.spanCount - 1, claimed, 0],
  ],
  'what was claimed behind a large block, to let it grow': (s) => [
    [largeEnd(s), claimed, 0],
    [largeEnd(s) + 1, claimed, 0],
  ],
  'tails behind a large block whose record does not count them yet, or no longer': (s) => [
    [largeEnd(s), mapped(SPAN_TAIL, DEAD, LARGE_CLASS, 10), 0],
    [largeEnd(s) + 1, claimed, 0],
  ],
  'tails that never got a head': (s) => [
    [s.freeSpan, claimed, 0],
    [s.freeSpan + 1, mapped(SPAN_TAIL, DEAD, 3, 1), 0],
    [s.freeSpan + 2, mapped(SPAN_TAIL, DEAD, 3, 2), 0],
  ],
  'a large block that was being given back: its head first': (s) => [
    [largeSpan(s), claimed, 0],
    ...Array.from({ length: 9 }, (_, i): Spans[number] => {
      const span = largeSpan(s) + 1 + i
      return [span, i > 5 ? 0 : before(s, span), 0]
    }),
  ],
  'a run that was being handed over to the slot: its tail has the former owner': (s) => [
    [s.run + 1, tailOfRun(s, OTHER), tailOfRun(s, DEAD)],
  ],
  'what others claim, and their tails': (s) => {
    const words = [mapped(SPAN_CLAIMED, OTHER), mapped(SPAN_TAIL, OTHER, 3, 1)]
    return words.map((word, i) => [s.freeSpan + i, word, word])
  },
}

for (const [name, plant] of Object.entries(leftovers)) {
  test(name, () => {
    const s = site()
    const spans = plant(s)
    const expected = mapOf(s)
    for (const [span, planted, repaired] of spans) {
      s.i32[s.mapWord(span)] = planted
      expected[span] = repaired
    }
    for (let time = 0; time < 2; time++) {
      repairMap(s.memory, DEAD, DEAD)
      assertSameNumbers(mapOf(s), expected, 'span map')
    }
    const lowest = expected.indexOf(layout.SPAN_FREE)
    assert.ok(s.i32[controlWord(s.memory, layout.CONTROL_FIRST_FREE_SPAN)] <= lowest)
    for (const [span, planted, repaired] of spans) {
      if (repaired === planted && repaired !== 0) s.i32[s.mapWord(span)] = 0 // of no dead slot
    }
    rebuildRuns(s.memory, DEAD)
    assertSound(s.arena)
  })
}

const mapOf = (s: Site) => s.i32.slice(s.mapWord(0), s.mapWord(s.memory.spanCount))

test('a run that was on its way from a closed slot to the dead thread’s keeps its tails', () => {
  const s = site()
  // The head is the reclaimer's already. Its tails follow it when the closed slot is repaired.
  s.i32[s.mapWord(s.run)] = mapped(SPAN_HEAD, TENDER, runClass(s))
  const expected = mapOf(s)
  expected[s.run + 1] = tailOfRun(s, TENDER)
  repairMap(s.memory, DEAD, TENDER)
  assertSameNumbers(mapOf(s), expected, 'after the closed slot')
  repairMap(s.memory, TENDER, TENDER)
  assertSameNumbers(mapOf(s), expected, 'after the reclaimer’s slot')
  for (const slot of [DEAD, TENDER]) rebuildRuns(s.memory, slot)
  assertSound(s.arena)
})

test('tails of runs of both, the dead slot and its repairer, are put right at once', () => {
  const s = site()
  const [first, second] = [s.run, s.freeSpan]
  s.i32[s.mapWord(first + 1)] = tailOfRun(s, TENDER)
  s.i32[s.mapWord(second)] = mapped(SPAN_HEAD, TENDER, runClass(s))
  s.i32[s.mapWord(second + 1)] = tailOfRun(s, DEAD)
  s.i32.copyWithin(s.recordWord(second, 0), s.recordWord(first, 0), s.recordWord(first + 1, 0))
  const expected = mapOf(s)
  expected[first + 1] = tailOfRun(s, DEAD)
  expected[second + 1] = tailOfRun(s, TENDER)
  for (let time = 0; time < 2; time++) {
    repairMap(s.memory, DEAD, TENDER)
    assertSameNumbers(mapOf(s), expected, 'span map')
  }
})

test('records of runs of threads that live are not read', () => {
  for (const state of [SPAN_HEAD, SPAN_LARGE]) {
    const s = site()
    const head = s.freeSpan
    s.i32[s.mapWord(head)] = mapped(state, OTHER, state === SPAN_LARGE ? LARGE_CLASS : 3)
    s.i32[s.recordWord(head, layout.RECORD_RUN_SPAN_COUNT)] = 3 // of an earlier run
    s.i32[s.mapWord(head + 1)] = mapped(SPAN_TAIL, DEAD, LARGE_CLASS, 1)
    const expected = mapOf(s)
    expected[head + 1] = 0
    repairMap(s.memory, DEAD, DEAD)
    assertSameNumbers(mapOf(s), expected, 'span map')
    s.i32[s.mapWord(head)] = 0
    assertSound(s.arena)
  }
})

test('a sound map stays as it is', () => {
  const s = site()
  const words = s.i32.slice()
  for (const [slot, by] of [
    [DEAD, DEAD],
    [DEAD, TENDER],
    [OTHER, TENDER],
  ]) {
    repairMap(s.memory, slot, by)
    assertSameNumbers(s.i32, words, 'the arena')
  }
})

test.run()
