/** A worker in a group: it waits for runs, takes batches of them, and calls systems. */
import { Arena, createScratch, type Pool, type Scratch } from '@ashlar/core'
import { type AttachedStorage, attachStorage } from '../attach/attach.ts'
import { isAsynchronous } from '../base/run-errors.ts'
import { elapsedMs, nextTurn, nowMs, Waiter } from '../base/wait.ts'
import type { CommandBuffer } from '../commands/command-buffer.ts'
import { createCommands } from '../storage/commands.ts'
import {
  BATCH_COMMAND_WORKER,
  BATCH_RUN,
  batchWord,
  CONTROL_CURSOR,
  CONTROL_DONE_SIGNAL,
  CONTROL_IS_FOR_EACH,
  CONTROL_RUN,
  ControlWords,
  CURSOR_END,
  WORKER_ASSIGNED_RUN,
  WORKER_COMMANDS,
  WORKER_CURSOR,
  WORKER_DONE,
  WORKER_GENERATION,
  WORKER_LEAVE,
  WORKER_LEFT,
  WORKER_SCRATCH,
  workerWord,
} from './control-block.ts'
import type { Invitation } from './invitations.ts'
import { JobReader } from './job-reader.ts'
import type { System, SystemContext } from './system.ts'
import { failureOf, reportFailure } from './system-failure.ts'

/** A worker handles its messages between runs: when it idles, and after so long in busy times. */
const TURN_INTERVAL_MS = 50
/** The least time from one `pool.collect()` to the next. */
const COLLECT_INTERVAL_MS = 50

export class JoinedWorker {
  readonly #control: ControlWords
  /** The words of this worker in the control block. */
  readonly #own: ControlWords
  /** Index of this worker in the control block. */
  readonly #index: number
  readonly #pool: Pool
  readonly #storage: AttachedStorage
  readonly #scratch: Scratch
  readonly #commands: CommandBuffer
  readonly #systems: readonly System[]
  readonly #jobs: JobReader
  #collectedAt = nowMs()
  readonly #context: { -readonly [K in keyof SystemContext]: SystemContext[K] }

  /** @throws ArenaError, StorageError; then the slot is closed, or was never opened */
  constructor(invitation: Invitation, systems: readonly System[]) {
    const arena = Arena.attach(invitation.arena)
    const { index, controlBlock } = invitation
    this.#control = new ControlWords(arena.i32, controlBlock >> 2)
    this.#own = new ControlWords(arena.i32, (controlBlock >> 2) + workerWord(index, 0))
    this.#index = index
    this.#jobs = new JobReader(this.#control)
    this.#systems = systems
    const pool = arena.openPool(invitation.slot)
    this.#pool = pool
    this.#own.store(WORKER_GENERATION, pool.generation + 1)
    let scratch: Scratch | undefined
    try {
      this.#storage = attachStorage(invitation.storage, pool)
      this.#storage.detach() // until a run begins
      scratch = createScratch(pool, { byteLength: invitation.scratchByteLength })
      this.#scratch = scratch
      this.#own.store(WORKER_SCRATCH, scratch.offset)
      this.#commands = createCommands(this.#storage)
      this.#own.store(WORKER_COMMANDS, this.#commands.offset)
    } catch (error) {
      scratch?.dispose()
      pool.close()
      throw error
    }
    const { components, tables, entities, indexOf } = this.#storage
    const given = { components, tables, entities, from: 0, args: undefined, indexOf }
    this.#context = { ...given, commands: this.#commands, scratch, pool, arena }
  }

  /** Takes part in runs. Resolves when the group has let the worker go. */
  async work(): Promise<void> {
    const { words, first } = this.#control
    let run = 0
    const waiter = new Waiter()
    let turnAt = nowMs()
    while (this.#own.load(WORKER_LEAVE) === 0 && this.#pool.isOpen) {
      const assigned = this.#own.load(WORKER_ASSIGNED_RUN)
      // Confirms the assignment, unless the group revokes it at this moment.
      if (
        assigned > 0 &&
        this.#own.exchange(WORKER_ASSIGNED_RUN, assigned, ~assigned) === assigned
      ) {
        this.#run(assigned)
      }
      const next = waiter.waitWhile(words, first + CONTROL_RUN, run, TURN_INTERVAL_MS)
      const isIdle = next === run
      run = next
      if (!isIdle && elapsedMs(turnAt, nowMs()) < TURN_INTERVAL_MS) continue
      await nextTurn()
      turnAt = nowMs()
    }
    this.#leave()
  }

  #run(run: number): void {
    const { words, first } = this.#control
    const context = this.#context
    const jobs = this.#jobs
    let isInBatch = false
    try {
      jobs.begin()
      this.#storage.sync()
      for (;;) {
        const batch = this.#takeBatch()
        if (!jobs.enter(batch)) break
        context.args = jobs.args
        context.from = jobs.from
        context.entities = jobs.entities
        this.#scratch.reset()
        this.#commands.begin(jobs.sortKey)
        isInBatch = true
        const result: unknown = this.#systems[jobs.system](context)
        if (isThenable(result)) {
          result.then(undefined, () => {}) // the run fails anyway; a rejection would end the worker
          throw isAsynchronous()
        }
        isInBatch = false
        const commandWorker = this.#commands.hasCommandsSinceBegin ? this.#index + 1 : 0
        words[first + batchWord(batch, BATCH_COMMAND_WORKER)] = commandWorker
        words[first + batchWord(batch, BATCH_RUN)] = run
      }
      this.#scratch.reset()
      this.#tidyUp()
    } catch (error) {
      this.#control.store(CONTROL_CURSOR, CURSOR_END)
      reportFailure(this.#own, run, failureOf(error, Math.max(0, jobs.index), jobs.from))
      if (isInBatch || !this.#pool.isOpen) this.#commands.abort()
    } finally {
      this.#storage.detach()
      this.#own.store(WORKER_DONE, run)
      this.#control.raise(CONTROL_DONE_SIGNAL)
    }
  }

  /**
   * Takes the next batch that no worker has taken. If each worker has a batch of its own, takes
   * that batch once; the common cursor stays at 0 until the run times out or a system throws.
   */
  #takeBatch(): number {
    const { words, first } = this.#control
    const cursor = first + CONTROL_CURSOR
    if (words[first + CONTROL_IS_FOR_EACH] === 0) return Atomics.add(words, cursor, 1)
    if (Atomics.load(words, cursor) !== 0) return CURSOR_END
    return Atomics.add(words, this.#own.first + WORKER_CURSOR, CURSOR_END)
  }

  /**
   * Flushes the pool at the end of a run. Collects now and then, as that takes about 30 µs. Between
   * runs the worker makes no call to the arena: the world's thread may `verify` or copy it.
   */
  #tidyUp(): void {
    this.#pool.flush()
    if (elapsedMs(this.#collectedAt, nowMs()) < COLLECT_INTERVAL_MS) return
    this.#pool.collect()
    this.#collectedAt = nowMs()
  }

  /** Leaves the group. If a system has closed the pool, the group frees what the worker had. */
  #leave(): void {
    if (this.#pool.isOpen) {
      this.#own.store(WORKER_SCRATCH, 0)
      this.#scratch.dispose()
      this.#commands.dispose()
      this.#own.store(WORKER_COMMANDS, 0)
      this.#pool.close()
    }
    this.#own.store(WORKER_LEFT, 1)
    this.#control.raise(CONTROL_DONE_SIGNAL)
  }
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
