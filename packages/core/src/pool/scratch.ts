/**
 * Scratch memory: a bump allocator over blocks of a pool, emptied once a frame.
 *
 * If the last block is full, a further block is chained: if there is room, of at least the length
 * of all bytes in use, so a frame takes few blocks. `reset` gives further blocks back. The first
 * block never grows, so large frames keep no memory; `peakByteLength` would have sufficed for all.
 */
import { checkCount, checkOptions, invalidArgument, scratchDisposed } from '../base/errors.ts'
import * as layout from '../base/layout.ts'
import { checkAlignment } from '../blocks/aligned.ts'
import type { ElementArray, ElementArrayConstructor } from '../memory/element-types.ts'
import { checkedType } from './pool.ts'
import { checkPool, HEAD_BYTE_LENGTH, ScratchChain, type ScratchPool } from './scratch-chain.ts'

const MIN_BYTE_LENGTH = 64
/** No arena has room for so many bytes. */
const MAX_BYTE_LENGTH = 2 ** 32 - 1

/** Options of `createScratch`. */
export interface ScratchOptions {
  /**
   * The length of the first block in bytes: at least 64. The scratch needs 16 of these bytes
   * itself.
   */
  readonly byteLength: number
}

/**
 * Memory for one frame of one thread: `reset` frees all of it at once. If the first block is full,
 * the scratch takes further blocks from its pool. Do not pass offsets of a scratch to `free`,
 * `realloc` or `arena.view`.
 */
export interface Scratch {
  /**
   * The offset of the first block. If this thread dies, another thread passes it to `freeScratch`.
   */
  readonly offset: number
  /** The length of the first block in bytes, as in the options. */
  readonly byteLength: number
  /** How many bytes are allocated now, with the gaps for alignment. */
  readonly usedByteLength: number
  /**
   * The `byteLength` in bytes with which the first block would have been enough so far, if no call
   * passed an alignment.
   */
  readonly peakByteLength: number
  /** How many times a full scratch has taken a further block. */
  readonly overflowCount: number

  /**
   * Allocates `byteLength` bytes, which may be 0, and returns their offset. The bytes are not
   * cleared.
   * @param alignment the offset is a multiple of this: a power of two up to 4096. Default 16
   * @throws ArenaError 'out-of-memory' if the arena has no room for a further block;
   * 'invalid-argument'; 'scratch-disposed'
   */
  alloc(byteLength: number, alignment?: number): number

  /**
   * Allocates a typed array. Its elements are not cleared. You may use the array until you call
   * `reset`, or `rewind` to an earlier mark.
   * @param type the class of the array, such as `Float32Array`. It may be of another realm, but no
   * subclass
   * @param length the number of elements
   * @throws ArenaError, as {@link Scratch.alloc}
   */
  array<A extends ElementArray>(type: ElementArrayConstructor<A>, length: number): A

  /** Returns where the used bytes end now. Pass the result to `rewind` later. */
  mark(): number

  /**
   * Frees everything that was allocated since `mark()` returned this mark.
   * @throws ArenaError 'invalid-argument' if the mark is not in memory that is in use;
   * 'scratch-disposed'
   */
  rewind(mark: number): void

  /**
   * Frees everything, and gives the further blocks back to the pool.
   * @throws ArenaError 'scratch-disposed'
   */
  reset(): void

  /**
   * Gives all memory back to the pool. Call it before you close the pool. A second call does
   * nothing.
   */
  dispose(): void
}

/**
 * Makes a scratch in a block of the pool.
 *
 * ```ts
 * const scratch = createScratch(pool, { byteLength: 65_536 })
 * const distances = scratch.array(Float32Array, 100)
 * scratch.reset() // at the end of each frame
 * ```
 * @throws ArenaError 'out-of-memory', 'invalid-argument', 'pool-closed'
 */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: closures, as in fast-paths.ts
