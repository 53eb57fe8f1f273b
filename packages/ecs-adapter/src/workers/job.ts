/** One system of a run: what it is called with, its batches, and where workers find them. */
import { invalidArgument, shownError } from '../base/errors.ts'
import { encodeJson, refuseLoss } from '../base/json.ts'
import { notAlone } from '../base/run-errors.ts'
import { isError } from '../base/thrown.ts'
import {
  BATCH_CAPACITY,
  JOB_ARGS,
  JOB_BATCH_LENGTH,
  JOB_ENTITY_COUNT,
  JOB_IDS,
  JOB_NUMBER,
  JOB_SYSTEM,
  jobWord,
} from './control-block.ts'
import {
  EACH_WORKER,
  EntityBlock,
  type JobStorage,
  JsonBlock,
  type RunEntities,
} from './run-input.ts'

export interface ChunkOptions {
  /**
   * How many entities, or chunks of a table, a worker takes at a time. The least is a 1024th of all
   * entities, and n times that in a stage of n systems. The default is a 16th of a worker's share,
   * so that uneven work is spread.
   */
  readonly chunkLength?: number
}

/**
 * A system to run, and over what. All runs of a call use one object, filled in when each begins.
 */
export interface SystemCall {
  /** The name that errors give. */
  name: string
  system: string
  entities: RunEntities
  args: unknown
  chunkLength: number | undefined
  /** Distinguishes the calls of a schedule: the ids of a call stay in one place from run to run. */
  readonly number: number
  /**
   * The functions that give entities and arguments when the run begins, if the caller gave such.
   */
  readonly inputs?: {
    readonly entities: () => RunEntities
    readonly args?: (() => unknown) | undefined
  }
}

/** The workers of a run, and the control block that they read. */
export interface JobWorkers {
  readonly words: Int32Array
  readonly controlBlock: number
  readonly systems: readonly string[]
  readonly members: { readonly length: number }
}

const BATCHES_PER_WORKER = 16

export class Job {
  name = ''
  entityCount = 0
  batchLength = 1
  /** Among the batches of the whole run. */
  firstBatch = 0
  batchCount = 0
  readonly #number: number
  readonly #entities: EntityBlock
  readonly #args: JsonBlock

  constructor(storage: JobStorage, number: number) {
    this.#number = number
    this.#entities = new EntityBlock(storage)
    this.#args = new JsonBlock(storage.pool)
  }

  /** For `verifyStorage`. */
  get heldOffsets(): readonly number[] {
    return [this.#entities.heldOffset, this.#args.heldOffset]
  }

  /**
   * Comes before any check, as it runs the caller's code: `inputs`, and `toJSON` of the arguments.
   * @throws StorageError 'invalid-argument'; ArenaError 'out-of-memory'; what `inputs` throw
   */
  placeArgs(call: SystemCall): void {
    const { inputs } = call
    if (inputs !== undefined) {
      call.entities = inputs.entities()
      call.args = inputs.args?.()
    }
    const { args } = call
    this.#args.place(args === undefined ? undefined : encodeArgs(args))
  }

  /**
   * Checks a call, places its entities, cuts them into batches, and writes the job down.
   * @param index among the jobs of the run
   * @returns the first batch of the next job
   * @throws StorageError 'invalid-argument'; ArenaError 'out-of-memory'
   */
  prepare(
    call: SystemCall,
    index: number,
    firstBatch: number,
    callCount: number,
    workers: JobWorkers,
  ): number {
    const { name, system, entities, chunkLength } = call
    const { systems, members, controlBlock } = workers
    const systemIndex = systems.indexOf(system)
    if (systemIndex === -1) {
      throw invalidArgument('the system', system, `one of ${systems.join(', ')}`)
    }
    if (entities === EACH_WORKER && (callCount > 1 || chunkLength !== undefined)) {
      throw notAlone(name)
    }
    if (chunkLength !== undefined) checkChunkLength(chunkLength)
    const count = this.#entities.place(entities, members.length)
    const length = chunkLength ?? Math.ceil(count / (BATCHES_PER_WORKER * members.length))
    const batchCountMax = Math.floor(BATCH_CAPACITY / callCount)
    this.name = name
    this.entityCount = count
    // At most `count`, which fits into a word.
    this.batchLength = Math.max(1, Math.min(length, count), Math.ceil(count / batchCountMax))
    this.firstBatch = firstBatch
    this.batchCount = Math.ceil(count / this.batchLength)

    const { words } = workers
    const word = controlBlock + jobWord(index, 0)
    words[word + JOB_SYSTEM] = systemIndex
    words[word + JOB_IDS] = this.#entities.offset
    words[word + JOB_ENTITY_COUNT] = count
    words[word + JOB_BATCH_LENGTH] = this.batchLength
    words[word + JOB_NUMBER] = this.#number
    words[word + JOB_ARGS] = this.#args.offset
    words[word + JOB_ARGS + 1] = this.#args.byteLength
    return firstBatch + this.batchCount
  }

  /** Repairs the chunks of a table that a worker may have died in. */
  repair(): void {
    this.#entities.repair()
  }

  dispose(): void {
    this.#entities.dispose()
    this.#args.dispose()
  }
}

function encodeArgs(args: unknown): Uint8Array {
  try {
    return encodeJson(args, refuseLoss)
  } catch (error) {
    const reason = isError(error) ? error.message : shownError(error)
    throw invalidArgument('args', args, `plain values that JSON can hold, but ${reason}`)
  }
}

/** @throws StorageError 'invalid-argument' */
export function checkChunkLength(chunkLength: unknown): void {
  if (Number.isInteger(chunkLength) && (chunkLength as number) > 0) return
  throw invalidArgument('chunkLength', chunkLength, 'a whole number of entities above 0')
}
