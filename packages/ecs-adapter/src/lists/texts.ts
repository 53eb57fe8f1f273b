/** Texts in blocks of an arena. The offset of its block stands for a text, and 0 for ''. */
import { corrupt } from '../base/errors.ts'
import { byteLengthOfText, Utf8 } from '../base/utf8.ts'
import type { FieldMemory } from '../fields/field-memory.ts'
import type { MemoryViews } from '../memory/memory-views.ts'

/**
 * The result of `create` if there is no memory, but the new text fits into the block of the text
 * that it replaces. `replace` then writes it into that block.
 */
const IN_PLACE = -1

/**
 * Makes, reads and frees texts. A block without a prefix holds only its text: `arena.view(block)`
 * is the text in UTF-8.
 */
export class Texts {
  protected readonly views: MemoryViews
  readonly utf8: Utf8
  /** How many bytes precede the text in its block. */
  readonly #prefix: number

  constructor(views: MemoryViews, utf8: Utf8, prefix = 0) {
    this.views = views
    this.utf8 = utf8
    this.#prefix = prefix
  }

  /**
   * Makes a block with a text. Returns 0 for ''. Free the block exactly once.
   * @param before the block of the text that this one replaces, if any: then the result may be
   * IN_PLACE
   * @throws ArenaError 'out-of-memory'
   */
  create(text: string, before = 0): number {
    return text === '' ? 0 : this.allocate(text, before)
  }

  /** Replaces the text of a handle word. @throws as `create` */
  set(word: number, text: string): void {
    this.replace(word, this.create(text, this.views.u32[word]), text)
  }

  /**
   * Replaces the text of a handle word by a block that `create` made for `text`. The earlier block
   * is freed last, so a thread that is killed in between loses neither text.
   */
  replace(word: number, block: number, text: string): void {
    if (block === IN_PLACE) {
      this.rewrite(word, text)
      return
    }
    const { u32: words } = this.views
    const before = words[word]
    words[word] = block
    this.free(before)
  }

  free(block: number): void {
    if (block > 0) this.views.pool.free(block)
  }

  read(block: number): string {
    if (block === 0) return ''
    return this.utf8.read(this.views.u8, this.offset(block), this.byteLength(block))
  }

  equals(block: number, text: string): boolean {
    return this.utf8.equals(text, this.views.u8, this.offset(block), this.byteLength(block))
  }

  view(block: number): Uint8Array {
    return new Uint8Array(this.views.buffer, this.offset(block), this.byteLength(block))
  }

  byteLength(block: number): number {
    if (block === 0) return 0
    const byteLength = this.views.pool.byteLengthOf(block) - this.#prefix
    if (byteLength >= 0) return byteLength
    throw corrupt('the block of an interned text', block, 'one that has a count')
  }

  /** Returns the byte offset of the first byte. Returns 0 for ''. */
  offset(block: number): number {
    return block === 0 ? 0 : block + this.#prefix
  }

  protected allocate(text: string, before: number): number {
    const { pool } = this.views
    const byteLength = this.#prefix + byteLengthOfText(text)
    const block = pool.tryAlloc(byteLength)
    if (block === 0 && this.tryReuse(before, byteLength)) return IN_PLACE
    return this.write(text, block !== 0 ? block : pool.alloc(byteLength))
  }

  /**
   * Returns whether a text of this length can overwrite the text in a block. Only one handle word
   * has the block.
   */
  protected tryReuse(block: number, byteLength: number): boolean {
    return block !== 0 && byteLength <= this.views.pool.byteLengthOf(block)
  }

  /**
   * Shortens the block of a handle word, and writes a text into it. This needs no memory. During
   * the write, the word is 0: a thread that dies then loses only this text.
   */
  protected rewrite(word: number, text: string): void {
    const { u32: words, pool } = this.views
    const block = words[word]
    words[word] = 0
    const shortened = pool.realloc(block, this.#prefix + byteLengthOfText(text))
    this.views.u32[word] = this.write(text, shortened)
  }

  protected write(text: string, block: number): number {
    this.utf8.write(text, this.views.u8, this.offset(block))
    return block
  }
}

/** Makes the texts of a thread. Pass this function to `FieldMemory.get`. */
export const createTexts = ({ views }: FieldMemory): Texts => new Texts(views, new Utf8())
