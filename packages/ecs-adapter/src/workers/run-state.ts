/** The run that a group began last: its jobs, its workers, and which of its batches are done. */
import { BATCH_COMMAND_WORKER, BATCH_RUN, batchWord, type ControlWords } from './control-block.ts'
import type { Job } from './job.ts'
import type { Member } from './member.ts'

export class RunState {
  readonly control: ControlWords
  /** 0 before the first run. */
  number = 0
  /** See `nowMs`. */
  startedAt = 0
  batchCount = 0
  jobs: readonly Job[] = []
  /** The workers that may take part. */
  members: readonly Member[] = []
  /** Whether a worker that died may have left tables half changed. */
  mayBeTorn = false

  constructor(control: ControlWords) {
    this.control = control
  }

  isDone(batch: number): boolean {
    return this.control.load(batchWord(batch, BATCH_RUN)) === this.number
  }

  /** Whether a batch is done, and its commands did not die with their worker. */
  isKept(batch: number): boolean {
    if (!this.isDone(batch)) return false
    const index = this.control.load(batchWord(batch, BATCH_COMMAND_WORKER)) - 1
    if (index === -1) return true
    const { members } = this
    for (let i = 0; i < members.length; i++)
      if (members[i].index === index) return !members[i].isGone
    return true
  }
}
