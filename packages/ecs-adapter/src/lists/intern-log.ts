/**
 * The log of an attached thread lists the interned texts that count the thread's index (see
 * `interned-texts.ts`). When the thread has died or ended, another thread subtracts the index from
 * these counts.
 *
 * The log is a list of words. Its handle is a word of the storage's root:
 *
 *     0    generation + 1 of the thread's pool
 *     1    serial number: distinguishes two logs of one pool
 *     2..  offset of a text's block; 0 for an empty entry
 *
 * A block counts the index before the text is logged, and until after the text is removed from the
 * log. If a thread is killed in between, one text leaks, and no text in use is freed.
 */
import type { MemoryViews } from '../memory/memory-views.ts'
import { Lists } from './lists.ts'

const GENERATION = 0
const SERIAL = 1
export const FIRST_ENTRY = 2

export class InternLog {
  readonly #views: MemoryViews
  readonly #handleWord: number
  readonly #serialWord: number
  readonly #lists: Lists
  /** The serial number of this thread's log; 0 if the thread has no log. */
  #serial = 0
  readonly #entryOf = new Map<number, number>()
  readonly #emptyEntries: number[] = []

  /**
   * @param handleWord the index of the word that holds the handle of the log
   * @param serialWord the index of the word that counts serial numbers
   */
  constructor(views: MemoryViews, handleWord: number, serialWord: number) {
    this.#views = views
    this.#handleWord = handleWord
    this.#serialWord = serialWord
    this.#lists = new Lists(views, Uint32Array)
  }

  /**
   * Whether this thread still has its log. It is false if another thread has dropped the log, or
   * has replaced it by its own.
   */
  get isMine(): boolean {
    const block = this.#block
    if (this.#serial === 0 || this.#lists.length(block) <= SERIAL) return false
    return this.#lists.load(block, SERIAL) === this.#serial
  }

  /** Forgets the log. Call it when another thread has dropped it. */
  clear(): void {
    this.#serial = 0
    this.#entryOf.clear()
    this.#emptyEntries.length = 0
  }

  /** Logs a text. Returns false if there is no memory. */
  tryAdd(block: number): boolean {
    const { isMine } = this
    if (!isMine || this.#emptyEntries.length === 0) {
      const length = isMine ? this.#lists.length(this.#block) : FIRST_ENTRY
      if (!this.#lists.tryReserve(this.#handleWord, length + 1)) return false
    }
    if (!isMine) this.#begin()
    let entry = this.#emptyEntries.pop()
    if (entry === undefined) entry = this.#lists.push(this.#handleWord, block) - 1
    else this.#lists.store(this.#block, entry, block)
    this.#entryOf.set(block, entry)
    return true
  }

  remove(block: number): void {
    const entry = this.#entryOf.get(block)
    if (entry === undefined || !this.isMine) return
    this.#lists.store(this.#block, entry, 0)
    this.#entryOf.delete(block)
    this.#emptyEntries.push(entry)
  }

  get #block(): number {
    return this.#views.u32[this.#handleWord]
  }

  #begin(): void {
    this.clear()
    this.#serial = (Atomics.add(this.#views.i32, this.#serialWord, 1) + 1) >>> 0
    this.#lists.resize(this.#handleWord, 0)
    this.#lists.push(this.#handleWord, this.#views.pool.generation + 1)
    this.#lists.push(this.#handleWord, this.#serial)
  }
}

/**
 * Subtracts a thread's index from the counts of the texts in its log, and frees the log. Call it if
 * the thread has ended, or uses none of these texts.
 * @param generation if given, only the log of the pool with this generation is dropped
 */
export function dropInternLog(
  views: MemoryViews,
  handleWord: number,
  release: (block: number) => void,
  generation?: number,
): void {
  const lists = new Lists(views, Uint32Array)
  const block = views.u32[handleWord]
  const length = lists.checkedLength(block)
  if (generation !== undefined && length > GENERATION) {
    if (lists.load(block, GENERATION) !== (generation + 1) >>> 0) return
  }
  // Several threads may try to drop the log: one succeeds.
  if (Atomics.compareExchange(views.i32, handleWord, block, 0) !== block) return
  for (let entry = FIRST_ENTRY; entry < length; entry++) {
    const text = lists.load(block, entry)
    if (text !== 0) release(text)
  }
  views.pool.free(block)
}
