/** The commands that the workers of a group have given in one run. */

import { CommandsError, StorageError } from '../base/errors.ts'
import type { CommandSource } from '../commands/command-apply.ts'
import { dropCommands } from '../commands/command-blocks.ts'
import type { Storage } from '../storage/storage-api.ts'
import { LINE_COMMANDS, LINE_DONE } from './board.ts'
import type { Crew, Member } from './crew.ts'

export class RunCommands {
  /** How many were skipped when some were last applied. */
  skippedCount = 0
  readonly #crew: Crew
  readonly #storage: Storage
  #run = 0
  #participants: readonly Member[] = []
  /** Whether there may be some that are not applied. */
  #isPending = false
  readonly #sources: CommandSource[] = []

  constructor(crew: Crew, storage: Storage) {
    this.#crew = crew
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
    const { words } = this.#crew
    const sources = this.#sources
    let count = 0
    for (let i = 0; i < this.#participants.length; i++) {
      const member = this.#participants[i]
      if (!this.#tookPart(member)) continue
      member.commands.offset = words[this.#crew.word(member, LINE_COMMANDS)]
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
    const { words } = this.#crew
    for (const member of this.#participants) {
      if (!this.#tookPart(member)) continue
      dropCommands(this.#storage.pool, words, words[this.#crew.word(member, LINE_COMMANDS)])
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
    const { words } = this.#crew
    if (!this.#crew.has(member)) return false
    if (words[this.#crew.word(member, LINE_COMMANDS)] === 0) return false
    return Atomics.load(words, this.#crew.word(member, LINE_DONE)) === this.#run
  }
}
