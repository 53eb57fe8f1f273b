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

  constructor(control: ControlWords, index: number, report: number) {
    super(control.memory, control.first + workerWord(index, 0))
    this.index = index
    this.report = report
    this.words.fill(0, this.first, this.first + WORDS_PER_WORKER)
    this.store(WORKER_ERROR, report)
  }

  get hasLeft(): boolean {
    return this.load(WORKER_LEFT) === 1
  }
}

/** A worker that was invited. */
export class InvitedMember extends Member {
  readonly worker: Port
  readonly invitation: Invitation

  constructor(control: ControlWords, worker: Port, invitation: Invitation, report: number) {
    super(control, invitation.index, report)
    this.worker = worker
    this.invitation = invitation
  }
}
