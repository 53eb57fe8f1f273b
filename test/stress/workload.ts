/**
 * What every thread of a stress run does with its pools: some thousand blocks, checked whenever
 * met.
 */
import type { Arena, Pool } from '@ashlar/core'
import type { Random } from '../../packages/core/test/support/random.ts'
import { check, cookieOf, fill } from './cookie.ts'

const ALIGNMENTS = [32, 64, 256, 1024, 4096]

interface Block {
  offset: number
  byteLength: number
  cookie: number
}

export class Workload {
  readonly #arena: Arena
  readonly #transfer: Int32Array
  readonly #random: Random
  readonly #maxBlockCount: number
  readonly #blocks: Block[] = []

  constructor(arena: Arena, transfer: Int32Array, random: Random, maxBlockCount: number) {
    this.#arena = arena
    this.#transfer = transfer
    this.#random = random
    this.#maxBlockCount = maxBlockCount
  }

  /** One operation. */
  step(pool: Pool): void {
    const kind = this.#random.below(100)
    if (kind < 47) this.#alloc(pool)
    else if (kind < 85) this.#free(pool)
    else if (kind < 92) this.#resize(pool)
    else this.#swap(pool, kind < 98)
  }

  /** Frees all that this thread knows of, but for what a full arena has no room to note. */
  freeAll(pool: Pool): void {
    for (let i = this.#blocks.length; i > 0; i--) this.#free(pool)
  }

  #alloc(pool: Pool): void {
    const random = this.#random
    if (this.#blocks.length >= this.#maxBlockCount) this.#free(pool)
    const isLarge = random.below(500) === 0
    const byteLength = isLarge ? 2 ** 15 + random.below(2 ** 20) : 16 + random.logUniform(12)
    const alignment = random.below(16) === 0 ? random.pick(ALIGNMENTS) : undefined
    const offset = pool.tryAlloc(byteLength, alignment)
    if (offset === 0) {
      for (let i = 0; i < 8; i++) this.#free(pool)
      return
    }
    if (offset % (alignment ?? 16) !== 0) throw new Error(`offset ${offset} is not aligned`)
    this.#keep(offset, byteLength)
  }

  #keep(offset: number, byteLength: number): void {
    const cookie = this.#random.next() | 0
    fill(this.#arena, offset, byteLength, cookie)
    this.#blocks.push({ offset, byteLength, cookie })
  }

  /** Takes some block out of those that this thread knows of. */
  #pull(): Block | undefined {
    if (this.#blocks.length === 0) return undefined
    const index = this.#random.below(this.#blocks.length)
    const block = this.#blocks[index]
    const last = this.#blocks.pop()
    if (last !== undefined && last !== block) this.#blocks[index] = last
    return block
  }

  #free(pool: Pool): void {
    const block = this.#pull()
    if (block === undefined) return
    if (pool.byteLengthOf(block.offset) !== block.byteLength) throw new Error('another byte length')
    check(this.#arena, block.offset, block.byteLength, block.cookie)
    try {
      pool.free(block.offset)
    } catch (error) {
      if (!isOutOfMemory(error)) throw error
      this.#blocks.push(block) // another thread's, and there is no room to note it
    }
  }

  #resize(pool: Pool): void {
    const block = this.#pull()
    if (block === undefined) return
    const byteLength = 16 + this.#random.logUniform(13)
    try {
      const offset = pool.realloc(block.offset, byteLength)
      const keptByteLength = Math.min(block.byteLength, byteLength)
      check(this.#arena, offset, block.byteLength, block.cookie, keptByteLength)
      this.#keep(offset, byteLength)
    } catch (error) {
      if (!isOutOfMemory(error)) throw error
      this.#blocks.push(block)
    }
  }

  /**
   * Gives a block away, or takes one, or both: it is this thread's while it is not in the array.
   */
  #swap(pool: Pool, gives: boolean): void {
    const block = gives ? this.#pull() : undefined
    if (block !== undefined) check(this.#arena, block.offset, block.byteLength, block.cookie)
    const place = this.#random.below(this.#transfer.length)
    const offset = Atomics.exchange(this.#transfer, place, block?.offset ?? 0)
    if (offset === 0) return
    const byteLength = pool.byteLengthOf(offset)
    check(this.#arena, offset, byteLength, cookieOf(this.#arena, offset))
    this.#keep(offset, byteLength) // with a new cookie, which nobody else knows
  }
}

export const isOutOfMemory = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'out-of-memory'
