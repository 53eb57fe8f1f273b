/** Applies or drops the commands that the workers of a group recorded in one run. */
import { CommandsError } from '../base/errors.ts'
import { codeOf } from '../base/thrown.ts'
import { dropCommands } from '../commands/command-blocks.ts'
import { applyCommands } from '../storage/commands.ts'
import type { Storage } from '../storage/storage-api.ts'
import { WORKER_COMMANDS, WORKER_DONE } from './control-block.ts'
import type { Member } from './member.ts'
import type { Run } from './run.ts'

/** Applies the commands of a run that is done, once. @throws as `applyCommands` */
export function applyRunCommands(run: Run, storage: Storage): void {
  if (!run.hasCommands) return
  const { members, commandSources } = run
  let count = 0
  for (let i = 0; i < members.length; i++) {
    if (!hasCommands(run, members[i])) continue
    members[i].offset = members[i].load(WORKER_COMMANDS)
    commandSources[count++] = members[i]
  }
  if (commandSources.length !== count) commandSources.length = count // shortening makes garbage
  try {
    run.skippedCommandCount += applyCommands(storage, commandSources)
  } catch (error) {
    if (error instanceof CommandsError) run.skippedCommandCount += error.skippedCommandCount
    // After 'commands-busy', the commands wait. After any other error, they are dropped.
    if (codeOf(error) !== 'commands-busy') dropRunCommands(run, storage)
    throw error
  }
  run.hasCommands = false
}

/** Drops the commands of a run that are not applied yet. */
export function dropRunCommands(run: Run, { pool }: Storage): void {
  if (!run.hasCommands) return
  run.hasCommands = false
  for (const member of run.members) {
    if (!hasCommands(run, member)) continue
    dropCommands({ pool, i32: pool.arena.i32 }, member.load(WORKER_COMMANDS))
  }
}

/** Returns false if the worker has died or left, or did not take part in the run. */
const hasCommands = ({ number }: Run, member: Member) =>
  !member.isGone && member.load(WORKER_COMMANDS) !== 0 && member.load(WORKER_DONE) === number