export function createScratch(pool: ScratchPool, options: ScratchOptions): Scratch {
  checkPool(pool)
  const firstByteLength = checkedByteLength(options)
  const chain = ScratchChain.create(pool, firstByteLength)
  /** The end of the last block's memory; -1 once the scratch is disposed, so that nothing fits. */
  let limit = chain.first + firstByteLength
  let cursor = chain.first + HEAD_BYTE_LENGTH
  let peak = 0
  let overflows = 0

  const usedByteLength = () =>
    limit === -1 ? 0 : chain.usedBelow + cursor - chain.last - HEAD_BYTE_LENGTH

  function alloc(byteLength: number, alignment?: number): number {
    const offset = alignedUp(cursor, layout.GRANULE_BYTE_LENGTH)
    if (
      alignment !== undefined ||
      typeof byteLength !== 'number' || // `>>>` and `+` throw for a bigint or a symbol
      byteLength >>> 0 !== byteLength ||
      offset + byteLength > limit
    ) {
      return allocSlow(byteLength, alignment)
    }
    cursor = offset + byteLength
    return offset
  }

  function allocSlow(byteLength: number, alignment = layout.GRANULE_BYTE_LENGTH): number {
    checkCount('byteLength', byteLength)
    checkAlignment(alignment)
    if (limit === -1) throw scratchDisposed()
    if (alignedUp(cursor, alignment) + byteLength > limit) overflow(byteLength, alignment)
    const offset = alignedUp(cursor, alignment)
    cursor = offset + byteLength
    return offset
  }

  /** Chains a further block with room for so many bytes, and moves the cursor to it. */
  function overflow(byteLength: number, alignment: number): void {
    const gap = Math.max(0, alignment - layout.GRANULE_BYTE_LENGTH)
    const needed = Math.min(HEAD_BYTE_LENGTH + byteLength + gap, MAX_BYTE_LENGTH)
    const used = alignedUp(usedByteLength(), layout.GRANULE_BYTE_LENGTH)
    notePeak()
    chain.append(Math.max(used, firstByteLength, needed), needed, used)
    overflows++
    limit = chain.endOf(chain.last)
    cursor = chain.last + HEAD_BYTE_LENGTH
  }

  function notePeak(): void {
    peak = Math.max(peak, usedByteLength())
  }

  function rewind(mark: number): void {
    if (limit === -1) throw scratchDisposed()
    const block = Number.isInteger(mark) ? chain.blockOf(mark, cursor) : 0
    if (block === 0) throw invalidArgument('mark', mark, 'what mark() gave, not rewound or reset')
    notePeak()
    if (block !== chain.last) {
      chain.cutBehind(block)
      limit = chain.endOf(block)
    }
    cursor = mark
  }

  return {
    offset: chain.first,
    byteLength: firstByteLength,
    get usedByteLength() {
      return usedByteLength()
    },
    get peakByteLength() {
      return HEAD_BYTE_LENGTH + Math.max(peak, usedByteLength())
    },
    get overflowCount() {
      return overflows
    },
    alloc,
    array(type, length) {
      checkedType(type, length)
      const offset = alloc(Math.min(length * type.BYTES_PER_ELEMENT, MAX_BYTE_LENGTH))
      return new type(chain.words.buffer, offset, length)
    },
    mark: () => cursor,
    rewind,
    reset: () => rewind(chain.first + HEAD_BYTE_LENGTH),
    dispose() {
      if (limit === -1) return
      notePeak()
      chain.dispose()
      limit = -1
    },
  }
}

function checkedByteLength(options: ScratchOptions): number {
  checkOptions(options, ['byteLength'])
  const { byteLength } = options
  checkCount('byteLength', byteLength)
  if (byteLength >= MIN_BYTE_LENGTH) return byteLength
  throw invalidArgument('byteLength', byteLength, `at least ${MIN_BYTE_LENGTH} bytes`)
}

/** The first multiple of `alignment`, a power of two, at or after an offset of at most 2^31. */
const alignedUp = (offset: number, alignment: number) => offset + (-offset & (alignment - 1))
