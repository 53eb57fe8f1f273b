/**
 * What the main thread and the workers of a soak share besides the arena.
 *
 *     | step | peak | words of worker 0 | of worker 1 | ... | belt from 0 to 1 | from 1 to 2 | ...
 */
import { Belt } from './belt.ts'

/**
 * What all workers do, one step after the other: the main thread begins each once all have done the
 * one before. Twice `collect`: what comes in may have to be sent on.
 */
export const STEPS = [
  'run',
  'calm',
  'settle',
  'collect',
  'collect',
  'free',
  'collect',
  'collect',
  'close',
] as const

const STEP = 0
const PEAK = 1
const WORKERS = 16
const WORDS_A_WORKER = 16
const DONE = 0
const FRAME_COUNT = 1

export class SharedWords {
  readonly buffer: SharedArrayBuffer
  readonly workerCount: number
  readonly #words: Int32Array

  constructor(buffer: SharedArrayBuffer, workerCount: number) {
    this.buffer = buffer
    this.workerCount = workerCount
    this.#words = new Int32Array(buffer)
  }

  static create(workerCount: number): SharedWords {
    const byteLength = beltsAt(workerCount) + workerCount * Belt.byteLength
    return new SharedWords(new SharedArrayBuffer(byteLength), workerCount)
  }

  /** How many steps were begun. */
  get beganCount(): number {
    return Atomics.load(this.#words, STEP)
  }

  begin(): void {
    Atomics.add(this.#words, STEP, 1)
    Atomics.notify(this.#words, STEP)
  }

  /** In a worker: until more steps were begun than it has done. */
  waitForStep(doneCount: number): void {
    while (this.beganCount === doneCount) Atomics.wait(this.#words, STEP, doneCount)
  }

  doneCount(worker: number): number {
    return Atomics.load(this.#words, wordOf(worker, DONE))
  }

  finish(worker: number): void {
    Atomics.add(this.#words, wordOf(worker, DONE), 1)
  }

  /** Of all workers. */
  get frameCount(): number {
    let sum = 0
    for (let worker = 0; worker < this.workerCount; worker++) {
      sum += Atomics.load(this.#words, wordOf(worker, FRAME_COUNT))
    }
    return sum
  }

  addFrame(worker: number): void {
    Atomics.add(this.#words, wordOf(worker, FRAME_COUNT), 1)
  }

  /** The most bytes that anyone has seen live at a time. */
  get peakLiveBytes(): number {
    return Atomics.load(this.#words, PEAK)
  }

  /** @param liveByteLength below 2^31, as arenas are no longer */
  sawLive(liveByteLength: number): void {
    let peak = this.peakLiveBytes
    while (liveByteLength > peak) {
      const before = Atomics.compareExchange(this.#words, PEAK, peak, liveByteLength)
      if (before === peak) return
      peak = before
    }
  }

  /** On which a worker gives blocks to the next. */
  beltFrom(worker: number): Belt {
    return new Belt(this.buffer, beltsAt(this.workerCount) + worker * Belt.byteLength)
  }
}

const wordOf = (worker: number, field: number) => WORKERS + worker * WORDS_A_WORKER + field
const beltsAt = (workerCount: number) => (WORKERS + workerCount * WORDS_A_WORKER) * 4
