/** The members of a group, which run its systems. The group has this record of each. */
import type { Port } from '../base/ports.ts'
import {
  ControlWords,
  WORDS_PER_WORKER,
  WORKER_ERROR,
  WORKER_LEFT,
  workerWord,
} from './control-block.ts'
import type { Invitation } from './invitations.ts'

export class Member extends ControlWords {
  /** The index of the member in the control block. */
  readonly index: number
  /** The byte offset of the block for error reports. */
  readonly report: number
  /**
   * The byte offset of the worker's commands. Because of this property, a member is a source for
   * `applyCommands`.
   */
  offset = 0
  /** Whether the worker has died or left, and the group has cleaned up after it. */
  isGone = false

  /**
   * The worker; undefined for the local worker. Both kinds are one class, because with two classes
   * V8 would make garbage in `load`.
   */
  readonly worker: Port | undefined
  readonly invitation: Invitation | undefined

  constructor(control: ControlWords, index: number, report: number, invited?: Invited) {
    super(control.memory, control.first + workerWord(index, 0))
    this.index = index
    this.report = report
    this.worker = invited?.worker
    this.invitation = invited?.invitation
    this.words.fill(0, this.first, this.first + WORDS_PER_WORKER)
    this.store(WORKER_ERROR, report)
  }

  get hasLeft(): boolean {
    return this.load(WORKER_LEFT) === 1
  }
}

/** A member that is a worker, and so has an invitation. */
export interface Invited {
  readonly worker: Port
  readonly invitation: Invitation
}
export type InvitedMember = Member & Invited

export const isInvited = (member: Member | undefined): member is InvitedMember =>
  member?.invitation !== undefined
