/** The runs of systems over one storage: one at a time, whichever group of workers they are of. */
import { groupBusy, type RunError, systemsAtWork } from './errors.ts'

/** A run that has begun, as far as others wait for it. */
export interface BegunRun {
  /** Whether nobody works on it any more. */
  isDone(): boolean
  /** Resolves at the deadline, false when it is not done then. */
  untilDone(deadline: number): Promise<boolean>
  /** The same, blocking. */
  waitUntilDone(deadline: number): boolean
  /** Applies its commands, if they are not yet. */
  applyCommands(): void
  /** Lets nobody begin more of it; gives the error of a run that it holds up. */
  holdsUp(system: string, entityCount: number): RunError
}

export class Runs {
  /** The last one that began. It may have timed out, and be at work still. */
  last: BegunRun | undefined
  /** Ends when all so far are over. */
  #queue: Promise<void> = Promise.resolve()
  #queueLength = 0

  /** Calls what runs when all that were enqueued before are over: at once when none is. */
  enqueue(run: () => Promise<void>): Promise<void> {
    const result = this.#queueLength === 0 ? run() : this.#queue.then(run)
    const end = () => {
      this.#queueLength--
    }
    this.#queueLength++
    this.#queue = result.then(end, end)
    return result
  }

  /** @throws StorageError 'group-busy' while something is enqueued */
  checkQueue(): void {
    if (this.#queueLength > 0) throw groupBusy()
  }

  /** Before what would pull memory from under systems. @throws StorageError 'group-busy' */
  checkDone(what: string): void {
    if (this.last !== undefined && !this.last.isDone()) throw systemsAtWork(what)
  }
}
