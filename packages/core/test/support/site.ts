/** An arena with blocks of every kind, and where its parts are: a place to plant damage. */

import type { Arena, Pool } from '@ashlar/core'
import * as layout from '../../src/base/layout.ts'
import type { SpanIndex } from '../../src/base/units.ts'
import {
  type ArenaMemory,
  recordWord,
  slotWord,
  spanMapWord,
  spanOf,
  spanStart,
  touchedWord,
} from '../../src/memory/memory.ts'
import { classFor } from '../../src/memory/size-classes.ts'
import { reclaim } from '../../src/reclaim/reclaim.ts'
import { smallArena } from './memory.ts'

/** Numbers are offsets, or word indices of what they are named for. */
export interface Site {
  readonly arena: Arena
  readonly pool: Pool
  readonly memory: ArenaMemory
  readonly i32: Int32Array
  /** Live blocks of 100 bytes, in spans that are full. */
  readonly live: number
  readonly live2: number
  /** The first block on the free list of their class, and the second. */
  readonly free: number
  readonly free2: number
  /** On the list of a partial span. */
  readonly parked: number
  readonly large: number
  /** Live, with a payload that is not where its block begins. */
  readonly shifted: number
  readonly classIndex: number
  /**
   * Spans: one that is full, one with parked blocks, one that is carved in part, the head of a run
   * of two, one that was never used, one that was given back.
   */
  readonly fullSpan: number
  readonly partialSpan: number
  readonly uncarvedSpan: number
  readonly run: number
  readonly freeSpan: number
  readonly freedSpan: number
  readonly slotWord: (field: number) => number
  readonly mapWord: (span: number) => number
  readonly touchedWord: (span: number) => number
  readonly recordWord: (span: number, field: number) => number
  /** Of the header before a payload; the second word stands behind it. */
  readonly headerWord: (offset: number) => number
}

export function site(): Site {
  const { arena, pool, memory, slot } = smallArena(4 << 20)
  const { i32 } = memory
  const many = Array.from({ length: 1800 }, () => pool.alloc(100))
  const run = spanOf(memory, pool.alloc(16_384))
  const large = pool.alloc(600_000)
  const shifted = pool.alloc(100, 4096)
  const freedSpan = spanOf(memory, pool.alloc(3000))
  pool.free(spanStart(memory, freedSpan as SpanIndex) + layout.FIRST_PAYLOAD)
  for (const offset of many.slice(0, 40)) pool.free(offset)
  reclaim(memory, slot, memory.spanCount)
  for (const offset of many.slice(20, 1800).filter((_, i) => i > 1300 && i < 1340))
    pool.free(offset)
  const classIndex = classFor(memory, 100)
  const ownWord = (field: number) => slotWord(memory, slot, field)
  const headerWord = (offset: number) => (offset >> 2) - 2
  const wordOfRecord = (span: number, field: number) => recordWord(memory, span as SpanIndex, field)
  const free = i32[ownWord(layout.SLOT_FREE_HEADS + classIndex)]
  const partialSpan = i32[ownWord(layout.SLOT_PARTIAL_HEADS + classIndex)]
  return {
    ...{ arena, pool, memory, i32, large, shifted, classIndex, run, free, partialSpan, freedSpan },
    ...{ slotWord: ownWord, recordWord: wordOfRecord, headerWord },
    live: many[700],
    live2: many[701],
    free2: i32[headerWord(free) + 1],
    parked: i32[wordOfRecord(partialSpan, layout.RECORD_PARKED_HEAD)],
    fullSpan: spanOf(memory, many[700]),
    uncarvedSpan: spanOf(memory, shifted),
    freeSpan: memory.spanCount - 4,
    mapWord: (span) => spanMapWord(memory, span as SpanIndex),
    touchedWord: (span) => touchedWord(memory, span as SpanIndex),
  }
}
