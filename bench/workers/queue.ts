// Batches of blocks on their way from a producer to its consumer. Both wait: the producer while
// the queue is full, the consumer while it is empty.

export const BATCH_LENGTH = 4_096
const CAPACITY = 32

// The producer's count and the consumer's lie on different lines.
const PUT = 0
const TAKEN = 16
const ENTRIES = 32

export const queueByteLength = (ENTRIES + CAPACITY * BATCH_LENGTH) * 4

export class BatchQueue {
  readonly #words: Int32Array

  readonly #capacity: number

  /** @param capacity in batches, up to 32: how far the producer may be ahead */
  constructor(buffer: SharedArrayBuffer, index: number, capacity = CAPACITY) {
    this.#capacity = capacity
    this.#words = new Int32Array(buffer, index * queueByteLength, queueByteLength >> 2)
  }

  put(batch: Int32Array): void {
    const words = this.#words
    const count = words[PUT]
    for (let taken = Atomics.load(words, TAKEN); count - taken >= this.#capacity; ) {
      Atomics.wait(words, TAKEN, taken)
      taken = Atomics.load(words, TAKEN)
    }
    words.set(batch, ENTRIES + (count % CAPACITY) * BATCH_LENGTH)
    Atomics.store(words, PUT, count + 1)
    Atomics.notify(words, PUT)
  }

  /** Copies the next batch; false when there will be no more. */
  take(target: Int32Array): boolean {
    const words = this.#words
    const count = words[TAKEN]
    while (Atomics.load(words, PUT) === count) Atomics.wait(words, PUT, count)
    const first = ENTRIES + (count % CAPACITY) * BATCH_LENGTH
    target.set(words.subarray(first, first + BATCH_LENGTH))
    Atomics.store(words, TAKEN, count + 1)
    Atomics.notify(words, TAKEN)
    return target[0] !== 0
  }

  /** No block is 0. */
  end(): void {
    this.put(new Int32Array(BATCH_LENGTH))
  }
}
