/**
 * Scratch memory: a bump allocator over blocks of a pool, emptied once a frame.
 *
 *     first block   | before 0 | last | magic     | byte length |  room ...
 *     overflow      | before   |   -  | used below| byte length |  room ...   <- last: the cursor is here
 *
 * What does not fit the first block chains another one, as long as all before it together, so that a
 * frame of any length takes few; `reset` gives them back. The first block never grows by itself: one
 * frame that needs much leaves nothing behind, and `peakByteLength` tells what would have been enough.
 * The chain is in the arena, for the heir of a thread that died.
 */
import { checkAlignment } from './aligned.ts'
import { checkCount, invalidArgument, scratchDisposed } from './errors.ts'
import { type ElementArray, type ElementArrayConstructor, typeOf } from './header.ts'
import { GRANULE_BYTE_LENGTH } from './layout.ts'
import type { Pool } from './pool-api.ts'

/** Words at the start of a block. */
const BEFORE = 0
const LAST = 1
/** Of the first block. */
const MAGIC = 2
/** Of all others. */
const USED_BELOW = 2
const BLOCK_BYTE_LENGTH = 3
const HEAD_BYTE_LENGTH = 16

const SCRATCH_MAGIC = 0x41534301

const MIN_BYTE_LENGTH = 64
const MAX_BYTE_LENGTH = 2 ** 32 - 1

export interface ScratchOptions {
  /** Of the first block; 16 bytes of it are taken by the chain. At least 64. */
  readonly byteLength: number
}

/**
 * Memory for one frame of one thread: nothing in it is freed by itself, all of it at once by `reset`.
 * Offsets are as those of a pool, but do not pass them to `free`, `realloc` or `arena.view`.
 */
export interface Scratch {
  /** Of the first block: what `freeScratch` wants when this thread has died. */
  readonly offset: number
  /** Of the first block, as asked for. */
  readonly byteLength: number
  /** What is allocated now, gaps for alignment included. */
  readonly usedBytes: number
  /** The `byteLength` that would have made every overflow so far unnecessary, alignment apart. */
  readonly peakByteLength: number
  /** How often what was asked for did not fit, and another block was chained. */
  readonly overflows: number

  /**
   * Allocates `byteLength` bytes, 0 included, and gives their offset. They hold whatever was there.
   * @param alignment of the offset: a power of two up to 4096; 16 by default
   * @throws ArenaError 'out-of-memory' when the arena has no room to overflow into,
   * 'invalid-argument', 'scratch-disposed'
   */
  alloc(byteLength: number, alignment?: number): number

  /**
   * Allocates a typed array, not cleared. Use it until `reset`, or a `rewind` to before it.
   * @param length in elements
   * @throws as `alloc`
   */
  array<A extends ElementArray>(type: ElementArrayConstructor<A>, length: number): A

  /** The present end, for `rewind`: an offset. */
  mark(): number

  /**
   * Takes back all that was allocated since `mark()` gave this.
   * @throws ArenaError 'invalid-argument' when it was taken back before, or is no mark
   */
  rewind(mark: number): void

  /** Takes back everything, and gives blocks that overflow took back to the pool. */
  reset(): void

  /** Gives all memory back; before the pool is closed. Doing it again does nothing. */
  dispose(): void
}

/**
 * Makes a scratch over a block of the pool.
 * @throws ArenaError 'out-of-memory', 'invalid-argument', 'pool-closed'
 */
