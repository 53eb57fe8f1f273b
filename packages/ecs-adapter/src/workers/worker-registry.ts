/** The workers of a group, from their invitation to their end. */
import { createLife, type Life, type Pool, whenDead } from '@ashlar/core'
import { checkPort, hasEnded, type Port } from '../base/ports.ts'
import { groupClosed, notJoined } from '../base/run-errors.ts'
import { untilTrue } from '../base/wait.ts'
import type { HeldByGroup, Storage } from '../storage/storage-api.ts'
import {
  CONTROL_BYTE_LENGTH,
  CONTROL_DONE_SIGNAL,
  CONTROL_RUN,
  ERROR_BYTE_LENGTH,
  WORDS_PER_WORKER,
  WORKER_CAPACITY,
  WORKER_COMMANDS,
  WORKER_ERROR,
  WORKER_GENERATION,
  WORKER_LEAVE,
  WORKER_LEFT,
  WORKER_SCRATCH,
  workerWord,
} from './control-block.ts'
import {
  CLAIM_WITHDRAWN,
  type Invitation,
  invite,
  isFirstToClaim,
  onReply,
  type Reply,
} from './invitations.ts'
import { cleanUp } from './worker-cleanup.ts'

export interface Member {
  readonly worker: Port
  /** In the control block. */
  readonly index: number
  readonly slot: number
  readonly life: Life
  /** See `Invitation`. */
  readonly claim: Int32Array
  /** Byte offset of the block for reports of errors. */
  readonly report: number
  /** Where the worker keeps its commands, as `storage.apply` takes it. */
  readonly commands: { offset: number }
}

export class WorkerRegistry {
  /** Those that take part, by ascending index. */
  members: Member[] = []
  /** Sorted; all workers have the same. */
  systems: readonly string[] = []
  /** For `verifyStorage`; set by the group's `Dispatch`. */
  held: (() => HeldByGroup) | undefined
  /** Word index. */
  readonly controlBlock: number
  readonly #storage: Storage
  readonly #pool: Pool
  readonly #scratchByteLength: number
  readonly #joinTimeoutMs: number
  readonly #name = createLife().lockName
  #isClosed = false
  #isFreed = false
  /** By index; also those that are invited, or answer too late. */
  readonly #all: (Member | undefined)[] = Array(WORKER_CAPACITY).fill(undefined)

  constructor(storage: Storage, scratchByteLength: number, joinTimeoutMs: number) {
    this.#storage = storage
    this.#pool = storage.pool
    this.#scratchByteLength = scratchByteLength
    this.#joinTimeoutMs = joinTimeoutMs
    this.controlBlock = this.#pool.allocZeroed(CONTROL_BYTE_LENGTH) >> 2
    storage.openGroups.add(this)
  }

  get words(): Int32Array {
    return this.#pool.arena.i32
  }

  /** Index of a member's word among all words. */
  word({ index }: Member, field: number): number {
    return this.controlBlock + workerWord(index, field)
  }

  load(member: Member, field: number): number {
    return Atomics.load(this.words, this.word(member, field))
  }

  store(member: Member, field: number, value: number): void {
    Atomics.store(this.words, this.word(member, field), value)
  }

  /** Makes all workers read their words. */
  wake(): void {
    this.#raise(CONTROL_RUN)
  }

