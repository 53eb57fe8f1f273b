/** What a write astray may leave in an arena, or somebody who knows its layout. */

import * as layout from '../../src/base/layout.ts'
import type { SlotIndex, SpanIndex } from '../../src/base/units.ts'
import { HEADER_STATE_SHIFT, HEADER_TAG_SHIFT } from '../../src/memory/block-header.ts'
import {
  bitOf,
  controlWord,
  freedWord,
  liveWord,
  recordWord,
  slotWord,
  spanMapWord,
  spanOf,
  spanStart,
  touchedWord,
} from '../../src/memory/memory.ts'
import {
  INBOX_SEGMENT,
  INBOX_TAKEN,
  OUTBOX_FIRST,
  OUTBOX_LAST,
  OUTBOX_SENT,
  OUTBOX_WRITTEN,
  queueWord,
} from '../../src/remote/queue.ts'
import { headPattern } from '../../src/spans/span-map.ts'
import type { HostileArena } from './hostile.ts'
import type { Random } from './random.ts'

export interface Overwrite {
  readonly word: number
  readonly value: number
}

/** Places and values that are told from each other by the random numbers alone. */
class Picker {
  readonly site: HostileArena
  readonly random: Random

  constructor(site: HostileArena, random: Random) {
    this.site = site
    this.random = random
  }

  get span() {
    return this.random.below(this.site.memory.spanCount) as SpanIndex
  }

  get offset() {
    return this.random.pick(this.site.offsets)
  }

  get segment() {
    return this.site.segments.length === 0 ? this.offset : this.random.pick(this.site.segments)
  }

  /** A span with blocks. */
  get used() {
    const { memory } = this.site
    return spanOf(memory, this.random.below(8) === 0 ? this.segment : this.offset)
  }

  get slot() {
    return this.random.below(this.site.memory.slotCount) as SlotIndex
  }

  /** A class that has blocks. */
  get row() {
    const { memory } = this.site
    return memory.i32[spanMapWord(memory, this.used)] & 0xff
  }

  /** Before the arena, in its control area, at its ends, where a block is, or inside of one. */
  get place() {
    const { memory } = this.site
    const { base, byteLength } = memory
    return this.random.pick([
      16 * this.random.below(base / 16),
      base + 16 * this.random.below(4096),
      base,
      base + byteLength,
      base + byteLength - 16,
      this.offset,
      this.offset + 16,
      this.offset + 4,
      this.segment,
      spanStart(memory, this.span) + 16,
      -this.offset,
    ])
  }

  get number() {
    const { random } = this
    return random.pick([0, 1, -1, 0x7fffffff, -(2 ** 31), random.below(300), -random.below(300)])
  }

  slotWord(field: number) {
    return slotWord(this.site.memory, this.slot, field)
  }

  record(field: number) {
    return recordWord(this.site.memory, this.used, field)
  }

  queue(array: number) {
    return queueWord(this.site.memory, this.slot, array, this.slot)
  }
}

type Theme = (p: Picker) => readonly [word: number, value: number]

