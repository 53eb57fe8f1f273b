/**
 * The time limit of a run. It begins when the run's turn comes. The time may be up
 *
 * - before the run begins, because workers are still in an earlier run: `heldUp`
 * - while functions of the caller prepare the run: `runTooLate`
 * - while workers run the systems: `timedOut`. They finish their current batch, and take no other.
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
 * Returns the time, by `nowMs`, at which a run times out. Returns Infinity for a timeout above
 * WAIT_MS_MAX, which counts as no limit.
 * @throws StorageError 'invalid-argument' if the timeout is wrong
 */
export function deadlineOf(timeoutMs: number): number {
  if (typeof timeoutMs !== 'number' || !(timeoutMs > 0)) {
    throw invalidArgument('timeoutMs', timeoutMs, 'a number of milliseconds above 0')
  }
  return timeoutMs > WAIT_MS_MAX ? Number.POSITIVE_INFINITY : nowMs() + Math.ceil(timeoutMs)
}

/**
 * Returns the milliseconds until a deadline, always as a small integer: V8 would allocate memory
 * for Infinity in each frame.
 */
export const remainingMs = (deadline: number) =>
  deadline === Number.POSITIVE_INFINITY ? WAIT_MS_MAX : elapsedMs(nowMs(), deadline)

/** Stops a run whose time is up. Returns the error, which lists what is not done. */
export function timedOut(run: Run): RunError {
  stop(run)
  return runTimedOut(elapsedMs(run.startedAt, nowMs()), run.outcomes())
}

/**
 * Stops a run because another run, which had to wait for it, has timed out. Workers take no further
 * batches. Returns the error of the other run.
 * @param system the system of the other run
 * @param entityCount how many entities the other run has
 */
export function heldUp(run: Run, system: string, entityCount: number): RunError {
  stop(run)
  return runNotBegun(system, entityCount, run.outcomes()[0].system)
}

/** Makes workers take no more batches of a run. */
function stop({ control }: Run): void {
  control.store(CONTROL_CURSOR, CURSOR_END)
}
