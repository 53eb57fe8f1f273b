/** The workers of a group, from their invitation to their end. */
import { createLife, type Life, type Pool, whenDead } from '@ashlar/core'
import { checkPort, hasEnded, onFailure, onMessage, type Port } from '../base/ports.ts'
import { untilTrue, WAIT_MS_MAX } from '../base/wait.ts'
import {
  alreadyEnded,
  groupClosed,
  invitedTwice,
  noMoreWorkers,
  notJoined,
} from '../storage/run-errors.ts'
import type { HeldByGroup, Storage } from '../storage/storage-api.ts'
import {
  CLAIM_WITHDRAWN,
  CONTROL_BYTE_LENGTH,
  CONTROL_DONE_SIGNAL,
  CONTROL_RUN,
  ERROR_BYTE_LENGTH,
  type Invitation,
  isFirstToClaim,
  isReply,
  type Reply,
  WORDS_PER_WORKER,
  WORKER_CAPACITY,
  WORKER_ERROR,
  WORKER_LEAVE,
  WORKER_LEFT,
  workerWord,
} from './control-block.ts'
import { WorkerCleanup } from './worker-cleanup.ts'

const HINT =
  'Does its script call joinWorkerGroup() while it starts, and does it still run? One call joins one group, ' +
  'once'

export interface Member {
  readonly worker: Port
  /** Of the board. */
  readonly line: number
  readonly slot: number
  readonly life: Life
  /** See `Invitation`. */
  readonly claim: Int32Array
  /** Of the block for reports of errors. */
  readonly report: number
  /** What it has to apply, where it says so. */
  readonly commands: { offset: number }
}

export interface WorkerRegistryOptions {
  readonly storage: Storage
  readonly scratchByteLength: number
  readonly joinTimeoutMs: number
}

export class WorkerRegistry {
  /** Those who take part, in the order of their lines. */
  members: Member[] = []
  /** Word index of the board. */
  readonly controlBlock: number
  /** Sorted; those of the first worker, and so of all. */
  systems: readonly string[] = []
  /** For `verifyStorage`; set by the group's dispatch. */
  held: (() => HeldByGroup) | undefined
  readonly #options: WorkerRegistryOptions
  readonly #pool: Pool
  readonly #cleanup: WorkerCleanup
  readonly #name = createLife().lockName
  #isClosed = false
  #isBoardFree = false
  /** Who has each line: also those who are invited, or late. */
  readonly #lines: (Member | undefined)[] = Array(WORKER_CAPACITY).fill(undefined)

  constructor(options: WorkerRegistryOptions) {
    this.#options = options
    this.#pool = options.storage.pool
    this.controlBlock = this.#pool.allocZeroed(CONTROL_BYTE_LENGTH) >> 2
    this.#cleanup = new WorkerCleanup(options.storage, this.controlBlock)
    options.storage.openGroups.add(this)
  }

  get words(): Int32Array {
    return this.#pool.arena.i32
  }

  /** Word index of a field in a member's line. */
  word(member: Member, field: number): number {
    return this.controlBlock + workerWord(member.line, field)
  }

  /** Lets every worker look at its line. */
  wake(): void {
    Atomics.add(this.words, this.controlBlock + CONTROL_RUN, 1)
    Atomics.notify(this.words, this.controlBlock + CONTROL_RUN)
  }

