/**
 * The blocks of a scratch: one for its life, and further ones for frames that need more.
 *
 *     first block      | -      | last  | magic      | in transit | room ...
 *     further block    | before | first | used below | -          | room ...
 *
 * The chain is in the arena, for whoever frees the scratch of a thread that died; its thread writes
 * it and only looks at it to go back. What was overwritten ends in an error, never in a loop or in
 * other memory.
 */
import { isPlainObject, typedArrayName } from '../base/builtins.ts'
import { chainOverwritten, invalidArgument } from '../base/errors.ts'
import type { PoolOf } from '../memory/pool-api.ts'

/** Words at the start of a further block. */
const BEFORE = 0
const FIRST = 1
const USED_BELOW = 2
/** Of the first one. */
const LAST = 1
const MAGIC = 2
/** A block that is not linked yet: it is found there when the thread dies before it is. */
const IN_TRANSIT = 3
export const HEAD_BYTE_LENGTH = 16

const SCRATCH_MAGIC = 0x41534303

/** A pool as far as a scratch needs one. */
export type ScratchPool = PoolOf<{ readonly i32: Int32Array }>

export function checkPool(pool: unknown): asserts pool is ScratchPool {
  const { byteLengthOf, arena }: Partial<ScratchPool> = isPlainObject(pool) ? pool : {}
  if (typeof byteLengthOf === 'function' && typedArrayName(arena?.i32) === 'Int32Array') return
  throw invalidArgument('pool', pool, 'what arena.openPool() or arena.adopt() gives')
}

/** The chain, as its own thread has it. */
export class ScratchChain {
  /** Offset of the first block. */
  readonly first: number
  readonly #pool: ScratchPool
  #words: Int32Array
  #last: number

  /** @throws ArenaError 'out-of-memory', 'pool-closed' */
  constructor(pool: ScratchPool, byteLength: number) {
    this.#pool = pool
    this.first = pool.alloc(byteLength)
    this.#last = this.first
    this.#words = pool.arena.i32
    this.#words[(this.first >> 2) + LAST] = this.first
    this.#words[(this.first >> 2) + IN_TRANSIT] = 0
    this.#words[(this.first >> 2) + MAGIC] = SCRATCH_MAGIC
  }

  /** The block that was linked last, which the cursor is in. */
  get last(): number {
    return this.#last
  }

  /** The words of the arena: other ones after a WebAssembly.Memory has grown. */
  get words(): Int32Array {
    if (this.#words[0] === undefined) this.#words = this.#pool.arena.i32
    return this.#words
  }

  /**
   * Links a further block: as long as is wanted, or as is needed where there is no room for more.
   * @param usedBelow in the blocks before it
   * @throws ArenaError 'out-of-memory', 'pool-closed'
   */
  append(wanted: number, needed: number, usedBelow: number): number {
    const { words } = this
    const inTransit = (this.first >> 2) + IN_TRANSIT
    // At once: a thread is killed in loops and calls, not between two stores.
    words[inTransit] = this.#pool.tryAlloc(wanted)
    if (words[inTransit] === 0) words[inTransit] = this.#pool.alloc(needed)
    const block = words[inTransit]
    words[(block >> 2) + BEFORE] = this.#last
    words[(block >> 2) + FIRST] = this.first
    words[(block >> 2) + USED_BELOW] = usedBelow
    words[(this.first >> 2) + LAST] = block
    words[inTransit] = 0
    this.#last = block
    return block
  }

  /** Where the memory of a block ends. */
  endOf(block: number): number {
    return block + this.#pool.byteLengthOf(block)
  }

  /** How much was used in the blocks before one. */
  usedBelow(block: number): number {
    return block === this.first ? 0 : this.words[(block >> 2) + USED_BELOW]
  }

  /**
   * The block that has a mark, at or below the cursor, which is in the last one; 0 where none has.
   * @throws ArenaError 'corrupt'
   */
  blockOf(mark: number, cursor: number): number {
    const { words, first } = this
    checkChain(this.#pool, words, first, this.#last)
    for (let block = this.#last, end = cursor; ; end = this.endOf(block)) {
      if (mark >= block + HEAD_BYTE_LENGTH && mark <= end) return block
      if (block === first) return 0
      block = words[(block >> 2) + BEFORE]
    }
  }

  /** Frees the blocks behind one that `blockOf` gave. */
  cutBehind(block: number): void {
    freeBehind(this.#pool, this.words, this.first, this.#last, block)
    this.#last = block
  }

  /** Frees all. @throws ArenaError 'corrupt', 'pool-closed'; it is as it was then */
  dispose(): void {
    freeAll(this.#pool, this.words, this.first, this.#last)
  }
}

/**
 * Frees the scratch of a thread that has died: all of its blocks, by the pool that adopted its
 * slot, or any other. A block that was just being allocated for it, or freed, may be left:
 * `arena.blocks()` has it.
 * @param offset that scratch's `offset`
 * @throws ArenaError 'invalid-argument' when no scratch is there, or none any more,
 * 'invalid-offset', 'double-free', 'corrupt', 'pool-closed'
 */
export function freeScratch(pool: ScratchPool, offset: number): void {
  checkPool(pool)
  pool.byteLengthOf(offset) // it has to be a live block
  const words = pool.arena.i32
  const head = offset >> 2
  if (words[head + MAGIC] !== SCRATCH_MAGIC) {
    throw invalidArgument('offset', offset, 'that of a scratch that is not disposed of')
  }
  const last = words[head + LAST]
  checkChain(pool, words, offset, last)
  const inTransit = words[head + IN_TRANSIT]
  if (inTransit !== 0 && inTransit !== last) {
    pool.byteLengthOf(inTransit)
    words[head + IN_TRANSIT] = 0
    pool.free(inTransit)
  }
  freeAll(pool, words, offset, last)
}

/** Throws unless it leads from the last block to the first: loops over it come to an end then. */
function checkChain(pool: ScratchPool, words: Int32Array, first: number, last: number): void {
  for (let block = last, count = 0; block !== first; count++) {
    const isOne = words[(block >> 2) + FIRST] === first && count < words.length >> 3
    if (!isOne) throw chainOverwritten(first)
    pool.byteLengthOf(block) // it has to be a live block
    block = words[(block >> 2) + BEFORE]
  }
}

/**
 * Frees the blocks behind one. Unlinked first: a thread may die in between, and is not to free it
 * twice.
 */
function freeBehind(
  pool: ScratchPool,
  words: Int32Array,
  first: number,
  last: number,
  block: number,
): void {
  while (last !== block) {
    const before = words[(last >> 2) + BEFORE]
    words[(first >> 2) + LAST] = before
    pool.free(last)
    last = before
  }
}

function freeAll(pool: ScratchPool, words: Int32Array, first: number, last: number): void {
  checkChain(pool, words, first, last)
  pool.byteLengthOf(first)
  freeBehind(pool, words, first, last, first)
  words[(first >> 2) + MAGIC] = 0
  pool.free(first)
}