  #raise(field: number): void {
    Atomics.add(this.words, this.controlBlock + field, 1)
    Atomics.notify(this.words, this.controlBlock + field)
  }

  /**
   * Invites a worker, and resolves when it has joined.
   * @throws (the promise) StorageError 'not-joined', 'group-closed', 'invalid-argument'; ArenaError
   * 'no-free-slot', 'out-of-memory'
   */
  async add(worker: Port): Promise<void> {
    checkPort('a worker', worker)
    if (this.#all.some((member) => member?.worker === worker)) {
      throw notJoined(
        'this worker is in the group already, or has not answered its invitation. Give each once',
      )
    }
    if (hasEnded(worker)) {
      throw notJoined(
        'a worker had ended before it was invited. Start another; the events `exit`, `close` and ' +
          '`error` of the worker say why',
      )
    }
    const member = this.#register(worker)
    const reply = await this.#invite(member).catch((error) => {
      this.#withdraw(member)
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
      this.#freeControlBlock()
      throw reason ? notJoined(reason) : groupClosed()
    }
    this.systems = reply.systems
    this.members = [...this.members, member].sort((a, b) => a.index - b.index)
  }

  #register(worker: Port): Member {
    const { arena } = this.#pool
    const index = this.#all.indexOf(undefined)
    if (index === -1)
      throw notJoined(`this group has ${WORKER_CAPACITY} workers, the most it takes`)
    const slot = arena.reserveSlot()
    let report = 0
    try {
      report = this.#pool.alloc(ERROR_BYTE_LENGTH)
    } catch (error) {
      arena.adopt(slot).close()
      throw error
    }
    const claim = new Int32Array(new SharedArrayBuffer(4))
    const commands = { offset: 0 }
    const member = { worker, index, slot, life: createLife(), claim, report, commands }
    this.#all[index] = member
    this.words.fill(0, this.word(member, 0), this.word(member, WORDS_PER_WORKER))
    this.words[this.word(member, WORKER_ERROR)] = report
    return member
  }

  async #invite({ worker, index, slot, life, claim }: Member): Promise<Reply> {
    const invitation: Invitation = {
      ashlar: 'group-invitation',
      group: this.#name,
      arena: this.#pool.arena.handle,
      storage: this.#storage.handle,
      controlBlock: this.controlBlock * 4,
      index,
      slot,
      life,
      claim,
      scratchByteLength: this.#scratchByteLength,
    }
    return invite(worker, invitation, this.#joinTimeoutMs)
  }

  /**
   * Withdraws an invitation. A worker that joins at this moment leaves at once, and keeps its index
   * until then.
   */
  #withdraw(member: Member): void {
    if (isFirstToClaim(member.claim, CLAIM_WITHDRAWN)) {
      this.#onExit(member)
      return
    }
    this.store(member, WORKER_LEAVE, 1)
    this.#watch(member)
    const { worker, index } = member
    const stop = onReply(worker, this.#name, index, async ({ systems }) => {
      stop()
      if (systems === undefined) return this.#onExit(member)
      await this.#release([member])
      this.#freeControlBlock()
    })
  }

  #watch(member: Member): void {
    whenDead({ worker: member.worker, life: member.life }).then(
      () => this.#onExit(member),
      () => {}, // the platform does not confirm deaths
    )
  }

  /** Cleans up after a worker that has died, whose slot is adopted, or has left. */
  #onExit(member: Member): void {
    if (!this.has(member)) return
    try {
      this.#cleanUp(member)
    } finally {
      this.#remove(member) // even if `#cleanUp` failed: the group must not wait for it
      this.#raise(CONTROL_DONE_SIGNAL)
      this.#freeControlBlock()
    }
  }

  #cleanUp(member: Member): void {
    const generation = this.load(member, WORKER_GENERATION)
    cleanUp(this.#storage, {
      slot: member.slot,
      generation: generation === 0 ? undefined : generation - 1,
      scratch: this.load(member, WORKER_SCRATCH),
      commands: this.load(member, WORKER_COMMANDS),
      hasLeft: this.#hasLeft(member),
    })
  }

  /** Whether a worker has neither left nor died. */
  has(member: Member): boolean {
    return this.#all[member.index] === member
  }

  #remove(member: Member): void {
    if (!this.has(member)) return
    this.#all[member.index] = undefined
    this.members = this.members.filter((other) => other !== member)
    if (this.#pool.isOpen) this.#pool.free(member.report)
  }

  #hasLeft(member: Member): boolean {
    return this.load(member, WORKER_LEFT) === 1
  }

  /** Lets workers go, and resolves when they have left or died. */
  async #release(members: readonly Member[]): Promise<void> {
    for (const member of members) this.store(member, WORKER_LEAVE, 1)
    this.wake()
    const isGone = (member: Member) => !this.has(member) || this.#hasLeft(member)
    await untilTrue(this.words, this.controlBlock + CONTROL_DONE_SIGNAL, () =>
      members.every(isGone),
    )
    for (const member of members) {
      if (!this.has(member)) continue
      this.#cleanUp(member)
      this.#remove(member)
    }
  }

  /** Lets all workers go, and frees what the group had once they have gone. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#release(this.members)
    this.#storage.openGroups.delete(this)
    this.#freeControlBlock()
  }

  /**
   * Does so once, after `close`, when no worker can read the block: also none that answers too
   * late.
   */
  #freeControlBlock(): void {
    if (!this.#isClosed || this.#isFreed || !this.#pool.isOpen) return
    if (this.#all.some((member) => member !== undefined)) return
    this.#isFreed = true
    this.#pool.free(this.controlBlock * 4)
  }
}

/** How the systems of a worker differ from those of the others; undefined if they do not. */
function difference(expected: readonly string[], given: readonly string[]): string | undefined {
  const lacks = expected
    .filter((name) => !given.includes(name))
    .map((name) => `lacks system ${name}`)
  const has = given
    .filter((name) => !expected.includes(name))
    .map((name) => `has system ${name}, which others lack`)
  const all = [...lacks, ...has]
  if (all.length === 0) return undefined
  return `a worker ${all.join(', ')}. Give all workers of a group the same systems`
}
