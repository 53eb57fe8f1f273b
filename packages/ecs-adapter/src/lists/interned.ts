/**
 * Texts of which each is stored once, in a block that counts its references:
 *
 *     -8       0                                  4
 *     | header | indexes << 24 | references       | UTF-8 ... |
 *
 * An index finds the block of a text and the text of a block, so that reading makes no string. It is
 * the thread's own, for it is made of strings, and has a block counted as long as it knows it. So any
 * thread may take and drop references, by Atomics, without the index of another. What nobody refers to
 * leaves an index at once where its thread dropped the last reference, else by a sweep, each time that
 * the index has doubled; it is freed with the last of both counts.
 */

import { corrupt } from '../base/errors.ts'
import { byteLengthOfText, isIllFormed, type Utf8 } from '../base/utf8.ts'
import type { Blocks } from '../memory/blocks.ts'
import type { InternLog } from './intern-log.ts'
import { IN_PLACE, type TextBlocks, takeShortened } from './texts.ts'

/** Of the block of an interned text: its counts. */
export const PREFIX_BYTE_LENGTH = 4
const INDEX_SIZE_TO_SWEEP = 256
/** An arena has at most 254 threads, with an index each. */
export const ONE_INDEX = 2 ** 24
export const REFERENCES = ONE_INDEX - 1
/** With room for what other threads are just adding. A text that more entities have is stored twice. */
const REFERENCES_MAX = REFERENCES - 2 ** 12

export class InternedTexts implements TextBlocks {
  readonly #blocks: Blocks
  readonly #utf8: Utf8
  readonly #blockOf = new Map<string, number>()
  readonly #textOf = new Map<number, string>()
  #sizeToSweep = INDEX_SIZE_TO_SWEEP
  /** Where an attached thread writes down what its index has counted. */
  internLog: InternLog | undefined

  constructor(blocks: Blocks, utf8: Utf8) {
    this.#blocks = blocks
    this.#utf8 = utf8
  }

  create(text: string, before = 0): number {
    if (text === '') return 0
    const block = this.#blockOf.get(text)
    if (block === undefined) return this.#createSlow(text, before)
    const count = this.#count(block, 1)
    return (count & REFERENCES) <= REFERENCES_MAX ? block : this.#createAnother(block, text)
  }

  rewrite(word: number, given: string): void {
    const text = this.#wellFormed(given)
    const block = takeShortened(this.#blocks, word, byteLengthOf(text))
    this.#write(text, block)
    this.#blocks.cells.words[word] = block
  }

  free(block: number): void {
    if (block <= 0) return
    const count = this.#count(block, -1)
    if (count === 0) this.#blocks.pool.free(block)
    else if ((count & REFERENCES) === 0) this.#dropFromIndex(block)
  }

  read(block: number): string {
    if (block === 0) return ''
    const text = this.#textOf.get(block)
    return text !== undefined ? text : this.#readSlow(block)
  }

  byteLength(block: number): number {
    if (block === 0) return 0
    const byteLength = this.#blocks.pool.byteLengthOf(block) - PREFIX_BYTE_LENGTH
    if (byteLength >= 0) return byteLength
    throw corrupt('the block of an interned text', block, 'one that has a count')
  }

  offset(block: number): number {
    return block === 0 ? 0 : block + PREFIX_BYTE_LENGTH
  }

  /** For `verifyStorage`: the texts that this thread's index has counted, by their blocks. */
  get index(): ReadonlyMap<number, string> {
    return this.#textOf
  }

  /** Frees what only indexes hold, which other threads dropped the last reference of. */
  sweep(): void {
    for (const block of this.#textOf.keys()) {
      if ((this.#count(block, 0) & REFERENCES) === 0) this.#dropFromIndex(block)
    }
    this.#sizeToSweep = Math.max(INDEX_SIZE_TO_SWEEP, 2 * this.#textOf.size)
  }

  /** Ends what an index has counted of a block. */
  readonly release = (block: number): void => {
    if (this.#count(block, -ONE_INDEX) === 0) this.#blocks.pool.free(block)
  }

  /** Forgets the index, whose count somebody else has ended. */
  forget(): void {
    this.#blockOf.clear()
    this.#textOf.clear()
    this.internLog?.clear()
  }

  #createSlow(given: string, before: number): number {
    const text = this.#wellFormed(given)
    if (text !== given) return this.create(text, before)
    const { pool } = this.#blocks
    const block = pool.tryAlloc(byteLengthOf(text))
    if (block === 0 && this.#takeFromAll(before, text)) return IN_PLACE
    return this.#write(text, block !== 0 ? block : pool.alloc(byteLengthOf(text)))
  }

  /** The index knows texts as they are read; other ones of the same bytes are made so each time. */
  #wellFormed(text: string): string {
    return isIllFormed(text) ? this.#utf8.wellFormed(text) : text
  }

  #write(text: string, block: number): number {
    const { cells } = this.#blocks
    this.#utf8.write(text, cells.bytes, block + PREFIX_BYTE_LENGTH)
    cells.words[block >> 2] = 1
    this.#addToIndex(block, text)
    return block
  }

  /**
   * Whether a block, which one entity has, has room for another text, and no one else knows it: from now
   * on, this index does not either.
   */
  #takeFromAll(block: number, text: string): boolean {
    if (block === 0 || this.#blocks.pool.byteLengthOf(block) < byteLengthOf(text)) return false
    const isIndexed = this.#textOf.has(block)
    if (this.#count(block, 0) !== (isIndexed ? ONE_INDEX + 1 : 1)) return false
    this.#dropFromIndex(block)
    return true
  }

  /** For when a block has as many references as it can count. */
  #createAnother(block: number, text: string): number {
    this.#count(block, -1)
    this.#blockOf.delete(text)
    return this.#createSlow(text, 0)
  }

  /** Of a text that another thread made; an entity has it, so nobody frees it meanwhile. */
  #readSlow(block: number): string {
    const { bytes } = this.#blocks.cells
    const text = this.#utf8.read(bytes, block + PREFIX_BYTE_LENGTH, this.byteLength(block))
    this.#addToIndex(block, text)
    return text
  }

  /** Without the memory to write that down, a text is in no index. */
  #addToIndex(block: number, text: string): void {
    if (this.#textOf.size >= this.#sizeToSweep) this.sweep()
    this.#count(block, ONE_INDEX)
    if (this.internLog !== undefined && !this.internLog.tryAdd(block)) {
      this.release(block)
      return
    }
    this.#textOf.set(block, text)
    if (!this.#blockOf.has(text)) this.#blockOf.set(text, block)
  }

  #dropFromIndex(block: number): void {
    const text = this.#textOf.get(block)
    if (text === undefined) return
    this.#textOf.delete(block)
    if (this.#blockOf.get(text) === block) this.#blockOf.delete(text)
    this.internLog?.remove(block)
    this.release(block)
  }

  /** Adds to the counts, and gives what they are then. @throws StorageError 'corrupt' */
  #count(block: number, change: number): number {
    this.#blocks.checkPlace('an interned text', block, PREFIX_BYTE_LENGTH)
    return (Atomics.add(this.#blocks.cells.signedWords, block >> 2, change) + change) | 0
  }
}

const byteLengthOf = (text: string) => PREFIX_BYTE_LENGTH + byteLengthOfText(text)
