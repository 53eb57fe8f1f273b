/** Frees that there was no memory for, which are tried again. */
import type { Pool } from '@ashlar/core'
import { codeOf } from './thrown.ts'

export class Frees {
  readonly pool: Pool
  /** Blocks of other threads that there was no memory to tell them of. */
  #unfreedOffsets: number[] = []

  constructor(pool: Pool) {
    this.pool = pool
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
    if (this.#unfreedOffsets.length === 0) return
    const offsets = this.#unfreedOffsets
    this.#unfreedOffsets = []
    for (const offset of offsets) this.free(offset)
  }

  /** Whether there is something left for `sync`. */
  get isBehind(): boolean {
    return this.#unfreedOffsets.length > 0
  }
}

/** By its code: the core that the error is of may be another copy, ESM or CommonJS, than ours. */
export const isOutOfMemory = (error: unknown) => codeOf(error) === 'out-of-memory'
