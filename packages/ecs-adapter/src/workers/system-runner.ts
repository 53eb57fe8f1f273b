/**
 * Takes batches of a run, and calls systems. It runs in a worker, or in the thread of the world.
 */
import type { Pool, Scratch } from '@ashlar/core'
import { isAsynchronous } from '../base/run-errors.ts'
import type { CommandBuffer } from '../commands/command-buffer.ts'
import { BatchContext, type SystemStorage } from './batch-context.ts'
import {
  BATCH_COMMAND_WORKER,
  BATCH_RUN,
  batchWord,
  CONTROL_CURSOR,
  CONTROL_DONE_SIGNAL,
  CONTROL_IS_FOR_EACH,
  type ControlWords,
  CURSOR_END,
  WORKER_ASSIGNED_RUN,
  WORKER_CURSOR,
  WORKER_DONE,
} from './control-block.ts'
import { JobReader } from './job-reader.ts'
import { remainingMs } from './run-timeout.ts'
import type { System } from './system.ts'
import { failureOf, reportFailure } from './system-failure.ts'

export interface RunnerParts {
  readonly control: ControlWords
  /** The words of this worker in the control block. `index` is the worker's index there. */
  readonly own: ControlWords
  readonly index: number
  readonly storage: SystemStorage
  readonly pool: Pool
  readonly scratch: Scratch
  readonly commands: CommandBuffer
  /** The systems, in the order of their sorted names. */
  readonly systems: readonly System[]
  /** Called after the last batch of a run that did not fail. */
  tidyUp?(): void
}

export class SystemRunner {
  readonly #parts: RunnerParts
  readonly #jobs: JobReader
  readonly #context: BatchContext

  constructor(parts: RunnerParts) {
    const { control, storage, pool, commands, scratch } = parts
    this.#parts = parts
    this.#jobs = new JobReader(control, storage.tables)
    this.#context = new BatchContext(storage, pool, commands, scratch, this.#jobs)
  }

  /**
   * Takes part in the assigned run, if there is one and the group does not revoke it at this
   * moment. Reports the errors that systems throw, and does not throw.
   * @param deadline the time from which no batch begins
   * @returns whether batches remained because of the deadline
   */
  runAssigned(deadline: number): boolean {
    const { own } = this.#parts
    const run = own.load(WORKER_ASSIGNED_RUN)
    const isTaken = run > 0 && own.exchange(WORKER_ASSIGNED_RUN, run, ~run) === run
    return isTaken && this.#run(run, deadline)
  }

  #run(run: number, deadline: number): boolean {
    const { control, own, index, storage, pool, scratch, commands, systems } = this.#parts
    const context = this.#context
    const jobs = this.#jobs
    let isInBatch = false
    let isLate = false
    try {
      jobs.begin()
      storage.sync()
      for (;;) {
        const batch = this.#takeBatch()
        if (!jobs.enter(batch)) break
        isLate = remainingMs(deadline) <= 0
        if (isLate) break
        context.args = jobs.args
        context.from = jobs.from
        scratch.reset()
        commands.begin(jobs.sortKey)
        isInBatch = true
        const result: unknown = systems[jobs.system](context)
        if (isThenable(result)) {
          result.then(undefined, () => {}) // the run fails; a rejection would end the worker
          throw isAsynchronous()
        }
        isInBatch = false
        const { words, first } = control
        const commandWorker = commands.hasCommandsSinceBegin ? index + 1 : 0
        words[first + batchWord(batch, BATCH_COMMAND_WORKER)] = commandWorker
        words[first + batchWord(batch, BATCH_RUN)] = run
      }
      scratch.reset()
      this.#parts.tidyUp?.()
    } catch (error) {
      control.store(CONTROL_CURSOR, CURSOR_END)
      reportFailure(own, run, failureOf(error, Math.max(0, jobs.index), jobs.from))
      if (isInBatch || !pool.isOpen) commands.abort()
    } finally {
      storage.detach()
      own.store(WORKER_DONE, run)
      control.raise(CONTROL_DONE_SIGNAL)
    }
    return isLate
  }

  /**
   * Takes the next batch, and returns its index. If each worker has a batch of its own, takes that
   * batch once; the common cursor then stays at 0 until the run times out or a system throws.
   */
  #takeBatch(): number {
    const { control, own } = this.#parts
    const { words, first } = control
    const cursor = first + CONTROL_CURSOR
    if (words[first + CONTROL_IS_FOR_EACH] === 0) return Atomics.add(words, cursor, 1)
    if (Atomics.load(words, cursor) !== 0) return CURSOR_END
    return Atomics.add(words, own.first + WORKER_CURSOR, CURSOR_END)
  }
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
