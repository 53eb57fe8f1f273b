/** Chooses how many entities a worker takes at a time, which cuts a run into batches. */
import { invalidArgument } from '../base/errors.ts'
import { BATCH_CAPACITY } from './control-block.ts'

/** Options of a run that set the length of its batches. */
export interface BatchOptions {
  /**
   * How many entities, or chunks of a table, a worker takes at a time. By default, a 16th of a
   * worker's share, or all entities if there is at most one worker. A stage has at most 1024
   * batches, of all its systems together: a smaller `batchSize` is raised until they fit.
   */
  readonly batchSize?: number
}

const BATCHES_PER_WORKER = 16

/**
 * Returns how many entities a batch has: at least 1, and at most the count of entities, so that the
 * result fits into a word.
 * @param batchSize the option of the caller, if given
 * @param callCount how many systems the stage has: their batches share one control block
 */
export function batchLengthFor(
  entityCount: number,
  batchSize: number | undefined,
  workerCount: number,
  callCount: number,
): number {
  const share = Math.ceil(entityCount / (BATCHES_PER_WORKER * workerCount))
  const length = batchSize ?? (workerCount === 1 ? entityCount : share)
  const batchCountMax = Math.floor(BATCH_CAPACITY / callCount)
  return Math.max(1, Math.min(length, entityCount), batchCountOf(entityCount, batchCountMax)) | 0
}

/**
 * Returns how many batches there are. `| 0` shows V8 an integer: V8 would allocate memory for a
 * number that may be a fraction.
 */
export const batchCountOf = (entityCount: number, batchLength: number): number =>
  Math.ceil(entityCount / batchLength) | 0

/** @throws StorageError 'invalid-argument' if `batchSize` is wrong */
export function checkBatchSize(batchSize: unknown): void {
  if (Number.isInteger(batchSize) && (batchSize as number) > 0) return
  throw invalidArgument('batchSize', batchSize, 'a whole number of entities above 0')
}
