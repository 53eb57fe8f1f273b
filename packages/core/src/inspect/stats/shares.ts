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
 * Estimates the share of calls of `alloc` that found a block on their free list: 0 to 1. It is 0
 * before the first refill.
 *
 * The result is `1 - refillCount / refilledBlockCount`. It is right if each block that a refill
 * handed out was allocated once. The true share is higher if blocks are freed and reused between
 * two refills. It is lower if a sweep takes blocks back unused. Once `refilledBlockCount` has
 * passed 2^32, the result means nothing.
 * @param figures what `arena.stats()` returns, or a row of its `classes` or `slots`
 * @throws ArenaError 'invalid-argument'
 */
export function hitRate(figures: RefillStats): number {
  if (!isPlainObject(figures)) throw noFigures(figures)
  return restOf(figures.refillCount, figures.refilledBlockCount)
}

/**
 * Returns the share of the spans in use that no live block takes: 0 to 1. The control area does not
 * count.
 * @param figures what `arena.stats()` returns, or a row of its `classes`
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
