/** The side of a command buffer that reads, in the thread of the world. */
import { BLOCK_END, BLOCK_HEAD_WORD_COUNT, BLOCK_IS_APPLIED, BLOCK_NEXT } from './command-blocks.ts'
import type { CommandViews } from './command-views.ts'

/**
 * Where a reader is in the records of one buffer. It stops at the end that they had
 * when it last looked, for more may be written while these are applied.
 */
export class CommandCursor {
  /** Index of the next record's first word. */
  index = 0
  offset = 0
  readonly #views: CommandViews
  #block = 0
  #stopBlock = 0
  #stop = 0

  constructor(views: CommandViews) {
    this.#views = views
  }

  /** Goes to the first record of a buffer. */
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
    this.#stopBlock = other.#stopBlock
    this.#stop = other.#stop
  }

  /** Takes note of the records there are now. */
  look(): void {
    const { words } = this.#views
    let block = this.#block
    while (words[block + BLOCK_NEXT] !== 0) block = words[block + BLOCK_NEXT] >> 2
    this.#stopBlock = block
    this.#stop = block + words[block + BLOCK_END]
  }

  /** Whether there is a record at `index`; goes on to the next block where one has ended. */
  hasRecord(): boolean {
    const { words } = this.#views
    for (;;) {
      if (this.#block === this.#stopBlock) return this.index < this.#stop
      if (this.index < this.#block + words[this.#block + BLOCK_END]) return true
      this.#block = words[this.#block + BLOCK_NEXT] >> 2
      this.index = this.#block + BLOCK_HEAD_WORD_COUNT
    }
  }

  get isApplied(): boolean {
    return this.#views.words[(this.offset >> 2) + BLOCK_IS_APPLIED] === 1
  }

  setApplied(): void {
    this.#views.words[(this.offset >> 2) + BLOCK_IS_APPLIED] = 1
  }
}
