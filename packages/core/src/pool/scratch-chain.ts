/**
 * The blocks of a scratch: a first block that the scratch keeps, and further blocks for frames that
 * need more memory.
 *
 *     first block      | -      | last  | magic      | in transit | room ...
 *     further block    | before | first | used below | -          | room ...
 *
 * The links are in the arena, so that another thread can free the chain after its thread has died.
 * The thread itself reads the links only to return to earlier blocks. If the links are overwritten,
 * calls throw an error. They never loop forever, and never touch other memory.
 */
import { isPlainObject } from '../base/builtins.ts'
import { chainOverwritten, invalidArgument } from '../base/errors.ts'
import type { PoolOf } from '../memory/pool-api.ts'

/**
 * The words at the start of a further block: the block before it, the first block, and the used
 * bytes of all blocks before it.
 */
const BEFORE = 0
const FIRST = 1
const USED_BELOW = 2
/**
 * The words at the start of the first block: the last block of the chain, a number that marks a
 * scratch, and a block in transit.
 */
const LAST = 1
const MAGIC = 2
/**
 * A block that was allocated, but is not linked yet. If the thread dies before it links the block,
 * `freeScratch` finds the block here.
 */
const IN_TRANSIT = 3
/**
 * How many bytes at the start of each block of a scratch hold the links and other words of the
 * chain.
 */
export const HEAD_BYTE_LENGTH = 16

/** The word that marks the first block of a scratch. */
const SCRATCH_MAGIC = 0x41534303

/** The pool of a scratch. A scratch uses only `i32` of its arena. */
export type ScratchPool = PoolOf<{ readonly i32: Int32Array }>

/** Throws if `pool` is not a pool. @throws ArenaError 'invalid-argument' if the check fails */
export function checkPool(pool: unknown): asserts pool is ScratchPool {
  const { byteLengthOf, arena }: Partial<ScratchPool> = isPlainObject(pool) ? pool : {}
  if (typeof byteLengthOf === 'function' && ArrayBuffer.isView(arena?.i32)) return
  throw invalidArgument('pool', pool, 'what arena.openPool() or arena.adopt() gives')
}

/** The chain of blocks of one scratch. */
export class ScratchChain {
  /** The offset of the first block. */
  readonly first: number
  /** The offset of the block that was linked last. The scratch allocates from this block. */
  last: number
  /** The pool that the blocks belong to. */
  readonly #pool: ScratchPool
  #words: Int32Array

  /** Opens a chain that is in the arena already. */
  constructor(pool: ScratchPool, first: number, last: number) {
    this.#pool = pool
    this.first = first
    this.last = last
    this.#words = pool.arena.i32
  }

  /**
   * Allocates the first block of a new chain.
   * @throws ArenaError 'out-of-memory' if the arena has no room; 'pool-closed' if the pool is
   * closed
   */
  static create(pool: ScratchPool, byteLength: number): ScratchChain {
    const first = pool.alloc(byteLength)
    const chain = new ScratchChain(pool, first, first)
    chain.words[(first >> 2) + LAST] = first
    chain.words[(first >> 2) + IN_TRANSIT] = 0
    chain.words[(first >> 2) + MAGIC] = SCRATCH_MAGIC
    return chain
  }

  /** The words of the arena. If a WebAssembly.Memory grows, this getter returns a new view. */
  get words(): Int32Array {
    if (this.#words[0] === undefined) this.#words = this.#pool.arena.i32
    return this.#words
  }

  /**
   * Links a further block of `wanted` bytes. If there is no room for `wanted` bytes, links a block
   * of `needed` bytes.
   * @param usedBelow how many bytes are used in all blocks before the new one
   * @throws ArenaError 'out-of-memory' if the arena has no room; 'pool-closed' if the pool is
   * closed
   */
  append(wanted: number, needed: number, usedBelow: number): void {
    const { words, first } = this
    const inTransit = (first >> 2) + IN_TRANSIT
    // The offset is stored immediately. A thread can be killed in a loop or a call, but not between
    // two stores.
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

  /**
   * Returns the offset at which the memory of a block ends.
   * @throws ArenaError as `pool.byteLengthOf`
   */
  endOf(block: number): number {
    return block + this.#pool.byteLengthOf(block)
  }

  /** How many bytes are used in all blocks before the last one. */
  get usedBelow(): number {
    return this.last === this.first ? 0 : this.words[(this.last >> 2) + USED_BELOW]
  }

  /**
   * Returns the block that contains a mark, or 0 if no used memory contains it.
   * @param cursor where the used part of the last block ends
   * @throws ArenaError as `dispose`
   */
  blockOf(mark: number, cursor: number): number {
    this.check()
    for (let block = this.last, end = cursor; ; end = this.endOf(block)) {
      if (mark >= block + HEAD_BYTE_LENGTH && mark <= end) return block
      if (block === this.first) return 0
      block = this.words[(block >> 2) + BEFORE]
    }
  }

  /**
   * Frees all blocks after `block`. Each block is unlinked before it is freed, so that a death of
   * the thread cannot cause a second free.
   */
  cutBehind(block: number): void {
    const { words } = this
    while (this.last !== block) {
      const { last } = this
      this.last = words[(last >> 2) + BEFORE]
      words[(this.first >> 2) + LAST] = this.last
      this.#pool.free(last)
    }
  }

  /** Frees all blocks. If it throws, it has freed none. @throws ArenaError as `pool.free` */
  dispose(): void {
    this.check()
    this.endOf(this.first)
    this.cutBehind(this.first)
    this.words[(this.first >> 2) + MAGIC] = 0
    this.#pool.free(this.first)
  }

  /**
   * Throws if the links do not lead from the last block to the first. After this check, a loop over
   * the links always ends.
   * @throws ArenaError 'corrupt' if the links were overwritten
   */
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
 * freed a block, that block may stay live. `blocks(arena)` lists such a block.
 * @param pool any pool of the arena, such as the pool that adopted the thread's slot
 * @param offset `scratch.offset` of the dead thread
 * @throws ArenaError 'invalid-argument' if no scratch is at the offset, or if the scratch is
 * disposed of; 'invalid-offset' or 'double-free' if no live block is there; 'corrupt' if the chain
 * was overwritten; 'pool-closed' if the pool is closed
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
