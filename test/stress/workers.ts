/** The workers of a round: started, told to die, and seen to be dead. */
import {
  type Arena,
  ArenaError,
  createThreadLock,
  type ThreadLock,
  threadExited,
} from '@ashlar/core'
import type { Random } from '../../packages/core/test/support/random.ts'
import { type Failure, startThread, type Thread, type ThreadKind } from '../support/threads.ts'
import {
  LEAVE_AND_END,
  type Phase,
  type SharedWords,
  type Tenure,
  type WorkerWords,
} from './shared-words.ts'
import type { Start } from './worker.ts'

export const milliseconds = (time: number) => new Promise((resolve) => setTimeout(resolve, time))

/** A worker that does nothing for so long hangs. */
const MAX_IDLE_SECONDS = 60

/** Workers die after up to 2^16 operations: half of them within the first 256. */
const MAX_DUE_BITS = 16

export interface StressWorkersOptions {
  readonly arena: Arena
  readonly shared: SharedWords
  readonly random: Random
  readonly kind: ThreadKind
  readonly maxBlockCount: number
}

export interface RunningWorker {
  readonly index: number
  readonly words: WorkerWords
  readonly lock: ThreadLock
  readonly thread: Thread
  /** After so many operations it is to die; after none, even while it starts. */
  readonly dueOpCount: number
  isDying: boolean
  seenOpCount: number
  idleSeconds: number
}

/** What a dead worker leaves. */
export interface LeftBehind {
  readonly phase: Phase
  readonly opCount: number
  readonly tenures: readonly Tenure[]
  /** One that it may have begun to adopt: then its generation is the next. */
  readonly halfAdopted: Tenure | undefined
  /** One that it may have opened. */
  readonly reserved: number | undefined
}

export class StressWorkers {
  readonly #options: StressWorkersOptions
  readonly #members = new Map<number, RunningWorker>()
  #reject: (reason: Error) => void = () => {}
  /** Rejected when a worker fails, or hangs. */
  readonly failure: Promise<never>
  readonly #watch: ReturnType<typeof setInterval>

  constructor(options: StressWorkersOptions) {
    this.#options = options
    this.failure = new Promise((_, reject) => {
      this.#reject = reject
    })
    this.failure.catch(() => {}) // whoever awaits it hears of it
    this.#watch = setInterval(() => this.#lookForIdle(), 1000)
  }

  /** Those that nobody has told to die. */
  get living(): readonly RunningWorker[] {
    return [...this.#members.values()].filter(({ isDying }) => !isDying)
  }

  /** Those of them whose time has come. */
  get due(): readonly RunningWorker[] {
    return this.living.filter(({ words, dueOpCount }) => words.opCount >= dueOpCount)
  }

  async start(index: number): Promise<void> {
    const { arena, shared, random, kind, maxBlockCount } = this.#options
    const words = shared.of(index)
    words.clear()
    words.reserved = await this.#reserveSlot()
    const lock = createThreadLock()
    const thread = startThread(
      kind,
      (message) => this.#failAs(index, lock, (message as Failure).failure),
      (reason) => this.#failAs(index, lock, String(reason)),
    )
    const seed = random.next()
    const { handle } = arena
    thread.post({ handle, shared: shared.buffer, index, lock, seed, maxBlockCount } satisfies Start)
    const dueOpCount = random.logUniform(MAX_DUE_BITS)
    const state = { isDying: false, seenOpCount: 0, idleSeconds: 0 }
    this.#members.set(index, { index, words, lock, thread, dueOpCount, ...state })
  }

  /** Waits while the others have all slots. */
  async #reserveSlot(): Promise<number> {
    for (;;) {
      try {
        return this.#options.arena.reserveSlot()
      } catch (error) {
        if (!(error instanceof ArenaError && error.code === 'no-free-slot')) throw error
        await milliseconds(1)
      }
    }
  }

  /** Ends a worker: by termination, or by an order to end by itself. Resolves after its death. */
  async end(member: RunningWorker, order: number | 'terminate'): Promise<LeftBehind> {
    member.isDying = true
    if (order === 'terminate') member.thread.terminate()
    else {
      member.words.order = order
      while (member.words.phase === 'start') await milliseconds(1) // until it holds its lock
    }
    await threadExited({ worker: member.thread.worker, lock: member.lock })
    this.#members.delete(member.index)
    return leftBehindBy(member.words, order)
  }

  /** Ends all that goes on in the background, and every worker that still lives. */
  abandon(): void {
    clearInterval(this.#watch)
    for (const { thread } of this.#members.values()) thread.terminate()
  }

  fail(reason: unknown): void {
    this.#reject(reason instanceof Error ? reason : new Error(String(reason)))
  }

  /** What a worker says whose lock was taken from it does not count: it counts as dead. */
  #failAs(index: number, lock: ThreadLock, reason: string): void {
    const member = this.#members.get(index)
    if (member?.lock !== lock) return
    if (member.isDying && reason.includes('thread-lock-taken')) return
    this.fail(new Error(`worker ${index}, in phase ${member.words.phase}: ${reason}`))
  }

  #lookForIdle(): void {
    for (const member of this.#members.values()) {
      const { opCount, phase } = member.words
      member.idleSeconds = opCount === member.seenOpCount ? member.idleSeconds + 1 : 0
      member.seenOpCount = opCount
      if (member.idleSeconds < MAX_IDLE_SECONDS) continue
      const what = member.isDying ? 'does not die' : 'hangs'
      this.fail(new Error(`worker ${member.index} ${what}, in phase ${phase}`))
    }
  }
}

function leftBehindBy(words: WorkerWords, order: number | 'terminate'): LeftBehind {
  const { phase, opCount, held, adoption, reserved } = words
  const isHeld = (slot: number | undefined) => held.some((tenure) => tenure.slot === slot)
  const mayHoldPools = order === 'terminate' || order === LEAVE_AND_END
  if (!mayHoldPools && held.length > 0) throw new Error('a worker that closed its pools holds some')
  return {
    phase,
    opCount,
    tenures: held,
    halfAdopted: isHeld(adoption?.slot) ? undefined : adoption,
    reserved: isHeld(reserved) ? undefined : reserved,
  }
}
