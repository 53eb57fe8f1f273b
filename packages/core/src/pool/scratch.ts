/**
 * Scratch memory: an allocator that only advances a cursor within blocks of a pool. It is emptied
 * once a frame.
 *
 * If the last block is full, a further block is linked. If there is room, the new block is at least
 * as long as all used bytes together. So a frame needs only a few blocks. `reset` gives further
 * blocks back. The first block never grows, so a large frame keeps no memory. `peakByteLength` is
 * the length with which the first block would have been enough.
 */
import { checkCount, checkOptions, invalidArgument, scratchDisposed } from '../base/errors.ts'
import * as layout from '../base/layout.ts'
import { checkAlignment } from '../blocks/aligned.ts'
import type { ElementArray, ElementArrayConstructor } from '../memory/element-types.ts'
import { checkedType } from './pool.ts'
import { checkPool, HEAD_BYTE_LENGTH, ScratchChain, type ScratchPool } from './scratch-chain.ts'

/** The least length of the first block in bytes. */
const MIN_BYTE_LENGTH = 64
/** A byte length that is longer than every arena. */
const MAX_BYTE_LENGTH = 2 ** 32 - 1

/** Options of `createScratch`. */
export interface ScratchOptions {
  /**
   * The length of the first block in bytes: at least 64. The scratch itself needs 16 of these
   * bytes.
   */
  readonly byteLength: number
}

/**
 * Memory for one frame of one thread: `reset` frees all of it in one call. If the first block is
 * full, the scratch allocates further blocks from its pool. Do not pass offsets of a scratch to
 * `free`, `realloc` or `arena.view`.
 */
export interface Scratch {
  /**
   * The offset of the first block. If this thread dies, another thread passes it to `freeScratch`.
   */
  readonly offset: number
  /** The length of the first block in bytes, as in the options. */
  readonly byteLength: number
  /** How many bytes are allocated now. Gaps for alignment count too. */
  readonly usedByteLength: number
  /**
   * The length in bytes with which the first block would have been enough so far. It is exact if no
   * call passed an alignment.
   */
  readonly peakByteLength: number
  /** How many further blocks the scratch has allocated because its last block was full. */
  readonly overflowCount: number

  /**
   * Allocates memory, and returns its offset. The bytes are not cleared.
   * @param byteLength how many bytes you need: 0 or more
   * @param alignment the offset is a multiple of this: a power of two up to 4096. Default 16
   * @throws ArenaError 'out-of-memory' if the arena has no room for a further block;
   * 'invalid-argument' if an argument is wrong; 'scratch-disposed' if the scratch is disposed of
   */
  alloc(byteLength: number, alignment?: number): number

  /**
   * Allocates a typed array. Its elements are not cleared. You may use the array until you call
   * `reset`, or `rewind` to an earlier mark.
   * @param type the class of the array, such as `Float32Array`. The class may come from another
   * realm, but it must not be a subclass
   * @param length the number of elements
   * @throws ArenaError as {@link Scratch.alloc}
   */
  array<A extends ElementArray>(type: ElementArrayConstructor<A>, length: number): A

  /**
   * Returns a mark: the offset at which the used bytes end now. Pass the mark to `rewind` later.
   */
  mark(): number

  /**
   * Frees everything that was allocated after `mark()` returned this mark.
   * @throws ArenaError 'invalid-argument' if the mark is not in memory that is in use;
   * 'scratch-disposed' if the scratch is disposed of
   */
  rewind(mark: number): void

  /**
   * Frees everything that was allocated, and gives the further blocks back to the pool.
   * @throws ArenaError 'scratch-disposed' if the scratch is disposed of
   */
  reset(): void

  /**
   * Gives all memory back to the pool. Call it before you close the pool. A second call does
   * nothing.
   * @throws ArenaError 'corrupt' if the links between the blocks were overwritten; 'pool-closed' if
   * the pool is closed
   */
  dispose(): void
}

/**
 * Creates a scratch. Its first block is allocated from the pool.
 *
 * ```ts
 * const scratch = createScratch(pool, { byteLength: 65_536 })
 * const distances = scratch.array(Float32Array, 100)
 * scratch.reset() // at the end of each frame
 * ```
 * @throws ArenaError 'out-of-memory' if the arena has no room; 'invalid-argument' if an argument is
 * wrong; 'pool-closed' if the pool is closed
 */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: closures, as in fast-paths.ts
export function createScratch(pool: ScratchPool, options: ScratchOptions): Scratch {
  checkPool(pool)
  const firstByteLength = checkedByteLength(options)
  const chain = ScratchChain.create(pool, firstByteLength)
  /**
   * The offset at which the last block's memory ends. After the scratch is disposed of, it is -1,
   * so that no allocation fits.
   */
  let limit = chain.first + firstByteLength
  let cursor = chain.first + HEAD_BYTE_LENGTH
  let peak = 0
  let overflowCount = 0

  const usedByteLength = () =>
    limit === -1 ? 0 : chain.usedBelow + cursor - chain.last - HEAD_BYTE_LENGTH

  /** See `Scratch.alloc`. */
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

  /**
   * Checks the arguments, and allocates memory. If the last block is full, links a further block
   * first.
   */
  function allocSlow(byteLength: number, alignment = layout.GRANULE_BYTE_LENGTH): number {
    checkCount('byteLength', byteLength)
    checkAlignment(alignment)
    if (limit === -1) throw scratchDisposed()
    if (alignedUp(cursor, alignment) + byteLength > limit) overflow(byteLength, alignment)
    const offset = alignedUp(cursor, alignment)
    cursor = offset + byteLength
    return offset
  }

  /**
   * Links a further block, and moves the cursor to it.
   * @param byteLength how many bytes the block must have room for
   * @param alignment the alignment that these bytes need
   */
  function overflow(byteLength: number, alignment: number): void {
    const gap = Math.max(0, alignment - layout.GRANULE_BYTE_LENGTH)
    const needed = Math.min(HEAD_BYTE_LENGTH + byteLength + gap, MAX_BYTE_LENGTH)
    const used = alignedUp(usedByteLength(), layout.GRANULE_BYTE_LENGTH)
    notePeak()
    chain.append(Math.max(used, firstByteLength, needed), needed, used)
    overflowCount++
    limit = chain.endOf(chain.last)
    cursor = chain.last + HEAD_BYTE_LENGTH
  }

  /** Raises the peak to the bytes that are used now. */
  function notePeak(): void {
    peak = Math.max(peak, usedByteLength())
  }

  /** See `Scratch.rewind`. */
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
      return overflowCount
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

/** Returns the option `byteLength`. @throws ArenaError 'invalid-argument' if it is wrong */
function checkedByteLength(options: ScratchOptions): number {
  checkOptions(options, ['byteLength'])
  const { byteLength } = options
  checkCount('byteLength', byteLength)
  if (byteLength >= MIN_BYTE_LENGTH) return byteLength
  throw invalidArgument('byteLength', byteLength, `at least ${MIN_BYTE_LENGTH} bytes`)
}

/**
 * Returns the first multiple of `alignment` that is not below `offset`.
 * @param offset at most 2^31
 * @param alignment a power of two
 */
const alignedUp = (offset: number, alignment: number) => offset + (-offset & (alignment - 1))
