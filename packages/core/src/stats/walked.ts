/** Figures from a walk over all headers, in the place of those that cold paths counted. */
import {
  LARGE_CLASS,
  RECORD_CARVED_COUNT,
  RECORD_RUN_SPAN_COUNT,
  SPAN_BYTE_LENGTH,
} from '../layout.ts'
import { secondWordAt } from '../lookup.ts'
import type { ArenaMemory } from '../memory.ts'
import { capacityOf } from '../runs.ts'
import type { ClassIndex, SpanIndex } from '../units.ts'
import { forEachBlockIn, forEachRun, heldOffset } from '../walk.ts'
import type { ClassStats } from './figures.ts'

/** @param slot whose runs are walked; -1 for those of all */
export function walkClasses(memory: ArenaMemory, rows: ClassStats[], slot: number): void {
  for (const row of rows) {
    row.spanCount = 0
    row.liveBlocks = 0
    row.freeBlocks = 0
    row.uncarvedBlocks = 0
    row.wasteBytes = 0
  }
  forEachRun(memory, (head, classIndex, owner) => {
    if (slot !== -1 && owner !== slot) return
    const isLarge = classIndex === LARGE_CLASS
    addRun(memory, rows[isLarge ? memory.classes.count : classIndex], head, classIndex)
  })
  for (const row of rows) row.peakLiveBlocks = Math.max(row.peakLiveBlocks, row.liveBlocks)
}

function addRun(
  memory: ArenaMemory,
  row: ClassStats,
  head: SpanIndex,
  classIndex: ClassIndex,
): void {
  const spanCount = memory.i32[memory.recordWord(head, RECORD_RUN_SPAN_COUNT)]
  let liveBlocks = 0
  forEachBlockIn(memory, head, (block) => {
    const offset = heldOffset(memory, block)
    if (offset === 0) return
    liveBlocks++
    row.requestedBytes += secondWordAt(memory, offset)
  })
  row.spanCount += spanCount
  row.liveBlocks += liveBlocks
  if (classIndex === LARGE_CLASS) return
  const carvedBlocks = memory.i32[memory.recordWord(head, RECORD_CARVED_COUNT)]
  const capacity = capacityOf(memory, head, classIndex)
  row.freeBlocks += carvedBlocks - liveBlocks
  row.uncarvedBlocks += capacity - carvedBlocks
  row.wasteBytes += spanCount * SPAN_BYTE_LENGTH - capacity * row.stride
}
