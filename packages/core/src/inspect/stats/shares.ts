/** Shares that follow from figures: functions, as an object that kept them would make garbage. */
import { isPlainObject } from '../../base/builtins.ts'
import { invalidArgument } from '../../base/errors.ts'
import * as layout from '../../base/layout.ts'
import type { ArenaStats, ClassStats, RefillStats } from './figures.ts'

/**
 * 1 - part / whole, kept between 0 and 1: the counters of a running thread may disagree, and each
 * counter wraps at its own time.
 */
const restOf = (part: number, whole: number) =>
  whole > 0 ? Math.min(Math.max(1 - part / whole, 0), 1) : 0

/**
 * `1 - refillCount / refilledBlockCount`, from 0 to 1; 0 before the first refill. It is the share
 * of allocs that found a block on the free list, if each block that was handed out was allocated
 * once. The true share is higher if blocks are freed and reused between two refills, lower if a
 * sweep takes blocks back unused. It is meaningless once `refilledBlockCount` has wrapped.
 * @throws ArenaError 'invalid-argument'
 */
export function hitRate(figures: RefillStats): number {
  if (!isPlainObject(figures)) throw noFigures(figures)
  return restOf(figures.refillCount, figures.refilledBlockCount)
}

/**
 * The share of the spans' bytes, without the control area, that no live block takes: 0 to 1.
 * @throws ArenaError 'invalid-argument'
 */
export function fragmentation(figures: ArenaStats | ClassStats): number {
  if (!isPlainObject(figures)) throw noFigures(figures)
  const byteLength =
    'committedByteLength' in figures
      ? figures.committedByteLength - figures.controlByteLength
      : figures.spanCount * layout.SPAN_BYTE_LENGTH
  return restOf(figures.liveByteLength, byteLength)
}

const noFigures = (given: unknown) =>
  invalidArgument('the figures', given, 'what stats() gives, or a row of that')
