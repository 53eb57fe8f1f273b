/**
 * The chunk numbers of a table: who owns each, and where its block lies.
 *
 * The owner is kept in the root, not in the chunk's block. Nobody but the owner reads or writes the
 * block: it may be freed at any time.
 */
import type { Pool } from '@ashlar/core'
import { isOpenSlot } from '../shared/attachments.ts'
import {
  entryWord,
  ownerWord,
  seedWord,
  TABLE_EPOCH,
  TABLE_NEXT_NUMBER,
  type TableLayout,
} from './table-layout.ts'

/** An owner in one word, for compare-and-swap: slot + 1, and a generation, which has 16 bits. */
const ownerOf = ({ slot, generation }: Pool) => (generation << 8) | (slot + 1)

export class ChunkRegistry {
  /** This thread, as an owner. */
  readonly self: number
  readonly #pool: Pool
  readonly #root: number
  readonly #chunkLimit: number
  readonly #generationMax: number

  constructor(pool: Pool, { chunkLimit, lastGeneration }: TableLayout, root: number) {
    this.self = ownerOf(pool)
    this.#pool = pool
    this.#root = root >> 2
    this.#chunkLimit = chunkLimit
    this.#generationMax = lastGeneration >> 1
  }

  /** Increments whenever a chunk is linked or unlinked. */
  get epoch(): number {
    return this.#load(TABLE_EPOCH)
  }

  /** Byte offset of the chunk's block; 0 if there is none. */
  offsetAt(number: number): number {
    return this.#load(entryWord(number))
  }

  /** 0 if there is none. */
  ownerAt(number: number): number {
    return this.#load(ownerWord(number))
  }

  /** Whether the pool of an owner is closed, or its slot was adopted. */
  isGone(owner: number): boolean {
    if (owner === 0 || owner === this.self) return false
    return !isOpenSlot(this.#pool.arena, (owner & 0xff) - 1, owner >>> 8)
  }

  /**
   * Claims a number that has no chunk; -1 if there is none.
   *
   * The ids of the next chunk begin with the greatest generation of the last one. Most slots have used
   * few generations, so the ids may skip up to half of all: then no id comes again before its slot went
   * through the other half. A number past the half is used up. Its generations begin at 1 again when all
   * other numbers are used up.
   */
  claimFree(): number {
    const next = this.#load(TABLE_NEXT_NUMBER) >>> 0
    for (const mayBeUsedUp of [false, true]) {
      for (let i = 0; i < this.#chunkLimit; i++) {
        const number = (next + i) % this.#chunkLimit
        if (this.#isUsedUp(number) !== mayBeUsedUp || !this.#claimIfFree(number)) continue
        this.#store(TABLE_NEXT_NUMBER, number + 1)
        return number
      }
    }
    return -1
  }

  #isUsedUp(number: number): boolean {
    return this.#load(seedWord(number)) > this.#generationMax
  }

  /** Takes over the number of an owner that is gone; false if another thread was faster. */
  inherit(number: number, owner: number): boolean {
    const { i32 } = this.#pool.arena
    return Atomics.compareExchange(i32, this.#root + ownerWord(number), owner, this.self) === owner
  }

  /** The generation in which the ids of the next chunk with this number begin. */
  generationAt(number: number): number {
    return this.#isUsedUp(number) ? 1 : Math.max(1, this.#load(seedWord(number)))
  }

  setGenerationAt(number: number, generation: number): void {
    this.#store(seedWord(number), generation)
  }

  /** Publishes the block of a number that this thread owns. */
  link(number: number, offset: number): void {
    this.#store(entryWord(number), offset)
    this.#raiseEpoch()
  }

  /** Releases a number. Then its block may be freed. */
  unlink(number: number): void {
    this.#store(entryWord(number), 0)
    this.#raiseEpoch()
    this.#store(ownerWord(number), 0)
  }

  /** A thread that died before `link`, or in `unlink`, has left its number claimed. */
  #claimIfFree(number: number): boolean {
    const owner = this.ownerAt(number)
    if (owner !== 0) {
      if (this.offsetAt(number) !== 0) return false
      if (owner === this.self) return true
      if (!this.isGone(owner) || this.offsetAt(number) !== 0) return false
    }
    return this.inherit(number, owner)
  }

  #load(word: number): number {
    return Atomics.load(this.#pool.arena.i32, this.#root + word)
  }

  #store(word: number, value: number): void {
    Atomics.store(this.#pool.arena.i32, this.#root + word, value)
  }

  #raiseEpoch(): void {
    Atomics.add(this.#pool.arena.i32, this.#root + TABLE_EPOCH, 1)
  }
}
