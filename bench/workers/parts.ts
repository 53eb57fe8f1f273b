// The two parts of xmalloc. What a remote free costs is told apart: what the freer pays, and what
// the owner pays to take the block back.

import { permutation, xorshift32 } from '../random.ts'
import type { Heap } from './heap.ts'
import { BATCH_LENGTH } from './queue.ts'
import { addWindow, emptyBuckets } from './windows.ts'

/** Of so many batches, the contents of one are checked, and its blocks are freed off the clock. */
const CHECKED_EVERY = 32

/** Warms up for half of the time, then measures. */
export class Clock {
  readonly #startedAt = performance.now()
  readonly #milliseconds: number

  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds
  }

  isMeasuring(): boolean {
    return performance.now() - this.#startedAt >= this.#milliseconds / 2
  }

  isOver(): boolean {
    return performance.now() - this.#startedAt >= this.#milliseconds * 1.5
  }
}

export class Producer {
  readonly #heap: Heap
  readonly #byteLengths: Uint16Array
  readonly #batch = new Int32Array(BATCH_LENGTH)
  /** When the first measured batch was begun. */
  #measuredFrom = 0
  /** Since then, waits for the consumer included. */
  milliseconds = 0
  opCount = 0
  readonly costs = { alloc: emptyBuckets(), drain: emptyBuckets() }

  constructor(heap: Heap, byteLengths: readonly number[], seed: number) {
    const random = xorshift32(seed)
    this.#heap = heap
    this.#byteLengths = Uint16Array.from({ length: BATCH_LENGTH }, () => {
      return byteLengths[random() % byteLengths.length]
    })
  }

  /** Allocates the next batch, in the memory of the last one. */
  produce(clock: Clock): Int32Array {
    const heap = this.#heap
    const isMeasuring = clock.isMeasuring()
    const startedAt = performance.now()
    const returnedBefore = heap.returnedCount()
    heap.drain()
    const drainedAt = performance.now()
    const returnedCount = (heap.returnedCount() - returnedBefore) | 0
    allocBatch(heap, this.#byteLengths, this.#batch)
    const endedAt = performance.now()
    if (isMeasuring) {
      this.#measuredFrom ||= startedAt
      if (returnedCount > 0) {
        addWindow(this.costs.drain, (drainedAt - startedAt) * 1e6, returnedCount)
      }
      addWindow(this.costs.alloc, (endedAt - drainedAt) * 1e6, BATCH_LENGTH)
      this.milliseconds = endedAt - this.#measuredFrom
      this.opCount += BATCH_LENGTH
    }
    return this.#batch
  }
}

export class Consumer {
  readonly #heap: Heap
  /** Which block of a batch is freed when; absent when in the order of allocation. */
  readonly #order: Int32Array | undefined
  #batchCount = 0
  readonly costs = { free: emptyBuckets() }

  constructor(heap: Heap, order: 'of allocation' | 'random') {
    this.#heap = heap
    if (order === 'random') this.#order = permutation(BATCH_LENGTH, xorshift32(1))
  }

  get freedCount(): number {
    return this.#batchCount * BATCH_LENGTH
  }

  free(batch: Int32Array, clock: Clock): void {
    const heap = this.#heap
    const isChecked = this.#batchCount++ % CHECKED_EVERY === 0
    if (isChecked) checkContents(heap, batch)
    const blocks = this.#order ? this.#order.map((place) => batch[place]) : batch
    const isMeasuring = !isChecked && clock.isMeasuring()
    const startedAt = performance.now()
    freeBatch(heap, blocks)
    heap.flush()
    const nanoseconds = (performance.now() - startedAt) * 1e6
    if (isMeasuring) addWindow(this.costs.free, nanoseconds, BATCH_LENGTH)
  }
}

function allocBatch(heap: Heap, byteLengths: Uint16Array, batch: Int32Array): void {
  for (let i = 0; i < BATCH_LENGTH; i++) {
    const block = heap.alloc(byteLengths[i])
    heap.wordsOf(block)[heap.firstWordOf(block)] = ~block
    batch[i] = block
  }
}

function freeBatch(heap: Heap, blocks: Int32Array): void {
  for (let i = 0; i < BATCH_LENGTH; i++) heap.free(blocks[i])
}

function checkContents(heap: Heap, blocks: Int32Array): void {
  for (const block of blocks) {
    const word = heap.wordsOf(block)[heap.firstWordOf(block)]
    if (word !== ~block) throw new Error(`block ${block} holds ${word}, expected ${~block}`)
  }
}
