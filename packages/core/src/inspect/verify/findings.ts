/** What a verification works on, and what it has found so far. */
import * as layout from '../../base/layout.ts'
import type { SlotIndex, SpanIndex } from '../../base/units.ts'
import { type ArenaMemory, slotAt, spanStart } from '../../memory/memory.ts'

/** Something that does not hold in an arena. */
export interface Violation {
  /** What does not hold, with the numbers. */
  readonly message: string
  /** Byte offset of where it shows: a payload, or the start of a span. */
  readonly offset: number
}

export class Findings {
  readonly violations: Violation[] = []
  /** Free blocks that are on a list. */
  readonly listed = new Set<number>()
  /** Spans that are on a list of partial ones. */
  readonly partial = new Set<SpanIndex>()
  readonly memory: ArenaMemory
  /** What a walk counts, laid out as the words of the slots that should say the same. */
  readonly #counts: Int32Array

  constructor(memory: ArenaMemory) {
    this.memory = memory
    this.#counts = new Int32Array(memory.slotCount * layout.SLOT_FIXED_WORD_COUNT)
  }

  fail(offset: number, message: string): void {
    this.violations.push({ message, offset })
  }

  failSpan(span: SpanIndex, what: string): void {
    this.fail(spanStart(this.memory, span), `span ${span} ${what}`)
  }

  count(field: number, slot: SlotIndex, summand: number): void {
    this.#counts[slot * layout.SLOT_FIXED_WORD_COUNT + field] += summand
  }

  /** Fails unless a slot's word says what the walk has counted. */
  checkCount(field: number, slot: SlotIndex, what: string, where = ''): void {
    const said = slotAt(this.memory, slot, field)
    const counted = this.#counts[slot * layout.SLOT_FIXED_WORD_COUNT + field]
    if (said === counted) return
    this.fail(0, `slot ${slot}${where} counts ${said} ${what}, there are ${counted}`)
  }
}
