/** The commands that the workers of a group recorded in one run. */
import { CommandsError } from '../base/errors.ts'
import { codeOf } from '../base/thrown.ts'
import type { CommandSource } from '../commands/command-apply.ts'
import { dropCommands } from '../commands/command-blocks.ts'
import type { Storage } from '../storage/storage-api.ts'
import { WORKER_COMMANDS, WORKER_DONE } from './control-block.ts'
import type { Member } from './member.ts'
import type { Run } from './run.ts'

export class RunCommands {
  /** How many commands were skipped since the owner set it to 0. */
  skippedCount = 0
  /** Set when a run begins: some commands may not be applied yet. */
  isPending = false
  readonly #storage: Storage
  readonly #run: Run
  readonly #sources: CommandSource[] = []

  constructor(storage: Storage, run: Run) {
    this.#storage = storage
    this.#run = run
  }

  /** Applies the commands of the run, which is done. @throws as `storage.apply` */
  apply(): void {
    if (!this.isPending) return
    const { members } = this.#run
    const sources = this.#sources
    let count = 0
    for (let i = 0; i < members.length; i++) {
      if (!this.#hasCommands(members[i])) continue
      const { commands } = members[i]
      commands.offset = members[i].load(WORKER_COMMANDS)
      sources[count++] = commands
    }
    if (sources.length !== count) sources.length = count // cutting an array makes garbage
    try {
      this.skippedCount += this.#storage.apply(sources)
    } catch (error) {
      if (error instanceof CommandsError) this.skippedCount += error.skippedCount
      // While others are being applied, these wait. After any other error none is left to apply.
      if (codeOf(error) !== 'commands-busy') this.drop()
      throw error
    }
    this.isPending = false
  }

  /** Forgets the commands that are not applied yet. */
  drop(): void {
    if (!this.isPending) return
    this.isPending = false
    const { pool } = this.#storage
    for (const member of this.#run.members) {
      if (!this.#hasCommands(member)) continue
      dropCommands(pool, pool.arena.i32, member.load(WORKER_COMMANDS))
    }
  }

  /** False if a worker has died, has closed its pool, or did not take part. */
  #hasCommands(member: Member): boolean {
    return (
      !member.isGone &&
      member.load(WORKER_COMMANDS) !== 0 &&
      member.load(WORKER_DONE) === this.#run.number
    )
  }
}
