/** A worker of a stress run. It may be terminated at any instruction of this. */
import { Arena, type ArenaHandle, holdThreadLock, type Pool, type ThreadLock } from '@ashlar/core'
import { Random } from '../../packages/core/test/support/random.ts'
import { runAsWorker } from '../support/threads.ts'
import {
  CLOSE_AND_END,
  GO_ON,
  MAX_POOL_COUNT,
  SharedWords,
  type WorkerWords,
} from './shared-words.ts'
import { Workload } from './workload.ts'

const BURST_OP_COUNT = 128

/** The one message that a worker gets. */
export interface Start {
  readonly handle: ArenaHandle
  readonly shared: SharedArrayBuffer
  readonly index: number
  readonly lock: ThreadLock
  readonly seed: number
  readonly maxBlockCount: number
}

class StressWorker {
  readonly #arena: Arena
  readonly #words: WorkerWords
  readonly #random: Random
  readonly #workload: Workload
  readonly #pools: Pool[] = []

  constructor(start: Start, fail: (reason: string) => void) {
    const shared = new SharedWords(start.shared)
    this.#arena = Arena.attach(start.handle)
    this.#arena.onViolation = (error) => fail(`a violation, but nothing is freed twice: ${error}`)
    this.#words = shared.of(start.index)
    this.#random = new Random(start.seed)
    this.#workload = new Workload(this.#arena, shared.transfer, this.#random, start.maxBlockCount)
  }

  async run(): Promise<void> {
    const words = this.#words
    this.#open(words.reserved)
    words.reserved = undefined
    while (words.order === GO_ON) {
      words.phase = 'mixed'
      for (let i = 0; i < BURST_OP_COUNT && this.#pools.length > 0; i++) {
        this.#workload.step(this.#random.pick(this.#pools))
      }
      words.addOps(BURST_OP_COUNT)
      if (words.adoption !== undefined) this.#adopt()
      this.#tidy()
      await null // lets onViolation speak
    }
    if (words.order === CLOSE_AND_END) {
      if (this.#pools.length > 0) this.#workload.freeAll(this.#random.pick(this.#pools))
      while (this.#pools.length > 0) this.#close()
    }
    words.phase = 'end'
  }

  /** Now and then, what is not done all the time. */
  #tidy(): void {
    const words = this.#words
    const kind = this.#random.below(32)
    if (kind < 4 && this.#pools.length > 0) {
      words.phase = 'flush'
      this.#random.pick(this.#pools).flush()
    } else if (kind < 7 && this.#pools.length > 0) {
      words.phase = 'collect'
      this.#random.pick(this.#pools).collect(kind === 4 ? { spans: 1 } : {})
    } else if (kind < 9 && this.#pools.length > 0) this.#close()
    else if (kind < 12 && this.#pools.length < MAX_POOL_COUNT - 1) this.#open()
    if (this.#pools.length === 0) this.#open()
  }

  #open(reserved?: number): void {
    this.#words.phase = 'open'
    try {
      this.#hold(this.#arena.openPool(reserved))
    } catch (error) {
      // More pools than slots: another thread will close one.
      if (!(error instanceof Error && 'code' in error && error.code === 'no-free-slot')) throw error
    }
  }

  #close(): void {
    const pool = this.#pools.splice(this.#random.below(this.#pools.length), 1)[0]
    this.#words.phase = 'close'
    pool.close()
    this.#words.letGo(pool)
  }

  #adopt(): void {
    const words = this.#words
    if (words.adoption === undefined) return
    words.phase = 'adopt'
    this.#hold(this.#arena.adopt(words.adoption.slot, words.adoption.generation))
    words.adoption = undefined
    if (this.#pools.length === MAX_POOL_COUNT) this.#close() // one place is kept for the next
  }

  #hold(pool: Pool): void {
    this.#words.hold(pool)
    this.#pools.push(pool)
  }
}

runAsWorker<Start>(async (start, fail) => {
  await holdThreadLock(start.lock)
  new SharedWords(start.shared).of(start.index).phase = 'open' // it may be watched from now on
  await new StressWorker(start, fail).run()
})
