/**
 * The members of a group. A worker is a member from its invitation until it has left or died. The
 * local worker is a member until another worker has joined.
 */
import { createThreadLock } from '@ashlar/core'
import { checkPort, hasEnded, type Port } from '../base/ports.ts'
import { groupClosed, noSystems, notJoined, noWorkers, otherSystems } from '../base/run-errors.ts'
import { untilTrue } from '../base/wait.ts'
import type { Storage } from '../storage/storage-api.ts'
import {
  CONTROL_BYTE_LENGTH,
  CONTROL_DONE_SIGNAL,
  CONTROL_RUN,
  ControlWords,
  WORKER_CAPACITY,
  WORKER_LEAVE,
} from './control-block.ts'
import { definedSystems } from './define-systems.ts'
import { type Invitation, invite, isFirstToClaim, onReply } from './invitations.ts'
import { LocalWorker } from './local-worker.ts'
import { type InvitedMember, isInvited, Member } from './member.ts'
import type { CheckedSystems } from './system.ts'
import { REPORT_BYTE_LENGTH } from './system-failure.ts'
import { cleanUp, onDeath } from './worker-death.ts'

export interface RegistryOptions {
  readonly scratchByteLength: number
  readonly joinTimeoutMs: number
  /**
   * The systems that run in this thread without workers. If undefined: the systems that this thread
   * has defined by then.
   */
  readonly systems: CheckedSystems | undefined
  /** Whether systems run in this thread until a worker joins. */
  readonly isLocal: boolean
}

export class WorkerRegistry {
  /** The members that take part in runs, by ascending index: workers, or the local worker. */
  members: readonly Member[] = []
  /** The sorted names of the systems, which are the same in all workers. */
  systems: readonly string[]
  readonly control: ControlWords
  readonly storage: Storage
  readonly #options: RegistryOptions
  /** All members by index. Includes invited workers that have not replied, or reply too late. */
  readonly #all: (Member | undefined)[] = Array(WORKER_CAPACITY).fill(undefined)
  /** Whether systems run in this thread: the group began without workers, and none has joined. */
  isLocal: boolean
  /** Runs systems in this thread. After a worker has joined, it is kept until a run begins. */
  #local: LocalWorker | undefined
  #isClosed = false
  #isFreed = false

  /** @throws ArenaError 'out-of-memory' */
  constructor(storage: Storage, options: RegistryOptions) {
    const { pool } = storage
    this.storage = storage
    this.#options = options
    this.systems = options.systems?.names ?? []
    this.isLocal = options.isLocal
    const controlBlock = pool.allocZeroed(CONTROL_BYTE_LENGTH)
    this.control = new ControlWords(pool.arena, controlBlock >> 2)
    const systems = options.systems ?? definedSystems()
    if (!options.isLocal || typeof systems === 'string') return
    try {
      this.#runHere(systems)
    } catch (error) {
      pool.free(controlBlock)
      throw error
    }
  }

  /** The workers that have joined. */
  get workers(): readonly InvitedMember[] {
    return this.members.filter(isInvited)
  }

  /** All members whose memory is not freed, for `verifyStorage`. */
  get holders(): readonly Member[] {
    const local = this.#local
    return local === undefined || this.isLocal ? this.members : [...this.members, local.member]
  }

  /**
   * Prepares the members for a run. Call it before a run begins, when all commands of earlier runs
   * are applied.
   * @returns the member that runs systems in this thread, if the group has no workers
   * @throws StorageError 'no-workers'; ArenaError 'out-of-memory'
   */
  prepare(): LocalWorker | undefined {
    if (this.isLocal) {
      if (this.#local !== undefined) return this.#local
      const systems = this.#options.systems ?? definedSystems()
      if (typeof systems === 'string') throw noSystems(systems)
      return this.#runHere(systems)
    }
    if (this.#local !== undefined) this.#dropLocal()
    if (this.members.length === 0) throw noWorkers()
  }

  #runHere(systems: CheckedSystems): LocalWorker {
    const index = this.#all.indexOf(undefined)
    if (index === -1) throw noWorkers() // this many were invited, and none has replied
    const { scratchByteLength } = this.#options
    const local = new LocalWorker(this.control, index, this.storage, scratchByteLength, systems)
    this.#local = local
    this.#all[index] = local.member
    this.systems = systems.names
    this.members = [local.member]
    return local
  }

  #dropLocal(): void {
    const local = this.#local
    if (local === undefined) return
    this.#local = undefined
    this.#all[local.member.index] = undefined
    local.dispose()
  }

