/** Figures from a walk over all headers, in the place of those that cold paths counted. */
import { LARGE_CLASS, RECORD_CARVED_COUNT, SPAN_BYTE_LENGTH } from '../../base/layout.ts'
import type { ClassIndex, SpanIndex } from '../../base/units.ts'
import { secondWordAt } from '../../blocks/lookup.ts'
import { forEachLiveIn, forEachRun } from '../../blocks/walk.ts'
import type { ArenaMemory } from '../../memory/memory.ts'
import { capacityOf, runSpanCountOf } from '../../spans/runs.ts'
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
  const spanCount = runSpanCountOf(memory, head)
  let liveBlocks = 0
  forEachLiveIn(memory, head, (_block, offset) => {
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
