/**
 * Layout of the block in the arena by which a group directs its workers. By 32-bit words:
 *
 *     0    incremented for each run, and when workers shall leave; workers wait on it
 *     1    number of batches of the run                         } written by the group
 *     2    1 if each worker has a batch of its own, else 0      } before it wakes workers
 *     16   cursor: the next batch that no worker has taken
 *     32   done signal: incremented by a worker that is done; the group waits on it
 *     48.. 16 words for each worker, see WORKER_*
 *     ..   9 words for each job, see JOB_*; written by the group before it wakes workers
 *     ..   2 words for each batch: the last run in which it was done; index + 1 of the worker that
 *          recorded commands for it then, or 0 for none: if that worker dies, the commands are lost
 *
 * A job is one system of a run. One cursor runs over the batches of all jobs, in the order of the
 * jobs: a worker goes on to the next job while others are still in the one before.
 *
 * A worker that has confirmed its assignment takes batches until none is left. When all batches are
 * taken, the group revokes the other assignments, so it does not wait for workers that are slow to
 * wake. If a worker died, its batches are those that are not done when all other workers are. If
 * each worker has a batch of its own, the cursor does not move, so the group waits for all workers.
 */

export const CONTROL_RUN = 0
export const CONTROL_BATCH_COUNT = 1
export const CONTROL_IS_FOR_EACH = 2
export const CONTROL_CURSOR = 16
export const CONTROL_DONE_SIGNAL = 32

/** 64 bytes, so that two workers never write to the same cache line. */
export const WORDS_PER_WORKER = 16
/**
 * The group stores here the run in which the worker shall take part, and 0 when it revokes that.
 * The worker stores ~run to confirm it.
 */
export const WORKER_ASSIGNED_RUN = 0
/** The last run that the worker has finished. */
export const WORKER_DONE = 1
/** The group sets it to 1 when the worker shall leave. */
export const WORKER_LEAVE = 2
/** The worker sets it to 1 when it has left and closed its pool. */
export const WORKER_LEFT = 3
/** The generation of the worker's pool, plus 1. It is 0 before the pool is open. */
export const WORKER_GENERATION = 4
/**
 * The byte offset of the worker's scratch; 0 if there is none. The next word has that of its
 * commands.
 */
export const WORKER_SCRATCH = 5
export const WORKER_COMMANDS = 6
/**
 * The last run in which a system threw in this worker. The next words have the byte offset and
 * length of its report.
 */
export const WORKER_ERROR_RUN = 7
export const WORKER_ERROR = 8
/** The batch of this worker, if each worker has a batch of its own. */
export const WORKER_CURSOR = 10

/** The index of the job's system among the sorted names of all systems. */
export const JOB_SYSTEM = 0
/**
 * The byte offset of the ids or chunk numbers. The next words: how many there are, and how many
 * make a batch.
 */
export const JOB_IDS = 1
export const JOB_ENTITY_COUNT = 2
export const JOB_BATCH_LENGTH = 3
/** The value of `SystemCall.number`. It is the same in each run of a schedule. */
export const JOB_NUMBER = 4
/** The byte offset of the arguments as JSON. The next word has their byte length. */
export const JOB_ARGS = 5
/**
 * The byte offset in the handle of the table over whose chunks the job runs; 0 for ids. The next
 * word has the serial number.
 */
export const JOB_TABLE = 7
export const JOB_TABLE_SERIAL = 8

export const WORKER_CAPACITY = 64
export const JOB_CAPACITY = 64
/** The greatest number of batches in a run, over all jobs. */
export const BATCH_CAPACITY = 1024
/** A value of the cursor after all batches. Workers may increment the cursor further. */
export const CURSOR_END = 2 ** 30

const WORKERS = 48
const JOBS = WORKERS + WORKER_CAPACITY * WORDS_PER_WORKER
const WORDS_PER_JOB = 9
const BATCHES = JOBS + JOB_CAPACITY * WORDS_PER_JOB
const WORDS_PER_BATCH = 2
export const BATCH_RUN = 0
export const BATCH_COMMAND_WORKER = 1
export const CONTROL_BYTE_LENGTH = (BATCHES + BATCH_CAPACITY * WORDS_PER_BATCH) * 4

/** Return the index of a word in the control block. */
export const workerWord = (index: number, field: number) =>
  WORKERS + index * WORDS_PER_WORKER + field
export const jobWord = (job: number, field: number) => JOBS + job * WORDS_PER_JOB + field
export const batchWord = (batch: number, field: number) => BATCHES + batch * WORDS_PER_BATCH + field

/** Reads and writes the control block, or the words of one worker in it, for one thread. */
export class ControlWords {
  readonly memory: { readonly i32: Int32Array }
  /** The index in `words` of the first word of the block, or of the worker. */
  readonly first: number
  #words: Int32Array

  /** @param memory the arena */
  constructor(memory: { readonly i32: Int32Array }, first: number) {
    this.memory = memory
    this.first = first
    this.#words = memory.i32
  }

  /** The words of the whole arena. This array changes when an unshared WebAssembly.Memory grows. */
  get words(): Int32Array {
    if (this.#words[0] === undefined) this.#words = this.memory.i32
    return this.#words
  }

  load(word: number): number {
    return Atomics.load(this.words, this.first + word)
  }

  store(word: number, value: number): void {
    Atomics.store(this.words, this.first + word, value)
  }

  /** Stores a value if the word has the expected value. Returns the value before the call. */
  exchange(word: number, expected: number, value: number): number {
    return Atomics.compareExchange(this.words, this.first + word, expected, value)
  }

  /** Increments a word, and wakes the threads that wait for it. */
  raise(word: number): void {
    Atomics.add(this.words, this.first + word, 1)
    Atomics.notify(this.words, this.first + word)
  }
}
