/**
 * What the main thread and the workers of a stress run share besides the arena: some words for each
 * worker, and the transfer array, through which they swap blocks.
 *
 *     | worker 0 | worker 1 | ... | transfer array |
 *
 * All that an adopter must know of a worker stands here before it matters, as the worker may die at
 * any instruction.
 */

/** What a worker is doing. Told apart only to see that death meets all of it. */
export const PHASES = [
  'start',
  'mixed',
  'flush',
  'collect',
  'close',
  'open',
  'adopt',
  'end',
] as const
export type Phase = (typeof PHASES)[number]

/** What a worker is to do next: go on; close its pools and end; end and leave them open. */
export const GO_ON = 0
export const CLOSE_AND_END = 1
export const LEAVE_AND_END = 2

export const MAX_POOL_COUNT = 4

const WORD_COUNT = 16 // a line each
const PHASE = 0
const OP_COUNT = 1
const ORDER = 2
/** Slot that was reserved for the worker, plus one, until it is among those that it holds. */
const RESERVED = 3
/** Slot and generation that the worker is to adopt, until it is among those that it holds. */
const ADOPTION = 4
/** Slots and generations of the worker's pools. */
const HELD = 5

const TRANSFER_WORD_COUNT = 1024

/** A slot in one of its generations. */
export interface Tenure {
  readonly slot: number
  readonly generation: number
}

const packed = ({ slot, generation }: Tenure) => (1 << 24) | (generation << 8) | slot
const unpacked = (word: number): Tenure => ({ slot: word & 0xff, generation: (word >> 8) & 0xffff })

export class SharedWords {
  readonly buffer: SharedArrayBuffer
  readonly transfer: Int32Array
  readonly #words: Int32Array

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer
    this.#words = new Int32Array(buffer)
    this.transfer = this.#words.subarray(-TRANSFER_WORD_COUNT)
  }

  static create(workerCount: number): SharedWords {
    return new SharedWords(
      new SharedArrayBuffer((workerCount * WORD_COUNT + TRANSFER_WORD_COUNT) * 4),
    )
  }

  of(worker: number): WorkerWords {
    return new WorkerWords(this.#words.subarray(worker * WORD_COUNT, (worker + 1) * WORD_COUNT))
  }
}

/** The words of one worker. */
export class WorkerWords {
  readonly #words: Int32Array

  constructor(words: Int32Array) {
    this.#words = words
  }

  clear(): void {
    this.#words.fill(0)
  }

  get phase(): Phase {
    return PHASES[Atomics.load(this.#words, PHASE)]
  }

  set phase(phase: Phase) {
    Atomics.store(this.#words, PHASE, PHASES.indexOf(phase))
  }

  get opCount(): number {
    return Atomics.load(this.#words, OP_COUNT)
  }

  addOps(count: number): void {
    Atomics.add(this.#words, OP_COUNT, count)
  }

  get order(): number {
    return Atomics.load(this.#words, ORDER)
  }

  set order(order: number) {
    Atomics.store(this.#words, ORDER, order)
  }

  get reserved(): number | undefined {
    const word = Atomics.load(this.#words, RESERVED)
    return word === 0 ? undefined : word - 1
  }

  set reserved(slot: number | undefined) {
    Atomics.store(this.#words, RESERVED, slot === undefined ? 0 : slot + 1)
  }

  get adoption(): Tenure | undefined {
    const word = Atomics.load(this.#words, ADOPTION)
    return word === 0 ? undefined : unpacked(word)
  }

  set adoption(tenure: Tenure | undefined) {
    Atomics.store(this.#words, ADOPTION, tenure === undefined ? 0 : packed(tenure))
  }

  get held(): Tenure[] {
    const words = [...this.#words.subarray(HELD, HELD + MAX_POOL_COUNT)]
    return words.filter((word) => word !== 0).map(unpacked)
  }

  hold(tenure: Tenure): void {
    const places = this.#words.subarray(HELD, HELD + MAX_POOL_COUNT)
    Atomics.store(places, places.indexOf(0), packed(tenure))
  }

  letGo(tenure: Tenure): void {
    const places = this.#words.subarray(HELD, HELD + MAX_POOL_COUNT)
    Atomics.store(places, places.indexOf(packed(tenure)), 0)
  }
}
