/** The arena that `verify` checks, and what it has found so far. */
import * as layout from '../../base/layout.ts'
import type { SlotIndex, SpanIndex } from '../../base/units.ts'
import { type ArenaMemory, slotAt, spanStart } from '../../memory/memory.ts'

/** Something that is damaged in an arena, as `verify` reports it. */
export interface Violation {
  /** What was found, with the numbers. */
  readonly message: string
  /**
   * Where it was found: the byte offset of a block, a span or a word of a queue. It is 0 if there
   * is no such place.
   */
  readonly offset: number
}

export class Findings {
  readonly violations: Violation[] = []
  /** Blocks that were found on a list of free blocks. */
  readonly listed = new Set<number>()
  /** Spans that were found on a list of partial spans. */
  readonly partial = new Set<SpanIndex>()
  readonly memory: ArenaMemory
  /** What the walk counts, laid out as the slots' own counts, which should be the same. */
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

  /** Reports a violation unless a word of a slot has the number that the walk counted. */
  checkCount(field: number, slot: SlotIndex, what: string, where = ''): void {
    const said = slotAt(this.memory, slot, field)
    const counted = this.#counts[slot * layout.SLOT_FIXED_WORD_COUNT + field]
    if (said === counted) return
    this.fail(0, `slot ${slot}${where} counts ${said} ${what}, there are ${counted}`)
  }
}
