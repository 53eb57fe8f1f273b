/**
 * Computes shares from figures. They are functions, because an object that stored them would make
 * garbage.
 */
import { isPlainObject } from '../../base/builtins.ts'
import { invalidArgument } from '../../base/errors.ts'
import * as layout from '../../base/layout.ts'
import type { ArenaStats, ClassStats, RefillStats } from './figures.ts'

/**
 * Returns 1 - part / whole, limited to 0 to 1. The limits are needed because the counters of a
 * running thread may disagree, and because each counter wraps at a time of its own.
 */
const restOf = (part: number, whole: number) =>
  whole > 0 ? Math.min(Math.max(1 - part / whole, 0), 1) : 0

/**
 * Estimates the share of calls of `alloc` that found a block on their free list: 0 to 1. Before the
 * first refill, it is 0.
 *
 * The result is `1 - refillCount / refilledBlockCount`. It is right if each block that a refill
 * handed out was allocated once. If blocks are freed and reused between two refills, the true share
 * is higher. If a sweep takes unused blocks back, the true share is lower. Once
 * `refilledBlockCount` has passed 2^32, the result means nothing.
 * @param figures what `arena.stats()` returned, or a row of its `classes` or `slots`
 * @throws ArenaError 'invalid-argument' if `figures` is not an object
 */
export function hitRate(figures: RefillStats): number {
  if (!isPlainObject(figures)) throw noFigures(figures)
  return restOf(figures.refillCount, figures.refilledBlockCount)
}

/**
 * Returns the share of the spans in use that no live block takes: 0 to 1. The control area does not
 * count.
 * @param figures what `arena.stats()` returned, or a row of its `classes`
 * @throws ArenaError 'invalid-argument' if `figures` is not an object
 */
export function fragmentation(figures: ArenaStats | ClassStats): number {
  if (!isPlainObject(figures)) throw noFigures(figures)
  const byteLength =
    'committedByteLength' in figures
      ? figures.committedByteLength - figures.controlByteLength
      : figures.spanCount * layout.SPAN_BYTE_LENGTH
  return restOf(figures.liveByteLength, byteLength)
}

/** Creates the error for an argument that holds no figures. */
const noFigures = (given: unknown) =>
  invalidArgument('the figures', given, 'what stats() gives, or a row of that')
