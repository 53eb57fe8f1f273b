/** A block that is overwritten again and again, and grows with the longest content. */
import type { Pool } from '@ashlar/core'

export class ReusableBlock {
  readonly #pool: Pool
  #offset = 0
  #byteLength = -1

  constructor(pool: Pool) {
    this.#pool = pool
  }

  /** Returns room for so many bytes. The content is lost. @throws ArenaError 'out-of-memory' */
  take(byteLength: number): number {
    if (byteLength > this.#byteLength) {
      const offset = this.#pool.tryAlloc(byteLength * 2) || this.#pool.alloc(byteLength)
      this.dispose()
      this.#offset = offset
      this.#byteLength = this.#pool.byteLengthOf(offset)
    }
    return this.#offset
  }

  dispose(): void {
    this.#pool.free(this.#offset)
    this.#offset = 0
    this.#byteLength = -1
  }
}
