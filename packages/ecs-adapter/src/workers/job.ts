/** One system of a run: what it is called with, how it is cut into chunks, and where workers find it. */
import type { Pool } from '@ashlar/core'
import { invalidArgument } from '../base/errors.ts'
import { notAlone } from '../storage/run-errors.ts'
import type { AnyTable } from '../tables/table-api.ts'
import {
  CHUNK_CAPACITY,
  JOB_ARGS,
  JOB_ARGS_BYTE_LENGTH,
  JOB_CHUNK_LENGTH,
  JOB_DECLARED,
  JOB_DECLARED_BYTE_LENGTH,
  JOB_ENTITY_COUNT,
  JOB_FIRST_CHUNK,
  JOB_IDS,
  JOB_NUMBER,
  JOB_SYSTEM,
  jobWord,
} from './control-block.ts'
import type { Declared } from './declared.ts'
import {
  checkedCount,
  EACH_WORKER,
  isTable,
  type RunEntities,
  repairChunk,
} from './run-entities.ts'
import { RunInput } from './run-input.ts'

export interface ChunkOptions {
  /**
   * How many entities, or chunks of a table, a worker takes at a time: at least a 1024th of all, in a stage of n systems n of
   * it. By default a 16th of its share, so that uneven ones are spread.
   */
  readonly chunkLength?: number
}

/** A system to run, and over what: one object for all runs of it, filled in when each begins. */
export interface SystemCall {
  /** By which errors call it. */
  name: string
  system: string
  entities: RunEntities
  args: unknown
  chunkLength: number | undefined
  /** Tells the calls of a schedule apart: each finds its ids where they were the last time. */
  readonly number: number
  /** What it may use by name, where workers are to check that. */
  readonly declared?: Declared | undefined
}

/** What a job wants to know of a storage. */
export interface JobStorage {
  readonly pool: Pool
  readonly tables: Readonly<Record<string, AnyTable>>
  readonly isVersioned: boolean
}

const CHUNKS_PER_WORKER = 16

export class Job {
  /** Of the call. */
  name = ''
  entityCount = 0
  chunkLength = 1
  /** Among those of the whole run. */
  firstChunk = 0
  chunkCount = 0
  /** Whether its chunks are not for whoever comes, but one for each worker. */
  isForEach = false
  readonly #number: number
  readonly #storage: JobStorage
  readonly #input: RunInput
  /** What it is over, unless it is ids. */
  #table: AnyTable | undefined
  #system = 0

  constructor(storage: JobStorage, number: number) {
    this.#number = number
    this.#storage = storage
    this.#input = new RunInput(storage.pool)
  }

  /** For `verifyStorage`. */
  get heldOffsets(): readonly number[] {
    return this.#input.heldOffsets
  }

  /**
   * Before anything is checked, as it may run code of the caller. Nobody reads what was placed before.
   * @throws StorageError 'invalid-argument'; ArenaError 'out-of-memory'
   */
  placeArgs({ args, declared }: SystemCall): void {
    this.#input.placeArgs(args, declared)
  }

  /** Checks a call, which is one of several. @throws StorageError 'invalid-argument' */
  check(
    call: SystemCall,
    systems: readonly string[],
    callCount: number,
    workerCount: number,
  ): void {
    this.#system = systems.indexOf(call.system)
    if (this.#system === -1) {
      throw invalidArgument('the system', call.system, `one of ${systems.join(', ')}`)
    }
    this.isForEach = call.entities === EACH_WORKER
    if (this.isForEach && (callCount > 1 || call.chunkLength !== undefined))
      throw notAlone(call.name)
    this.entityCount = checkedCount(call.entities, this.#storage.tables, workerCount)
    if (call.chunkLength !== undefined) checkChunkLength(call.chunkLength)
    this.name = call.name
  }

  /** After `check`: places the entities, and cuts what it has placed. @throws as `placeArgs` */
  place(call: SystemCall, firstChunk: number, callCount: number, workerCount: number): void {
    const { entities } = call
    this.firstChunk = firstChunk
    this.#table = isTable(entities) ? entities : undefined
    const { isVersioned } = this.#storage
    const count = this.#input.placeEntities(entities, this.entityCount, isVersioned)
    const length = call.chunkLength ?? Math.ceil(count / (CHUNKS_PER_WORKER * workerCount))
    const chunkCountMax = Math.floor(CHUNK_CAPACITY / callCount)
    this.entityCount = count
    // Of a whole number that the board's word has room for.
    this.chunkLength = Math.max(1, Math.min(length, count), Math.ceil(count / chunkCountMax))
    this.chunkCount = Math.ceil(count / this.chunkLength)
  }

  /** Writes it down as one of the board's jobs. */
  post(words: Int32Array, controlBlock: number, index: number): void {
    const word = controlBlock + jobWord(index, 0)
    words[word + JOB_SYSTEM] = this.#system
    words[word + JOB_IDS] = this.#input.idsOffset
    words[word + JOB_ENTITY_COUNT] = this.entityCount
    words[word + JOB_CHUNK_LENGTH] = this.chunkLength
    words[word + JOB_ARGS] = this.#input.argsOffset
    words[word + JOB_ARGS_BYTE_LENGTH] = this.#input.argsByteLength
    words[word + JOB_FIRST_CHUNK] = this.firstChunk
    words[word + JOB_NUMBER] = this.#number
    words[word + JOB_DECLARED] = this.#input.declaredOffset
    words[word + JOB_DECLARED_BYTE_LENGTH] = this.#input.declaredByteLength
  }

  /** Repairs all its chunks of a table: a worker may have died in any that it was given before. */
  repair(): void {
    if (this.#table === undefined) return
    const { i32 } = this.#storage.pool.arena
    const first = this.#input.idsOffset >> 2
    for (let place = 0; place < this.entityCount; place++) {
      repairChunk(this.#table, i32[first + place])
    }
  }

  dispose(): void {
    this.#input.dispose()
  }
}

/** @throws StorageError 'invalid-argument' */
export function checkChunkLength(chunkLength: unknown): void {
  if (Number.isInteger(chunkLength) && (chunkLength as number) > 0) return
  throw invalidArgument('chunkLength', chunkLength, 'a whole number of entities above 0')
}
