import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  RECORD_NEXT_PARTIAL,
  RECORD_PREVIOUS_PARTIAL,
  SLOT_FREE_HEADS,
  SLOT_PARTIAL_HEADS,
} from '../../src/base/layout.ts'
import type { ClassIndex, SlotIndex, SpanIndex } from '../../src/base/units.ts'
import { type ArenaMemory, recordWord, slotWord, spanOf } from '../../src/memory/memory.ts'
import { classFor } from '../../src/memory/size-classes.ts'
import { link, sortPartial, unlink } from '../../src/spans/partial.ts'
import { publishRun } from '../../src/spans/runs.ts'
import { claimRun } from '../../src/spans/span-map.ts'
import { assertSameNumbers, assertSound, refuses } from '../support/checks.ts'
import { fill, smallArena } from '../support/memory.ts'
import { type Random, seeded } from '../support/random.ts'

const test = suite('sort partial')

/** The partial spans of a class in the order of their list, whose links lead both ways. */
function partialOf(memory: ArenaMemory, slot: SlotIndex, classIndex: ClassIndex): number[] {
  const spans: number[] = []
  let span = memory.i32[slotWord(memory, slot, SLOT_PARTIAL_HEADS + classIndex)]
  while (span !== 0) {
    const linkOf = (field: number) => memory.i32[recordWord(memory, span as SpanIndex, field)]
    assert.is(linkOf(RECORD_PREVIOUS_PARTIAL), spans.at(-1) ?? 0)
    assert.ok(spans.push(span) < memory.spanCount, 'the list has no end')
    span = linkOf(RECORD_NEXT_PARTIAL)
  }
  return spans
}

/** An arena with so many spans of one class, none of them carved, and no list of them yet. */
function spansOf(spanCount: number) {
  const control = smallArena().memory.controlSpanCount
  const small = smallArena((control + spanCount + 1) * 65536)
  const { memory, slot } = small
  const classIndex = classFor(memory, 100)
  const spans: SpanIndex[] = Array.from({ length: spanCount }, () => {
    const span = claimRun(memory, slot, 1)
    publishRun(memory, slot, span, 1, classIndex)
    return span
  })
  return { ...small, classIndex, spans }
}

/** Links spans in this order, sorts them, and compares. */
function sorts(spanCount: number, order: (spans: SpanIndex[]) => SpanIndex[]): void {
  const { arena, memory, slot, classIndex, spans } = spansOf(spanCount)
  const list = order([...spans])
  for (const span of [...list].reverse()) link(memory, span)
  assertSameNumbers(partialOf(memory, slot, classIndex), list, 'before')
  sortPartial(memory, slot, classIndex)
  assertSameNumbers(partialOf(memory, slot, classIndex), spans, `of ${list}`)
  assertSound(arena)
  const control = memory.i32.subarray(0, memory.controlSpanCount * (65536 / 4))
  const words = control.slice()
  sortPartial(memory, slot, classIndex)
  assertSameNumbers(control, words, 'sorted again')
}

const orders: Record<string, (spans: SpanIndex[]) => SpanIndex[]> = {
  ascending: (spans) => spans,
  descending: (spans) => spans.reverse(),
  'ascending, the last one first': (spans) => [...spans.slice(-1), ...spans.slice(0, -1)],
  'ascending, the first one last': (spans) => [...spans.slice(1), ...spans.slice(0, 1)],
  'two ascending halves, one in the other': (spans) => [
    ...spans.filter((_, i) => i % 2 === 1),
    ...spans.filter((_, i) => i % 2 === 0),
  ],
}

for (const [name, order] of Object.entries(orders)) {
  test(`${name}: of none, one, two, and more`, () => {
    for (const spanCount of [0, 1, 2, 3, 4, 5, 7, 8, 9, 31, 32, 33]) sorts(spanCount, order)
  })
}

