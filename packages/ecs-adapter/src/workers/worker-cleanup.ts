/** What a worker of a group leaves behind: its slot, its scratch, its commands, what it was attached to. */
import { freeScratch, type Pool } from '@ashlar/core'
import { codeOf } from '../base/thrown.ts'
import { freeCommands } from '../commands/command-blocks.ts'
import type { Storage } from '../storage/storage-api.ts'
import { WORKER_COMMANDS, WORKER_GENERATION, WORKER_SCRATCH, workerWord } from './control-block.ts'

/** Where to find it. */
export interface ExitedWorker {
  /** Of the board. */
  readonly line: number
  readonly slot: number
}

export class WorkerCleanup {
  readonly #storage: Storage
  /** Word index of the board. */
  readonly #controlBlock: number

  constructor(storage: Storage, controlBlock: number) {
    this.#storage = storage
    this.#controlBlock = controlBlock
  }

  /** After one that has died: its slot is adopted, and closed. */
  adopt(member: ExitedWorker): void {
    const adopted = this.#adoptSlotOf(member)
    if (adopted === undefined) {
      this.#forget(member)
      return
    }
    try {
      this.#freeMemory(member, adopted)
      this.#forget(member) // while nobody else can have the slot
    } finally {
      adopted.close()
    }
  }

  /** Its pool; undefined if its slot is closed, or if another thread has adopted it. */
  #adoptSlotOf(member: ExitedWorker): Pool | undefined {
    try {
      return this.#storage.pool.arena.adopt(member.slot, this.#generationOf(member))
    } catch (error) {
      if (codeOf(error) !== 'not-adoptable') throw error
    }
  }

  /** After one that has left: what it could not free, as a system had closed its pool. */
  clearUp(member: ExitedWorker): void {
    const { pool } = this.#storage
    if (pool.isOpen) this.#freeMemory(member, pool)
    this.#forget(member)
  }

  #word(member: ExitedWorker, field: number): number {
    return this.#storage.pool.arena.i32[this.#controlBlock + workerWord(member.line, field)]
  }

  /** Undefined before its pool is open. */
  #generationOf(member: ExitedWorker): number | undefined {
    const generation = this.#word(member, WORKER_GENERATION)
    return generation === 0 ? undefined : generation - 1
  }

  /** Ends what it held of the storage. */
  #forget(member: ExitedWorker): void {
    const { isDisposed, pool } = this.#storage
    const generation = this.#generationOf(member)
    if (generation === undefined || isDisposed || !pool.isOpen) return
    this.#storage.forget(member.slot, generation)
  }

  /** Its commands are never applied. */
  #freeMemory(member: ExitedWorker, pool: Pool): void {
    const scratch = this.#word(member, WORKER_SCRATCH)
    const commands = this.#word(member, WORKER_COMMANDS)
    if (scratch !== 0) freeIfThere(() => freeScratch(pool, scratch))
    if (commands !== 0) freeIfThere(() => freeCommands(pool, commands))
  }
}

/**
 * What says that there is nothing to free, as a system has disposed of it, and what is there now is
 * somebody's. Or that it was overwritten: then it is left, and `arena.blocks()` shows it.
 */
const NOT_THERE: readonly unknown[] = [
  'invalid-argument',
  'invalid-offset',
  'double-free',
  'corrupt',
]

function freeIfThere(free: () => void): void {
  try {
    free()
  } catch (error) {
    if (!NOT_THERE.includes(codeOf(error))) throw error
  }
}
