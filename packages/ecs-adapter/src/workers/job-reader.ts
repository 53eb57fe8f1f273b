/** The jobs of a run as a worker meets them: by the chunks that it takes, in their order. */

import { loadJson } from '../base/json.ts'
import { Chunks } from './chunks.ts'
import {
  CONTROL_CHUNK_COUNT,
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

export class JobReader {
  /** The place of the job that it is at, among those of the run; -1 before the first. */
  index = -1
  /** Of that job: an index among the systems, and its arguments. */
  system = 0
  args: unknown
  /** What it declares, where that is to be checked. */
  declared: Declared | undefined
  readonly #words: Int32Array
  readonly #controlBlock: number
  /** By the numbers of jobs. */
  readonly #chunks: Chunks[] = []
  #views = new Chunks()
  #chunkCount = 0
  #firstChunk = 0
  #endChunk = 0
  #chunkLength = 1
  /** The entities of this job, and of those before it. */
  #entityCount = 0
  #entityCountBefore = 0

  constructor(words: Int32Array, controlBlock: number) {
    this.#words = words
    this.#controlBlock = controlBlock
  }

  /** A run begins. */
  begin(): void {
    this.#chunkCount = this.#words[this.#controlBlock + CONTROL_CHUNK_COUNT]
    this.index = -1
    this.args = undefined
    this.#endChunk = 0
    this.#entityCount = 0
    this.#entityCountBefore = 0
  }

  /** Goes on to the job that a chunk is of; false when there is no such chunk. Chunks ascend. */
  enter(chunk: number): boolean {
    if (chunk >= this.#chunkCount) return false
    if (chunk < this.#endChunk) return true
    while (chunk >= this.#endChunk) this.#next()
    this.#load()
    return true
  }

  /** Where a chunk begins, in the entities of its job. */
  from(chunk: number): number {
    return (chunk - this.#firstChunk) * this.#chunkLength
  }

  /** The same in the entities of all jobs, one after the other: the place of its commands. */
  place(chunk: number): number {
    return this.#entityCountBefore + this.from(chunk)
  }

  entities(chunk: number): Int32Array {
    return this.#views.at(chunk - this.#firstChunk)
  }

  #next(): void {
    this.index++
    this.#entityCountBefore += this.#entityCount
    this.#entityCount = this.#field(JOB_ENTITY_COUNT)
    this.#chunkLength = this.#field(JOB_CHUNK_LENGTH)
    this.#firstChunk = this.#field(JOB_FIRST_CHUNK)
    this.#endChunk = this.#firstChunk + Math.ceil(this.#entityCount / this.#chunkLength)
  }

  #load(): void {
    const words = this.#words
    this.system = this.#field(JOB_SYSTEM)
    const number = this.#field(JOB_NUMBER)
    this.#chunks[number] ??= new Chunks()
    this.#views = this.#chunks[number]
    this.#views.bind(words.buffer, this.#field(JOB_IDS), this.#entityCount, this.#chunkLength)
    this.args = this.#loadJson(JOB_ARGS, JOB_ARGS_BYTE_LENGTH)
    this.declared = this.#loadJson(JOB_DECLARED, JOB_DECLARED_BYTE_LENGTH) as Declared | undefined
  }

  /** Undefined where nothing was written. */
  #loadJson(field: number, byteLengthField: number): unknown {
    const byteLength = this.#field(byteLengthField)
    return byteLength === 0 ? undefined : loadJson(this.#words, this.#field(field), byteLength)
  }

  #field(field: number): number {
    return this.#words[this.#controlBlock + jobWord(this.index, field)]
  }
}
