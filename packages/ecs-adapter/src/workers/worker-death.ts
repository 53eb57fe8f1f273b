/**
 * What happens when a worker dies during a run:
 *
 * - `onDeath` reports the death. The registry calls `cleanUp`, and removes the worker.
 * - Other workers take the remaining batches. The batch of the dead worker stays undone.
 * - Once the run is done, `repairTables` repairs tables that the worker left half changed.
 * - The commands of the dead worker are lost: see `Run.isKept`.
 * - The run rejects with the error of `lossOf`. What the dead worker wrote to columns stays.
 */
import { freeScratch, threadExited } from '@ashlar/core'
import { type RunError, workerDied } from '../base/run-errors.ts'
import { codeOf } from '../base/thrown.ts'
import { freeCommands } from '../commands/command-blocks.ts'
import type { Storage } from '../storage/storage-api.ts'
import { WORKER_COMMANDS, WORKER_GENERATION, WORKER_SCRATCH } from './control-block.ts'
import type { InvitedMember } from './member.ts'
import type { Run } from './run.ts'

/**
 * Calls the listener when a worker has died. If the platform does not confirm deaths, it never
 * calls the listener.
 */
export function onDeath(
  { worker, invitation: { lock } }: InvitedMember,
  listener: () => void,
): void {
  threadExited({ worker, lock }).then(listener, () => {})
}

/**
 * Frees what a worker leaves behind: its slot, scratch, commands and attachments. The slot of a
 * dead worker is adopted, and closed at the end. A worker that left has freed all of these itself,
 * unless a system had closed its pool.
 */
export function cleanUp(storage: Storage, member: InvitedMember): void {
  const { slot } = member.invitation
  const stored = member.load(WORKER_GENERATION)
  const generation = stored === 0 ? undefined : stored - 1
  const { arena } = storage.pool
  const adopted = member.hasLeft ? undefined : ignoring(TAKEN, () => arena.adopt(slot, generation))
  const pool = member.hasLeft ? storage.pool : adopted
  const [scratch, commands] = [member.load(WORKER_SCRATCH), member.load(WORKER_COMMANDS)]
  try {
    if (pool?.isOpen && scratch !== 0) ignoring(NOT_THERE, () => freeScratch(pool, scratch))
    if (pool?.isOpen && commands !== 0) ignoring(NOT_THERE, () => freeCommands(pool, commands))
    const canForget = !storage.isDisposed && storage.pool.isOpen
    // Before the slot is closed, because another thread may get a closed slot.
    if (canForget && generation !== undefined) storage.forget(slot, generation)
  } finally {
    adopted?.close()
  }
}

/** The code that `adopt` throws if the slot is closed, or another thread has adopted it. */
const TAKEN: readonly unknown[] = ['not-adoptable']
/**
 * The codes of errors that mean that nothing can be freed. A system may have freed the block, and
 * another block may be there. Or the block was overwritten: then it stays, and `blocks(arena)`
 * lists it.
 */
const NOT_THERE: readonly unknown[] = [
  'invalid-argument',
  'invalid-offset',
  'double-free',
  'corrupt',
]

/**
 * Returns the result of the call. Returns undefined if it throws an error with one of the codes.
 */
function ignoring<T>(codes: readonly unknown[], call: () => T): T | undefined {
  try {
    return call()
  } catch (error) {
    if (!codes.includes(codeOf(error))) throw error
  }
}

/**
 * Repairs tables after a worker died. Call it after the run, because no other thread works on a
 * table before the next run begins.
 */
export function repairTables(run: Run, { tables }: Storage): void {
  if (!run.mayBeTorn) return
  run.mayBeTorn = false
  const { members } = run
  let isAnyGone = false
  for (let i = 0; i < members.length; i++) if (members[i].isGone) isAnyGone = true
  if (!isAnyGone) return
  for (const table of Object.values(tables)) if (table.isAttached) table.adoptChunks()
  for (const job of run.jobs) job.repair()
}

/**
 * Returns the error of a run in which workers died, if their batches or commands are lost;
 * otherwise undefined.
 */
export function lossOf(run: Run): RunError | undefined {
  let isWhole = true
  let hasLostCommands = false
  for (let batch = 0; batch < run.batchCount; batch++) {
    if (run.isKept(batch)) continue
    isWhole = false
    if (run.isDone(batch)) hasLostCommands = true
  }
  return isWhole ? undefined : workerDied(run.outcomes(), hasLostCommands)
}
