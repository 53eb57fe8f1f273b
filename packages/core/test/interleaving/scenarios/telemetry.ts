/** A ring of events: its writer, its readers, and what is published meanwhile. */

import {
  TELEMETRY_DROPPED,
  TELEMETRY_EVENT_COUNT,
  TELEMETRY_READ,
  TELEMETRY_WRITTEN,
} from '../../../src/base/layout.ts'
import type { SlotIndex } from '../../../src/base/units.ts'
import { publishBatch } from '../../../src/inspect/supervisor.ts'
import {
  EVENT_CLAIM,
  emit,
  emptyEvent,
  readRing,
  ringOf,
} from '../../../src/telemetry/telemetry.ts'
import type { Hand } from '../hand.ts'
import type { Scenario } from '../scenario.ts'
import type { Agent, Ending } from '../search.ts'
import { createTiny, THIRD } from '../tiny-arena.ts'
import { adopter, agent, given, mortal } from './parts.ts'

const WRITER = 0 as SlotIndex

/** Notes events, from 1 on, that can be told from each other, and from a mixture of two. */
function note(hand: Hand, first: number, count: number): void {
  for (let n = first; n < first + count; n++) emit(hand.memory, WRITER, EVENT_CLAIM, n, n, n)
}

const writer = (first: number, count: number): Agent => ({
  name: 'writer',
  slots: [WRITER],
  mayDie: false,
  run: (hand) => void hand.do('emit', () => note(hand, first, count)),
})

const ENOUGH = Symbol('enough')

/** Reads so many events at most, and returns their numbers; NaN for a mixture. */
const reader = (name: string, limit: number): Agent => ({
  name,
  slots: [],
  mayDie: false,
  run: (hand) =>
    void hand.do('read', () => {
      const seen: number[] = []
      try {
        readRing(hand.memory, WRITER, emptyEvent(), ({ classIndex, spanCount, span }) => {
          seen.push(span > 0 && classIndex === spanCount && spanCount === span ? span : Number.NaN)
          if (seen.length === limit) throw ENOUGH
        })
      } catch (error) {
        if (error !== ENOUGH) throw error
      }
      return seen
    }),
})

/**
 * Every event was given to one reader, whole and in order, is still in the ring, or counts as
 * dropped.
 */
const nothingIsLost =
  (emitted: number) =>
  ({ journals, words }: Ending): string => {
    const runs = journals.map((journal) =>
      journal.flatMap((entry) =>
        'returned' in entry && Array.isArray(entry.returned) ? entry.returned : [],
      ),
    )
    const seen = runs.flat()
    if (seen.some(Number.isNaN)) return `a reader was given a mixture: ${runs}`
    if (new Set(seen).size < seen.length) return `an event was given twice: ${runs}`
    if (runs.some((run) => run.some((n, i) => i > 0 && n < run[i - 1]))) {
      return `events came out of order: ${runs}`
    }
    const ring = ringOf(createTiny({ spanCount: 1, slotCount: 2 }), WRITER)
    const written = words[ring + TELEMETRY_WRITTEN]
    const read = words[ring + TELEMETRY_READ]
    if (read !== seen.length) return `${read} count as read, readers were given ${seen.length}`
    if (written - read > TELEMETRY_EVENT_COUNT) return `${written - read} wait in the ring`
    const dropped = words[ring + TELEMETRY_DROPPED]
    return written + dropped === emitted ? '' : `${written} written and ${dropped} dropped`
  }

const ring = (
  name: string,
  before: number,
  after: number,
  readers: readonly Agent[],
): Scenario => ({
  name,
  spanCount: 1,
  slotCount: 2,
  openCount: 1,
  setUp: (hand) => {
    note(hand, 1, before)
    return [writer(before + 1, after), ...readers]
  },
  check: nothingIsLost(before + after),
})

const FULL = TELEMETRY_EVENT_COUNT

export const TELEMETRY: readonly Scenario[] = [
  ring('a reader follows a writer', 0, 3, [reader('reader', 3)]),
  ring('a reader makes room in a full ring', FULL, 3, [reader('reader', 2)]),
  ring('two readers share a ring', 2, 1, [reader('first', 3), reader('second', 3)]),
  ring('two readers of a full ring', FULL, 2, [reader('first', 2), reader('second', 1)]),
  {
    name: 'a batch is published while a pool refills',
    spanCount: 3,
    slotCount: 2,
    preemptions: 3,
    deaths: 1,
    openCount: 1,
    setUp: (_hand, [slot]) => {
      return [
        mortal('victim', slot, (grip) => {
          for (let i = 0; i < 4; i++) grip.alloc(THIRD)
        }),
        adopter(slot, 0, (grip) => void given(grip, THIRD)),
        {
          ...agent('supervisor', 1, () => {}),
          slots: [],
          run: ({ memory }) => {
            for (const count of [1, 2, 0]) publishBatch(memory, THIRD, count, slot)
          },
        },
      ]
    },
  },
]