export function createScratch(pool: Pool, { byteLength }: ScratchOptions): Scratch {
  checkCount('byteLength', byteLength, 'bytes')
  if (byteLength < MIN_BYTE_LENGTH) {
    throw invalidArgument('byteLength', byteLength, `at least ${MIN_BYTE_LENGTH} bytes`)
  }
  const first = pool.alloc(byteLength)
  let words = wordsOf(pool)
  let cursor = first + HEAD_BYTE_LENGTH
  /** End of the last block; -1 once disposed, and then nothing fits. */
  let limit = first + byteLength
  /** Of the last block. */
  let start = cursor
  let usedBelow = 0
  let peak = 0
  let overflows = 0
  writeHead(first, 0, SCRATCH_MAGIC, byteLength)
  words[(first >> 2) + LAST] = first

  function writeHead(block: number, before: number, below: number, length: number): void {
    const head = block >> 2
    words[head + BEFORE] = before
    words[head + USED_BELOW] = below
    words[head + BLOCK_BYTE_LENGTH] = length
  }

  /** Makes sure of `words`: a WebAssembly.Memory that has grown took them away. */
  function checkWords(): void {
    if (limit === -1) throw scratchDisposed()
    if (words[0] === undefined) words = wordsOf(pool)
  }

  const usedBytes = () => (limit === -1 ? 0 : usedBelow + cursor - start)

  function notePeak(): void {
    peak = Math.max(peak, usedBytes())
  }

  function alloc(byteLength: number, alignment?: number): number {
    const offset = alignedUp(cursor, GRANULE_BYTE_LENGTH)
    const end = offset + byteLength
    if (end > limit || alignment !== undefined || byteLength >>> 0 !== byteLength) {
      return allocSlow(byteLength, alignment)
    }
    cursor = end
    return offset
  }

  function allocSlow(byteLength: number, alignment = GRANULE_BYTE_LENGTH): number {
    checkCount('byteLength', byteLength, 'bytes')
    checkAlignment(alignment)
    checkWords()
    if (alignedUp(cursor, alignment) + byteLength > limit) chain(byteLength, alignment)
    const offset = alignedUp(cursor, alignment)
    cursor = offset + byteLength
    return offset
  }

  /** Goes on in another block, that has room for so much. */
  function chain(byteLength: number, alignment: number): void {
    const gap = Math.max(0, alignment - GRANULE_BYTE_LENGTH)
    const least = Math.min(HEAD_BYTE_LENGTH + byteLength + gap, MAX_BYTE_LENGTH)
    const last = words[(first >> 2) + LAST]
    let length = 0
    for (let block = last; block !== 0; block = words[(block >> 2) + BEFORE]) {
      length += words[(block >> 2) + BLOCK_BYTE_LENGTH]
    }
    length = Math.max(length, least)
    let block = pool.tryAlloc(length)
    if (block === 0) {
      length = least
      block = pool.alloc(length)
    }
    notePeak()
    writeHead(block, last, alignedUp(usedBytes(), GRANULE_BYTE_LENGTH), length)
    words[(first >> 2) + LAST] = block
    overflows++
    enter(block)
    cursor = start
  }

  function enter(block: number): void {
    start = block + HEAD_BYTE_LENGTH
    limit = block + words[(block >> 2) + BLOCK_BYTE_LENGTH]
    usedBelow = block === first ? 0 : words[(block >> 2) + USED_BELOW]
  }

  function array<A extends ElementArray>(type: ElementArrayConstructor<A>, length: number): A {
    if (typeOf(type) === -1) throw invalidArgument('type', type, 'a typed array constructor')
    checkCount('length', length, 'elements')
    checkWords()
    const byteLength = Math.min(length * type.BYTES_PER_ELEMENT, MAX_BYTE_LENGTH)
    return new type(words.buffer, alloc(byteLength), length)
  }

  function rewind(mark: number): void {
    checkWords()
    const block = blockOfMark(mark)
    if (block === 0) {
      throw invalidArgument('mark', mark, 'what mark() gave, while it was not rewound or reset')
    }
    notePeak()
    freeBehind(pool, words, first, block)
    enter(block)
    cursor = mark
  }

  /** 0: none. */
  function blockOfMark(mark: number): number {
    if (!Number.isInteger(mark)) return 0
    let end = cursor
    for (let block = words[(first >> 2) + LAST]; block !== 0; ) {
      if (mark >= block + HEAD_BYTE_LENGTH && mark <= end) return block
      block = words[(block >> 2) + BEFORE]
      end = block + words[(block >> 2) + BLOCK_BYTE_LENGTH]
    }
    return 0
  }

  return {
    offset: first,
    byteLength,
    get usedBytes() {
      return usedBytes()
    },
    get peakByteLength() {
      return HEAD_BYTE_LENGTH + Math.max(peak, usedBytes())
    },
    get overflows() {
      return overflows
    },
    alloc,
    array,
    mark: () => cursor,
    rewind,
    reset: () => rewind(first + HEAD_BYTE_LENGTH),
    dispose() {
      if (limit === -1) return
      checkWords()
      notePeak()
      freeBehind(pool, words, first, 0)
      limit = -1
    },
  }
}

/**
 * Frees the scratch of a thread that has died: all of its blocks, by the pool that adopted its slot, or
 * any other. (A block that was being chained at that moment is left, and is found by `arena.blocks()`.)
 * @param offset that scratch's `offset`
 * @throws ArenaError 'invalid-argument' when no scratch is there, or none any more, 'invalid-offset',
 * 'double-free', 'corrupt'
 */
export function freeScratch(pool: Pool, offset: number): void {
  pool.byteLengthOf(offset)
  const words = wordsOf(pool)
  if (words[(offset >> 2) + MAGIC] !== SCRATCH_MAGIC) {
    throw invalidArgument('offset', offset, 'that of a scratch that is not disposed of')
  }
  freeBehind(pool, words, offset, 0)
}

/** Frees the blocks chained behind one; behind 0, all. Unlinked first: a thread may die in between. */
function freeBehind(pool: Pool, words: Int32Array, first: number, block: number): void {
  let last = words[(first >> 2) + LAST]
  while (last !== block) {
    const before = words[(last >> 2) + BEFORE]
    if (last !== first) words[(first >> 2) + LAST] = before
    else words[(first >> 2) + MAGIC] = 0
    pool.free(last)
    last = before
  }
}

/** The next multiple of a power of two, of an offset up to 2^31. */
const alignedUp = (offset: number, alignment: number) => offset + (-offset & (alignment - 1))

/** The whole buffer, up to where an arena can reach. */
function wordsOf(pool: Pool): Int32Array {
  const probe = pool.allocArray(Uint8Array, 0)
  pool.free(probe.byteOffset)
  return new Int32Array(probe.buffer, 0, Math.min(probe.buffer.byteLength, 2 ** 31) >>> 2)
}
