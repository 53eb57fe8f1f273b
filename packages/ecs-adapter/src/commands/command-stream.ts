/** The commands of one buffer while they are applied. */
import type { Pool } from '@ashlar/core'
import type { ComponentRef } from 'bitecs'
import type { Cells } from '../memory/cells.ts'
import { CommandCursor } from './command-cursor.ts'
import { HEAD_WORD_COUNT, kindOf, PLACE } from './command-records.ts'

/** What tells the entity that has an id now from those that have it later. */
export type Life = Set<ComponentRef> | undefined

/** The records of one buffer, as far as they are there. */
export class CommandStream {
  readonly #views: Cells
  readonly cursor: CommandCursor
  /** Of the records at the cursor. */
  place = 0
  /** Where the lives of its entities are from here on. */
  lifeIndex = 0
  spawnCount = 0
  /** By temporary index: who was spawned. */
  readonly spawned: number[] = []
  readonly spawnedLives: Life[] = []

  constructor(pool: Pool, views: Cells) {
    this.#views = views
    this.cursor = new CommandCursor(pool, views)
  }

  open(offset: number): void {
    this.cursor.open(offset)
    this.place = 0
    this.spawnCount = 0
  }

  /** Reads where the next records belong; false when there are none. */
  enterPlace(): boolean {
    const { cursor } = this
    const { signedWords: words } = this.#views
    if (cursor.isApplied) return false
    while (cursor.hasRecord()) {
      if (kindOf(words[cursor.index]) !== PLACE) return true
      this.place = words[cursor.index + 1]
      this.spawnCount = 0
      this.lifeIndex++
      cursor.index += HEAD_WORD_COUNT
    }
    return false
  }

  close(): void {
    this.spawnedLives.fill(undefined)
  }
}
