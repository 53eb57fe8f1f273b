/** Holds the arena that `verify` checks, and what `verify` has found so far. */
import * as layout from '../../base/layout.ts'
import type { SlotIndex, SpanIndex } from '../../base/units.ts'
import { type ArenaMemory, slotAt, spanStart } from '../../memory/memory.ts'

/** A fault that `verify` has found in an arena. */
export interface Violation {
  /** What is damaged, with the numbers that were found. */
  readonly message: string
  /**
   * Where the fault is: the byte offset of a block, a span or a word of a queue. It is 0 if the
   * fault has no such place.
   */
  readonly offset: number
}

/** The faults and counts that the checks of `verify` collect. */
export class Findings {
  /** The faults that were found so far. */
  readonly violations: Violation[] = []
  /** The blocks that were found on a list of free blocks. */
  readonly listed = new Set<number>()
  /** The spans that were found on a list of partial spans. */
  readonly partial = new Set<SpanIndex>()
  /** The arena that is checked. */
  readonly memory: ArenaMemory
  /**
   * The counts of the walk, in the layout of the slots. In a sound arena, they equal the counts in
   * the slots.
   */
  readonly #counts: Int32Array

  constructor(memory: ArenaMemory) {
    this.memory = memory
    this.#counts = new Int32Array(memory.slotCount * layout.SLOT_FIXED_WORD_COUNT)
  }

  /** Adds a fault at a byte offset. */
  fail(offset: number, message: string): void {
    this.violations.push({ message, offset })
  }

  /** Adds a fault of a span. `what` is the rest of the message that begins with the span. */
  failSpan(span: SpanIndex, what: string): void {
    this.fail(spanStart(this.memory, span), `span ${span} ${what}`)
  }

  /** Adds `summand` to the walk's count for a word of a slot. */
  count(field: number, slot: SlotIndex, summand: number): void {
    this.#counts[slot * layout.SLOT_FIXED_WORD_COUNT + field] += summand
  }

  /**
   * Adds a fault if a word of a slot differs from the number that the walk counted.
   * @param what the name of what is counted, in the plural
   * @param where the rest of the place in the message, such as the class
   */
  checkCount(field: number, slot: SlotIndex, what: string, where = ''): void {
    const said = slotAt(this.memory, slot, field)
    const counted = this.#counts[slot * layout.SLOT_FIXED_WORD_COUNT + field]
    if (said === counted) return
    this.fail(0, `slot ${slot}${where} counts ${said} ${what}, there are ${counted}`)
  }
}
