/** The rows of a sparse component of another thread's storage. */
import type { Cells } from './cells.ts'
import type { ComponentRows, RowsEntry } from './directory.ts'
import { findRow, rowCountOf } from './row-index.ts'

export class AttachedRows implements ComponentRows {
  readonly #cells: Cells
  readonly #key: (eid: number) => number
  #words: Int32Array = new Int32Array(0)
  /** Word indices: of the index, and of the key of row 0. */
  #index = 0
  #keys = 0
  #entities: Int32Array = new Int32Array(0)

  /** @param key what the rows of an entity are found by */
  constructor(cells: Cells, key: (eid: number) => number) {
    this.#cells = cells
    this.#key = key
  }

  get count(): number {
    if (this.#words.length === 0) this.#renew()
    return rowCountOf(this.#words, this.#index)
  }

  get entities(): Int32Array {
    return this.#entities
  }

  row(eid: number): number {
    if (this.#words.length === 0) this.#renew()
    return findRow(this.#words, this.#index, this.#keys, this.#key(eid))
  }

  /** Makes the rows those of an entry. */
  follow({ index, entities, keys, rowCount }: RowsEntry): void {
    this.#renew()
    this.#index = index >> 2
    this.#keys = keys >> 2
    this.#entities = new Int32Array(this.#words.buffer, entities, rowCount)
  }

  /** Takes up the present buffer: a WebAssembly.Memory that grows leaves empty views behind. */
  #renew(): void {
    if (this.#cells.isDetached) this.#cells.renew()
    this.#words = this.#cells.signedWords
  }
}
