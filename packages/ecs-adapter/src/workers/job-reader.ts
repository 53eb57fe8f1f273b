/** Reads the jobs of a run for a worker, which enters batches in ascending order. */
import { loadJson } from '../base/json.ts'
import {
  CONTROL_BATCH_COUNT,
  type ControlWords,
  JOB_ARGS,
  JOB_BATCH_LENGTH,
  JOB_ENTITY_COUNT,
  JOB_IDS,
  JOB_NUMBER,
  JOB_SYSTEM,
  jobWord,
} from './control-block.ts'

/** Views of the batches of a job. Kept while runs have as many ids in the same place. */
class Batches {
  #ids: Int32Array = new Int32Array(0)
  #length = 0
  #views: Int32Array[] = []

  bind(buffer: ArrayBufferLike, byteOffset: number, count: number, length: number): void {
    const ids = this.#ids
    const isSame = ids.buffer === buffer && ids.byteOffset === byteOffset && ids.length === count
    if (isSame && this.#length === length) return
    this.#ids = new Int32Array(buffer, byteOffset, count)
    this.#length = length
    this.#views = []
  }

  at(index: number): Int32Array {
    const from = index * this.#length
    this.#views[index] ??= this.#ids.subarray(from, from + this.#length)
    return this.#views[index]
  }
}

export class JobReader {
  /** Index of the present job in the run; -1 before the first. */
  index = -1
  /** Index of the job's system. */
  system = 0
  args: unknown
  /** The ids of the present batch; the index of its first id in the entities of the job. */
  entities: Int32Array = new Int32Array(0)
  from = 0
  /** The index of that id in the entities of all jobs: the sort key of the commands. */
  sortKey = 0
  readonly #control: ControlWords
  /** By `JOB_NUMBER`. */
  readonly #allBatches: Batches[] = []
  #batches = new Batches()
  #batchCount = 0
  #firstBatch = 0
  #endBatch = 0
  #batchLength = 1
  /** How many entities this job has, and how many all jobs before it. */
  #entityCount = 0
  #entityCountBefore = 0

  constructor(control: ControlWords) {
    this.#control = control
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

  /** Goes on to a later batch; false if the run has no such batch. */
  enter(batch: number): boolean {
    if (batch >= this.#batchCount) return false
    if (batch >= this.#endBatch) {
      while (batch >= this.#endBatch) this.#next()
      this.#load()
    }
    const place = batch - this.#firstBatch
    this.from = place * this.#batchLength
    this.sortKey = this.#entityCountBefore + this.from
    this.entities = this.#batches.at(place)
    return true
  }

  #next(): void {
    this.index++
    this.#entityCountBefore += this.#entityCount
    this.#entityCount = this.#field(JOB_ENTITY_COUNT)
    this.#batchLength = this.#field(JOB_BATCH_LENGTH)
    this.#firstBatch = this.#endBatch
    this.#endBatch += Math.ceil(this.#entityCount / this.#batchLength)
  }

  #load(): void {
    const { words } = this.#control
    const number = this.#field(JOB_NUMBER)
    this.#allBatches[number] ??= new Batches()
    this.#batches = this.#allBatches[number]
    this.#batches.bind(words.buffer, this.#field(JOB_IDS), this.#entityCount, this.#batchLength)
    this.system = this.#field(JOB_SYSTEM)
    const byteLength = this.#field(JOB_ARGS + 1)
    this.args = byteLength === 0 ? undefined : loadJson(words, this.#field(JOB_ARGS), byteLength)
  }

  #field(field: number): number {
    return this.#control.load(jobWord(this.index, field))
  }
}
