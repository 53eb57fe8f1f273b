/** Texts in blocks of an arena: each is known by its block's offset, 0 of an empty one. */
import type { Blocks } from './blocks.ts'
import { byteLengthOfText, type Utf8 } from './utf8.ts'

/** What plain and interned texts have in common. A block is a text's whole, and never rewritten. */
export interface TextBlocks {
  /**
   * A block with a text, or 0. It is to be freed once.
   * @throws ArenaError 'out-of-memory'
   */
  create(text: string): number
  free(block: number): void
  read(block: number): string
  /** In UTF-8. */
  byteLength(block: number): number
  /** Byte offset of the first byte, or 0. */
  offset(block: number): number
}

/**
 * A block for each text, with nothing but the text in it: `arena.view(block)` gives the bytes, and
 * its header holds how many they are.
 */
export class Texts implements TextBlocks {
  readonly #blocks: Blocks
  readonly #utf8: Utf8

  constructor(blocks: Blocks, utf8: Utf8) {
    this.#blocks = blocks
    this.#utf8 = utf8
  }

  create(text: string): number {
    if (text === '') return 0
    const block = this.#blocks.pool.alloc(byteLengthOfText(text))
    this.#utf8.write(text, this.#blocks.cells.bytes, block)
    return block
  }

  free(block: number): void {
    if (block !== 0) this.#blocks.free(block)
  }

  read(block: number): string {
    if (block === 0) return ''
    return this.#utf8.read(this.#blocks.cells.bytes, block, this.byteLength(block))
  }

  byteLength(block: number): number {
    return block === 0 ? 0 : this.#blocks.pool.byteLengthOf(block)
  }

  offset(block: number): number {
    return block
  }
}
