/**
 * Which interned texts an attached thread's index holds references of, told in the arena: a thread may
 * die, or end, and those who come after it can drop them then.
 *
 * It is a list of words, whose handle is a word of the storage's root:
 *
 *     0    generation + 1 of the thread's pool
 *     1    a serial number, which tells two internLogs of one pool apart
 *     2..  offset of a text's block; 0 where there is none
 *
 * A reference is taken before it is written down, and struck out before it is dropped. To be killed in
 * between keeps one text for ever, and frees none that somebody has.
 */
import type { Blocks } from '../memory/blocks.ts'
import { Lists } from './lists.ts'

const GENERATION = 0
const SERIAL = 1
export const FIRST_ENTRY = 2

export interface InternLogOptions {
  blocks: Blocks
  /** Index of the handle word. */
  handleWord: number
  /** Index of the word that counts serial numbers. */
  serialWord: number
  /** Of the pool of `blocks`. */
  generation: number
}

export class InternLog {
  readonly #options: InternLogOptions
  readonly #lists: Lists
  /** 0 until something is written. */
  #serial = 0
  readonly #placeOf = new Map<number, number>()
  readonly #emptyPlaces: number[] = []

  constructor(options: InternLogOptions) {
    this.#options = options
    this.#lists = new Lists(options.blocks, Uint32Array)
  }

  /** Whether what stands there was written here. Else it is another's, or was dropped by others. */
  get isMine(): boolean {
    const block = this.#block
    if (this.#serial === 0 || this.#lists.length(block) <= SERIAL) return false
    return this.#lists.load(block, SERIAL) === this.#serial
  }

  /** Forgets what was written, which somebody else has dropped. */
  clear(): void {
    this.#serial = 0
    this.#placeOf.clear()
    this.#emptyPlaces.length = 0
  }

  /** Writes a block down; false when there is no memory to. */
  tryAdd(block: number): boolean {
    if (!this.#tryMakeRoom()) return false
    if (!this.isMine) this.#begin()
    this.#placeOf.set(block, this.#write(block))
    return true
  }

  /** Strikes a block out. */
  remove(block: number): void {
    const place = this.#placeOf.get(block)
    if (place === undefined || !this.isMine) return
    this.#lists.store(this.#block, place, 0)
    this.#placeOf.delete(block)
    this.#emptyPlaces.push(place)
  }

  get #block(): number {
    return this.#options.blocks.cells.words[this.#options.handleWord]
  }

  #tryMakeRoom(): boolean {
    if (this.#emptyPlaces.length > 0 && this.isMine) return true
    const length = this.isMine ? this.#lists.length(this.#block) : FIRST_ENTRY
    return this.#lists.tryReserve(this.#options.handleWord, length + 1)
  }

  #begin(): void {
    const { blocks, handleWord, serialWord, generation } = this.#options
    this.clear()
    this.#lists.resize(handleWord, 0)
    this.#lists.push(handleWord, generation + 1)
    const serial = (Atomics.add(blocks.cells.signedWords, serialWord, 1) + 1) >>> 0
    this.#lists.push(handleWord, serial)
    this.#serial = serial
  }

  #write(block: number): number {
    const place = this.#emptyPlaces.pop()
    if (place === undefined) return this.#lists.push(this.#options.handleWord, block) - 1
    this.#lists.store(this.#block, place, block)
    return place
  }
}

/**
 * Drops what a internLog tells of, and frees it. Its thread is gone, or uses none of it.
 * @param handleWord index of its handle word
 * @param generation of the pool whose internLog it has to be; of any by default
 */
export function dropInternLog(
  blocks: Blocks,
  handleWord: number,
  release: (block: number) => void,
  generation?: number,
): void {
  const { words, signedWords } = blocks.cells
  const lists = new Lists(blocks, Uint32Array)
  const block = words[handleWord]
  const length = lists.checkedLength(block)
  if (generation !== undefined && length > GENERATION) {
    if (lists.load(block, GENERATION) !== (generation + 1) >>> 0) return
  }
  // Taken by one of those who may come for it at a time.
  if (block === 0 || Atomics.compareExchange(signedWords, handleWord, block, 0) !== block) return
  for (let place = FIRST_ENTRY; place < length; place++) {
    const text = lists.load(block, place)
    if (text !== 0) release(text)
  }
  blocks.pool.free(block)
}