  /**
   * Invites a worker, and resolves when it has joined.
   * @throws The promise rejects with StorageError 'not-joined', 'group-closed', 'invalid-argument';
   * ArenaError 'no-free-slot', 'out-of-memory'
   */
  async add(worker: Port): Promise<void> {
    checkPort('a worker', worker)
    void this.storage.pool.arena.handle // throws if the arena is not shared
    if (this.#all.some((member) => member?.worker === worker)) {
      throw notJoined('this worker is in the group already, or has not answered. Give each once')
    }
    if (hasEnded(worker)) {
      throw notJoined('a worker had ended before it was invited; its events say why. Start another')
    }
    const member = this.#register(worker)
    const joining = invite(worker, member.invitation, this.#options.joinTimeoutMs)
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
    const isKnown = this.members.length > 0 || this.#options.systems !== undefined
    const isOdd = isKnown && JSON.stringify(reply.systems) !== JSON.stringify(systems)
    if (isOdd || this.#isClosed) {
      await this.#release([member])
      throw isOdd ? otherSystems(reply.systems, systems) : groupClosed()
    }
    this.systems = reply.systems
    const others = this.isLocal ? [] : this.members
    this.isLocal = false
    this.members = [...others, member].sort((a, b) => a.index - b.index)
  }

  #register(worker: Port): InvitedMember {
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
      lock: createThreadLock(),
      claim: new Int32Array(new SharedArrayBuffer(4)),
      scratchByteLength: this.#options.scratchByteLength,
    }
    const invited = { worker, invitation }
    const member = new Member(this.control, index, report, invited) as InvitedMember
    this.#all[index] = member
    return member
  }

  /**
   * Withdraws an invitation. If the worker has claimed it first, the group releases the worker as
   * soon as it joins; the worker keeps its index until it has left.
   */
  #withdraw(member: InvitedMember): void {
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

  /** Tells workers to leave, and resolves when they have left or died. */
  async #release(members: readonly InvitedMember[]): Promise<void> {
    const { control } = this
    for (const member of members) member.store(WORKER_LEAVE, 1)
    control.raise(CONTROL_RUN)
    await untilTrue(control.words, control.first + CONTROL_DONE_SIGNAL, () =>
      members.every(({ isGone, hasLeft }) => isGone || hasLeft),
    )
    for (const member of members) this.#onExit(member)
  }

  /** Cleans up once after a worker that has died or left. */
  #onExit(member: InvitedMember): void {
    if (member.isGone) return
    try {
      cleanUp(this.storage, member)
    } finally {
      member.isGone = true // even if `cleanUp` failed: the group must not wait for it
      this.#all[member.index] = undefined
      this.members = this.members.filter((other) => other !== member)
      const { pool } = this.storage
      if (pool.isOpen) pool.free(member.report)
      this.control.raise(CONTROL_DONE_SIGNAL)
      this.#freeControlBlock()
    }
  }

  /**
   * Tells all workers to leave, and frees the control block once they have left or died. No run may
   * be active or have commands to apply.
   */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#dropLocal()
    await this.#release(this.workers)
    this.#freeControlBlock()
  }

  /**
   * Frees the control block after `close`, if no worker can read it, not even one that replies too
   * late.
   */
  #freeControlBlock(): void {
    const { pool } = this.storage
    if (!this.#isClosed || this.#isFreed || !pool.isOpen) return
    if (this.#all.some((member) => member !== undefined)) return
    this.#isFreed = true
    pool.free(this.control.first * 4)
  }
}