/** Each of one kind of words, with values that are likely to lead somewhere. */
const themes: Record<string, Theme> = {
  'lists of free blocks': (p) => {
    const { random, site } = p
    const word = random.pick([
      p.slotWord(layout.SLOT_FREE_HEADS + p.row),
      p.record(layout.RECORD_PARKED_HEAD),
      (p.offset >> 2) - 1,
    ])
    return [word, random.pick([p.place, p.place, site.memory.i32[word] + 16, p.number])]
  },
  'lists of spans': (p) => {
    const { random, site } = p
    const word = random.pick([
      p.slotWord(layout.SLOT_PARTIAL_HEADS + p.row),
      p.record(layout.RECORD_NEXT_PARTIAL),
      p.record(layout.RECORD_PREVIOUS_PARTIAL),
    ])
    const values = [p.used, p.span, p.number, site.memory.spanCount + random.below(5000)]
    return [word, random.pick(values)]
  },
  'counts of spans': (p) => {
    const { random, site } = p
    const word = random.pick([
      p.record(layout.RECORD_CARVED_COUNT),
      p.record(layout.RECORD_PARKED_COUNT),
      p.record(layout.RECORD_RUN_SPAN_COUNT),
      p.record(layout.RECORD_UNMARKED_COUNT),
    ])
    return [word, random.pick([p.number, site.memory.i32[word] + 1, site.memory.i32[word] - 1])]
  },
  'counts of slots': (p) => {
    const array = p.random.below(15) * layout.CLASS_CAPACITY
    return [p.slotWord(layout.SLOT_OUTSTANDING + array + p.row), p.number]
  },
  'the map': (p) => {
    const { random, site } = p
    const { memory } = site
    const word = spanMapWord(memory, random.below(4) === 0 ? p.span : p.used)
    const bits = 1 << random.below(32)
    const { i32 } = memory
    const head = headPattern(random.below(6) as SlotIndex) | random.below(256)
    const position = random.below(2048) << layout.MAP_POSITION_SHIFT
    const tail = (i32[word] & 0xffff) | (layout.SPAN_TAIL << layout.MAP_STATE_SHIFT) | position
    return [word, random.pick([i32[word] ^ bits, head, tail, i32[spanMapWord(memory, p.span)], 0])]
  },
  segments: (p) => {
    const { random } = p
    const within = random.pick([0, 0, 1, 2 + random.below(128), -1, -2])
    return [(p.segment >> 2) + within, random.pick([p.segment, p.place, p.number])]
  },
  queue: (p) => {
    const { random, site } = p
    const counts = [OUTBOX_WRITTEN, OUTBOX_SENT, INBOX_TAKEN].map((array) => p.queue(array))
    const places = [OUTBOX_FIRST, OUTBOX_LAST, INBOX_SEGMENT].map((array) => p.queue(array))
    const [count, place] = [random.pick(counts), random.pick(places)]
    return random.below(2) === 0
      ? [count, random.pick([p.number, site.memory.i32[count] + random.below(200) - 100])]
      : [place, random.pick([p.segment, p.place, p.number])]
  },
  bits: (p) => {
    const { random, site } = p
    const { memory } = site
    const at = random.pick([p.offset, p.offset, memory.base + 16 * random.below(2 ** 17)])
    const word = random.pick([liveWord(memory, at), freedWord(memory, at)])
    return [word, random.pick([memory.i32[word] ^ bitOf(memory, at), -1, 0, random.next() | 0])]
  },
  'what a sweep begins with': (p) => {
    const { random } = p
    const word = random.pick([
      p.slotWord(layout.SLOT_HAS_FREED_BITS),
      p.record(layout.RECORD_HAS_FREED_BITS),
      p.slotWord(layout.SLOT_MARKING),
      p.slotWord(layout.SLOT_SWEEPING),
      p.slotWord(layout.SLOT_TAKING_FROM),
    ])
    return [word, random.pick([1, p.used, p.place, p.number])]
  },
  'states of slots': (p) => {
    const reclaimer = p.random.below(256) << layout.SLOT_RECLAIMER_SHIFT
    const state =
      p.random.below(7) | reclaimer | (p.random.below(9) << layout.SLOT_GENERATION_SHIFT)
    return [p.slotWord(p.random.below(8)), p.random.pick([state, state, p.number])]
  },
  headers: (p) => {
    const { random, site } = p
    const word = (p.offset >> 2) - 1 - random.below(2)
    const state = random.below(16) << HEADER_STATE_SHIFT
    const header = state | (site.memory.tag << HEADER_TAG_SHIFT) | random.below(2 ** 20)
    return [word, random.pick([header, p.number, p.place, site.memory.i32[word] ^ 0x1000])]
  },
  'touched words and hints': (p) => {
    const { random, site } = p
    const hint = layout.CONTROL_FIRST_FREE_SPAN + random.below(4)
    const word = random.pick([touchedWord(site.memory, p.used), controlWord(site.memory, hint)])
    return [word, random.pick([p.number, p.span, 65_537, 2 ** 30])]
  },
  'events of telemetry': (p) => [
    p.slotWord(layout.SLOT_TELEMETRY + p.random.below(layout.TELEMETRY_EVENTS + 256)),
    p.random.pick([p.number, p.random.next() | 0, layout.LARGE_CLASS << 8]),
  ],
  anything: (p) => {
    const { memory } = p.site
    const end = slotWord(memory, 0 as SlotIndex, 0) + memory.slotCount * memory.slotWordCount
    const first = spanMapWord(memory, 0 as SpanIndex)
    const word = first + p.random.below(end - first)
    return [word, p.random.pick([p.number, p.place, p.random.next() | 0])]
  },
}

/** Some words of one or two themes. */
export function pickOverwrites(site: HostileArena, random: Random): Overwrite[] {
  const picker = new Picker(site, random)
  const picked = [random.pick(Object.values(themes)), random.pick(Object.values(themes))]
  return Array.from({ length: 1 + random.below(12) }, (_, i) => {
    const [word, value] = picked[i % 3 === 2 ? 1 : 0](picker)
    return { word, value }
  })
}
