/**
 * Blocks that are no longer published: old columns, row indexes, manifests and entity ids. A block
 * is freed when each attached thread has seen an epoch in which the block was already replaced.
 */
import type { Pool } from '@ashlar/core'
import { freeReserved } from '../memory/blocks.ts'

export class RetiredBlocks {
  readonly #pool: Pool
  /** Offsets of blocks, and the first epoch without each block: the first `#count` of both. */
  readonly #offsets: number[] = []
  readonly #epochs: number[] = []
  #count = 0
  /** How many bytes the blocks have. */
  byteLength = 0

  constructor(pool: Pool) {
    this.#pool = pool
  }

  get offsets(): readonly number[] {
    return this.#offsets.slice(0, this.#count)
  }

  get isEmpty(): boolean {
    return this.#count === 0
  }

  /** @param epoch the first epoch without the block */
  add(offset: number, epoch: number): void {
    this.#offsets[this.#count] = offset
    this.#epochs[this.#count++] = epoch
    this.byteLength += this.#pool.byteLengthOf(offset)
  }

  /** Frees the blocks that were replaced in this epoch or earlier. */
  free(epoch: number): void {
    for (let i = this.#count - 1; i >= 0; i--) {
      if (((epoch - this.#epochs[i]) | 0) < 0) continue
      const offset = this.#offsets[i]
      const last = --this.#count
      this.#offsets[i] = this.#offsets[last]
      this.#epochs[i] = this.#epochs[last]
      this.#free(offset)
    }
  }

  freeAll(): void {
    while (this.#count > 0) this.#free(this.#offsets[--this.#count])
  }

  #free(offset: number): void {
    this.byteLength -= this.#pool.byteLengthOf(offset)
    freeReserved(this.#pool, offset)
  }
}
