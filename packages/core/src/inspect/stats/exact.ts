/** Computes the figures of `arena.stats()`, but counts blocks and spans by a walk over all runs. */
import * as layout from '../../base/layout.ts'
import { forEachLiveIn, forEachRun } from '../../blocks/walk.ts'
import { type ArenaMemory, recordAt, secondWordAt } from '../../memory/memory.ts'
import { capacityOf, runSpanCountOf } from '../../spans/runs.ts'
import { countFreeSpans } from '../../spans/span-map.ts'
import {
  type ArenaStats,
  type ClassStats,
  collectStats,
  deriveFigures,
  type StatsOptions,
  sumUp,
} from './stats.ts'

/**
 * Returns the figures of an arena or a slot, with blocks and spans as they are now.
 * @throws ArenaError 'invalid-argument' if an option is wrong
 */
export function walkStats(memory: ArenaMemory, options: StatsOptions = {}): ArenaStats {
  const stats = collectStats(memory, options)
  if (options.slot === undefined) {
    stats.committedByteLength =
      (memory.spanCount - countFreeSpans(memory)) * layout.SPAN_BYTE_LENGTH
  }
  walkClasses(memory, stats.classes, options.slot)
  sumUp(stats)
  return stats
}

/**
 * Replaces the figures that a walk can count.
 * @param slot the slot whose runs are counted. If undefined, all runs are counted
 */
function walkClasses(memory: ArenaMemory, rows: readonly ClassStats[], slot?: number): void {
  const carved = rows.map(() => 0)
  const capacities = rows.map(() => 0)
  for (const row of rows) Object.assign(row, { spanCount: 0, liveBlockCount: 0 })
  forEachRun(memory, (head, classIndex, owner) => {
    if (slot !== undefined && owner !== slot) return
    const index = Math.min(classIndex, memory.classCount)
    const row = rows[index]
    forEachLiveIn(memory, head, (_block, offset) => {
      row.liveBlockCount++
      row.requestedByteLength += secondWordAt(memory, offset)
    })
    row.spanCount += runSpanCountOf(memory, head)
    carved[index] += recordAt(memory, head, layout.RECORD_CARVED_COUNT)
    capacities[index] += capacityOf(memory, head)
  })
  rows.forEach((row, index) => {
    deriveFigures(row, carved[index], capacities[index])
  })
}
