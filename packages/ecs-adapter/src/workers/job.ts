/**
 * The systems of a run as jobs. A job places the input and the batches of its system where workers
 * find them.
 */
import { invalidArgument, shownError } from '../base/errors.ts'
import { encodeJson, refuseLoss, storeBytes } from '../base/json.ts'
import { noSuch } from '../base/nearest.ts'
import { notAlone } from '../base/run-errors.ts'
import { isError } from '../base/thrown.ts'
import type { Storage } from '../storage/storage-api.ts'
import { batchCountOf, batchLengthFor, checkBatchSize } from './batch-size.ts'
import {
  type ControlWords,
  JOB_ARGS,
  JOB_BATCH_LENGTH,
  JOB_ENTITY_COUNT,
  JOB_IDS,
  JOB_NUMBER,
  JOB_SYSTEM,
  JOB_TABLE,
  JOB_TABLE_SERIAL,
  jobWord,
} from './control-block.ts'
import {
  EACH_WORKER,
  InputBlock,
  isTable,
  placeEntities,
  type RunEntities,
  repairChunks,
} from './run-input.ts'

/** A system to run, and the entities to run it over. */
export interface SystemCall {
  /** The name for error messages. */
  name: string
  system: string
  entities: RunEntities
  args?: unknown
  batchSize?: number | undefined
  /**
   * A number that distinguishes the calls of a schedule. The ids of a call stay in one place from
   * run to run.
   */
  readonly number: number
  /**
   * Functions that return entities and arguments when the run begins. They replace the properties
   * above.
   */
  readonly inputs?: {
    readonly entities: () => RunEntities
    readonly args?: (() => unknown) | undefined
  }
}

/** The workers of a run, and the control block that they read. */
export interface JobWorkers {
  readonly control: ControlWords
  readonly systems: readonly string[]
  readonly members: readonly unknown[]
}

/** The jobs of a group, which all its runs reuse. */
export class JobList {
  readonly #storage: Storage
  /** The jobs, by the number of their call. */
  readonly #all: Job[] = []
  readonly #present: Job[] = []

  constructor(storage: Storage) {
    this.#storage = storage
  }

  /** The offsets of the blocks that the jobs hold, for `verifyStorage`. */
  get heldOffsets(): readonly number[] {
    return this.#all.flatMap((job) => job.heldOffsets).filter((offset) => offset !== 0)
  }

  /**
   * Prepares a run: checks the calls, places their input, and writes the jobs down for workers.
   * @returns the jobs, in the same array each time
   * @throws StorageError 'invalid-argument'; ArenaError 'out-of-memory'; the errors that `inputs`
   * throw
   */
  prepare(calls: readonly SystemCall[], workers: JobWorkers): readonly Job[] {
    const jobs = this.#present
    const { length } = calls
    if (jobs.length > length) jobs.length = length
    for (let i = 0; i < length; i++) {
      const { number } = calls[i]
      this.#all[number] ??= new Job(this.#storage, number)
      jobs[i] = this.#all[number]
      jobs[i].takeInput(calls[i]) // code of the caller, which may change what is checked below
    }
    let firstBatch = 0
    for (let i = 0; i < length; i++) {
      jobs[i].place(calls[i], i, firstBatch, length, workers)
      firstBatch += jobs[i].batchCount
    }
    return jobs
  }

  dispose(): void {
    for (const job of this.#all) job?.dispose()
  }
}

/** One system of a run. */
export class Job {
  name = ''
  entityCount = 0
  batchLength = 1
  /** The index of the job's first batch among the batches of the whole run. */
  firstBatch = 0
  batchCount = 0
  isForEach = false
  readonly #number: number
  readonly #storage: Storage
  readonly #ids: InputBlock
  readonly #args: InputBlock
  #argsByteLength = 0
  #entities: RunEntities = []

  constructor(storage: Storage, number: number) {
    this.#number = number
    this.#storage = storage
    this.#ids = new InputBlock(storage.pool)
    this.#args = new InputBlock(storage.pool)
  }

  get heldOffsets(): readonly number[] {
    return [this.#ids.block, this.#args.block]
  }

  /**
   * Stores the entities, and places the arguments. This runs code of the user: `inputs` and
   * `toJSON`.
   */
  takeInput({ inputs, entities, args }: SystemCall): void {
    this.#entities = inputs === undefined ? entities : inputs.entities()
    const given = inputs === undefined ? args : inputs.args?.()
    this.#argsByteLength = 0
    if (given === undefined) return
    const bytes = encodeArgs(given)
    this.#args.take(bytes.length)
    storeBytes(this.#storage.pool.arena.i32, this.#args.offset, bytes)
    this.#argsByteLength = bytes.length
  }

  /**
   * Checks the call, places its entities, cuts them into batches, and writes the job down.
   * @param index the index among the jobs of the run
   */
  place(
    { name, system, batchSize }: SystemCall,
    index: number,
    firstBatch: number,
    callCount: number,
    { systems, members, control }: JobWorkers,
  ): void {
    const systemIndex = systems.indexOf(system)
    if (systemIndex === -1) {
      throw noSuch('system', system, systems)
    }
    this.isForEach = this.#entities === EACH_WORKER
    if (this.isForEach && (callCount > 1 || batchSize !== undefined)) throw notAlone(name)
    if (batchSize !== undefined) checkBatchSize(batchSize)
    const count = placeEntities(this.#ids, this.#entities, this.#storage, members.length)
    this.name = name
    this.entityCount = count
    this.batchLength = batchLengthFor(count, batchSize, members.length, callCount)
    this.firstBatch = firstBatch
    this.batchCount = batchCountOf(count, this.batchLength)

    const { words } = control
    const word = control.first + jobWord(index, 0)
    words[word + JOB_SYSTEM] = systemIndex
    words[word + JOB_IDS] = this.#ids.offset
    words[word + JOB_ENTITY_COUNT] = count
    words[word + JOB_BATCH_LENGTH] = this.batchLength
    words[word + JOB_NUMBER] = this.#number
    words[word + JOB_ARGS] = this.#args.offset
    words[word + JOB_ARGS + 1] = this.#argsByteLength
    const handle = isTable(this.#entities) ? this.#entities.handle : NO_TABLE
    words[word + JOB_TABLE] = handle.offset
    words[word + JOB_TABLE_SERIAL] = handle.serial
  }

  /** Repairs the chunks of a table in which a worker may have died. */
  repair(): void {
    repairChunks(this.#ids, this.#entities, this.entityCount)
  }

  dispose(): void {
    for (const offset of this.heldOffsets) this.#storage.pool.free(offset)
  }
}

const NO_TABLE = { offset: 0, serial: 0 }

function encodeArgs(args: unknown): Uint8Array {
  try {
    return encodeJson(args, refuseLoss)
  } catch (error) {
    const reason = isError(error) ? error.message : shownError(error)
    throw invalidArgument('args', args, `plain values that JSON can hold, but ${reason}`)
  }
}