  /**
   * Invites a worker, and resolves when it has joined.
   * @throws (the promise) StorageError 'not-joined', 'invalid-argument'; ArenaError 'no-free-slot',
   * 'out-of-memory'
   */
  async add(worker: Port): Promise<void> {
    checkPort('a worker', worker)
    if (this.#lines.some((member) => member?.worker === worker)) throw invitedTwice()
    if (hasEnded(worker)) throw alreadyEnded()
    const member = this.#register(worker)
    const reply = await this.#invite(member).catch((error) => {
      this.#giveUp(member)
      throw error
    })
    this.#watch(member)
    if (reply.systems === undefined) {
      this.#onExit(member) // its pool was never opened, or is closed
      throw notJoined(`a worker could not join: ${reply.error}`)
    }
    const reason = this.members.length > 0 && difference(this.systems, reply.systems)
    if (reason || this.#isClosed) {
      await this.#release([member])
      this.#freeBoard()
      throw reason ? notJoined(reason) : groupClosed()
    }
    this.systems = reply.systems
    this.members = [...this.members, member].sort((a, b) => a.line - b.line)
  }

  #register(worker: Port): Member {
    const { arena } = this.#pool
    const line = this.#lines.indexOf(undefined)
    if (line === -1) throw noMoreWorkers(WORKER_CAPACITY)
    const slot = arena.reserveSlot()
    let report = 0
    try {
      report = this.#pool.alloc(ERROR_BYTE_LENGTH)
    } catch (error) {
      arena.adopt(slot).close()
      throw error
    }
    const [claim, commands] = [new Int32Array(new SharedArrayBuffer(4)), { offset: 0 }]
    const member = { worker, line, slot, life: createLife(), claim, report, commands }
    this.#lines[line] = member
    this.words.fill(0, this.word(member, 0), this.word(member, WORDS_PER_WORKER))
    this.words[this.word(member, WORKER_ERROR)] = report
    return member
  }

  #invite(member: Member): Promise<Reply> {
    const { worker, line, slot, life, claim } = member
    const { storage, scratchByteLength, joinTimeoutMs } = this.#options
    return new Promise((resolve, reject) => {
      const stops = [
        this.#onReply(member, (reply) => settle(() => resolve(reply))),
        onFailure(worker, (reason) =>
          settle(() =>
            reject(
              notJoined(
                `a worker failed before it joined: ${reason}. Start another one when that is mended. ${HINT}`,
              ),
            ),
          ),
        ),
      ]
      const timer = setTimeout(
        () => {
          const reason = `a worker has not joined within ${joinTimeoutMs} ms`
          settle(() => reject(notJoined(`${reason}. ${HINT}`)))
        },
        Math.min(joinTimeoutMs, WAIT_MS_MAX),
      )
      const settle = (end: () => void) => {
        clearTimeout(timer)
        for (const stop of stops) stop()
        end()
      }
      const invitation: Invitation = {
        ashlar: 'group-invitation',
        group: this.#name,
        arena: this.#pool.arena.handle,
        storage: storage.handle,
        controlBlock: this.controlBlock * 4,
        line,
        slot,
        life,
        claim,
        scratchByteLength,
      }
      try {
        worker.postMessage(invitation)
      } catch (error) {
        settle(() => reject(error))
      }
    })
  }

  /** Withdraws an invitation. A worker that is joining just now leaves at once; its line is its own until then. */
  #giveUp(member: Member): void {
    if (isFirstToClaim(member.claim, CLAIM_WITHDRAWN)) {
      this.#onExit(member)
      return
    }
    Atomics.store(this.words, this.word(member, WORKER_LEAVE), 1)
    this.#watch(member)
    const stop = this.#onReply(member, async ({ systems }) => {
      stop()
      if (systems === undefined) return this.#onExit(member)
      await this.#release([member])
      this.#freeBoard()
    })
  }

  #onReply({ worker, line }: Member, listener: (reply: Reply) => void): () => void {
    return onMessage(worker, (message) => {
      if (isReply(message) && message.group === this.#name && message.line === line)
        listener(message)
    })
  }

  #watch(member: Member): void {
    whenDead({ worker: member.worker, life: member.life }).then(
      () => this.#onExit(member),
      () => {}, // the platform confirms no deaths: nobody is told of any
    )
  }

  /** A worker has died: its slot is adopted, and what it had for the group is freed. */
  #onExit(member: Member): void {
    if (!this.has(member)) return
    try {
      if (this.#hasLeft(member)) this.#cleanup.clearUp(member)
      else this.#cleanup.adopt(member)
    } finally {
      this.#unregister(member) // whatever it left: nobody is to wait for it
      this.signalDone()
      this.#freeBoard()
    }
  }

  /** Wakes who waits for the workers to be done. */
  signalDone(): void {
    Atomics.add(this.words, this.controlBlock + CONTROL_DONE_SIGNAL, 1)
    Atomics.notify(this.words, this.controlBlock + CONTROL_DONE_SIGNAL)
  }

  /** Whether it has neither left nor died. */
  has(member: Member): boolean {
    return this.#lines[member.line] === member
  }

  /** A member is one no longer. */
  #unregister(member: Member): void {
    if (!this.has(member)) return
    this.#lines[member.line] = undefined
    this.members = this.members.filter((other) => other !== member)
    if (this.#pool.isOpen) this.#pool.free(member.report)
  }

  #hasLeft(member: Member): boolean {
    return Atomics.load(this.words, this.word(member, WORKER_LEFT)) === 1
  }

  /** Lets workers go, and resolves when they have gone, or died. */
  async #release(members: readonly Member[]): Promise<void> {
    for (const member of members) Atomics.store(this.words, this.word(member, WORKER_LEAVE), 1)
    this.wake()
    const isGone = (member: Member) => !this.has(member) || this.#hasLeft(member)
    await untilTrue(this.words, this.controlBlock + CONTROL_DONE_SIGNAL, () =>
      members.every(isGone),
    )
    for (const member of members) {
      if (!this.has(member)) continue
      this.#cleanup.clearUp(member)
      this.#unregister(member)
    }
  }

  /** Lets every worker go, waits until all have gone, and frees what the group had. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#release(this.members)
    this.#options.storage.openGroups.delete(this)
    this.#freeBoard()
  }

  /** Once, after the group was closed, when no line is left: who comes late looks at it. */
  #freeBoard(): void {
    if (!this.#isClosed || this.#isBoardFree || !this.#pool.isOpen) return
    if (this.#lines.some((member) => member !== undefined)) return
    this.#isBoardFree = true
    this.#pool.free(this.controlBlock * 4)
  }
}

/** In what a worker's systems differ from those of the others. */
function difference(expected: readonly string[], given: readonly string[]): string | undefined {
  const missing = expected.filter((name) => !given.includes(name))
  const more = given.filter((name) => !expected.includes(name))
  if (missing.length + more.length === 0) return undefined
  const lacks = missing.map((name) => `lacks system ${name}`)
  const has = more.map((name) => `has system ${name}, which others lack`)
  return `a worker ${[...lacks, ...has].join(', ')}. Give all workers of a group the same systems`
}
