/**
 * Shifting loads on several workers, then all goes down to a base set, then nothing: what is
 * committed must follow, and nothing may be lost.
 */

import { Arena, blocks, exactStats, verify } from '@ashlar/core'
import { openTelemetry, type Telemetry } from '@ashlar/core/tuning'
import * as assert from 'uvu/assert'
import { TELEMETRY_WRITTEN } from '../../packages/core/src/base/layout.ts'
import type { SlotIndex } from '../../packages/core/src/base/units.ts'
import { ringOf } from '../../packages/core/src/telemetry/telemetry.ts'
import { memoryOf } from '../../packages/core/test/support/memory.ts'
import type { Random } from '../../packages/core/test/support/random.ts'
import { milliseconds } from '../stress/workers.ts'
import { type Failure, startThread, type Thread, type ThreadKind } from '../support/threads.ts'
import { SharedWords, STEPS } from './shared-words.ts'
import type { Start } from './worker.ts'

export interface SoakOptions {
  readonly random: Random
  readonly kind: ThreadKind
  readonly workerCount: number
  readonly byteLength: number
  /** Blocks that each worker has live outside of bursts. */
  readonly baseCount: number
  /** How long the loads shift: so many frames of each worker, or so long, whichever is less. */
  readonly frameCount: number
  readonly seconds: number
  /** Hears how it goes on. */
  readonly log: (text: string) => void
}

/** Workers that do no frame, and end no step, for so long hang. */
const MAX_IDLE_SECONDS = 60
const SAMPLE_MILLISECONDS = 100
const LOG_SECONDS = 10

/** What may be committed when the base sets are left, by the peak of live bytes: the promise. */
const MAX_TIMES_PEAK = 1.5
/**
 * The same by what is live then: with 8,000 blocks of all classes, in spans of four slots, it is 3.
 */
const MAX_TIMES_LIVE = 5

const MEBIBYTE = 2 ** 20
const inMebibytes = (byteLength: number) => `${(byteLength / MEBIBYTE).toFixed(1)} MiB`

export async function soak(options: SoakOptions): Promise<void> {
  const { workerCount, byteLength } = options
  const arena = Arena.create({ byteLength, slots: workerCount, shared: true })
  const watch = new Watch(arena, SharedWords.create(workerCount), options)
  try {
    for (const step of STEPS) {
      if (step === 'free') checkBase(arena, watch)
      if (step === 'close') checkEmpty(arena) // by the pools, not only by closing them
      await watch.play(step)
    }
    checkEmpty(arena)
    watch.checkEvents(arena.stats().refillCount)
  } finally {
    watch.end()
  }
}

/** The base sets are left. */
function checkBase(arena: Arena, watch: Watch): void {
  assert.equal(verify(arena), [])
  const stats = exactStats(arena)
  const { liveByteLength, requestedByteLength, peakCommittedByteLength } = stats
  // The control area is as long as the arena's byte length wants, and mostly untouched.
  const committedByteLength = stats.committedByteLength - stats.controlByteLength
  const { peakLiveBytes } = watch
  const peakCommitted = inMebibytes(peakCommittedByteLength)
  const peak = `${inMebibytes(peakLiveBytes)} live, ${peakCommitted} committed`
  const live = `${inMebibytes(requestedByteLength)} asked for, ${inMebibytes(liveByteLength)} live`
  watch.log(`peak ${peak}; at the end ${live}, ${inMebibytes(committedByteLength)} committed`)
  assert.ok(peakLiveBytes > 2 * liveByteLength, 'there was no burst')
  const wanted = Math.min(MAX_TIMES_PEAK * peakLiveBytes, MAX_TIMES_LIVE * liveByteLength)
  assert.ok(
    committedByteLength <= wanted,
    `${committedByteLength} bytes are committed, above ${wanted}`,
  )
}

/** All was freed. */
function checkEmpty(arena: Arena): void {
  assert.equal(verify(arena), [])
  assert.equal(blocks(arena), [])
  const stats = exactStats(arena)
  assert.is(stats.committedByteLength, stats.controlByteLength)
  assert.is(
    stats.slots.reduce((sum, { violationCount: violations }) => sum + violations, 0),
    0,
  )
  assert.ok(
    stats.slots.every(({ remoteFreeCount }) => remoteFreeCount > 0),
    'no blocks were freed by others',
  )
}

