/** The figures of `arena.stats()`, but blocks and spans are counted by a walk over all runs. */
import * as layout from '../../base/layout.ts'
import { forEachLiveIn, forEachRun } from '../../blocks/walk.ts'
import { type ArenaMemory, recordAt, secondWordAt } from '../../memory/memory.ts'
import { capacityOf, runSpanCountOf } from '../../spans/runs.ts'
import { countFreeSpans } from '../../spans/span-map.ts'
import {
  type ArenaStats,
  type ClassStats,
  collectStats,
  type StatsOptions,
  sumUp,
} from './stats.ts'

export function walkStats(memory: ArenaMemory, options: StatsOptions = {}): ArenaStats {
  const stats = collectStats(memory, options)
  if (options.slot === undefined) {
    stats.committedBytes = (memory.spanCount - countFreeSpans(memory)) * layout.SPAN_BYTE_LENGTH
  }
  walkClasses(memory, stats.classes, options.slot)
  sumUp(stats)
  return stats
}

/** Replaces the figures that a walk can count. @param slot whose runs; undefined for all runs */
function walkClasses(memory: ArenaMemory, rows: readonly ClassStats[], slot?: number): void {
  const none = { spanCount: 0, liveBlocks: 0, freeBlocks: 0, uncarvedBlocks: 0, wasteBytes: 0 }
  for (const row of rows) Object.assign(row, none)
  forEachRun(memory, (head, classIndex, owner) => {
    if (slot !== undefined && owner !== slot) return
    const row = rows[classIndex === layout.LARGE_CLASS ? memory.classes.count : classIndex]
    const spanCount = runSpanCountOf(memory, head)
    let liveBlocks = 0
    forEachLiveIn(memory, head, (_block, offset) => {
      liveBlocks++
      row.requestedBytes += secondWordAt(memory, offset)
    })
    row.spanCount += spanCount
    row.liveBlocks += liveBlocks
    if (classIndex === layout.LARGE_CLASS) return
    const carvedBlocks = recordAt(memory, head, layout.RECORD_CARVED_COUNT)
    const capacity = capacityOf(memory, head)
    row.freeBlocks += carvedBlocks - liveBlocks
    row.uncarvedBlocks += capacity - carvedBlocks
    row.wasteBytes += spanCount * layout.SPAN_BYTE_LENGTH - capacity * row.stride
  })
  for (const row of rows) row.peakLiveBlocks = Math.max(row.peakLiveBlocks, row.liveBlocks)
}
