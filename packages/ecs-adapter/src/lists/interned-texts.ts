/**
 * Interned texts are stored once each, in a block that counts the references to the text:
 *
 *     -8       0                                  4
 *     | header | indexes << 24 | references       | UTF-8 ... |
 *
 * Each thread has an index of its own, made of strings. The index maps a text to its block, and a
 * block to its text, so that reading makes no string. A block also counts the indexes that contain
 * it. So any thread may add and remove references by Atomics. The thread that removes the last
 * reference also removes the text from its own index. Other indexes lose the text by a sweep, which
 * runs whenever an index has doubled. When both counts are 0, the block is freed.
 */

import type { Extension } from '../base/extensions.ts'
import { type Utf8, wellFormed } from '../base/utf8.ts'
import type { FieldMemory } from '../fields/field-memory.ts'
import type { MemoryViews } from '../memory/memory-views.ts'
import { dropInternLog, InternLog } from './intern-log.ts'
import { createTexts, Texts } from './texts.ts'

/** The byte length of the two counts, which precede the text. */
export const PREFIX_BYTE_LENGTH = 4
const INDEX_SIZE_TO_SWEEP = 256
/**
 * The amount that counts one index. The count of indexes has 8 bits, because an arena has at most
 * 254 threads.
 */
export const ONE_INDEX = 2 ** 24
export const REFERENCES = ONE_INDEX - 1
/**
 * If a text has more references than this, it is stored a second time. The margin allows for
 * threads that add references at the same time.
 */
const REFERENCES_MAX = REFERENCES - 2 ** 12

export class InternedTexts extends Texts implements Extension {
  readonly #blockOf = new Map<string, number>()
  readonly #textOf = new Map<number, string>()
  #sizeToSweep = INDEX_SIZE_TO_SWEEP
  /** In an attached thread: the log of the blocks that count this index. */
  readonly #log: InternLog | undefined
  readonly #logWord: number

  /**
   * @param words the words of this thread's log in the root (see `intern-log.ts`); only in an
   * attached thread
   */
  constructor(views: MemoryViews, utf8: Utf8, words?: FieldMemory['logWords']) {
    super(views, utf8, PREFIX_BYTE_LENGTH)
    this.#logWord = words?.handleWord ?? 0
    this.#log = words && new InternLog(views, words.handleWord, words.serialWord)
    this.attach() // the log may belong to an earlier thread with this slot
  }

  /** Drops the index if the log is no longer this thread's. Then the index starts empty. */
  attach(): void {
    if (this.#log === undefined || this.#log.isMine) return
    dropInternLog(this.views, this.#logWord, this.release)
    this.#blockOf.clear()
    this.#textOf.clear()
    this.#log.clear()
  }

  forgetSlot(word: number, generation: number | undefined): void {
    dropInternLog(this.views, word, this.release, generation)
  }

  dispose(): void {
    this.sweep()
  }

  override create(given: string, before = 0): number {
    if (given === '') return 0
    const block = this.#blockOf.get(given)
    if (block !== undefined) {
      if ((this.#count(block, 1) & REFERENCES) <= REFERENCES_MAX) return block
      this.#count(block, -1) // no more references fit into the count: the text gets another block
      this.#blockOf.delete(given)
    }
    const text = wellFormed(given)
    return text === given ? this.allocate(text, before) : this.create(text, before)
  }

  override free(block: number): void {
    if (block <= 0) return
    const count = this.#count(block, -1)
    if (count === 0) this.views.pool.free(block)
    else if ((count & REFERENCES) === 0) this.#dropFromIndex(block)
  }

  override read(block: number): string {
    if (block === 0) return ''
    const known = this.#textOf.get(block)
    if (known !== undefined) return known
    const text = super.read(block) // another thread's text; an entity has it, so it stays
    this.#addToIndex(block, text)
    return text
  }

  /** The texts in this index, by their blocks. `verifyStorage` reads it. */
  get index(): ReadonlyMap<number, string> {
    return this.#textOf
  }

  /**
   * Removes texts without references from the index. Other threads have removed their last
   * references.
   */
  sweep(): void {
    for (const block of this.#textOf.keys()) {
      if ((this.#count(block, 0) & REFERENCES) === 0) this.#dropFromIndex(block)
    }
    this.#sizeToSweep = Math.max(INDEX_SIZE_TO_SWEEP, 2 * this.#textOf.size)
  }

  /** Subtracts one index from the counts of a block, and frees the block if both counts are 0. */
  readonly release = (block: number): void => {
    if (this.#count(block, -ONE_INDEX) === 0) this.views.pool.free(block)
  }

  protected override rewrite(word: number, text: string): void {
    super.rewrite(word, wellFormed(text)) // the index must hold the text that `read` returns
  }

  protected override write(text: string, block: number): number {
    super.write(text, block)
    this.views.u32[block >> 2] = 1
    this.#addToIndex(block, text)
    return block
  }

  /**
   * Removes the text from this index if the block has only one reference, and no other index has
   * it.
   */
  protected override tryReuse(block: number, byteLength: number): boolean {
    if (!super.tryReuse(block, byteLength)) return false
    const isIndexed = this.#textOf.has(block)
    if (this.#count(block, 0) !== (isIndexed ? ONE_INDEX + 1 : 1)) return false
    this.#dropFromIndex(block)
    return true
  }

  /** Adds a text to the index. If there is no memory to log the text, it stays out of the index. */
  #addToIndex(block: number, text: string): void {
    if (this.#textOf.size >= this.#sizeToSweep) this.sweep()
    this.#count(block, ONE_INDEX)
    if (this.#log !== undefined && !this.#log.tryAdd(block)) {
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
    this.#log?.remove(block)
    this.release(block)
  }

  /**
   * Adds to the counts of a block, and returns both counts.
   * @throws StorageError 'corrupt' if the counts are impossible
   */
  #count(block: number, change: number): number {
    this.views.checkPlace('an interned text', block, PREFIX_BYTE_LENGTH)
    return (Atomics.add(this.views.i32, block >> 2, change) + change) | 0
  }
}

/** Makes the interned texts of a thread. Pass this function to `FieldMemory.get`. */
export function createInternedTexts(memory: FieldMemory): InternedTexts {
  return new InternedTexts(memory.views, memory.get(createTexts).utf8, memory.logWords)
}
