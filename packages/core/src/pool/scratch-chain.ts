/**
 * The blocks of a scratch: one that it keeps, and further blocks for frames that need more.
 *
 *     first block      | -      | last  | magic      | in transit | room ...
 *     further block    | before | first | used below | -          | room ...
 *
 * The links are in the arena, so that the chain can be freed after its thread has died. The thread
 * itself reads them only to go back to earlier blocks. Overwritten links lead to an error, never
 * to an endless loop or to other memory.
 */
import { isPlainObject } from '../base/builtins.ts'
import { chainOverwritten, invalidArgument } from '../base/errors.ts'
import type { PoolOf } from '../memory/pool-api.ts'

/** Words at the start of a further block. */
const BEFORE = 0
const FIRST = 1
const USED_BELOW = 2
/** Words at the start of the first block. */
const LAST = 1
const MAGIC = 2
/** A block that is not linked yet: if the thread dies first, `freeScratch` finds the block here. */
const IN_TRANSIT = 3
export const HEAD_BYTE_LENGTH = 16

const SCRATCH_MAGIC = 0x41534303

/** The pool of a scratch, which needs only `i32` of its arena. */
export type ScratchPool = PoolOf<{ readonly i32: Int32Array }>

export function checkPool(pool: unknown): asserts pool is ScratchPool {
  const { byteLengthOf, arena }: Partial<ScratchPool> = isPlainObject(pool) ? pool : {}
  if (typeof byteLengthOf === 'function' && ArrayBuffer.isView(arena?.i32)) return
  throw invalidArgument('pool', pool, 'what arena.openPool() or arena.adopt() gives')
}

export class ScratchChain {
  readonly first: number
  /** The block that was linked last, which the scratch allocates from. */
  last: number
  readonly #pool: ScratchPool
  #words: Int32Array

  /** For a chain that is in the arena already. */
  constructor(pool: ScratchPool, first: number, last: number) {
    this.#pool = pool
    this.first = first
    this.last = last
    this.#words = pool.arena.i32
  }

  /** @throws ArenaError 'out-of-memory', 'pool-closed' */
  static create(pool: ScratchPool, byteLength: number): ScratchChain {
    const first = pool.alloc(byteLength)
    const chain = new ScratchChain(pool, first, first)
    chain.words[(first >> 2) + LAST] = first
    chain.words[(first >> 2) + IN_TRANSIT] = 0
    chain.words[(first >> 2) + MAGIC] = SCRATCH_MAGIC
    return chain
  }

  /** The words of the arena; a WebAssembly.Memory that grows replaces them. */
  get words(): Int32Array {
    if (this.#words[0] === undefined) this.#words = this.#pool.arena.i32
    return this.#words
  }

  /**
   * Links a further block of `wanted` bytes, or of `needed` bytes if there is no room for `wanted`.
   * @param usedBelow how many bytes are used in the blocks before it
   * @throws ArenaError 'out-of-memory', 'pool-closed'
   */
  append(wanted: number, needed: number, usedBelow: number): void {
    const { words, first } = this
    const inTransit = (first >> 2) + IN_TRANSIT
    // Stored at once: a thread can be killed in a loop or a call, but not between two stores.
    words[inTransit] = this.#pool.tryAlloc(wanted)
    if (words[inTransit] === 0) words[inTransit] = this.#pool.alloc(needed)
    const block = words[inTransit]
    words[(block >> 2) + BEFORE] = this.last
    words[(block >> 2) + FIRST] = first
    words[(block >> 2) + USED_BELOW] = usedBelow
    words[(first >> 2) + LAST] = block
    words[inTransit] = 0
    this.last = block
  }

  /** Where the memory of a block ends. */
  endOf(block: number): number {
    return block + this.#pool.byteLengthOf(block)
  }

  /** How many bytes are used in the blocks before the last one. */
  get usedBelow(): number {
    return this.last === this.first ? 0 : this.words[(this.last >> 2) + USED_BELOW]
  }

  /**
   * The block that a mark is in, or 0. The used part of the last block ends at `cursor`.
   * @throws as `dispose`
   */
  blockOf(mark: number, cursor: number): number {
    this.check()
    for (let block = this.last, end = cursor; ; end = this.endOf(block)) {
      if (mark >= block + HEAD_BYTE_LENGTH && mark <= end) return block
      if (block === this.first) return 0
      block = this.words[(block >> 2) + BEFORE]
    }
  }

  /** Unlinks and then frees the blocks after `block`: so a death cannot cause a second free. */
  cutBehind(block: number): void {
    const { words } = this
    while (this.last !== block) {
      const { last } = this
      this.last = words[(last >> 2) + BEFORE]
      words[(this.first >> 2) + LAST] = this.last
      this.#pool.free(last)
    }
  }

  /** Frees all blocks; if it throws, it frees none. @throws as `pool.free` */
  dispose(): void {
    this.check()
    this.endOf(this.first)
    this.cutBehind(this.first)
    this.words[(this.first >> 2) + MAGIC] = 0
    this.#pool.free(this.first)
  }

  /** Throws unless the links lead from the last block to the first, so that loops over them end. */
  check(): void {
    const { words, first } = this
    for (let block = this.last, count = 0; block !== first; count++) {
      const isLinked = words[(block >> 2) + FIRST] === first && count < words.length >> 3
      if (!isLinked) throw chainOverwritten(first)
      this.endOf(block) // throws unless the block is live
      block = words[(block >> 2) + BEFORE]
    }
  }
}

/**
 * Frees all blocks of a scratch whose thread has died. If the thread died while it allocated or
 * freed a block, that block may stay live: `blocks(arena)` lists it.
 * @param pool any pool of the arena, such as the pool that adopted the thread's slot
 * @param offset `scratch.offset` of the dead thread
 * @throws ArenaError 'invalid-argument' if no scratch is at the offset, or the scratch is disposed
 * of; 'invalid-offset', 'double-free', 'corrupt', 'pool-closed'
 */
export function freeScratch(pool: ScratchPool, offset: number): void {
  checkPool(pool)
  pool.byteLengthOf(offset) // throws unless the block is live
  const words = pool.arena.i32
  const head = offset >> 2
  if (words[head + MAGIC] !== SCRATCH_MAGIC) {
    throw invalidArgument('offset', offset, 'that of a scratch that is not disposed of')
  }
  const chain = new ScratchChain(pool, offset, words[head + LAST])
  chain.check()
  const inTransit = words[head + IN_TRANSIT]
  if (inTransit !== 0 && inTransit !== chain.last) {
    pool.byteLengthOf(inTransit)
    words[head + IN_TRANSIT] = 0
    pool.free(inTransit)
  }
  chain.dispose()
}
