/** What the words of an arena are called, for a person who reads a schedule. */

import {
  BIT_WORD_SHIFT,
  CLASS_CAPACITY,
  CONTROL_WORD_COUNT,
  queueStrideFor,
  RECORD_WORD_COUNT,
  SLOT_ARRIVED,
  SLOT_ARRIVED_AT_REFILL,
  SLOT_CARVED,
  SLOT_FIXED_WORD_COUNT,
  SLOT_FREE_HEADS,
  SLOT_LEARNED,
  SLOT_LIVE_SEEN,
  SLOT_OUTSTANDING,
  SLOT_PARTIAL_HEADS,
  SLOT_PEAK_LIVE,
  SLOT_PUBLISHED,
  SLOT_REFILLED,
  SLOT_REFILLS,
  SLOT_ROOM,
  SLOT_SPANS,
  SLOT_TELEMETRY,
  SLOT_UNUSED_AT_SWEEP,
  TELEMETRY_DROPPED,
  TELEMETRY_EVENTS,
  TELEMETRY_READ,
  TELEMETRY_READ_SEEN,
  TELEMETRY_WRITTEN,
} from '../../src/base/layout.ts'
import type { SlotIndex, SpanIndex } from '../../src/base/units.ts'
import {
  type ArenaMemory,
  freedWord,
  liveWord,
  recordWord,
  slotWord,
  spanMapWord,
  touchedWord,
} from '../../src/memory/memory.ts'
import type { Access } from './machine.ts'

const CONTROL = new Map([
  [17, 'first free span'],
  [18, 'peak span count'],
  [20, 'opened slot count'],
])
const RECORD = [
  'parked head',
  'parked count',
  'carved count',
  'next partial',
  'previous partial',
  'run span count',
  'unmarked count',
  'has freed bits',
]
const SLOT = new Map([
  [0, 'state'],
  [1, 'owned spans'],
  [2, 'peak owned spans'],
  [3, 'owned spans at look'],
  [4, 'drained'],
  [5, 'violations'],
  [7, 'has freed bits'],
  [16, 'taking from'],
  [17, 'marking'],
  [18, 'sweeping'],
])
const SLOT_ARRAYS = new Map([
  [SLOT_FREE_HEADS, 'free head'],
  [SLOT_PARTIAL_HEADS, 'partial head'],
  [SLOT_OUTSTANDING, 'outstanding'],
  [SLOT_LIVE_SEEN, 'live seen'],
  [SLOT_PEAK_LIVE, 'peak live'],
  [SLOT_REFILLS, 'refills'],
  [SLOT_REFILLED, 'refilled'],
  [SLOT_ARRIVED, 'arrived'],
  [SLOT_ARRIVED_AT_REFILL, 'arrived at refill'],
  [SLOT_LEARNED, 'learned'],
  [SLOT_UNUSED_AT_SWEEP, 'spare'],
  [SLOT_PUBLISHED, 'published'],
  [SLOT_SPANS, 'spans'],
  [SLOT_ROOM, 'capacity'],
  [SLOT_CARVED, 'carved'],
])
const TELEMETRY = new Map([
  [TELEMETRY_WRITTEN, 'written'],
  [TELEMETRY_READ_SEEN, 'read seen'],
  [TELEMETRY_DROPPED, 'dropped'],
  [TELEMETRY_READ, 'read'],
])
const MAIL = ['written', 'sent', 'first segment', 'last segment', 'taken', 'segment being read']

export interface WordName {
  /** What kind of word it is: the same for all slots, spans and blocks. */
  readonly kind: string
  /** Which one of them. */
  readonly which: string
}

export function nameOf(memory: ArenaMemory, word: number): WordName {
  const spanMap = spanMapWord(memory, 0 as SpanIndex)
  const touchedMap = touchedWord(memory, 0 as SpanIndex)
  const liveBits = liveWord(memory, 0)
  const freedBits = freedWord(memory, 0)
  const records = recordWord(memory, 0 as SpanIndex, 0)
  const slots = slotWord(memory, 0 as SlotIndex, 0)
  const slotWordCount = slotWord(memory, 1 as SlotIndex, 0) - slots
  if (word < CONTROL_WORD_COUNT) return { kind: CONTROL.get(word) ?? 'control header', which: '' }
  if (word >= spanMap && word < spanMap + memory.spanCount) {
    return { kind: 'span map', which: `[${word - spanMap}]` }
  }
  if (word >= touchedMap && word < touchedMap + memory.spanCount) {
    return { kind: 'touched map', which: `[${word - touchedMap}]` }
  }
  if (word >= liveBits && word < freedBits) {
    return { kind: 'live bits', which: ` from ${(word - liveBits) << BIT_WORD_SHIFT}` }
  }
  if (word >= freedBits && word < slots) {
    return { kind: 'freed bits', which: ` from ${(word - freedBits) << BIT_WORD_SHIFT}` }
  }
  if (word >= records && word < records + memory.spanCount * RECORD_WORD_COUNT) {
    const within = word - records
    const field = RECORD[within % RECORD_WORD_COUNT] ?? 'unused'
    return { kind: `record ${field}`, which: ` of ${Math.floor(within / RECORD_WORD_COUNT)}` }
  }
  if (word >= slots && word < slots + memory.slotCount * slotWordCount) {
    const slot = Math.floor((word - slots) / slotWordCount)
    return slotWordName(memory, slot, (word - slots) % slotWordCount)
  }
  return { kind: 'block', which: ` ${word * 4}` }
}

function slotWordName(memory: ArenaMemory, slot: number, field: number): WordName {
  if (field >= SLOT_FIXED_WORD_COUNT) {
    const within = field - SLOT_FIXED_WORD_COUNT
    const kind = MAIL[Math.floor(within / queueStrideFor(memory.slotCount))] ?? 'unused'
    return { kind, which: ` of ${slot}, other ${within % queueStrideFor(memory.slotCount)}` }
  }
  if (field >= SLOT_TELEMETRY) {
    const within = field - SLOT_TELEMETRY
    const kind = within >= TELEMETRY_EVENTS ? 'event' : (TELEMETRY.get(within) ?? 'unused')
    return { kind: `telemetry ${kind}`, which: ` of ${slot}, word ${within}` }
  }
  for (const [first, kind] of SLOT_ARRAYS) {
    const classIndex = field - first
    if (classIndex >= 0 && classIndex < CLASS_CAPACITY) {
      return { kind, which: ` of ${slot}, class ${classIndex}` }
    }
  }
  return { kind: `slot ${SLOT.get(field) ?? field}`, which: ` of ${slot}` }
}

/** The schedule that led to a fault: the stores of all agents, and their looks at shared words. */
export function describe(
  memory: ArenaMemory,
  names: readonly string[],
  trace: readonly Access[],
  sharedWords: readonly number[],
): string {
  const lines: string[] = []
  for (const { agent, operation, word, before, after } of trace) {
    if (before === after && !sharedWords.includes(word)) continue
    const { kind, which } = nameOf(memory, word)
    const change = before === after ? `${before}` : `${before} -> ${after}`
    lines.push(`${names[agent]} ${operation} ${kind}${which}: ${change}`)
  }
  return lines.join('\n')
}
