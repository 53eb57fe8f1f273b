import { Arena } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  CONTROL_FIRST_FREE_SPAN,
  CONTROL_PEAK_SPAN_COUNT,
  LARGE_CLASS,
  SLOT_OWNED_SPANS,
  SLOT_PEAK_OWNED_SPANS,
  SPAN_CLAIMED,
  SPAN_FREE,
  SPAN_HEAD,
  SPAN_LARGE,
  SPAN_TAIL,
} from '../../src/base/layout.ts'
import type { SlotIndex, SpanIndex } from '../../src/base/units.ts'
import { type ArenaMemory, controlWord, slotWord, spanMapWord } from '../../src/memory/memory.ts'
import { publishRun, releaseRun } from '../../src/spans/runs.ts'
import {
  CONTROL_SPAN_WORD,
  claimRun,
  claimSpans,
  classInMap,
  countFreeSpans,
  headPattern,
  ownerInMap,
  positionInMap,
  stateInMap,
} from '../../src/spans/span-map.ts'
import { memoryOf, smallArena } from '../support/memory.ts'

const test = suite('span map')
const SPAN_COUNT = 16
const { memory: first } = smallArena(SPAN_COUNT * 65536)
const CONTROL = first.controlSpanCount
const FREE = SPAN_COUNT - CONTROL

const fresh = () => smallArena(SPAN_COUNT * 65536)
const wordOf = (memory: ArenaMemory, span: number) =>
  memory.i32[spanMapWord(memory, span as SpanIndex)]
const statesOf = (memory: ArenaMemory) =>
  Array.from({ length: FREE }, (_, i) => stateInMap(wordOf(memory, CONTROL + i)))
const setHint = (memory: ArenaMemory, span: number) => {
  memory.i32[controlWord(memory, CONTROL_FIRST_FREE_SPAN)] = span
}

test('a word says state, owner, class and position, each at its limits', () => {
  const memory = memoryOf(Arena.create({ byteLength: 8 << 20, shared: false, slots: 254 }))
  const span = memory.controlSpanCount
  for (const owner of [0, 1, 253]) {
    for (const classIndex of [0, memory.classCount - 1, LARGE_CLASS]) {
      publishRun(memory, owner as SlotIndex, span as SpanIndex, 3, classIndex)
      const words = [0, 1, 2].map((i) => wordOf(memory, span + i))
      const head = classIndex === LARGE_CLASS ? SPAN_LARGE : SPAN_HEAD
      assert.equal(words.map(stateInMap), [head, SPAN_TAIL, SPAN_TAIL])
      assert.equal(words.map(ownerInMap), [owner, owner, owner])
      assert.equal(words.map(classInMap), [classIndex, classIndex, classIndex])
      assert.equal(words.map(positionInMap), [0, 1, 2])
      if (head === SPAN_HEAD) assert.is(words[0], headPattern(owner as SlotIndex) | classIndex)
    }
  }
  assert.is(ownerInMap(CONTROL_SPAN_WORD), -1)
})

test('claims take the lowest run that is long enough', () => {
  const { memory, slot } = fresh()
  const runs = [1, 2, 1, 3].map((spanCount) => {
    const head = claimRun(memory, slot, spanCount)
    publishRun(memory, slot, head, spanCount, 0)
    return head
  })
  assert.equal(runs, [CONTROL, CONTROL + 1, CONTROL + 3, CONTROL + 4])
  releaseRun(memory, runs[1])
  releaseRun(memory, runs[2]) // spans 1 to 3 behind the control area are free now
  assert.is(claimRun(memory, slot, 4), CONTROL + 7)
  assert.is(claimRun(memory, slot, 3), CONTROL + 1)
  assert.is(claimRun(memory, slot, 1), CONTROL + 11)
})

test('a claimed run is nobody else’s, and counts for its slot only once', () => {
  const { memory, slot } = fresh()
  const head = claimRun(memory, slot, 3)
  assert.equal(statesOf(memory).slice(0, 4), [SPAN_CLAIMED, SPAN_CLAIMED, SPAN_CLAIMED, SPAN_FREE])
  assert.is(ownerInMap(wordOf(memory, head)), slot)
  assert.is(countFreeSpans(memory), FREE - 3)
  publishRun(memory, slot, head, 3, 0)
  assert.is(memory.i32[slotWord(memory, slot, SLOT_OWNED_SPANS)], 3)
  releaseRun(memory, head)
  assert.is(memory.i32[slotWord(memory, slot, SLOT_OWNED_SPANS)], 0)
  assert.is(memory.i32[slotWord(memory, slot, SLOT_PEAK_OWNED_SPANS)], 3)
  assert.is(memory.i32[controlWord(memory, CONTROL_PEAK_SPAN_COUNT)], CONTROL + 3)
  assert.ok(statesOf(memory).every((state) => state === SPAN_FREE))
})

test('a claim of too many spans returns 0 and takes nothing', () => {
  const { memory, slot } = fresh()
  assert.is(claimRun(memory, slot, FREE + 1), 0)
  assert.is(claimRun(memory, slot, 2 ** 20), 0)
  assert.is(countFreeSpans(memory), FREE)
  assert.is(claimRun(memory, slot, FREE), CONTROL)
  assert.is(claimRun(memory, slot, 1), 0)
})

test('a hint that is too high still finds what is below it', () => {
  for (const hint of [CONTROL + 1, SPAN_COUNT - 1, SPAN_COUNT]) {
    const { memory, slot } = fresh()
    setHint(memory, hint)
    for (let i = 0; i < FREE; i++) assert.ok(claimRun(memory, slot, 1) >= CONTROL)
    assert.is(countFreeSpans(memory), 0)
  }
})

test('the hint follows claims and releases of single spans: a search begins at a free one', () => {
  const { memory, slot } = fresh()
  const hint = () => memory.i32[controlWord(memory, CONTROL_FIRST_FREE_SPAN)]
  const heads = [0, 1, 2].map(() => claimRun(memory, slot, 1))
  for (const head of heads) publishRun(memory, slot, head, 1, 0)
  assert.is(hint(), CONTROL + 3)
  releaseRun(memory, heads[1])
  assert.is(hint(), CONTROL + 1)
  releaseRun(memory, heads[2])
  assert.is(hint(), CONTROL + 1)
})

test('claims behind a run: all of the spans or none', () => {
  const { memory, slot } = fresh()
  const head = claimRun(memory, slot, 2)
  publishRun(memory, slot, head, 2, LARGE_CLASS)
  const other = (head + 5) as SpanIndex
  memory.i32[spanMapWord(memory, other)] = headPattern(slot)
  const before = statesOf(memory)
  assert.not.ok(claimSpans(memory, slot, head + 2, 4))
  assert.not.ok(claimSpans(memory, slot, SPAN_COUNT - 1, 2)) // beyond the arena
  assert.not.ok(claimSpans(memory, slot, head + 1, 1))
  assert.equal(statesOf(memory), before)
  assert.ok(claimSpans(memory, slot, head + 2, 3))
  assert.equal(statesOf(memory).slice(2, 6), [SPAN_CLAIMED, SPAN_CLAIMED, SPAN_CLAIMED, SPAN_HEAD])
  assert.is(memory.i32[slotWord(memory, slot, SLOT_OWNED_SPANS)], 2) // a run counts its spans
})

test.run()
