/** What a verification works on and has found so far. */
import {
  CLASS_CAPACITY,
  SLOT_CARVED,
  SLOT_OUTSTANDING,
  SLOT_ROOM,
  SLOT_SPANS,
} from '../../base/layout.ts'
import type { SlotIndex, SpanIndex } from '../../base/units.ts'
import type { ArenaMemory } from '../../memory/memory.ts'

/** Something that does not hold in an arena. */
export interface Violation {
  /** What, with the numbers. */
  readonly message: string
  /** Byte offset of where it shows: a payload, or the start of a span. */
  readonly offset: number
}

/** First word of a class array whose counts can be found again by a walk. */
export type Counted =
  | typeof SLOT_OUTSTANDING
  | typeof SLOT_SPANS
  | typeof SLOT_ROOM
  | typeof SLOT_CARVED

export class Findings {
  readonly violations: Violation[] = []
  /** Free blocks that were met on a list. */
  readonly listed = new Set<number>()
  /** Spans that were met on a list of partial ones. */
  readonly partial = new Set<SpanIndex>()
  readonly memory: ArenaMemory
  /** Of each class array that slots count in: what there is, by slot and row. */
  readonly #found: Readonly<Record<Counted, Int32Array>>

  constructor(memory: ArenaMemory) {
    const length = memory.slotCount * CLASS_CAPACITY
    this.memory = memory
    this.#found = {
      [SLOT_OUTSTANDING]: new Int32Array(length),
      [SLOT_SPANS]: new Int32Array(length),
      [SLOT_ROOM]: new Int32Array(length),
      [SLOT_CARVED]: new Int32Array(length),
    }
  }

  fail(offset: number, message: string): void {
    this.violations.push({ message, offset })
  }

  add(counted: Counted, slot: SlotIndex, row: number, summand: number): void {
    this.#found[counted][slot * CLASS_CAPACITY + row] += summand
  }

  found(counted: Counted, slot: SlotIndex, row: number): number {
    return this.#found[counted][slot * CLASS_CAPACITY + row]
  }
}
