/** Reads the records of one command buffer, in the thread of the world, and checks each of them. */
import type { Pool } from '@ashlar/core'
import type { ComponentRef } from 'bitecs'
import { corrupt } from '../base/errors.ts'
import type { Cells } from '../memory/cells.ts'
import type { ComponentRegistry } from '../schema/component-registry.ts'
import {
  BLOCK_HEAD_WORD_COUNT,
  BLOCK_IS_APPLIED,
  BLOCK_NEXT,
  checkedEnd,
  countBlocksBehind,
} from './command-blocks.ts'
import {
  ADD,
  HEAD_WORD_COUNT,
  kindOf,
  PLACE,
  SET,
  SPAWN,
  TEMPORARY_FIRST,
  wordCountOf,
} from './command-records.ts'
import { checkValues } from './command-values.ts'

/**
 * The Set of components that bitECS keeps for an entity: a later entity with its id has another.
 */
export type Identity = Set<ComponentRef> | undefined

/**
 * A position in the records of one buffer. The stream stops at the end that the records had at the
 * last `look`, as observers may write more while these are applied.
 *
 * Other threads can overwrite the memory. Then the stream throws 'corrupt': it never leaves the
 * blocks and never runs in a circle.
 */
export class CommandStream {
  /** Word index of the next record. */
  index = 0
  offset = 0
  /** Of the records at `index`. */
  place = 0
  /** Where the applier keeps the identity for the next record's entity. */
  identityIndex = 0
  spawnCount = 0
  /** The spawned entities since the place began, by temporary index. */
  readonly spawned: number[] = []
  readonly spawnedIdentities: Identity[] = []
  readonly #pool: Pool
  readonly #views: Cells
  #block = 0
  /** Where the records of that block end. */
  #end = 0
  /** Number of blocks that follow it, up to the last one at `look`. */
  #behind = 0
  #stop = 0

  constructor(pool: Pool, views: Cells) {
    this.#pool = pool
    this.#views = views
  }

  /** Goes to the first record of a buffer. @throws as `look` */
  open(offset: number): void {
    this.offset = offset
    this.place = 0
    this.spawnCount = 0
    this.#block = offset >> 2
    this.index = this.#block + BLOCK_HEAD_WORD_COUNT
    this.look()
  }

  /** Takes the position and the end of another stream. */
  follow(other: CommandStream): void {
    this.offset = other.offset
    this.index = other.index
    this.spawnCount = other.spawnCount
    this.#block = other.#block
    this.#end = other.#end
    this.#behind = other.#behind
    this.#stop = other.#stop
  }

  /** Makes the present end of the records the end of the stream. @throws StorageError 'corrupt' */
  look(): void {
    const { signedWords: words } = this.#views
    this.#end = this.#endOf(this.#block)
    this.#behind = countBlocksBehind(this.#pool, words, this.#block << 2)
    let last = this.#block
    for (let left = this.#behind; left > 0; left--) last = words[last + BLOCK_NEXT] >> 2
    this.#stop = this.#endOf(last)
  }

  /**
   * Whether there is a record at `index`; enters the next block where one has ended.
   * @throws StorageError 'corrupt'
   */
  hasRecord(): boolean {
    for (;;) {
      if (this.#behind === 0) return this.index < this.#stop
      if (this.index < this.#end) return true
      this.#behind--
      this.#block = this.#views.signedWords[this.#block + BLOCK_NEXT] >> 2
      this.#end = this.#endOf(this.#block)
      this.index = this.#block + BLOCK_HEAD_WORD_COUNT
    }
  }

  /** Enters the place of the next record; false if there is no record. */
  enterPlace(): boolean {
    const { signedWords: words } = this.#views
    if (this.isApplied) return false
    while (this.hasRecord()) {
      if (kindOf(words[this.index]) !== PLACE) return true
      this.place = words[this.index + 1]
      this.spawnCount = 0
      this.identityIndex++
      this.index += HEAD_WORD_COUNT
    }
    return false
  }

  /** Index in `spawned` of a temporary id since the place began; -1 for any other id. */
  spawnIndexOf(eid: number): number {
    const index = TEMPORARY_FIRST - eid
    return index >= 0 && index < this.spawnCount ? index : -1
  }

  /** Of the record at `index`. @throws StorageError 'corrupt' where it does not end in its block */
  get wordCount(): number {
    const wordCount = wordCountOf(this.#views.signedWords[this.index])
    const left = (this.#behind === 0 ? this.#stop : this.#end) - this.index
    if (wordCount >= HEAD_WORD_COUNT && wordCount <= left && wordCount % 2 === 0) return wordCount
    throw noLength(wordCount, `an even number of words from ${HEAD_WORD_COUNT} to ${left}`)
  }

  /** Checks the record at `index`, and counts its spawn. @throws StorageError 'corrupt' */
  checkRecord(registry: ComponentRegistry): void {
    const { index, wordCount } = this
    const { signedWords: words } = this.#views
    const kind = kindOf(words[index])
    const number = words[index + 1]
    if (kind > SET) throw corrupt('the kind of a command', kind, `one of ${PLACE} to ${SET}`)
    if (kind === SET) {
      checkValues(words, registry.at(number).fields, index + HEAD_WORD_COUNT, index + wordCount)
      return
    }
    if (wordCount !== HEAD_WORD_COUNT) throw noLength(wordCount, `${HEAD_WORD_COUNT} words`)
    if (kind === PLACE) {
      if (number < 0) throw corrupt('a place of commands', number, 'no negative number')
      this.spawnCount = 0
    } else if (kind === SPAWN) {
      const expected = this.spawnCount++
      if (number !== expected) throw corrupt('the number of a spawn', number, `${expected}`)
    } else if (kind >= ADD) void registry.at(number)
  }

  get isApplied(): boolean {
    return this.#views.signedWords[(this.offset >> 2) + BLOCK_IS_APPLIED] === 1
  }

  setApplied(): void {
    this.#views.signedWords[(this.offset >> 2) + BLOCK_IS_APPLIED] = 1
  }

  #endOf(block: number): number {
    return block + checkedEnd(this.#pool, this.#views.signedWords, block << 2)
  }
}

const noLength = (given: number, expected: string) =>
  corrupt('the length of a command', given, expected)
