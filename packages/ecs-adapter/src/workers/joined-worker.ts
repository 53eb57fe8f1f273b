/** A worker in a group: it waits for runs, takes batches of them, and calls systems. */
import { Arena, createScratch, type Pool, type Scratch } from '@ashlar/core'
import { type AttachedStorage, attachStorage } from '../attach/attach.ts'
import { encodeJson, storeBytes } from '../base/json.ts'
import { elapsedMs, nextTurn, nowMs, Waiter } from '../base/wait.ts'
import type { CommandBuffer } from '../commands/command-buffer.ts'
import { isAsynchronous } from '../storage/run-errors.ts'
import { checkedAccess, type DeclaredAccess } from './access-check.ts'
import {
  BATCH_COMMAND_WORKER,
  BATCH_RUN,
  batchWord,
  CONTROL_CURSOR,
  CONTROL_DONE_SIGNAL,
  CONTROL_IS_FOR_EACH,
  CONTROL_RUN,
  CURSOR_END,
  ERROR_BYTE_LENGTH,
  failureOf,
  WORKER_ASSIGNED_RUN,
  WORKER_COMMANDS,
  WORKER_CURSOR,
  WORKER_DONE,
  WORKER_ERROR,
  WORKER_ERROR_RUN,
  WORKER_GENERATION,
  WORKER_LEAVE,
  WORKER_LEFT,
  WORKER_SCRATCH,
  workerWord,
} from './control-block.ts'
import type { Invitation } from './invitations.ts'
import { JobReader } from './job-reader.ts'
import type { System, SystemContext } from './system.ts'

/** How often a worker handles its messages, whether it idles or works. */
const TURN_INTERVAL_MS = 50
/** The least time from one collection of its pool to the next. */
const COLLECT_INTERVAL_MS = 50

export class JoinedWorker {
  readonly #words: Int32Array
  /** Word index. */
  readonly #controlBlock: number
  /** In the control block. */
  readonly #index: number
  readonly #pool: Pool
  readonly #storage: AttachedStorage
  readonly #scratch: Scratch
  readonly #commands: CommandBuffer
  readonly #systems: readonly System[]
  readonly #jobs: JobReader
  #collectedAt = nowMs()
  #access: DeclaredAccess | undefined
  readonly #context: { -readonly [K in keyof SystemContext]: SystemContext[K] }

