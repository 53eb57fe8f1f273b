// Names of blocks on their way from one worker to another: a ring with one writer and one reader.
// It is published every 32 entries, as the library's own mail is.

/** More than any workload has blocks; a power of two. */
const CAPACITY = 2 ** 19
const MASK = CAPACITY - 1
const BATCH = 32

// The writer's words and the reader's lie on different lines.
const WRITTEN = 0
const SENT = 1
const TAKEN = 16
const ENTRIES = 32

export const ringByteLength = (ENTRIES + CAPACITY) * 4

export class Ring {
  readonly #words: Int32Array

  constructor(buffer: SharedArrayBuffer, byteOffset: number) {
    this.#words = new Int32Array(buffer, byteOffset, ringByteLength >> 2)
  }

  push(block: number): void {
    const words = this.#words
    const written = words[WRITTEN]
    words[ENTRIES + (written & MASK)] = block
    words[WRITTEN] = written + 1
    if ((written + 1) % BATCH === 0) this.publish()
  }

  publish(): void {
    const words = this.#words
    const written = words[WRITTEN]
    if (words[SENT] === written) return
    const waiting = (written - Atomics.load(words, TAKEN)) | 0
    if (waiting > CAPACITY - BATCH) throw new Error(`the ring is full: ${waiting} blocks wait`)
    Atomics.store(words, SENT, written)
  }

  /** Gives every published entry to `receive`. */
  drain(receive: (block: number) => void): void {
    const words = this.#words
    let taken = words[TAKEN]
    if (words[SENT] === taken) return
    const sent = Atomics.load(words, SENT)
    for (; taken !== sent; taken = (taken + 1) | 0) receive(words[ENTRIES + (taken & MASK)])
    Atomics.store(words, TAKEN, taken)
  }

  get takenCount(): number {
    return this.#words[TAKEN]
  }
}
