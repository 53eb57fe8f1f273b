/**
 * The runs of systems over the storages of one world: one at a time, whichever group of workers they
 * are of, and none while commands are applied.
 */
import { commandsBusy } from '../base/errors.ts'
import type { RunError } from './run-errors.ts'
import { groupBusy, systemsAtWork } from './run-errors.ts'

/** A run that has begun, as far as others wait for it. */
export interface BegunRun {
  /** Whether nobody works on it any more; from then on nobody begins to. */
  isDone(): boolean
  /** Resolves at the deadline, false when it is not done then. */
  untilDone(deadline: number): Promise<boolean>
  /** The same, blocking. */
  waitUntilDone(deadline: number): boolean
  /** When it is done: repairs the tables that workers have left half changed that died in it. */
  repairTables(): void
  /** Applies its commands, if they are not yet. */
  applyCommands(): void
  /** Forgets its commands that are not applied yet. */
  dropCommands(): void
  /** Lets nobody begin more of it; gives the error of a run that it holds up. */
  holdsUp(system: string, entityCount: number): RunError
}

export class RunQueue {
  /** The last one that began. It may have timed out, and be at work still. */
  last: BegunRun | undefined
  #isApplying = false
  /** Ends when all so far are over. */
  #queue: Promise<void> = Promise.resolve()
  #queueLength = 0

  /**
   * Calls what runs when all that were enqueued before are over: at once when none is. It may enqueue
   * others itself, as `entities` and `args` are the user's: they wait for it.
   */
  enqueue(run: () => Promise<void>): Promise<void> {
    const before = this.#queue
    const isFree = this.#queueLength++ === 0
    let end = () => {}
    this.#queue = new Promise((resolve) => {
      end = () => {
        this.#queueLength--
        resolve()
      }
    })
    const result = isFree ? run() : before.then(run)
    result.then(end, end)
    return result
  }

  /** A run that blocks begins: those that are enqueued wait for `endSync`. @throws StorageError 'group-busy' */
  beginSync(): void {
    if (this.#queueLength > 0) throw groupBusy()
    this.#queueLength++
  }

  /** All that were enqueued meanwhile begin when the caller has returned. */
  endSync(): void {
    this.#queueLength--
  }

  /** No run begins until `endApplying`. @throws StorageError 'commands-busy' */
  beginApplying(): void {
    this.checkApplied()
    this.#isApplying = true
  }

  endApplying(): void {
    this.#isApplying = false
  }

  /** @throws StorageError 'commands-busy' while commands are applied */
  checkApplied(): void {
    if (this.#isApplying) throw commandsBusy()
  }

  /** Before what would pull memory from under systems. @throws StorageError 'group-busy' */
  checkDone(what: string): void {
    if (this.last !== undefined && !this.last.isDone()) throw systemsAtWork(what)
  }
}
