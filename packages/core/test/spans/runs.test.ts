import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  LARGE_CLASS,
  MAX_POSITION,
  RECORD_CARVED_COUNT,
  RECORD_RUN_SPAN_COUNT,
  RECORD_WORD_COUNT,
  SLOT_CARVED,
  SLOT_OWNED_SPANS,
  SLOT_PEAK_OWNED_SPANS,
  SLOT_ROOM,
  SLOT_SPANS,
  SPAN_FREE,
  SPAN_HEAD,
  SPAN_LARGE,
  SPAN_TAIL,
} from '../../src/base/layout.ts'
import type { SlotIndex, SpanIndex } from '../../src/base/units.ts'
import { carve } from '../../src/blocks/carve.ts'
import { type ArenaMemory, recordWord, slotWord, spanMapWord } from '../../src/memory/memory.ts'
import { capacityFor, classFor } from '../../src/memory/size-classes.ts'
import {
  capacityOf,
  handOverRun,
  publishRun,
  releaseRun,
  resizeLargeRun,
} from '../../src/spans/runs.ts'
import {
  claimRun,
  countFreeSpans,
  headOf,
  mapWord,
  ownerInMap,
  positionInMap,
  stateInMap,
} from '../../src/spans/span-map.ts'
import { smallArena } from '../support/memory.ts'

const test = suite('runs')
const SPAN_COUNT = 20

const fresh = () => smallArena(SPAN_COUNT * 65536)
const wordOf = (memory: ArenaMemory, span: number) =>
  memory.i32[spanMapWord(memory, span as SpanIndex)]
const statesFrom = (memory: ArenaMemory, span: number, spanCount: number) =>
  Array.from({ length: spanCount }, (_, i) => stateInMap(wordOf(memory, span + i)))

/** What a slot counts of a class: spans, blocks that they have room for, carved blocks. */
const countsOf = (memory: ArenaMemory, slot: SlotIndex, row: number) =>
  [SLOT_SPANS, SLOT_ROOM, SLOT_CARVED].map(
    (field) => memory.i32[slotWord(memory, slot, field + row)],
  )

function claimAndPublish(
  memory: ArenaMemory,
  slot: SlotIndex,
  spanCount: number,
  classIndex: number,
) {
  const head = claimRun(memory, slot, spanCount)
  publishRun(memory, slot, head, spanCount, classIndex)
  return head
}

test('every tail of a run of a size class leads to its head', () => {
  const { memory, slot } = fresh()
  claimRun(memory, slot, 1)
  const head = claimRun(memory, slot, 9)
  publishRun(memory, slot, head, 9, 5)
  for (let i = 0; i < 9; i++) assert.is(headOf(memory, (head + i) as SpanIndex), head)
})

test('positions of a very long run stop at the largest one that a word holds', () => {
  const { memory, slot } = smallArena((MAX_POSITION + 100) * 65536)
  const spanCount = MAX_POSITION + 3
  const head = claimRun(memory, slot, spanCount)
  publishRun(memory, slot, head, spanCount, LARGE_CLASS)
  const positions = [MAX_POSITION - 1, MAX_POSITION, MAX_POSITION + 2].map((i) =>
    positionInMap(wordOf(memory, head + i)),
  )
  assert.equal(positions, [MAX_POSITION - 1, MAX_POSITION, MAX_POSITION])
  assert.is(stateInMap(wordOf(memory, head + spanCount - 1)), SPAN_TAIL)
  assert.is(wordOf(memory, head + spanCount), 0)
  releaseRun(memory, head)
  assert.is(countFreeSpans(memory), memory.spanCount - memory.controlSpanCount)
})

test('publishing empties the record that an earlier run left', () => {
  const { memory, slot } = fresh()
  const head = claimRun(memory, slot, 2)
  const record = recordWord(memory, head, 0)
  memory.i32.fill(-1, record, record + RECORD_WORD_COUNT)
  publishRun(memory, slot, head, 2, 3)
  assert.equal([...memory.i32.subarray(record, record + 8)], [0, 0, 0, 0, 0, 2, 0, 0])
})

