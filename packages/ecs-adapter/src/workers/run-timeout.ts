/**
 * The time limit of a run, which counts from its turn. It may be used up
 *
 * - before the run begins, because workers are still in an earlier one: `heldUp`
 * - while it is prepared, in functions of the caller: `runTooLate`
 * - while workers are at it: `timedOut`. They finish the batch that they are in, and take no more.
 *   Commands are applied at `close`, or before the next run, which waits for these workers
 */
import { invalidArgument } from '../base/errors.ts'
import { type RunError, runNotBegun, runTimedOut } from '../base/run-errors.ts'
import { elapsedMs, nowMs, WAIT_MS_MAX } from '../base/wait.ts'
import { CONTROL_CURSOR, CURSOR_END } from './control-block.ts'
import type { Run } from './run.ts'

/** Options of a run that limit its time. */
export interface TimeoutOptions {
  /**
   * How many milliseconds the run may take once its turn has come. After that it fails with
   * RunError 'timed-out'. By default, `runSync` may take 5000 ms, and `run` has no limit.
   */
  readonly timeoutMs?: number
}

/** Only `runSync` has a default limit, because it blocks its thread. */
export const DEFAULT_SYNC_TIMEOUT_MS = 5000

/**
 * The time, by `nowMs`, at which a run times out; Infinity for a timeout above WAIT_MS_MAX, which
 * counts as no limit. @throws StorageError 'invalid-argument'
 */
export function deadlineOf(timeoutMs: number): number {
  if (typeof timeoutMs !== 'number' || !(timeoutMs > 0)) {
    throw invalidArgument('timeoutMs', timeoutMs, 'a number of milliseconds above 0')
  }
  return timeoutMs > WAIT_MS_MAX ? Number.POSITIVE_INFINITY : nowMs() + Math.ceil(timeoutMs)
}

/** Always a small integer: V8 would allocate Infinity in each frame. */
export const remainingMs = (deadline: number) =>
  deadline === Number.POSITIVE_INFINITY ? WAIT_MS_MAX : elapsedMs(nowMs(), deadline)

/** Stops a run whose time is up. Returns the error, which lists what is not done. */
export function timedOut(run: Run): RunError {
  stop(run)
  return runTimedOut(elapsedMs(run.startedAt, nowMs()), run.outcomes())
}

/**
 * Keeps workers from taking further batches of a run, because another run cannot begin before it
 * ends. Returns the error of the other run, which is over these entities.
 */
export function heldUp(run: Run, system: string, entityCount: number): RunError {
  stop(run)
  return runNotBegun(system, entityCount, run.outcomes()[0].system)
}

/** Makes workers take no more batches of a run. */
function stop({ control }: Run): void {
  control.store(CONTROL_CURSOR, CURSOR_END)
}
