/**
 * Texts of which each is stored once, in a block that counts its references:
 *
 *     -8       0                                  4
 *     | header | indexes << 24 | references       | UTF-8 ... |
 *
 * An index maps a text to its block, and back: reading makes no string. Each thread has an index of
 * its own, made of strings, and a block counts the indexes that know it. So any thread may take and
 * drop references by Atomics. A text without references leaves an index at once if the thread of
 * that index dropped the last one, else by a sweep whenever the index has doubled. When both counts
 * are 0, the block is freed.
 */
import { type Utf8, wellFormed } from '../base/utf8.ts'
import type { MemoryViews } from '../memory/memory-views.ts'
import type { InternLog } from './intern-log.ts'
import { Texts } from './texts.ts'

/** The counts in the block of a text. */
export const PREFIX_BYTE_LENGTH = 4
const INDEX_SIZE_TO_SWEEP = 256
/** An arena has at most 254 threads, with an index each. */
export const ONE_INDEX = 2 ** 24
export const REFERENCES = ONE_INDEX - 1
/** Leaves room for what other threads are adding. With more references, a text is stored twice. */
const REFERENCES_MAX = REFERENCES - 2 ** 12

export class InternedTexts extends Texts {
  readonly #blockOf = new Map<string, number>()
  readonly #textOf = new Map<number, string>()
  #sizeToSweep = INDEX_SIZE_TO_SWEEP
  /** Where an attached thread writes down the blocks that its index has counted. */
  internLog: InternLog | undefined

  constructor(views: MemoryViews, utf8: Utf8) {
    super(views, utf8, PREFIX_BYTE_LENGTH)
  }

  override create(given: string, before = 0): number {
    if (given === '') return 0
    const block = this.#blockOf.get(given)
    if (block !== undefined) {
      if ((this.#count(block, 1) & REFERENCES) <= REFERENCES_MAX) return block
      this.#count(block, -1) // it has as many references as it can count: another block follows
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
    const text = super.read(block) // another thread made it; an entity has it, so nobody frees it
    this.#addToIndex(block, text)
    return text
  }

  /** For `verifyStorage`: the texts that the index has counted, by their blocks. */
  get index(): ReadonlyMap<number, string> {
    return this.#textOf
  }

  /** Frees texts that only indexes hold, because other threads dropped the last reference. */
  sweep(): void {
    for (const block of this.#textOf.keys()) {
      if ((this.#count(block, 0) & REFERENCES) === 0) this.#dropFromIndex(block)
    }
    this.#sizeToSweep = Math.max(INDEX_SIZE_TO_SWEEP, 2 * this.#textOf.size)
  }

  /** Ends what an index has counted in a block. */
  readonly release = (block: number): void => {
    if (this.#count(block, -ONE_INDEX) === 0) this.views.pool.free(block)
  }

  /** Forgets the index. Another thread has ended what it had counted. */
  forget(): void {
    this.#blockOf.clear()
    this.#textOf.clear()
    this.internLog?.clear()
  }

  protected override rewrite(word: number, text: string): void {
    super.rewrite(word, wellFormed(text)) // the index knows a text as it reads
  }

  protected override write(text: string, block: number): number {
    super.write(text, block)
    this.views.u32[block >> 2] = 1
    this.#addToIndex(block, text)
    return block
  }

  /** If no one else knows the block. From then on, this index does not either. */
  protected override tryReuse(block: number, byteLength: number): boolean {
    if (!super.tryReuse(block, byteLength)) return false
    const isIndexed = this.#textOf.has(block)
    if (this.#count(block, 0) !== (isIndexed ? ONE_INDEX + 1 : 1)) return false
    this.#dropFromIndex(block)
    return true
  }

  /** A text that the log has no memory for is in no index. */
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

  /** Adds to the counts, and returns them. @throws StorageError 'corrupt' */
  #count(block: number, change: number): number {
    this.views.checkPlace('an interned text', block, PREFIX_BYTE_LENGTH)
    return (Atomics.add(this.views.i32, block >> 2, change) + change) | 0
  }
}
