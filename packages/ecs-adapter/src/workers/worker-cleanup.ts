/** Frees what a worker leaves behind: its slot, scratch, commands and attachments. */
import { freeScratch, type Pool } from '@ashlar/core'
import { codeOf } from '../base/thrown.ts'
import { freeCommands } from '../commands/command-blocks.ts'
import type { Storage } from '../storage/storage-api.ts'

export interface ExitedWorker {
  readonly slot: number
  /** Undefined if the worker did not open its pool. */
  readonly generation: number | undefined
  /** Byte offsets; 0 if there is none. */
  readonly scratch: number
  readonly commands: number
  /** Whether it has left. Then it could free nothing if a system had closed its pool. */
  readonly hasLeft: boolean
}

/** Of a worker that died, the slot is adopted, and closed at the end. */
export function cleanUp(storage: Storage, worker: ExitedWorker): void {
  const { slot, generation, scratch, commands, hasLeft } = worker
  const adopted = hasLeft ? undefined : adoptSlot(storage.pool, slot, generation)
  const pool = hasLeft ? storage.pool : adopted
  try {
    if (pool?.isOpen) {
      freeIfThere(freeScratch, pool, scratch)
      freeIfThere(freeCommands, pool, commands)
    }
    const canForget = !storage.isDisposed && storage.pool.isOpen
    // While no other thread can have the slot.
    if (canForget && generation !== undefined) storage.forget(slot, generation)
  } finally {
    adopted?.close()
  }
}

/** Undefined if the slot is closed, or another thread has adopted it. */
function adoptSlot({ arena }: Pool, slot: number, generation?: number): Pool | undefined {
  try {
    return arena.adopt(slot, generation)
  } catch (error) {
    if (codeOf(error) !== 'not-adoptable') throw error
  }
}

/**
 * With these, nothing is left to free: a system has disposed of it, and another block may be there
 * now. Or it was overwritten: then it stays, and `arena.blocks()` lists it.
 */
const NOT_THERE: readonly unknown[] = [
  'invalid-argument',
  'invalid-offset',
  'double-free',
  'corrupt',
]

function freeIfThere(free: (pool: Pool, offset: number) => void, pool: Pool, offset: number): void {
  try {
    if (offset !== 0) free(pool, offset)
  } catch (error) {
    if (!NOT_THERE.includes(codeOf(error))) throw error
  }
}
