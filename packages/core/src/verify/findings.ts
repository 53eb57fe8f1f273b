/** What a verification works on and has found so far. */
import { CLASS_CAPACITY } from '../layout.ts'
import type { ArenaMemory } from '../memory.ts'
import type { SlotIndex, SpanIndex } from '../units.ts'

/** Something that does not hold in an arena. */
export interface Violation {
  /** What, with the numbers. */
  readonly message: string
  /** Byte offset of where it shows: a payload, or the start of a span. */
  readonly offset: number
}

export class Findings {
  readonly violations: Violation[] = []
  /** Free blocks that were met on a list. */
  readonly listed = new Set<number>()
  /** Spans that were met on a list of partial ones. */
  readonly partial = new Set<SpanIndex>()
  readonly memory: ArenaMemory
  /** Live blocks and blocks on the free list, by slot and row. */
  readonly #handed: Int32Array

  constructor(memory: ArenaMemory) {
    this.memory = memory
    this.#handed = new Int32Array(memory.slotCount * CLASS_CAPACITY)
  }

  fail(offset: number, message: string): void {
    this.violations.push({ message, offset })
  }

  addHanded(slot: SlotIndex, row: number, blockCount: number): void {
    this.#handed[slot * CLASS_CAPACITY + row] += blockCount
  }

  handed(slot: SlotIndex, row: number): number {
    return this.#handed[slot * CLASS_CAPACITY + row]
  }
}
