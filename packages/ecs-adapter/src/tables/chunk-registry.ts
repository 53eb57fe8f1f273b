/**
 * The numbers that chunks of a table have: whose each is, and where its block lies.
 *
 * Whose turn it is stands in the root, and not in the chunks' blocks: a block is in the hands of whoever
 * owns its number, and nobody else writes to it, or asks it anything, who may come when it is freed.
 */
import type { Pool } from '@ashlar/core'
import { isOpenSlot } from '../shared/attachments.ts'
import {
  entryWord,
  generationOfOwner,
  ownerOf,
  ownerWord,
  seedWord,
  slotOfOwner,
  TABLE_EPOCH,
  TABLE_NEXT_NUMBER,
  type TableLayout,
} from './table-layout.ts'

export class ChunkRegistry {
  /** This thread, as an owner. */
  readonly self: number
  readonly #pool: Pool
  readonly #root: number
  readonly #chunkLimit: number
  readonly #generationMax: number

  constructor(pool: Pool, { chunkLimit, lastGeneration }: TableLayout, root: number) {
    this.self = ownerOf(pool.slot, pool.generation)
    this.#pool = pool
    this.#root = root >> 2
    this.#chunkLimit = chunkLimit
    this.#generationMax = lastGeneration >> 1
  }

  /** Another one whenever a chunk is there that was not, or is no more. */
  get epoch(): number {
    return this.#load(TABLE_EPOCH)
  }

  /** Of the chunk's block; 0 of none. */
  offsetAt(number: number): number {
    return this.#load(entryWord(number))
  }

  /** See `ownerOf`; 0 of none. */
  ownerAt(number: number): number {
    return this.#load(ownerWord(number))
  }

  /** Whether the pool of an owner is closed, or was adopted. */
  isGone(owner: number): boolean {
    if (owner === 0 || owner === this.self) return false
    return !isOpenSlot(this.#pool.arena, slotOfOwner(owner), generationOfOwner(owner))
  }

  /**
   * Makes a number without a chunk this thread's, in turn; -1 when there is none.
   *
   * The next chunk of a number begins with the greatest generation of the last one, of which most places
   * have used few. They may skip the first half of all: so an id is not given again before its place
   * went through the other half. A number past the half is used up. It begins anew when all others are.
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

  /** Whether the number is this thread's now, which was `owner`'s, who is gone. */
  inherit(number: number, owner: number): boolean {
    const { i32 } = this.#pool.arena
    return Atomics.compareExchange(i32, this.#root + ownerWord(number), owner, this.self) === owner
  }

  /** What the ids of a chunk of this number, that is this thread's, are to begin with. */
  generationAt(number: number): number {
    return this.#isUsedUp(number) ? 1 : Math.max(1, this.#load(seedWord(number)))
  }

  /** Shows everyone the chunk of a number of this thread. */
  link(number: number, offset: number): void {
    this.#store(entryWord(number), offset)
    this.#raiseEpoch()
  }

  setGenerationAt(number: number, generation: number): void {
    this.#store(seedWord(number), generation)
  }

  /** Gives a number back, and takes its chunk away: after this, the block may be freed. */
  unlink(number: number): void {
    this.#store(entryWord(number), 0)
    this.#raiseEpoch()
    this.#store(ownerWord(number), 0)
  }

  /** A thread that died before it linked a chunk, or in `unlink`, has left its number claimed. */
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
