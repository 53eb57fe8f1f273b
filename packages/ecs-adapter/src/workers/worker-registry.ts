/** The workers of a group, from their invitation until they have left or died. */
import { createLife } from '@ashlar/core'
import { checkPort, hasEnded, type Port } from '../base/ports.ts'
import { groupClosed, notJoined, otherSystems } from '../base/run-errors.ts'
import { untilTrue } from '../base/wait.ts'
import type { Storage } from '../storage/storage-api.ts'
import {
  CONTROL_BYTE_LENGTH,
  CONTROL_DONE_SIGNAL,
  CONTROL_RUN,
  ControlWords,
  WORDS_PER_WORKER,
  WORKER_CAPACITY,
  WORKER_ERROR,
  WORKER_LEAVE,
} from './control-block.ts'
import { type Invitation, invite, isFirstToClaim, onReply } from './invitations.ts'
import { Member } from './member.ts'
import { REPORT_BYTE_LENGTH } from './system-failure.ts'
import { cleanUp, onDeath } from './worker-death.ts'

export class WorkerRegistry {
  /** The workers that take part, by ascending index. */
  members: readonly Member[] = []
  /** Sorted names of the systems, which are the same in all workers. */
  systems: readonly string[] = []
  readonly control: ControlWords
  readonly storage: Storage
  readonly #scratchByteLength: number
  readonly #joinTimeoutMs: number
  /** By index. Includes workers that were invited and have not replied, or reply too late. */
  readonly #all: (Member | undefined)[] = Array(WORKER_CAPACITY).fill(undefined)
  #isClosed = false
  #isFreed = false

  constructor(storage: Storage, scratchByteLength: number, joinTimeoutMs: number) {
    const { pool } = storage
    this.storage = storage
    this.#scratchByteLength = scratchByteLength
    this.#joinTimeoutMs = joinTimeoutMs
    const controlBlock = pool.allocZeroed(CONTROL_BYTE_LENGTH)
    this.control = new ControlWords(pool.arena.i32, controlBlock >> 2)
  }

  /**
   * Invites a worker, and resolves when it has joined.
   * @throws (the promise) StorageError 'not-joined', 'group-closed', 'invalid-argument'; ArenaError
   * 'no-free-slot', 'out-of-memory'
   */
  async add(worker: Port): Promise<void> {
    checkPort('a worker', worker)
    if (this.#all.some((member) => member?.worker === worker)) {
      throw notJoined('this worker is in the group already, or has not answered. Give each once')
    }
    if (hasEnded(worker)) {
      throw notJoined('a worker had ended before it was invited; its events say why. Start another')
    }
    const member = this.#register(worker)
    const joining = invite(worker, member.invitation, this.#joinTimeoutMs)
    const reply = await joining.catch((error) => {
      this.#withdraw(member)
      throw error
    })
    onDeath(member, () => this.#onExit(member))
    if (reply.systems === undefined) {
      this.#onExit(member) // the pool of the worker was never opened, or is closed
      throw notJoined(`a worker could not join: ${reply.error}`)
    }
    const { systems } = this
    const isOdd =
      this.members.length > 0 && JSON.stringify(reply.systems) !== JSON.stringify(systems)
    if (isOdd || this.#isClosed) {
      await this.#release([member])
      throw isOdd ? otherSystems(reply.systems, systems) : groupClosed()
    }
    this.systems = reply.systems
    this.members = [...this.members, member].sort((a, b) => a.index - b.index)
  }

  #register(worker: Port): Member {
    const { pool, handle } = this.storage
    const { arena } = pool
    const index = this.#all.indexOf(undefined)
    if (index === -1) {
      throw notJoined(`this group has ${WORKER_CAPACITY} workers, the most it takes`)
    }
    const slot = arena.reserveSlot()
    let report = 0
    try {
      report = pool.alloc(REPORT_BYTE_LENGTH)
    } catch (error) {
      arena.adopt(slot).close()
      throw error
    }
    const invitation: Invitation = {
      ashlar: 'group-invitation',
      arena: arena.handle,
      storage: handle,
      controlBlock: this.control.first * 4,
      index,
      slot,
      life: createLife(),
      claim: new Int32Array(new SharedArrayBuffer(4)),
      scratchByteLength: this.#scratchByteLength,
    }
    const member = new Member(this.control, worker, invitation, report)
    this.#all[index] = member
    member.words.fill(0, member.first, member.first + WORDS_PER_WORKER)
    member.store(WORKER_ERROR, report)
    return member
  }

  /**
   * Withdraws an invitation. If the worker has claimed it first, the group lets the worker go at
   * once; the worker keeps its index until it has left.
   */
  #withdraw(member: Member): void {
    const { worker, invitation } = member
    if (isFirstToClaim(invitation)) {
      this.#onExit(member)
      return
    }
    member.store(WORKER_LEAVE, 1)
    onDeath(member, () => this.#onExit(member))
    const stop = onReply(worker, invitation, ({ systems }) => {
      stop()
      if (systems === undefined) this.#onExit(member)
      else void this.#release([member])
    })
  }

  /** Lets workers go, and resolves when they have left or died. */
  async #release(members: readonly Member[]): Promise<void> {
    const { control } = this
    for (const member of members) member.store(WORKER_LEAVE, 1)
    control.raise(CONTROL_RUN)
    await untilTrue(control.words, control.first + CONTROL_DONE_SIGNAL, () =>
      members.every(({ isGone, hasLeft }) => isGone || hasLeft),
    )
    for (const member of members) this.#onExit(member)
  }

  /** Cleans up after a worker that has died or left, once. */
  #onExit(member: Member): void {
    if (member.isGone) return
    try {
      cleanUp(this.storage, member)
    } finally {
      member.isGone = true // even if `cleanUp` failed: the group must not wait for this worker
      this.#all[member.index] = undefined
      this.members = this.members.filter((other) => other !== member)
      const { pool } = this.storage
      if (pool.isOpen) pool.free(member.report)
      this.control.raise(CONTROL_DONE_SIGNAL)
      this.#freeControlBlock()
    }
  }

  /** Lets all workers go, and frees the control block once they have left or died. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#release(this.members)
    this.#freeControlBlock()
  }

  /** Frees the block after `close`, if no worker can read it, even one that answers too late. */
  #freeControlBlock(): void {
    const { pool } = this.storage
    if (!this.#isClosed || this.#isFreed || !pool.isOpen) return
    if (this.#all.some((member) => member !== undefined)) return
    this.#isFreed = true
    pool.free(this.control.first * 4)
  }
}
