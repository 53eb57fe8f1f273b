/**
 * One round of a stress run: an arena, some workers on it that are killed and replaced all the
 * time, and at the end the proof that nothing was lost.
 */
import { Arena, ArenaError, type Pool } from '@ashlar/core'
import type { Random } from '../../packages/core/test/support/random.ts'
import type { ThreadKind } from '../support/threads.ts'
import { settle } from './settle.ts'
import { CLOSE_AND_END, LEAVE_AND_END, PHASES, SharedWords, type Tenure } from './shared-words.ts'
import type { Tally } from './tally.ts'
import { type LeftBehind, milliseconds, type RunningWorker, StressWorkers } from './workers.ts'
import { Workload } from './workload.ts'

export interface RoundOptions {
  readonly random: Random
  readonly kind: ThreadKind
  readonly workerCount: number
  /** How many workers die; not counted those that end with the round. */
  readonly deathCount: number
  /** Whether they may be terminated; else they end by themselves, with all their pools open. */
  readonly mayTerminate: boolean
  readonly tally: Tally
}

/**
 * How long the arena is, and how many blocks a thread holds at most: the second kind of arena is
 * full most of the time, so that closed slots are lent. That is slow: ten times as long for an
 * operation.
 */
const SIZES = [
  { spanCount: 24, maxBlockCount: 40 },
  { spanCount: 24, maxBlockCount: 400 },
  { spanCount: 96, maxBlockCount: 400 },
  { spanCount: 256, maxBlockCount: 1500 },
]
/** The fewest run out at times. */
const SLOT_COUNTS = [10, 15, 24, 40]

/**
 * A worker that dies while it opens a pool may leave a slot that nobody knows of, until the round
 * ends.
 */
const MAX_UNKNOWN_SLOT_COUNT = 4

/** How often a worker's phase is looked at, while its end in another one is waited for. */
const MAX_LOOKS = 20_000

/** Plays a round; throws when anything is lost, torn, or hangs. */
export const playRound = (options: RoundOptions): Promise<void> => new Round(options).run()

class Round {
  readonly #options: RoundOptions
  readonly #random: Random
  readonly #arena: Arena
  readonly #shared: SharedWords
  readonly #workers: StressWorkers
  /** What the main thread does with what it adopts. */
  readonly #workload: Workload
  readonly #dying = new Set<Promise<void>>()
  /** At most. */
  #unknownSlotCount = 0

  constructor(options: RoundOptions) {
    const { random, workerCount, kind } = options
    this.#options = options
    this.#random = random
    const { spanCount, maxBlockCount } = random.pick(SIZES)
    const slots = random.pick(SLOT_COUNTS)
    this.#arena = Arena.create({ byteLength: spanCount * 2 ** 16, slots, shared: true })
    this.#arena.onViolation = (error) => {
      throw error
    }
    this.#shared = SharedWords.create(workerCount)
    this.#workload = new Workload(this.#arena, this.#shared.transfer, random, maxBlockCount)
    this.#workers = new StressWorkers({
      arena: this.#arena,
      shared: this.#shared,
      random,
      kind,
      maxBlockCount,
    })
  }

  async run(): Promise<void> {
    try {
      await Promise.race([this.#play(), this.#workers.failure])
    } finally {
      this.#workers.abandon()
    }
    settle(this.#arena, this.#shared, this.#workload)
  }

  async #play(): Promise<void> {
    const { workerCount, deathCount } = this.#options
    for (let index = 0; index < workerCount; index++) await this.#workers.start(index)
    for (let i = 0; i < deathCount && this.#unknownSlotCount < MAX_UNKNOWN_SLOT_COUNT; i++) {
      while (this.#workers.due.length === 0) await milliseconds(1)
      this.#kill(true, this.#workers.due)
    }
    await Promise.all(this.#dying)
    while (this.#workers.living.length > 0) this.#kill(false, this.#workers.living)
    await Promise.all(this.#dying)
  }

  /** Ends a worker, and does what is to be done after its death; meanwhile all else goes on. */
  #kill(isReplaced: boolean, candidates: readonly RunningWorker[]): void {
    const random = this.#random
    // Rather one that is about to adopt: that is rare.
    const heirs = candidates.filter(({ words }) => words.adoption !== undefined)
    const victim = random.pick(heirs.length > 0 && random.below(2) === 0 ? heirs : candidates)
    const mayTerminate = this.#options.mayTerminate && isReplaced && random.below(16) > 0
    const order = mayTerminate ? 'terminate' : random.pick([LEAVE_AND_END, CLOSE_AND_END])
    if (order === 'terminate') this.#waitForPhase(victim)
    const death: Promise<void> = this.#workers
      .end(victim, order)
      .then(async (adoption) => {
        this.#options.tally.addDeath(adoption.phase, adoption.opCount, order === 'terminate')
        this.#inherit(adoption)
        if (isReplaced) await this.#workers.start(victim.index)
      })
      .catch((error) => this.#workers.fail(error))
      .finally(() => this.#dying.delete(death))
    this.#dying.add(death)
  }

  /** So that rare phases are met as well. */
  #waitForPhase({ words }: RunningWorker): void {
    if (this.#random.below(2) === 0) return
    const wanted = words.adoption !== undefined ? 'adopt' : this.#random.pick(PHASES)
    for (let look = 0; look < MAX_LOOKS && words.phase !== wanted; look++);
  }

  /** Adopts what a dead worker leaves, or has another worker do that. */
  #inherit({ phase, tenures, halfAdopted, reserved }: LeftBehind): void {
    if (phase === 'open') this.#unknownSlotCount++
    if (reserved !== undefined) this.#use(this.#arena.adopt(reserved))
    if (halfAdopted !== undefined) this.#use(this.#adoptAgain(halfAdopted))
    for (const tenure of tenures) {
      const adopter = this.#random.pick([undefined, ...this.#workers.living])
      if (phase === 'close') this.#adoptUnlessClosed(tenure)
      else if (adopter !== undefined && adopter.words.adoption === undefined)
        adopter.words.adoption = tenure
      else this.#use(this.#arena.adopt(tenure.slot, tenure.generation))
    }
  }

  /** Of a slot whose adopter died: it may have become its own before, in the next generation. */
  #adoptAgain({ slot, generation }: Tenure): Pool {
    try {
      return this.#arena.adopt(slot, generation)
    } catch (error) {
      if (!isNotAdoptable(error)) throw error
      return this.#arena.adopt(slot, (generation + 1) & 0xffff)
    }
  }

  /** Of a slot that its owner may have closed, without having come to say so. */
  #adoptUnlessClosed({ slot, generation }: Tenure): void {
    try {
      this.#use(this.#arena.adopt(slot, generation))
    } catch (error) {
      if (!isNotAdoptable(error)) throw error
    }
  }

  /** For a while, then it is closed. */
  #use(pool: Pool): void {
    for (let i = this.#random.below(200); i > 0; i--) this.#workload.step(pool)
    pool.close()
  }
}

const isNotAdoptable = (error: unknown) =>
  error instanceof ArenaError && error.code === 'not-adoptable'
