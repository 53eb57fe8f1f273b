/** Blocks on their way from one worker to the next: a ring of offsets, one writer, one reader. */

const CAPACITY = 2 ** 12
const MASK = CAPACITY - 1

const PUT = 0
const TAKEN = 16 // a line further
const ENTRIES = 32

export class Belt {
  static readonly byteLength = (ENTRIES + CAPACITY) * 4
  readonly #words: Int32Array

  constructor(buffer: SharedArrayBuffer, byteOffset: number) {
    this.#words = new Int32Array(buffer, byteOffset, ENTRIES + CAPACITY)
  }

  /** False when it is full. */
  put(offset: number): boolean {
    const words = this.#words
    const count = words[PUT]
    if (((count - Atomics.load(words, TAKEN)) | 0) >= CAPACITY) return false
    words[ENTRIES + (count & MASK)] = offset
    Atomics.store(words, PUT, (count + 1) | 0)
    return true
  }

  /** 0 when it is empty. */
  take(): number {
    const words = this.#words
    const count = words[TAKEN]
    if (Atomics.load(words, PUT) === count) return 0
    const offset = words[ENTRIES + (count & MASK)]
    Atomics.store(words, TAKEN, (count + 1) | 0)
    return offset
  }
}
