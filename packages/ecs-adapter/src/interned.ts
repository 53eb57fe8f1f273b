/**
 * Texts of which each is stored once, in a block that counts its references:
 *
 *     -8       0                 4
 *     | header | reference count | UTF-8 ... |
 *
 * An index finds the block of a text and the text of a block, so that reading makes no string. It is
 * the thread's own, for it is made of strings; it holds one reference itself. So another thread may
 * take and drop references, by Atomics, and need not know of this index, nor have the same one. What
 * is left with the index alone is freed: at once when this thread dropped it, else by a sweep, each
 * time that the index has doubled.
 */
import type { Blocks } from './blocks.ts'
import type { TextBlocks } from './texts.ts'
import { byteLengthOfText, isIllFormed, type Utf8 } from './utf8.ts'

const PREFIX_BYTE_LENGTH = 4
const INDEX_SIZE_TO_SWEEP = 256

export class InternedTexts implements TextBlocks {
  readonly #blocks: Blocks
  readonly #utf8: Utf8
  readonly #blockOf = new Map<string, number>()
  readonly #textOf = new Map<number, string>()
  #sizeToSweep = INDEX_SIZE_TO_SWEEP

  constructor(blocks: Blocks, utf8: Utf8) {
    this.#blocks = blocks
    this.#utf8 = utf8
  }

  create(text: string): number {
    if (text === '') return 0
    const block = this.#blockOf.get(text)
    if (block === undefined) return this.#createSlow(text)
    this.#count(block, 1)
    return block
  }

  free(block: number): void {
    if (block === 0) return
    const count = this.#count(block, -1)
    if (count === 0) this.#blocks.free(block)
    else if (count === 1) this.#dropFromIndex(block)
  }

  read(block: number): string {
    if (block === 0) return ''
    const text = this.#textOf.get(block)
    return text !== undefined ? text : this.#decode(block)
  }

  byteLength(block: number): number {
    return block === 0 ? 0 : this.#blocks.pool.byteLengthOf(block) - PREFIX_BYTE_LENGTH
  }

  offset(block: number): number {
    return block === 0 ? 0 : block + PREFIX_BYTE_LENGTH
  }

  /** Frees what only the index holds, which other threads dropped the last reference of. */
  sweep(): void {
    for (const block of this.#textOf.keys()) {
      if (this.#count(block, 0) === 1) this.#dropFromIndex(block)
    }
    this.#sizeToSweep = Math.max(INDEX_SIZE_TO_SWEEP, 2 * this.#textOf.size)
  }

  #createSlow(given: string): number {
    // The index knows texts as they are read; other ones of the same bytes come this way each time.
    const text = isIllFormed(given) ? this.#utf8.wellFormed(given) : given
    if (text !== given) return this.create(text)
    if (this.#textOf.size >= this.#sizeToSweep) this.sweep()
    const block = this.#blocks.pool.alloc(PREFIX_BYTE_LENGTH + byteLengthOfText(text))
    const { cells } = this.#blocks
    this.#utf8.write(text, cells.bytes, block + PREFIX_BYTE_LENGTH)
    cells.words[block >> 2] = 2 // the caller's and the index's
    this.#blockOf.set(text, block)
    this.#textOf.set(block, text)
    return block
  }

  #dropFromIndex(block: number): void {
    const text = this.#textOf.get(block)
    if (text === undefined) return // it is in the index of another thread
    this.#textOf.delete(block)
    this.#blockOf.delete(text)
    this.#blocks.free(block)
  }

  #decode(block: number): string {
    const { bytes } = this.#blocks.cells
    return this.#utf8.read(bytes, block + PREFIX_BYTE_LENGTH, this.byteLength(block))
  }

  /** Adds to the count of references, and gives what it is then. */
  #count(block: number, change: number): number {
    return Atomics.add(this.#blocks.cells.signedWords, block >> 2, change) + change
  }
}