test('every order of up to five spans', () => {
  const permutations = <T>(items: readonly T[]): T[][] =>
    items.length === 0
      ? [[]]
      : items.flatMap((item, i) =>
          permutations(items.filter((_, j) => j !== i)).map((rest) => [item, ...rest]),
        )
  for (let spanCount = 0; spanCount <= 5; spanCount++) {
    for (const order of permutations([...Array(spanCount).keys()])) {
      sorts(spanCount, (spans) => order.map((i) => spans[i]))
    }
  }
})

test(
  'random lists, as long as they come',
  seeded((random: Random) => {
    for (let round = 0; round < 40; round++) {
      sorts(random.below(80), (spans) => random.shuffle(spans))
    }
  }),
)

test(
  'a list of some of the spans, which come and go between two sorts',
  seeded((random) => {
    const { memory, slot, classIndex, spans } = spansOf(60)
    const listed = new Set<SpanIndex>()
    for (let step = 0; step < 500; step++) {
      const span = random.pick(spans)
      if (listed.delete(span)) unlink(memory, span)
      else {
        link(memory, span)
        listed.add(span)
      }
      if (random.below(8) > 0) continue
      sortPartial(memory, slot, classIndex)
      const expected = [...listed].sort((a, b) => a - b)
      assertSameNumbers(partialOf(memory, slot, classIndex), expected)
    }
  }),
)

test('lists of other classes and of other slots stay as they are', () => {
  const { arena, memory, slot } = smallArena()
  arena.openPool()
  const classes = [100, 1000].map((byteLength) => classFor(memory, byteLength))
  const lists = [slot, (slot + 1) as SlotIndex].flatMap((owner) =>
    classes.map((classIndex) => ({ owner, classIndex, spans: [] as SpanIndex[] })),
  )
  for (let i = 0; i < 3; i++) {
    for (const { owner, classIndex, spans } of lists) {
      const span = claimRun(memory, owner, 1)
      publishRun(memory, owner, span, 1, classIndex)
      link(memory, span) // in front: they descend
      spans.unshift(span)
    }
  }
  sortPartial(memory, slot, classes[1])
  lists[1].spans.reverse()
  for (const { owner, classIndex, spans } of lists) {
    assertSameNumbers(partialOf(memory, owner, classIndex), spans)
  }
  assertSound(arena)
})

test(
  'refills take from the lowest spans first after a look',
  seeded((random) => {
    const { arena, pool, memory, slot } = smallArena(2 << 20)
    const classIndex = classFor(memory, 1000)
    const offsets = fill(pool, 1000)
    const freed = random.shuffle(offsets).slice(0, offsets.length >> 1)
    for (const offset of freed) pool.free(offset)
    assert.is(pool.tryAlloc(600_000), 0) // parks what is free, as no span is empty
    assert.is(memory.i32[slotWord(memory, slot, SLOT_FREE_HEADS + classIndex)], 0)
    const partial = partialOf(memory, slot, classIndex)
    assertSameNumbers(
      partial,
      [...partial].sort((a, b) => a - b),
    )
    assert.ok(partial.length > 20)
    assertSound(arena)
    const spans = freed.map(() => spanOf(memory, pool.alloc(1000)))
    assertSameNumbers(
      spans,
      [...spans].sort((a, b) => a - b),
    )
    assertSound(arena)
  }),
)

test('a damaged list is an error, and not sorted', () => {
  for (const link of ['itself', -1, 1 << 20, 'the one before']) {
    const { pool, memory, slot } = smallArena()
    const offsets = fill(pool, 1000)
    for (const [i, offset] of offsets.entries()) if (i % 2 === 1) pool.free(offset)
    pool.collect()
    const classIndex = classFor(memory, 1000)
    const first = memory.i32[slotWord(memory, slot, SLOT_PARTIAL_HEADS + classIndex)]
    const second = memory.i32[recordWord(memory, first as SpanIndex, RECORD_NEXT_PARTIAL)]
    const [at, to] =
      link === 'itself'
        ? [first, first]
        : link === 'the one before'
          ? [second, first]
          : [first, link]
    memory.i32[recordWord(memory, at as SpanIndex, RECORD_NEXT_PARTIAL)] = Number(to)
    refuses('corrupt', () => sortPartial(memory, slot, classIndex), /partial spans/)
  }
})

test.run()
