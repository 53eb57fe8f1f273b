/** Those that run systems for a group, as the group knows them. */
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
  /** Index in the control block. */
  readonly index: number
  /** Byte offset of the block for reports of errors. */
  readonly report: number
  /** Byte offset of the worker's commands, by which `applyCommands` takes a member as a source. */
  offset = 0
  /** Whether the worker has died or left, and the group has cleaned up after it. */
  isGone = false

  /** Undefined for the local worker. One class, as two would cost V8 garbage in `load`. */
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

/** A worker that was invited. */
export interface Invited {
  readonly worker: Port
  readonly invitation: Invitation
}
export type InvitedMember = Member & Invited

export const isInvited = (member: Member | undefined): member is InvitedMember =>
  member?.invitation !== undefined
