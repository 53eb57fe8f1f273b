/** The side of a worker group that works. */
import { Arena, createScratch, holdLife, type Pool, type Scratch } from '@ashlar/core'
import { type AttachedStorage, attachStorage } from '../attach/attach.ts'
import { invalidArgument } from '../base/errors.ts'
import { encodeJson, storeBytes } from '../base/json.ts'
import { checkPort, type Port } from '../base/ports.ts'
import { elapsedMs, nextTurn, nowMs, Waiter } from '../base/wait.ts'
import type { CommandBuffer } from '../commands/command-api.ts'
import type { Component } from '../schema/schema.ts'
import { isAsynchronous } from '../storage/run-errors.ts'
import type { Table } from '../tables/table-api.ts'
import {
  CHUNK_COMMAND_WORKER,
  CHUNK_RUN,
  CLAIM_JOINS,
  CONTROL_CURSOR,
  CONTROL_DONE_SIGNAL,
  CONTROL_IS_FOR_EACH,
  CONTROL_RUN,
  CURSOR_END,
  chunkWord,
  ERROR_BYTE_LENGTH,
  failureOf,
  type Invitation,
  isFirstToClaim,
  type Reply,
  WORKER_ASSIGNED_RUN,
  WORKER_COMMANDS,
  WORKER_CURSOR,
  WORKER_DONE,
  WORKER_ERROR,
  WORKER_ERROR_BYTE_LENGTH,
  WORKER_ERROR_RUN,
  WORKER_GENERATION,
  WORKER_LEAVE,
  WORKER_LEFT,
  WORKER_SCRATCH,
  workerWord,
} from './control-block.ts'
import { type Declared, onlyDeclared, rowsOfDeclared } from './declared.ts'
import { withInvitation } from './invitations.ts'
import { JobReader } from './job-reader.ts'
import type { System, SystemContext } from './system.ts'

/** A worker that idles looks at its messages so often, and one that works as well. */
const TURN_INTERVAL_MS = 50
/** So often it gives back what its pool does not need, at most. */
const TIDY_INTERVAL_MS = 50

/**
 * Joins the group that the port's other side makes by `createWorkerGroup`. While it is in the group,
 * the worker sleeps between runs, and deals with messages and timers about 20 times a second.
 *
 * @param port `parentPort` of `node:worker_threads`, or `self`
 * @param systems by the names that `group.run` takes; the same in all workers of a group
 * @returns resolves when the worker has left the group, whether or not it ever joined: why it could
 * not, the group's side is told
 * @throws StorageError 'invalid-argument'
 */
export function joinWorkerGroup<
  C = Readonly<Record<string, Component>>,
  T = Readonly<Record<string, Table>>,
