/** Texts in blocks of an arena: each is known by its block's offset, 0 of an empty one. */

import { byteLengthOfText, type Utf8 } from '../base/utf8.ts'
import type { Blocks } from '../memory/blocks.ts'

/**
 * What `create` gives when there is no memory, and the text fits into the block that it is to replace:
 * `rewrite` puts it there.
 */
export const IN_PLACE = -1

/** What plain and interned texts have in common. A block is a text's whole. */
export interface TextBlocks {
  /**
   * A block with a text, or 0. It is to be freed once.
   * @param before the block of the text that it is to replace, if any; then it may be IN_PLACE
   * @throws ArenaError 'out-of-memory'
   */
  create(text: string, before?: number): number
  /** Writes the text for which `create` gave IN_PLACE into the block of a handle word. */
  rewrite(word: number, text: string): void
  /** Of IN_PLACE there is nothing to free. */
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

  create(text: string, before = 0): number {
    if (text === '') return 0
    const byteLength = byteLengthOfText(text)
    const block = this.#blocks.pool.tryAlloc(byteLength)
    if (block === 0 && byteLength <= this.byteLength(before)) return IN_PLACE
    return this.#write(text, block !== 0 ? block : this.#blocks.pool.alloc(byteLength))
  }

  rewrite(word: number, text: string): void {
    const block = takeShortened(this.#blocks, word, byteLengthOfText(text))
    this.#blocks.cells.words[word] = this.#write(text, block)
  }

  #write(text: string, block: number): number {
    this.#utf8.write(text, this.#blocks.cells.bytes, block)
    return block
  }

  free(block: number): void {
    if (block > 0) this.#blocks.pool.free(block)
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

/**
 * Makes the block of a handle word shorter, which needs no memory, and gives it. The word is 0 from then
 * on: a thread that dies before it has written the text loses that, and nothing else.
 */
export function takeShortened({ pool, cells }: Blocks, word: number, byteLength: number): number {
  const { words } = cells
  const block = words[word]
  words[word] = 0
  return pool.realloc(block, byteLength)
}
