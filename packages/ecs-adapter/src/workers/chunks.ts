/** The chunks of a run's entities, as views: made once for runs over the same ids in the same place. */
export class Chunks {
  #ids: Int32Array = new Int32Array(0)
  #chunkLength = 0
  #views: Int32Array[] = []

  /** Tells where the ids are now, and how many make a chunk. */
  bind(buffer: ArrayBufferLike, byteOffset: number, count: number, chunkLength: number): void {
    const ids = this.#ids
    const isSame = ids.buffer === buffer && ids.byteOffset === byteOffset && ids.length === count
    if (isSame && this.#chunkLength === chunkLength) return
    this.#ids = new Int32Array(buffer, byteOffset, count)
    this.#chunkLength = chunkLength
    this.#views = []
  }

  at(chunk: number): Int32Array {
    this.#views[chunk] ??= this.#view(chunk)
    return this.#views[chunk]
  }

  #view(chunk: number): Int32Array {
    const from = chunk * this.#chunkLength
    return this.#ids.subarray(from, from + this.#chunkLength)
  }
}
