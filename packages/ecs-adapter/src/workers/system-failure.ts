/**
 * The report of an error that a system threw. Its worker writes the report into the arena, and the
 * group reads it.
 */
import { encodeJson, loadJson, storeBytes } from '../base/json.ts'
import { isError } from '../base/thrown.ts'
import { type ControlWords, WORKER_ERROR, WORKER_ERROR_RUN } from './control-block.ts'

/** The byte length of the block for a worker's report. */
export const REPORT_BYTE_LENGTH = 8192

export type SystemFailure = ReturnType<typeof failureOf>

/**
 * Makes a report of any thrown value. Never throws, even if a getter of the error does.
 * @param job the index of the job in the run
 * @param from the index of the batch's first element in the entities of the job
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

/**
 * Writes a report. It allocates nothing in the arena, because the error may be that memory ran out.
 */
export function reportFailure(worker: ControlWords, run: number, failure: SystemFailure): void {
  let bytes = encodeJson(failure)
  if (bytes.length > REPORT_BYTE_LENGTH) bytes = encodeJson({ ...failure, message: '', stack: '' })
  storeBytes(worker.words, worker.load(WORKER_ERROR), bytes)
  worker.store(WORKER_ERROR + 1, bytes.length)
  worker.store(WORKER_ERROR_RUN, run)
}

/**
 * Reads a report.
 * @param report the byte offset of the report, because `WORKER_ERROR` may have been overwritten
 */
export const readFailure = (worker: ControlWords, report: number) =>
  loadJson(worker.words, report, worker.load(WORKER_ERROR + 1)) as SystemFailure
