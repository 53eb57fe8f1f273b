/** The side of a command buffer that reads, in the thread of the world. */
import type { Pool } from '@ashlar/core'
import { corrupt } from '../base/errors.ts'
import type { Cells } from '../memory/cells.ts'
import {
  BLOCK_HEAD_WORD_COUNT,
  BLOCK_IS_APPLIED,
  BLOCK_NEXT,
  checkedEnd,
  countBlocksBehind,
} from './command-blocks.ts'
import { HEAD_WORD_COUNT, wordCountOf } from './command-records.ts'

/**
 * Where a reader is in the records of one buffer. It stops at the end that they had
 * when it last looked, for more may be written while these are applied.
 *
 * Other threads have the memory, too: what was overwritten ends in an error 'corrupt', and leads neither
 * round in a circle nor out of the blocks.
 */
export class CommandCursor {
  /** Index of the next record's first word. */
  index = 0
  offset = 0
  readonly #pool: Pool
  readonly #views: Cells
  #block = 0
  /** Where the records of that block end. */
  #end = 0
  /** Blocks behind it, up to the last that there was. */
  #behind = 0
  #stop = 0

  constructor(pool: Pool, views: Cells) {
    this.#pool = pool
    this.#views = views
  }

  /** Goes to the first record of a buffer. @throws as `look` */
  open(offset: number): void {
    this.offset = offset
    this.#block = offset >> 2
    this.index = this.#block + BLOCK_HEAD_WORD_COUNT
    this.look()
  }

  /** Goes back to where another cursor of the buffer is; both stop at the same end then. */
  follow(other: CommandCursor): void {
    this.offset = other.offset
    this.index = other.index
    this.#block = other.#block
    this.#end = other.#end
    this.#behind = other.#behind
    this.#stop = other.#stop
  }

  /** Takes note of the records there are now. @throws StorageError 'corrupt' */
  look(): void {
    const { signedWords: words } = this.#views
    this.#end = this.#endOf(this.#block)
    this.#behind = countBlocksBehind(this.#pool, words, this.#block << 2)
    let last = this.#block
    for (let left = this.#behind; left > 0; left--) last = words[last + BLOCK_NEXT] >> 2
    this.#stop = this.#endOf(last)
  }

  /**
   * Whether there is a record at `index`; goes on to the next block where one has ended.
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

  /** Of the record at `index`. @throws StorageError 'corrupt' where it does not end in its block */
  get wordCount(): number {
    const wordCount = wordCountOf(this.#views.signedWords[this.index])
    const left = (this.#behind === 0 ? this.#stop : this.#end) - this.index
    if (wordCount >= HEAD_WORD_COUNT && wordCount <= left && wordCount % 2 === 0) return wordCount
    const expected = `an even number of words from ${HEAD_WORD_COUNT} to ${left}`
    throw corrupt('the length of a command', wordCount, expected)
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
