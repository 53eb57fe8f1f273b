/**
 * Blocks that are no longer published: old columns, row indexes, manifests and entity ids. A block
 * is freed when each attached thread has seen an epoch in which the block was already replaced.
 */
import type { Pool } from '@ashlar/core'
import { freeReserved } from '../memory/blocks.ts'

export class RetiredBlocks {
  readonly #pool: Pool
  /**
   * The offsets of the blocks. `#epochs` has, for each block, the first epoch without it. The first
   * `#count` elements of both are in use.
   */
  readonly #offsets: number[] = []
  readonly #epochs: number[] = []
  #count = 0
  /** The total byte length of the blocks. */
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

  /**
   * Adds a block.
   * @param epoch the first epoch without the block
   */
  add(offset: number, epoch: number): void {
    this.#offsets[this.#count] = offset
    this.#epochs[this.#count++] = epoch
    this.byteLength += this.#pool.byteLengthOf(offset)
  }

  /** Frees the blocks that were replaced in this epoch or an earlier one. */
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
