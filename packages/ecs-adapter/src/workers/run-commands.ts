/** The commands that the workers of a group have given in one run. */

import { CommandsError, StorageError } from '../base/errors.ts'
import type { CommandSource } from '../commands/command-apply.ts'
import { dropCommands } from '../commands/command-blocks.ts'
import type { Storage } from '../storage/storage-api.ts'
import { WORKER_COMMANDS, WORKER_DONE } from './control-block.ts'
import type { Member, WorkerRegistry } from './worker-registry.ts'

export class RunCommands {
  /** How many were skipped when some were last applied. */
  skippedCount = 0
  readonly #workers: WorkerRegistry
  readonly #storage: Storage
  #run = 0
  #participants: readonly Member[] = []
  /** Whether there may be some that are not applied. */
  #isPending = false
  readonly #sources: CommandSource[] = []

  constructor(registry: WorkerRegistry, storage: Storage) {
    this.#workers = registry
    this.#storage = storage
  }

  /** A run begins; the commands of the one before are applied. */
  begin(run: number, participants: readonly Member[]): void {
    this.#run = run
    this.#participants = participants
    this.#isPending = true
  }

  /**
   * Applies those of the last run, which is done, if they are not yet.
   * @throws as `storage.apply`
   */
  apply(): void {
    if (!this.#isPending) return
    const { words } = this.#workers
    const sources = this.#sources
    let count = 0
    for (let i = 0; i < this.#participants.length; i++) {
      const member = this.#participants[i]
      if (!this.#tookPart(member)) continue
      member.commands.offset = words[this.#workers.word(member, WORKER_COMMANDS)]
      sources[count++] = member.commands
    }
    if (sources.length !== count) sources.length = count // an array that is cut makes garbage
    try {
      this.skippedCount = this.#storage.apply(sources)
    } catch (error) {
      if (error instanceof CommandsError) this.skippedCount = error.skippedCount
      // While others are just applied, they wait. Of all other errors, none is left to be applied.
      if (!(error instanceof StorageError && error.code === 'commands-busy')) this.drop()
      throw error
    }
    this.#isPending = false
  }

  /** Forgets those that are not applied yet. */
  drop(): void {
    if (!this.#isPending) return
    this.#isPending = false
    const { words } = this.#workers
    for (const member of this.#participants) {
      if (!this.#tookPart(member)) continue
      dropCommands(this.#storage.pool, words, words[this.#workers.word(member, WORKER_COMMANDS)])
    }
  }

  /** As `apply`; gives what some of them threw. */
  tryApply(): CommandsError | undefined {
    try {
      this.apply()
    } catch (error) {
      if (error instanceof CommandsError) return error
      throw error
    }
    return undefined
  }

  /** Of one who is dead, or has closed its pool, no commands are left. */
  #tookPart(member: Member): boolean {
    const { words } = this.#workers
    if (!this.#workers.has(member)) return false
    if (words[this.#workers.word(member, WORKER_COMMANDS)] === 0) return false
    return Atomics.load(words, this.#workers.word(member, WORKER_DONE)) === this.#run
  }
}