test('a published run counts for its slot and class until it is given back', () => {
  const { memory, slot } = fresh()
  const classIndex = classFor(memory, 16_384)
  const heads = [3, 2].map((spanCount) => claimAndPublish(memory, slot, spanCount, classIndex))
  const capacities = heads.map((head) => capacityOf(memory, head))
  assert.equal(
    capacities,
    [3, 2].map((spanCount) => capacityFor(memory, classIndex, spanCount)),
  )
  assert.equal(countsOf(memory, slot, classIndex), [5, capacities[0] + capacities[1], 0])
  carve(memory, heads[0], 4)
  carve(memory, heads[1], 1)
  assert.equal(countsOf(memory, slot, classIndex), [5, capacities[0] + capacities[1], 5])
  assert.is(releaseRun(memory, heads[0]), 3)
  assert.equal(countsOf(memory, slot, classIndex), [2, capacities[1], 1])
  assert.is(releaseRun(memory, heads[1]), 2)
  assert.equal(countsOf(memory, slot, classIndex), [0, 0, 0])
  assert.is(memory.i32[slotWord(memory, slot, SLOT_OWNED_SPANS)], 0)
  assert.is(memory.i32[slotWord(memory, slot, SLOT_PEAK_OWNED_SPANS)], 5)
})

test('a large run is one block', () => {
  const { memory, slot } = fresh()
  const head = claimAndPublish(memory, slot, 9, LARGE_CLASS)
  assert.is(memory.i32[recordWord(memory, head, RECORD_CARVED_COUNT)], 1)
  assert.equal(countsOf(memory, slot, LARGE_CLASS), [9, 1, 1])
  assert.is(releaseRun(memory, head), 9)
  assert.equal(countsOf(memory, slot, LARGE_CLASS), [0, 0, 0])
})

test('a large run grows by what was claimed behind it, and gives its end back', () => {
  const { memory, slot } = fresh()
  const owned = () => memory.i32[slotWord(memory, slot, SLOT_OWNED_SPANS)]
  const head = claimAndPublish(memory, slot, 2, LARGE_CLASS)
  assert.ok(resizeLargeRun(memory, head, 5))
  assert.is(memory.i32[recordWord(memory, head, RECORD_RUN_SPAN_COUNT)], 5)
  assert.equal(statesFrom(memory, head, 6), [SPAN_LARGE, ...Array(4).fill(SPAN_TAIL), SPAN_FREE])
  assert.equal(
    [0, 1, 2, 3, 4].map((i) => positionInMap(wordOf(memory, head + i))),
    [0, 1, 2, 3, 4],
  )
  assert.equal([owned(), ...countsOf(memory, slot, LARGE_CLASS)], [5, 5, 1, 1])
  const other = claimAndPublish(memory, slot, 1, 0)
  assert.is(other, head + 5)
  resizeLargeRun(memory, head, 1)
  assert.is(memory.i32[recordWord(memory, head, RECORD_RUN_SPAN_COUNT)], 1)
  assert.equal(statesFrom(memory, head, 6), [SPAN_LARGE, 0, 0, 0, 0, SPAN_HEAD])
  assert.equal([owned(), ...countsOf(memory, slot, LARGE_CLASS)], [2, 1, 1, 1])
})

test('a run that is handed over belongs to its new owner: map, owned spans, counts', () => {
  const { memory, slot } = fresh()
  const to = (slot + 1) as SlotIndex
  const classIndex = classFor(memory, 30_000)
  const kept = claimAndPublish(memory, slot, 4, classIndex)
  const head = claimAndPublish(memory, slot, 3, classIndex)
  carve(memory, kept, 1)
  carve(memory, head, 2)
  handOverRun(memory, head, to)
  for (let i = 0; i < 3; i++) {
    const state = i === 0 ? SPAN_HEAD : SPAN_TAIL
    assert.is(wordOf(memory, head + i), mapWord(state, to, classIndex, i))
  }
  assert.is(ownerInMap(wordOf(memory, head + 3)), -1)
  for (let i = 0; i < 4; i++) assert.is(ownerInMap(wordOf(memory, kept + i)), slot)
  const counts = (owner: SlotIndex) => [
    memory.i32[slotWord(memory, owner, SLOT_OWNED_SPANS)],
    ...countsOf(memory, owner, classIndex),
  ]
  assert.equal(counts(slot), [4, 4, capacityOf(memory, kept), 1])
  assert.equal(counts(to), [3, 3, capacityOf(memory, head), 2])
  releaseRun(memory, head)
  assert.equal(counts(to), [0, 0, 0, 0])
})

test.run()
