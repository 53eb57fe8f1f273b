/** A worker of a group, in its own thread. It waits for runs, and takes part in them. */
import { AttachedArena, createScratch, type Pool, type Scratch } from '@ashlar/core'
import { attachStorage } from '../attach/attach.ts'
import { elapsedMs, nextTurn, nowMs, Waiter } from '../base/wait.ts'
import type { CommandBuffer } from '../commands/command-buffer.ts'
import {
  CONTROL_DONE_SIGNAL,
  CONTROL_RUN,
  ControlWords,
  WORKER_COMMANDS,
  WORKER_GENERATION,
  WORKER_LEAVE,
  WORKER_LEFT,
  WORKER_SCRATCH,
  workerWord,
} from './control-block.ts'
import type { Invitation } from './invitations.ts'
import type { System } from './system.ts'
import { SystemRunner } from './system-runner.ts'

/**
 * A worker handles its messages between runs: when it idles, and in busy times whenever this many
 * milliseconds have passed.
 */
const TURN_INTERVAL_MS = 50
/** The least time in milliseconds from one `pool.collect()` to the next. */
const COLLECT_INTERVAL_MS = 50

export class JoinedWorker {
  readonly #control: ControlWords
  /** The words of this worker in the control block. */
  readonly #own: ControlWords
  readonly #pool: Pool
  readonly #scratch: Scratch
  readonly #commands: CommandBuffer
  readonly #runner: SystemRunner
  #collectedAt = nowMs()

  /** @throws ArenaError, StorageError. The slot is then closed, or was never opened */
  constructor(invitation: Invitation, systems: readonly System[]) {
    const arena = AttachedArena.attach(invitation.arena)
    const { index, controlBlock } = invitation
    const control = new ControlWords(arena, controlBlock >> 2)
    const own = new ControlWords(arena, control.first + workerWord(index, 0))
    const pool = arena.openPool(invitation.slot)
    this.#control = control
    this.#own = own
    this.#pool = pool
    own.store(WORKER_GENERATION, pool.generation + 1)
    let scratch: Scratch | undefined
    try {
      const storage = attachStorage(invitation.storage, pool)
      storage.detach() // until a run begins
      scratch = createScratch(pool, { byteLength: invitation.scratchByteLength })
      this.#scratch = scratch
      own.store(WORKER_SCRATCH, scratch.offset)
      const commands = storage.$createCommands()
      this.#commands = commands
      own.store(WORKER_COMMANDS, commands.offset)
      const tidyUp = () => this.#tidyUp()
      const parts = { control, own, index, storage, pool, scratch, commands, systems, tidyUp }
      this.#runner = new SystemRunner(parts)
    } catch (error) {
      scratch?.dispose()
      pool.close()
      throw error
    }
  }

  /** Takes part in runs. Resolves when the group has released the worker. */
  async work(): Promise<void> {
    const { words, first } = this.#control
    let run = 0
    const waiter = new Waiter()
    let turnAt = nowMs()
    while (this.#own.load(WORKER_LEAVE) === 0 && this.#pool.isOpen) {
      this.#runner.runAssigned(Number.POSITIVE_INFINITY)
      const next = waiter.waitWhile(words, first + CONTROL_RUN, run, TURN_INTERVAL_MS)
      const isIdle = next === run
      run = next
      if (!isIdle && elapsedMs(turnAt, nowMs()) < TURN_INTERVAL_MS) continue
      await nextTurn()
      turnAt = nowMs()
    }
    this.#leave()
  }

  /**
   * Flushes the pool at the end of a run. It calls `pool.collect()` only at times, because that
   * takes about 30 µs. Between runs, the worker does not use the arena, because the world's thread
   * may `verify` or copy it.
   */
  #tidyUp(): void {
    this.#pool.flush()
    if (elapsedMs(this.#collectedAt, nowMs()) < COLLECT_INTERVAL_MS) return
    this.#pool.collect()
    this.#collectedAt = nowMs()
  }

  /** Leaves the group. If a system has closed the pool, the group frees the worker's memory. */
  #leave(): void {
    if (this.#pool.isOpen) {
      this.#own.store(WORKER_SCRATCH, 0)
      this.#scratch.dispose()
      this.#commands.dispose()
      this.#own.store(WORKER_COMMANDS, 0)
      this.#pool.close()
    }
    this.#own.store(WORKER_LEFT, 1)
    this.#control.raise(CONTROL_DONE_SIGNAL)
  }
}