/** The workers, seen from the main thread. */
class Watch {
  readonly log: (text: string) => void
  readonly #arena: Arena
  readonly #shared: SharedWords
  readonly #options: SoakOptions
  readonly #telemetry: Telemetry
  readonly #threads: readonly Thread[]
  readonly #startedAt = performance.now()
  #failure: Error | undefined
  #eventCount = 0
  #refillCount = 0
  #loggedAt = this.#startedAt
  #progress = ''
  #progressAt = this.#startedAt

  constructor(arena: Arena, shared: SharedWords, options: SoakOptions) {
    this.log = options.log
    this.#arena = arena
    this.#shared = shared
    this.#options = options
    this.#telemetry = openTelemetry(arena)
    const { kind, workerCount, baseCount, frameCount, random } = options
    this.#threads = Array.from({ length: workerCount }, (_, index) => {
      const fail = (reason: unknown) => {
        this.#failure ??= new Error(`worker ${index}: ${reason}`)
      }
      const thread = startThread(kind, (message) => fail((message as Failure).failure), fail)
      const place = { handle: arena.handle, shared: shared.buffer, index, workerCount }
      thread.post({ ...place, seed: random.next(), baseCount, frameCount } satisfies Start)
      return thread
    })
  }

  get peakLiveBytes(): number {
    return this.#shared.peakLiveBytes
  }

  /** Has all workers do a step, and looks on. */
  async play(step: (typeof STEPS)[number]): Promise<void> {
    const shared = this.#shared
    shared.begin()
    while (!this.#isDone()) {
      await milliseconds(step === 'run' ? SAMPLE_MILLISECONDS : 1)
      this.#sample()
      if (step === 'run' && this.#secondsSince(this.#startedAt) > this.#options.seconds) return
    }
  }

  end(): void {
    for (const thread of this.#threads) thread.terminate()
  }

  /** Every event was read, or counted as dropped. Nobody may be writing. */
  checkEvents(refillCount: number): void {
    this.#readEvents()
    const memory = memoryOf(this.#arena)
    let writtenCount = 0
    for (let slot = 0; slot < memory.slotCount; slot++) {
      writtenCount += memory.i32[ringOf(memory, slot as SlotIndex) + TELEMETRY_WRITTEN] >>> 0
    }
    const { droppedEventCount: droppedEvents } = this.#telemetry
    this.log(`${this.#eventCount} events read, ${droppedEvents} dropped; ${refillCount} refills`)
    assert.is(this.#eventCount, writtenCount)
    assert.ok(this.#refillCount <= refillCount)
    assert.ok(refillCount <= this.#refillCount + droppedEvents, 'refills without an event')
  }

  #isDone(): boolean {
    if (this.#failure) throw this.#failure
    const { workerCount, beganCount } = this.#shared
    const workers = Array.from({ length: workerCount }, (_, index) => index)
    return workers.every((worker) => this.#shared.doneCount(worker) === beganCount)
  }

  #sample(): void {
    this.#readEvents()
    const { frameCount, beganCount } = this.#shared
    const progress = `${beganCount} ${frameCount}`
    if (progress !== this.#progress) this.#progressAt = performance.now()
    else if (this.#secondsSince(this.#progressAt) > MAX_IDLE_SECONDS) {
      throw new Error(`a worker hangs in step ${STEPS[beganCount - 1]}`)
    }
    this.#progress = progress
    if (this.#secondsSince(this.#loggedAt) < LOG_SECONDS) return
    this.#loggedAt = performance.now()
    const { committedByteLength, liveByteLength } = this.#arena.stats()
    const committed = inMebibytes(committedByteLength)
    const live = `${inMebibytes(liveByteLength)} live, ${committed} committed`
    const seconds = this.#secondsSince(this.#startedAt).toFixed(0)
    this.log(`${seconds} s, ${frameCount} frames: ${live}`)
  }

  #readEvents(): void {
    this.#eventCount += this.#telemetry.read(({ kind }) => {
      if (kind === 'refill') this.#refillCount++
    })
  }

  #secondsSince(time: number): number {
    return (performance.now() - time) / 1000
  }
}