  /** @throws ArenaError, StorageError; the slot is closed, or was never opened */
  constructor(invitation: Invitation, systems: readonly System[]) {
    const arena = Arena.attach(invitation.arena)
    this.#words = arena.i32
    this.#controlBlock = invitation.controlBlock >> 2
    this.#jobs = new JobReader(this.#words, this.#controlBlock)
    this.#index = invitation.index
    this.#systems = systems
    const pool = arena.openPool(invitation.slot)
    this.#pool = pool
    this.#store(WORKER_GENERATION, pool.generation + 1)
    let scratch: Scratch | undefined
    try {
      this.#storage = attachStorage(invitation.storage, pool)
      this.#storage.detach() // until a run begins
      scratch = createScratch(pool, { byteLength: invitation.scratchByteLength })
      this.#scratch = scratch
      this.#store(WORKER_SCRATCH, scratch.offset)
      this.#commands = this.#storage.commands()
      this.#store(WORKER_COMMANDS, this.#commands.offset)
    } catch (error) {
      scratch?.dispose()
      pool.close()
      throw error
    }
    const { components, tables, entities, row, rows } = this.#storage
    const [commands, from, args] = [this.#commands, 0, undefined]
    const shared = { commands, scratch, pool, arena, row, rows }
    this.#context = { components, tables, entities, from, args, ...shared }
  }

  /** Resolves when the group has let the worker go. */
  async work(): Promise<void> {
    const runWord = this.#controlBlock + CONTROL_RUN
    let run = 0
    const waiter = new Waiter()
    let turnAt = nowMs()
    while (this.#load(WORKER_LEAVE) === 0 && this.#pool.isOpen) {
      const assignedRun = this.#load(WORKER_ASSIGNED_RUN)
      if (this.#takesPart(assignedRun)) this.#run(assignedRun)
      const next = waiter.waitWhile(this.#words, runWord, run, TURN_INTERVAL_MS)
      const isIdle = next === run
      run = next
      if (!isIdle && elapsedMs(turnAt, nowMs()) < TURN_INTERVAL_MS) continue
      await nextTurn()
      turnAt = nowMs()
    }
    this.#leave()
  }

  #word(field: number): number {
    return this.#controlBlock + workerWord(this.#index, field)
  }

  #load(field: number): number {
    return Atomics.load(this.#words, this.#word(field))
  }

  #store(field: number, value: number): void {
    Atomics.store(this.#words, this.#word(field), value)
  }

  /** Confirms an assignment; false if there is none, or the group revokes it at this moment. */
  #takesPart(run: number): boolean {
    if (run <= 0) return false
    const word = this.#word(WORKER_ASSIGNED_RUN)
    return Atomics.compareExchange(this.#words, word, run, ~run) === run
  }

  #run(run: number): void {
    const words = this.#words
    const context = this.#context
    const jobs = this.#jobs
    let isInBatch = false
    let from = 0
    try {
      jobs.begin()
      this.#storage.sync()
      for (;;) {
        const batch = this.#takeBatch()
        if (!jobs.enter(batch)) break
        context.args = jobs.args
        if (jobs.access !== this.#access) this.#restrict(jobs.access)
        from = jobs.from(batch)
        context.from = from
        context.entities = jobs.entities(batch)
        this.#scratch.reset()
        this.#commands.begin(jobs.sortKey(batch))
        isInBatch = true
        const result: unknown = this.#systems[jobs.system](context)
        if (isThenable(result)) {
          result.then(undefined, () => {}) // the run fails anyway; a rejection would end the worker
          throw isAsynchronous()
        }
        isInBatch = false
        const commandWorker = this.#commands.hasCommandsSinceBegin ? this.#index + 1 : 0
        words[this.#controlBlock + batchWord(batch, BATCH_COMMAND_WORKER)] = commandWorker
        words[this.#controlBlock + batchWord(batch, BATCH_RUN)] = run
      }
      this.#scratch.reset()
      this.#tidyUp()
    } catch (error) {
      Atomics.store(words, this.#controlBlock + CONTROL_CURSOR, CURSOR_END)
      this.#report(run, Math.max(0, jobs.index), from, error)
      if (isInBatch || !this.#pool.isOpen) this.#commands.abort()
    } finally {
      this.#storage.detach()
      this.#store(WORKER_DONE, run)
      this.#signalDone()
    }
  }

  /**
   * Returns the next batch that no worker has taken; in a run for each worker its own, once. Such a
   * run leaves the common cursor at 0 until it times out or a system throws.
   */
  #takeBatch(): number {
    const words = this.#words
    const cursor = this.#controlBlock + CONTROL_CURSOR
    if (words[this.#controlBlock + CONTROL_IS_FOR_EACH] === 0) return Atomics.add(words, cursor, 1)
    if (Atomics.load(words, cursor) !== 0) return CURSOR_END
    return Atomics.add(words, this.#word(WORKER_CURSOR), CURSOR_END)
  }

  /** From now on systems find only what is declared; all if `access` is undefined. */
  #restrict(access: DeclaredAccess | undefined): void {
    this.#access = access
    const { components, tables, rows } = access
      ? checkedAccess(this.#storage, access)
      : this.#storage
    this.#context.components = components
    this.#context.tables = tables
    this.#context.rows = rows
  }

  /**
   * Collects at the end of a run, now and then, as it takes about 30 µs. Between runs a worker is
   * in no call of the arena, so that the world's thread may `verify` it or take a snapshot.
   */
  #tidyUp(): void {
    this.#pool.flush()
    if (elapsedMs(this.#collectedAt, nowMs()) < COLLECT_INTERVAL_MS) return
    this.#pool.collect()
    this.#collectedAt = nowMs()
  }

  #signalDone(): void {
    Atomics.add(this.#words, this.#controlBlock + CONTROL_DONE_SIGNAL, 1)
    Atomics.notify(this.#words, this.#controlBlock + CONTROL_DONE_SIGNAL)
  }

  /** Allocates nothing in the arena: the error may be that memory ran out. */
  #report(run: number, job: number, from: number, error: unknown): void {
    const failure = failureOf(error, job, from)
    let bytes = encodeJson(failure)
    if (bytes.length > ERROR_BYTE_LENGTH) bytes = encodeJson({ ...failure, message: '', stack: '' })
    storeBytes(this.#words, this.#load(WORKER_ERROR), bytes)
    this.#store(WORKER_ERROR + 1, bytes.length)
    this.#store(WORKER_ERROR_RUN, run)
  }

  /** If a system has closed the pool, the group frees what the worker had. */
  #leave(): void {
    if (this.#pool.isOpen) {
      this.#store(WORKER_SCRATCH, 0)
      this.#scratch.dispose()
      this.#commands.dispose()
      this.#store(WORKER_COMMANDS, 0)
      this.#pool.close()
    }
    this.#store(WORKER_LEFT, 1)
    this.#signalDone()
  }
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