>(port: Port, systems: Readonly<Record<string, System<C, T>>>): Promise<void> {
  checkPort('the port', port)
  const entries = Object.entries(systems ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
  for (const [name, system] of entries) {
    if (typeof system !== 'function') throw invalidArgument(`system ${name}`, system, 'a function')
  }
  if (entries.length === 0) {
    throw invalidArgument('the systems', systems, 'an object of functions, by their names')
  }
  const names = entries.map(([name]) => name)
  const functions = entries.map(([, system]) => system as System)
  return withInvitation(port, (invitation) => serve(port, invitation, names, functions))
}

/** Joins and works until the group lets go, unless the invitation was withdrawn: whether it did. Never rejects. */
async function serve(
  port: Port,
  invitation: Invitation,
  names: readonly string[],
  systems: readonly System[],
): Promise<boolean> {
  const { group, line, claim } = invitation
  const reply = (rest: Partial<Reply>) =>
    port.postMessage({ ashlar: 'group-reply', group, line, ...rest } satisfies Reply)
  let worker: Member | undefined
  try {
    await holdLife(invitation.life)
    if (!isFirstToClaim(claim, CLAIM_JOINS)) return false
    worker = new Member(invitation, systems)
  } catch (error) {
    reply({ error: String(error) })
    return true
  }
  reply({ systems: names })
  await worker.work()
  return true
}

class Member {
  readonly #words: Int32Array
  /** Word index of the board. */
  readonly #controlBlock: number
  readonly #line: number
  readonly #pool: Pool
  readonly #storage: AttachedStorage
  readonly #scratch: Scratch
  readonly #commands: CommandBuffer
  readonly #systems: readonly System[]
  readonly #jobs: JobReader
  #tidiedAt = nowMs()
  #declared: Declared | undefined
  readonly #context: { -readonly [K in keyof SystemContext]: SystemContext[K] }

  /** @throws ArenaError, StorageError; the slot is closed, or was never opened */
  constructor(invitation: Invitation, systems: readonly System[]) {
    const arena = Arena.attach(invitation.arena)
    this.#words = arena.i32
    this.#controlBlock = invitation.controlBlock >> 2
    this.#jobs = new JobReader(this.#words, this.#controlBlock)
    this.#line = invitation.line
    this.#systems = systems
    const pool = arena.openPool(invitation.slot)
    this.#pool = pool
    this.#store(WORKER_GENERATION, pool.generation + 1)
    let scratch: Scratch | undefined
    try {
      this.#storage = attachStorage(invitation.storage, pool)
      this.#storage.detach() // until there is work
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

  async work(): Promise<void> {
    const words = this.#words
    const runWord = this.#controlBlock + CONTROL_RUN
    let run = 0
    const waiter = new Waiter()
    let turnAt = nowMs()
    while (this.#load(WORKER_LEAVE) === 0 && this.#pool.isOpen) {
      const assignedRun = this.#load(WORKER_ASSIGNED_RUN)
      if (this.#takesPart(assignedRun)) this.#run(assignedRun)
      const next = waiter.waitWhile(words, runWord, run, TURN_INTERVAL_MS)
      const isIdle = next === run
      run = next
      if (!isIdle && elapsedMs(turnAt, nowMs()) < TURN_INTERVAL_MS) continue
      await nextTurn()
      turnAt = nowMs()
    }
    this.#leave()
  }

  #word(field: number): number {
    return this.#controlBlock + workerWord(this.#line, field)
  }

  #load(field: number): number {
    return Atomics.load(this.#words, this.#word(field))
  }

  #store(field: number, value: number): void {
    Atomics.store(this.#words, this.#word(field), value)
  }

  /** Turns the ticket in, unless there is none, or the group revokes it just now. */
  #takesPart(assignedRun: number): boolean {
    if (assignedRun <= 0) return false
    return (
      Atomics.compareExchange(
        this.#words,
        this.#word(WORKER_ASSIGNED_RUN),
        assignedRun,
        ~assignedRun,
      ) === assignedRun
    )
  }

  #run(run: number): void {
    const words = this.#words
    const context = this.#context
    const jobs = this.#jobs
    let isInChunk = false
    let from = 0
    try {
      jobs.begin()
      this.#storage.sync()
      for (;;) {
        const chunk = this.#takeChunk()
        if (!jobs.enter(chunk)) break
        context.args = jobs.args
        if (jobs.declared !== this.#declared) this.#declare(jobs.declared)
        from = jobs.from(chunk)
        context.from = from
        context.entities = jobs.entities(chunk)
        this.#scratch.reset()
        this.#commands.begin(jobs.place(chunk))
        isInChunk = true
        const result: unknown = this.#systems[jobs.system](context)
        if (isThenable(result)) {
          result.then(undefined, () => {}) // the run fails anyway; a rejection would end the worker
          throw isAsynchronous()
        }
        isInChunk = false
        const commandWorker = this.#commands.hasCommandsSinceBegin ? this.#line + 1 : 0
        words[this.#controlBlock + chunkWord(chunk, CHUNK_COMMAND_WORKER)] = commandWorker
        words[this.#controlBlock + chunkWord(chunk, CHUNK_RUN)] = run
      }
      this.#scratch.reset()
      this.#tidyUp()
    } catch (error) {
      Atomics.store(words, this.#controlBlock + CONTROL_CURSOR, CURSOR_END)
      this.#report(run, Math.max(0, jobs.index), from, error)
      if (isInChunk || !this.#pool.isOpen) this.#commands.abort()
    } finally {
      this.#storage.detach()
      this.#store(WORKER_DONE, run)
      this.#signalDone()
    }
  }

  /**
   * The next that nobody has taken, or, where there is one for each worker, its own: once. Such a run
   * leaves the cursor of all at 0, until it has timed out, or somebody has thrown.
   */
  #takeChunk(): number {
    const words = this.#words
    const cursor = this.#controlBlock + CONTROL_CURSOR
    if (words[this.#controlBlock + CONTROL_IS_FOR_EACH] === 0) return Atomics.add(words, cursor, 1)
    if (Atomics.load(words, cursor) !== 0) return CURSOR_END
    return Atomics.add(words, this.#word(WORKER_CURSOR), CURSOR_END)
  }

  /** Lets systems find what is declared only; without it, all there is. */
  #declare(declared: Declared | undefined): void {
    const context = this.#context
    const { components, tables, rows } = this.#storage
    this.#declared = declared
    context.components = declared ? onlyDeclared(components, 'components', declared) : components
    context.tables = declared ? onlyDeclared(tables, 'tables', declared) : tables
    context.rows = declared ? rowsOfDeclared(rows, components, declared) : rows
  }

  /**
   * Between runs a worker is in no call of the arena, so that the world's thread may `verify` it, or
   * take a snapshot. So it tidies its pool up at the end of a run, now and then: it costs some 30 µs.
   */
  #tidyUp(): void {
    this.#pool.flush()
    if (elapsedMs(this.#tidiedAt, nowMs()) < TIDY_INTERVAL_MS) return
    this.#pool.collect()
    this.#tidiedAt = nowMs()
  }

  #signalDone(): void {
    Atomics.add(this.#words, this.#controlBlock + CONTROL_DONE_SIGNAL, 1)
    Atomics.notify(this.#words, this.#controlBlock + CONTROL_DONE_SIGNAL)
  }

  /** Nothing is allocated for it: memory may be what there is none of. */
  #report(run: number, job: number, from: number, error: unknown): void {
    const failure = failureOf(error, job, from)
    let bytes = encodeJson(failure)
    if (bytes.length > ERROR_BYTE_LENGTH) bytes = encodeJson({ ...failure, message: '', stack: '' })
    storeBytes(this.#words, this.#load(WORKER_ERROR), bytes)
    this.#store(WORKER_ERROR_BYTE_LENGTH, bytes.length)
    this.#store(WORKER_ERROR_RUN, run)
  }

  /** A pool that a system has closed frees nothing any more: the group does it then. */
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
