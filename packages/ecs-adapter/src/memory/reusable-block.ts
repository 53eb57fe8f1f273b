/** Memory for something that is written anew again and again, and may be longer each time. */
import type { Pool } from '@ashlar/core'

/** A block that is as long as was ever needed. */
export class ReusableBlock {
  readonly #pool: Pool
  #offset = 0
  #byteLength = -1

  constructor(pool: Pool) {
    this.#pool = pool
  }

  /** 0 until something is taken. */
  get offset(): number {
    return this.#offset
  }

  /** So many bytes; what was there is lost. @throws ArenaError 'out-of-memory' */
  take(byteLength: number): number {
    if (byteLength <= this.#byteLength) return this.#offset
    const offset = this.#pool.tryAlloc(byteLength * 2) || this.#pool.alloc(byteLength)
    this.#pool.free(this.#offset)
    this.#offset = offset
    this.#byteLength = this.#pool.byteLengthOf(offset)
    return offset
  }

  dispose(): void {
    this.#pool.free(this.#offset)
    this.#offset = 0
    this.#byteLength = -1
  }
}
