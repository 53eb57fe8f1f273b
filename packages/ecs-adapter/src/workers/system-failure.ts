/** The report of what a system threw: its worker writes it into the arena, the group reads it. */
import { encodeJson, loadJson, storeBytes } from '../base/json.ts'
import { isError } from '../base/thrown.ts'
import { type ControlWords, WORKER_ERROR, WORKER_ERROR_RUN } from './control-block.ts'

/** Size of the block for a worker's report. */
export const REPORT_BYTE_LENGTH = 8192

export type SystemFailure = ReturnType<typeof failureOf>

/**
 * Makes a report of anything that was thrown. Never throws, though getters of the error may.
 * @param job index of the job in the run
 * @param from where the batch begins in the entities of the job
 */
export function failureOf(error: unknown, job: number, from: number) {
  const cut = (value: unknown, length: number) => String(value).slice(0, length)
  try {
    const { name, message, stack } = isError(error) ? error : new Error(String(error))
    return { name: cut(name, 100), message: cut(message, 1000), stack: cut(stack, 2000), job, from }
  } catch {
    return { name: 'Error', message: 'something that cannot be shown', stack: '', job, from }
  }
}

/** Allocates nothing in the arena: the error may be that memory ran out. */
export function reportFailure(worker: ControlWords, run: number, failure: SystemFailure): void {
  let bytes = encodeJson(failure)
  if (bytes.length > REPORT_BYTE_LENGTH) bytes = encodeJson({ ...failure, message: '', stack: '' })
  storeBytes(worker.words, worker.load(WORKER_ERROR), bytes)
  worker.store(WORKER_ERROR + 1, bytes.length)
  worker.store(WORKER_ERROR_RUN, run)
}

/** @param report byte offset of the report, as `WORKER_ERROR` may have been overwritten */
export const readFailure = (worker: ControlWords, report: number) =>
  loadJson(worker.words, report, worker.load(WORKER_ERROR + 1)) as SystemFailure
