/** A worker of a group, as the group knows it. */
import type { Port } from '../base/ports.ts'
import { ControlWords, WORKER_LEFT, workerWord } from './control-block.ts'
import type { Invitation } from './invitations.ts'

export class Member extends ControlWords {
  readonly worker: Port
  readonly invitation: Invitation
  /** Byte offset of the block for reports of errors. */
  readonly report: number
  /** Byte offset of the worker's commands, by which `applyCommands` takes a member as a source. */
  offset = 0
  /** Whether the worker has died or left, and the group has cleaned up after it. */
  isGone = false

  constructor(control: ControlWords, worker: Port, invitation: Invitation, report: number) {
    super(control.words, control.first + workerWord(invitation.index, 0))
    this.worker = worker
    this.invitation = invitation
    this.report = report
  }

  /** Index of the worker in the control block. */
  get index(): number {
    return this.invitation.index
  }

  get hasLeft(): boolean {
    return this.load(WORKER_LEFT) === 1
  }
}
