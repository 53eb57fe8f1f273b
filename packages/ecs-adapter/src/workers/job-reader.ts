/** Reads the jobs of a run for a worker. The worker enters batches in ascending order. */
import { corrupt } from '../base/errors.ts'
import { loadJson } from '../base/json.ts'
import type { Table } from '../tables/table.ts'
import type { Chunk } from '../tables/table-chunk.ts'
import { batchCountOf } from './batch-size.ts'
import {
  CONTROL_BATCH_COUNT,
  CONTROL_IS_FOR_EACH,
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

export type Tables = Readonly<Record<string, Table>>

/** The property of the context by which a system reads its batch. */
export type BatchKind = 'entities' | 'chunks' | 'workerIndex'

/**
 * The batches of a job, as views of its ids or chunk numbers. They are kept for later runs over the
 * same number of ids or chunks.
 */
class Batches {
  readonly #ids: Int32Array
  readonly #length: number
  /** The table to whose chunks the numbers belong; undefined for ids. */
  readonly #table: Table | undefined
  readonly #views: Int32Array[] = []
  readonly #chunks: Chunk[][] = []

  constructor(ids: Int32Array, length: number, table: Table | undefined) {
    this.#ids = ids
    this.#length = length
    this.#table = table
  }

  isOver(
    buffer: ArrayBufferLike,
    byteOffset: number,
    count: number,
    length: number,
    serial: number,
  ): boolean {
    const ids = this.#ids
    const isSame = ids.buffer === buffer && ids.byteOffset === byteOffset && ids.length === count
    return isSame && this.#length === length && (this.#table?.handle.serial ?? 0) === serial
  }

  idsAt(index: number): Int32Array {
    const from = index * this.#length
    this.#views[index] ??= this.#ids.subarray(from, from + this.#length)
    return this.#views[index]
  }

  /** Returns the chunks of a batch, in the same array each time. */
  chunksAt(index: number): readonly Chunk[] {
    const numbers = this.idsAt(index)
    this.#chunks[index] ??= []
    const chunks = this.#chunks[index]
    for (let i = 0; i < numbers.length; i++) {
      const chunk = this.#table!.chunk(numbers[i])
      if (chunk === undefined) throw corrupt('the number of a chunk', numbers[i], 'that of a chunk')
      chunks[i] = chunk
    }
    return chunks
  }
}

/**
 * For how many different counts of entities a call keeps batches. A frame may have this many
 * `runSync`.
 */
const KEPT_CAPACITY = 16

/**
 * The batches of all runs of one call. `SystemCall.number` distinguishes the call in its schedule.
 */
class CallBatches {
  readonly #kept: Batches[] = []
  #oldest = 0

  find(
    buffer: ArrayBufferLike,
    byteOffset: number,
    count: number,
    length: number,
    serial: number,
  ): Batches | undefined {
    const kept = this.#kept
    for (let i = 0; i < kept.length; i++) {
      if (kept[i].isOver(buffer, byteOffset, count, length, serial)) return kept[i]
    }
  }

  add(batches: Batches): Batches {
    this.#kept[this.#oldest] = batches
    this.#oldest = (this.#oldest + 1) % KEPT_CAPACITY
    return batches
  }
}

export class JobReader {
  /** The index of the current job in the run; -1 before the first job. */
  index = -1
  /** The index of the job's system. */
  system = 0
  args: unknown
  kind: BatchKind = 'entities'
  /** The current batch, if its kind is `entities`. `chunks` has it if the kind is `chunks`. */
  ids: Int32Array = new Int32Array(0)
  chunks: readonly Chunk[] = []
  /**
   * The index of the batch's first element in the entities of the job. For `workerIndex`, the index
   * of the batch.
   */
  from = 0
  /** The index of that element in the entities of all jobs. It is the sort key of the commands. */
  sortKey = 0
  readonly #control: ControlWords
  readonly #tables: Tables
  /** The batches of each call, by `JOB_NUMBER`. */
  readonly #calls: CallBatches[] = []
  #batches = new Batches(this.ids, 1, undefined)
  #batchCount = 0
  #firstBatch = 0
  #endBatch = 0
  #batchLength = 1
  /**
   * How many entities the current job has. `#entityCountBefore` has the count for all jobs before
   * it.
   */
  #entityCount = 0
  #entityCountBefore = 0

  /** @param tables the tables of the storage in this thread */
  constructor(control: ControlWords, tables: Tables) {
    this.#control = control
    this.#tables = tables
  }

  /** Call it when a run begins. */
  begin(): void {
    this.#batchCount = this.#control.load(CONTROL_BATCH_COUNT)
    this.index = -1
    this.args = undefined
    this.from = 0
    this.#endBatch = 0
    this.#entityCount = 0
    this.#entityCountBefore = 0
  }

  /** Goes on to a later batch. Returns false if the run has no such batch. */
  enter(batch: number): boolean {
    if (batch >= this.#batchCount) return false
    if (batch >= this.#endBatch) {
      while (batch >= this.#endBatch) this.#next()
      this.#load()
    }
    const place = batch - this.#firstBatch
    this.from = place * this.#batchLength
    this.sortKey = this.#entityCountBefore + this.from
    if (this.kind === 'entities') this.ids = this.#batches.idsAt(place)
    else if (this.kind === 'chunks') this.chunks = this.#batches.chunksAt(place)
    return true
  }

  #next(): void {
    this.index++
    this.#entityCountBefore += this.#entityCount
    this.#entityCount = this.#field(JOB_ENTITY_COUNT)
    this.#batchLength = this.#field(JOB_BATCH_LENGTH)
    this.#firstBatch = this.#endBatch
    this.#endBatch += batchCountOf(this.#entityCount, this.#batchLength)
  }

  #load(): void {
    const { words } = this.#control
    this.system = this.#field(JOB_SYSTEM)
    const byteLength = this.#field(JOB_ARGS + 1)
    this.args = byteLength === 0 ? undefined : loadJson(words, this.#field(JOB_ARGS), byteLength)
    const isForEach = this.#control.load(CONTROL_IS_FOR_EACH) !== 0
    this.kind = isForEach ? 'workerIndex' : this.#field(JOB_TABLE) === 0 ? 'entities' : 'chunks'
    if (!isForEach) this.#batches = this.#findBatches(words.buffer)
  }

  #findBatches(buffer: ArrayBufferLike): Batches {
    const number = this.#field(JOB_NUMBER)
    this.#calls[number] ??= new CallBatches()
    const call = this.#calls[number]
    const byteOffset = this.#field(JOB_IDS)
    const count = this.#entityCount
    const length = this.#batchLength
    const serial = this.#field(JOB_TABLE_SERIAL)
    const found = call.find(buffer, byteOffset, count, length, serial)
    if (found !== undefined) return found
    const ids = new Int32Array(buffer, byteOffset, count)
    return call.add(new Batches(ids, length, this.#findTable(this.#field(JOB_TABLE), serial)))
  }

  #findTable(offset: number, serial: number): Table | undefined {
    if (offset === 0) return undefined
    const all = Object.values(this.#tables)
    const table = all.find(({ handle }) => handle.offset === offset && handle.serial === serial)
    if (table === undefined) throw corrupt('the table of a run', offset, 'one of the storage')
    return table
  }

  #field(field: number): number {
    return this.#control.load(jobWord(this.index, field))
  }
}
