/** What a worker of a group leaves behind: its slot, its scratch, its commands, what it was attached to. */
import { freeScratch, type Pool } from '@ashlar/core'
import { LINE_COMMANDS, LINE_GENERATION, LINE_SCRATCH, lineWord } from './board.ts'
import { freeCommands } from './command-blocks.ts'
import type { Storage } from './storage-api.ts'

/** Where to find it. */
export interface Deceased {
  /** Of the board. */
  readonly line: number
  readonly slot: number
}

export class Estate {
  readonly #storage: Storage
  /** Word index of the board. */
  readonly #board: number

  constructor(storage: Storage, board: number) {
    this.#storage = storage
    this.#board = board
  }

  /** After one that has died: its slot is adopted, and closed. */
  adopt(member: Deceased): void {
    const { arena } = this.#storage.pool
    let heir: Pool
    try {
      heir = arena.adopt(member.slot, this.#generationOf(member))
    } catch {
      // It is closed, or somebody else has adopted it: it is his to care for.
      this.#forget(member)
      return
    }
    try {
      this.#freeMemory(member, heir)
    } finally {
      this.#forget(member) // while nobody else can have the slot
      heir.close()
    }
  }

  /** After one that has left: what it could not free, as a system had closed its pool. */
  clearUp(member: Deceased): void {
    const { pool } = this.#storage
    if (pool.isOpen) this.#freeMemory(member, pool)
    this.#forget(member)
  }

  #word(member: Deceased, field: number): number {
    return this.#storage.pool.arena.i32[this.#board + lineWord(member.line, field)]
  }

  /** Undefined before its pool is open. */
  #generationOf(member: Deceased): number | undefined {
    const generation = this.#word(member, LINE_GENERATION)
    return generation === 0 ? undefined : generation - 1
  }

  /** Ends what it held of the storage. */
  #forget(member: Deceased): void {
    const generation = this.#generationOf(member)
    if (generation === undefined || this.#storage.isDisposed) return
    this.#storage.forget(member.slot, generation)
  }

  /** Its commands are never applied. */
  #freeMemory(member: Deceased, pool: Pool): void {
    const scratch = this.#word(member, LINE_SCRATCH)
    const commands = this.#word(member, LINE_COMMANDS)
    if (scratch !== 0) freeIfThere(() => freeScratch(pool, scratch))
    if (commands !== 0) freeIfThere(() => freeCommands(pool, commands))
  }
}

/** A system may have disposed of it: what is there now is somebody's. */
function freeIfThere(free: () => void): void {
  try {
    free()
  } catch {
    // there is nothing to free
  }
}
