/** The commands that the workers of a group recorded in one run. */
import { CommandsError } from '../base/errors.ts'
import { codeOf } from '../base/thrown.ts'
import type { CommandSource } from '../commands/command-apply.ts'
import { dropCommands } from '../commands/command-blocks.ts'
import type { Storage } from '../storage/storage-api.ts'
import { WORKER_COMMANDS, WORKER_DONE } from './control-block.ts'
import type { CurrentRun } from './run-result.ts'
import type { Member, WorkerRegistry } from './worker-registry.ts'

export class RunCommands {
  /** How many commands were skipped since the owner set it to 0. */
  skippedCount = 0
  readonly #workers: WorkerRegistry
  readonly #storage: Storage
  readonly #run: CurrentRun
  /** Whether some may not be applied yet. */
  #isPending = false
  readonly #sources: CommandSource[] = []

  constructor(workers: WorkerRegistry, storage: Storage, run: CurrentRun) {
    this.#workers = workers
    this.#storage = storage
    this.#run = run
  }

  /** Call it when a run begins: the commands of the run before are applied. */
  begin(): void {
    this.#isPending = true
  }

  /** Applies the commands of the run, which is done. @throws as `storage.apply` */
  apply(): void {
    if (!this.#isPending) return
    const { members } = this.#run
    const sources = this.#sources
    let count = 0
    for (let i = 0; i < members.length; i++) {
      const member = members[i]
      if (!this.#hasCommands(member)) continue
      member.commands.offset = this.#workers.load(member, WORKER_COMMANDS)
      sources[count++] = member.commands
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
    this.#isPending = false
  }

  /** Forgets the commands that are not applied yet. */
  drop(): void {
    if (!this.#isPending) return
    this.#isPending = false
    const { pool } = this.#storage
    const { words: signedWords } = this.#workers
    for (const member of this.#run.members) {
      if (!this.#hasCommands(member)) continue
      dropCommands({ pool, signedWords }, this.#workers.load(member, WORKER_COMMANDS))
    }
  }

  /** As `apply`, but returns the error of commands that threw. */
  tryApply(): CommandsError | undefined {
    try {
      this.apply()
    } catch (error) {
      if (error instanceof CommandsError) return error
      throw error
    }
    return undefined
  }

  /** No commands are left of a worker that has died, or closed its pool, or did not take part. */
  #hasCommands(member: Member): boolean {
    if (!this.#workers.has(member)) return false
    if (this.#workers.load(member, WORKER_COMMANDS) === 0) return false
    return this.#workers.load(member, WORKER_DONE) === this.#run.number
  }
}
