/** The blocks that variable-length fields allocate in one thread, and the memory they lie in. */
import type { Pool } from '@ashlar/core'
import type { Cells } from './cells.ts'

export class Blocks {
  readonly pool: Pool
  readonly cells: Cells
  /** Blocks of other threads that there was no memory to tell them of. */
  readonly #unfreedOffsets: number[] = []

  constructor(pool: Pool, cells: Cells) {
    this.pool = pool
    this.cells = cells
  }

  /**
   * Frees a block of any thread. In a full arena there may be no room to tell its owner: then it
   * waits for `sync`, so that whoever gives back what he has replaced cannot fail half-way.
   * @throws ArenaError as `pool.free`, but for 'out-of-memory'
   */
  free(offset: number): void {
    try {
      this.pool.free(offset)
    } catch (error) {
      if (!isOutOfMemory(error)) throw error
      this.#unfreedOffsets.push(offset)
    }
  }

  /** Frees what could not be freed before. */
  sync(): void {
    for (let count = this.#unfreedOffsets.length; count > 0; count--) {
      this.free(this.#unfreedOffsets.pop()!)
    }
  }
}

/** By its code: the core that the error is of may be another copy, ESM or CommonJS, than ours. */
export const isOutOfMemory = (error: unknown) =>
  error instanceof Error && 'code' in error && error.code === 'out-of-memory'
