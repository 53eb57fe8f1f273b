/** The buffer of an arena, as the elements that command records are made of. */
import type { Pool } from '@ashlar/core'

export class CommandViews {
  #words = new Int32Array(0)
  #numbers = new Float64Array(0)
  #bytes = new Uint8Array(0)
  readonly #pool: Pool

  constructor(pool: Pool) {
    this.#pool = pool
  }

  get words(): Int32Array {
    if (this.#words.length === 0) this.#renew()
    return this.#words
  }

  /** By word index >> 1. */
  get numbers(): Float64Array {
    if (this.#numbers.length === 0) this.#renew()
    return this.#numbers
  }

  get bytes(): Uint8Array {
    if (this.#bytes.length === 0) this.#renew()
    return this.#bytes
  }

  /** Takes up the present buffer: a WebAssembly.Memory that grows leaves empty views behind. */
  #renew(): void {
    const probe = this.#pool.allocArray(Uint8Array, 0)
    this.#pool.free(probe.byteOffset)
    const { buffer } = probe
    const byteLength = Math.min(buffer.byteLength, 2 ** 31) // no arena reaches further
    this.#words = new Int32Array(buffer, 0, byteLength >>> 2)
    this.#numbers = new Float64Array(buffer, 0, byteLength >>> 3)
    this.#bytes = new Uint8Array(buffer, 0, byteLength)
  }
}
