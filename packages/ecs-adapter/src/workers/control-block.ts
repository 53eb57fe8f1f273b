/**
 * The block by which a group and its workers tell each other what to do. By 32-bit words:
 *
 *     0    run: its number; workers wait here      } written by the group
 *     1    how many chunks its jobs have           } before it raises the run
 *     2    1 when these are one for each worker    }
 *     16   cursor: the next chunk that nobody has taken
 *     32   bell: raised by a worker that is done; the group waits here
 *     48.. a line for each worker
 *     ..   for each job: its system, as an index among the names; byte offset and number of the entity
 *          ids; how many make a chunk; arguments: byte offset, byte length; its first chunk; its number,
 *          the same in each run of a schedule; what it declares, where that is checked: byte offset, byte
 *          length: written by the group before it raises the run
 *     ..   for each chunk, the last run in which it was done; the line, plus 1, of the worker that gave
 *          commands in it then, else 0: they are lost when that one dies before they are applied
 *
 * A job is one system of a run, over its entities. The chunks of all jobs are one sequence, in the order
 * of the jobs, under one cursor: a worker goes on with the next job while others end the one before.
 *
 * A worker takes chunks until there are none. So that nobody waits for one that is slow to wake, it
 * takes part only if it turns its ticket for the run in; the group revokes tickets when all chunks are
 * taken. What a dead worker had taken is what is not done when all others are. In a run for each worker
 * the cursor stays where it is, so that all are waited for.
 */
import type { Life } from '@ashlar/core'
import { isError } from '../base/thrown.ts'
import type { StorageHandle } from '../shared/directory.ts'

export const CONTROL_RUN = 0
export const CONTROL_CHUNK_COUNT = 1
export const CONTROL_IS_FOR_EACH = 2
export const CONTROL_CURSOR = 16
export const CONTROL_DONE_SIGNAL = 32

/** Of a worker's line, of 64 bytes: no two workers write to the same line of a cache. */
export const WORDS_PER_WORKER = 16
/** The run that it shall take part in, by the group; turned in by the worker, ~run. */
export const WORKER_ASSIGNED_RUN = 0
/** The last run that it was done with. */
export const WORKER_DONE = 1
/** Set by the group: it shall leave. */
export const WORKER_LEAVE = 2
/** Set by the worker: it has left, and closed its pool. */
export const WORKER_LEFT = 3
/** Of its pool, plus 1; 0 before it is open. */
export const WORKER_GENERATION = 4
/** Of its scratch, 0 where there is none. */
export const WORKER_SCRATCH = 5
/** The last run in which a system threw; and where, how long the report is. */
export const WORKER_ERROR_RUN = 6
export const WORKER_ERROR = 7
export const WORKER_ERROR_BYTE_LENGTH = 8
/** Of its commands, 0 where there are none. */
export const WORKER_COMMANDS = 9
/** Of a run for each worker: a cursor of its own, at its chunk. */
export const WORKER_CURSOR = 10

/** Of a job's words. */
export const JOB_SYSTEM = 0
export const JOB_IDS = 1
export const JOB_ENTITY_COUNT = 2
export const JOB_CHUNK_LENGTH = 3
export const JOB_ARGS = 4
export const JOB_ARGS_BYTE_LENGTH = 5
export const JOB_FIRST_CHUNK = 6
export const JOB_NUMBER = 7
export const JOB_DECLARED = 8
export const JOB_DECLARED_BYTE_LENGTH = 9

export const WORKER_CAPACITY = 64
export const JOB_CAPACITY = 64
/** Of all jobs of a run together. */
export const CHUNK_CAPACITY = 1024
/** A cursor from which on there is nothing to take. Workers may raise it further. */
export const CURSOR_END = 2 ** 30

const LINES = 48
const JOBS = LINES + WORKER_CAPACITY * WORDS_PER_WORKER
const JOB_WORD_COUNT = 10
const CHUNKS = JOBS + JOB_CAPACITY * JOB_WORD_COUNT
const CHUNK_WORD_COUNT = 2
/** Of a chunk's words. */
export const CHUNK_RUN = 0
export const CHUNK_COMMAND_WORKER = 1
export const CONTROL_BYTE_LENGTH = (CHUNKS + CHUNK_CAPACITY * CHUNK_WORD_COUNT) * 4

/** Word indices from the board's first word. */
export const workerWord = (line: number, field: number) => LINES + line * WORDS_PER_WORKER + field
export const jobWord = (job: number, field: number) => JOBS + job * JOB_WORD_COUNT + field
export const chunkWord = (chunk: number, field: number) => CHUNKS + chunk * CHUNK_WORD_COUNT + field

/** Of each worker's report of an error. */
export const ERROR_BYTE_LENGTH = 8192

/** What a report says of an error that a system threw. */
export interface SystemFailure {
  readonly name: string
  readonly message: string
  readonly stack: string
  /** The place of its job in the run; and of the chunk, in the entities of the job. */
  readonly job: number
  readonly from: number
}

/** Of whatever was thrown, though its getters throw as well. Never throws. */
export function failureOf(error: unknown, job: number, from: number): SystemFailure {
  try {
    const { name, message, stack } = isError(error) ? error : new Error(String(error))
    return {
      name: String(name).slice(0, 100),
      message: String(message).slice(0, 1000),
      stack: String(stack).slice(0, 2000),
      job,
      from,
    }
  } catch {
    return { name: 'Error', message: 'something that cannot be shown', stack: '', job, from }
  }
}

/** The message by which a group asks a worker to join. */
export interface Invitation {
  readonly ashlar: 'group-invitation'
  /** Tells groups apart. */
  readonly group: string
  readonly arena: { readonly buffer: ArrayBufferLike; readonly byteOffset: number }
  readonly storage: StorageHandle
  readonly controlBlock: number
  readonly line: number
  readonly slot: number
  readonly life: Life
  /** One word, not in the arena: whoever sets it first decides whether the worker joins. */
  readonly claim: Int32Array
  readonly scratchByteLength: number
}

/** What the worker sets, and the group when it waits no longer. The worker holds its life before. */
export const CLAIM_JOINS = 1
export const CLAIM_WITHDRAWN = 2

/** Whether nobody has set it before. */
export const isFirstToClaim = (claim: Int32Array, value: number) =>
  Atomics.compareExchange(claim, 0, 0, value) === 0

/** The worker's answer. */
export interface Reply {
  readonly ashlar: 'group-reply'
  readonly group: string
  readonly line: number
  /** Sorted: a system's index is its place here. Missing when it could not join. */
  readonly systems?: readonly string[]
  /** Why it could not. */
  readonly error?: string
}

export const isInvitation = (message: unknown): message is Invitation =>
  isTagged(message) && message.ashlar === 'group-invitation'

export const isReply = (message: unknown): message is Reply =>
  isTagged(message) && message.ashlar === 'group-reply'

const isTagged = (message: unknown): message is { readonly ashlar: unknown } =>
  typeof message === 'object' && message !== null && 'ashlar' in message
