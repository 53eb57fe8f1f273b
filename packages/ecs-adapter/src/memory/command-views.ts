/** The buffer of an arena, as the elements that command records are made of. */
import type { Pool } from '@ashlar/core'

export class CommandViews {
  #words: Int32Array = new Int32Array(0)
  #numbers: Float64Array = new Float64Array(0)
  #bytes: Uint8Array = new Uint8Array(0)
  readonly #pool: Pool

  constructor(pool: Pool) {
    this.#pool = pool
  }

  get words(): Int32Array {
    if (this.#words[0] === undefined) this.#renew()
    return this.#words
  }

  /** By word index >> 1. */
  get numbers(): Float64Array {
    if (this.#numbers[0] === undefined) this.#renew()
    return this.#numbers
  }

  get bytes(): Uint8Array {
    if (this.#bytes[0] === undefined) this.#renew()
    return this.#bytes
  }

  /** Takes up the present buffer: a WebAssembly.Memory that grows leaves empty views behind. */
  #renew(): void {
    const { arena } = this.#pool
    this.#words = arena.i32
    this.#numbers = arena.f64
    this.#bytes = arena.u8
  }
}
