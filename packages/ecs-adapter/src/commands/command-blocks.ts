/**
 * The memory of a command buffer: a chain of blocks of one pool, filled from front to back, and read
 * in any thread. By 32-bit words:
 *
 *     0  offset of the next block; 0 of the last
 *     1  end: where records end, in words from the block's start
 *     2  byte length
 *     3  magic                                                              } of the
 *     4  in transit: offset of a block on its way into the chain, or out    } first
 *     5  1 when its records were applied, and the writer may forget them    }
 *     6  serial number of the storage that they are for                     }
 *     8  records
 *
 * What does not fit chains a further block: nothing is ever dropped. Records are whole numbers of 8
 * bytes, so that numbers in them are aligned, and none is cut by the end of a block.
 */
import type { Pool } from '@ashlar/core'
import { checkPool } from '../base/arguments.ts'
import { commandsOfAnother, corrupt, invalidArgument } from '../base/errors.ts'
import { CommandViews } from '../memory/command-views.ts'
import { isLiveBlock, liveByteLength } from '../memory/live-block.ts'

export const BLOCK_NEXT = 0
export const BLOCK_END = 1
const BYTE_LENGTH = 2
const MAGIC = 3
export const BLOCK_IN_TRANSIT = 4
export const BLOCK_IS_APPLIED = 5
export const BLOCK_STORAGE = 6
export const BLOCK_HEAD_WORD_COUNT = 8

const COMMANDS_MAGIC = 0x41534803
const FIRST_BYTE_LENGTH = 4096
/** Blocks double the chain up to this. */
const DOUBLED_BYTE_LENGTH = 2 ** 16

/** The side that writes, in the thread of the pool. */
export class CommandBlocks {
  /** Of the first block, which stays until `dispose`: byte offset in the arena. */
  readonly offset: number
  readonly views: CommandViews
  readonly #pool: Pool
  /** Word indices: of the block that is written to, of where its next record goes, of its end. */
  #block: number
  #cursor = 0
  #limit = 0
  #byteLength = FIRST_BYTE_LENGTH

  /**
   * @param storage its serial number
   * @throws ArenaError 'out-of-memory'
   */
  constructor(pool: Pool, storage: number) {
    this.#pool = pool
    this.views = new CommandViews(pool)
    this.offset = pool.alloc(FIRST_BYTE_LENGTH)
    this.#block = this.offset >> 2
    this.#writeHead(this.offset, FIRST_BYTE_LENGTH)
    this.views.words[this.#block + BLOCK_STORAGE] = storage
    this.#enter(this.#block)
  }

  /** Of the block that is written to, and of the end of records in it: what `truncate` wants. */
  get block(): number {
    return this.#block
  }

  get cursor(): number {
    return this.#cursor
  }

  get isEmpty(): boolean {
    return this.#cursor === (this.offset >> 2) + BLOCK_HEAD_WORD_COUNT
  }

  /** Whether the records were applied. */
  get isApplied(): boolean {
    return this.views.words[(this.offset >> 2) + BLOCK_IS_APPLIED] === 1
  }

  /**
   * Index of the first of so many words, an even number, for a record that `commit` ends.
   * @throws ArenaError 'out-of-memory'; all is as it was then
   */
  reserve(wordCount: number): number {
    if (this.#cursor + wordCount > this.#limit) this.#chain(wordCount)
    return this.#cursor
  }

  /** The record that was reserved last ends before this word. */
  commit(end: number): void {
    this.#cursor = end
    this.views.words[this.#block + BLOCK_END] = end - this.#block
  }

  /**
   * Takes back every record behind a place, and frees the blocks behind it.
   * @throws StorageError 'corrupt' where the chain was overwritten, which ends at the place then
   */
  truncate(block: number, cursor: number): void {
    const { words } = this.views
    this.#enter(block)
    this.commit(cursor)
    for (let next = words[block + BLOCK_NEXT]; next !== 0; next = words[block + BLOCK_NEXT]) {
      if (this.#pool.isOpen && !this.#mayFree(next)) {
        words[block + BLOCK_NEXT] = 0 // what was behind is lost: `arena.blocks()` has it
        throw noBlock(next)
      }
      // In this order, so that an heir finds it at any moment, and frees it once.
      words[(this.offset >> 2) + BLOCK_IN_TRANSIT] = next
      words[block + BLOCK_NEXT] = words[(next >> 2) + BLOCK_NEXT]
      this.#byteLength -= words[(next >> 2) + BYTE_LENGTH]
      this.#pool.free(next)
      words[(this.offset >> 2) + BLOCK_IN_TRANSIT] = 0
    }
  }

  /** Lets nobody apply the records. */
  drop(): void {
    this.views.words[(this.offset >> 2) + BLOCK_IS_APPLIED] = 1
  }

  /** Takes back all records. */
  clear(): void {
    const first = this.offset >> 2
    this.views.words[first + BLOCK_IS_APPLIED] = 0
    this.truncate(first, first + BLOCK_HEAD_WORD_COUNT)
  }

  /** Frees every block. @throws as `truncate`: call it again then */
  dispose(): void {
    this.clear()
    this.#pool.free(this.offset)
  }

  /** Whether a block is one of commands that are not written to any more. */
  #mayFree(offset: number): boolean {
    const isInUse = offset === this.offset || offset >> 2 === this.#block
    return !isInUse && isBlockOfCommands(this.#pool, this.views.words, offset)
  }

  #chain(wordCount: number): void {
    const { words } = this.views
    const inTransit = (this.offset >> 2) + BLOCK_IN_TRANSIT
    const least = (BLOCK_HEAD_WORD_COUNT + wordCount) * 4
    let byteLength = Math.max(least, Math.min(this.#byteLength, DOUBLED_BYTE_LENGTH))
    // At once, so that an heir finds it: threads are killed in loops and calls, not between two stores.
    words[inTransit] = this.#pool.tryAlloc(byteLength)
    if (words[inTransit] === 0) {
      byteLength = least
      words[inTransit] = this.#pool.alloc(byteLength)
    }
    const offset = words[inTransit]
    this.#writeHead(offset, byteLength)
    words[this.#block + BLOCK_NEXT] = offset
    words[inTransit] = 0
    this.#byteLength += byteLength
    this.#enter(offset >> 2)
  }

  #writeHead(offset: number, byteLength: number): void {
    const { words } = this.views
    const head = offset >> 2
    for (let word = 0; word < BLOCK_HEAD_WORD_COUNT; word++) words[head + word] = 0
    words[head + BLOCK_END] = BLOCK_HEAD_WORD_COUNT
    words[head + BYTE_LENGTH] = byteLength
    words[head + MAGIC] = COMMANDS_MAGIC
  }

  #enter(block: number): void {
    this.#block = block
    this.#cursor = block + BLOCK_HEAD_WORD_COUNT
    const offset = block << 2
    // Not as its head says, which somebody may have overwritten.
    const byteLength = offset === this.offset ? FIRST_BYTE_LENGTH : this.#pool.byteLengthOf(offset)
    this.#limit = block + (byteLength >> 2)
  }
}

const LEAST_BYTE_LENGTH = (BLOCK_HEAD_WORD_COUNT + 4) * 4

/** Whether a block of commands begins at an offset. */
function isBlockOfCommands(pool: Pool, words: Int32Array, offset: number): boolean {
  const byteLength = liveByteLength(pool, offset)
  if (byteLength < LEAST_BYTE_LENGTH || words[(offset >> 2) + MAGIC] !== COMMANDS_MAGIC)
    return false
  return words[(offset >> 2) + BYTE_LENGTH] === byteLength
}

const noBlock = (given: unknown) => corrupt('a block of commands', given, 'the offset of one, or 0')

/**
 * Where the records of a block end, in words from its start.
 * @throws StorageError 'corrupt' where no block of commands is, or none of its records end there
 */
export function checkedEnd(pool: Pool, words: Int32Array, offset: number): number {
  if (!isBlockOfCommands(pool, words, offset)) throw noBlock(offset)
  const end = words[(offset >> 2) + BLOCK_END]
  const most = words[(offset >> 2) + BYTE_LENGTH] >> 2
  if (end >= BLOCK_HEAD_WORD_COUNT && end <= most && end % 2 === 0) return end
  throw corrupt(
    'the end of commands in their block',
    end,
    `a word from ${BLOCK_HEAD_WORD_COUNT} to ${most}`,
  )
}

/**
 * Follows a chain of blocks from one on, each of which has to be a block of commands.
 * @returns how many blocks are behind it
 * @throws StorageError 'corrupt', also of a chain that leads round in a circle
 */
export function countBlocksBehind(pool: Pool, words: Int32Array, offset: number): number {
  let count = 0
  let left = pool.arena.byteLength
  for (
    let next = words[(offset >> 2) + BLOCK_NEXT];
    next !== 0;
    next = words[(next >> 2) + BLOCK_NEXT]
  ) {
    if (!isBlockOfCommands(pool, words, next)) throw noBlock(next)
    left -= words[(next >> 2) + BYTE_LENGTH]
    if (left < 0) throw corrupt('a chain of blocks of commands', 'a circle', 'one that ends')
    count++
  }
  return count
}

/** @throws StorageError 'invalid-argument' of what is no buffer for the storage of this serial number */
export function checkCommands(
  pool: Pool,
  views: CommandViews,
  offset: unknown,
  storage: number,
): number {
  const first = checkBuffer(pool, views, offset) >> 2
  if (views.words[first + BLOCK_STORAGE] === storage) return first << 2
  throw commandsOfAnother()
}

function checkBuffer(pool: Pool, views: CommandViews, offset: unknown): number {
  if (typeof offset === 'number' && isLiveBlock(pool, offset)) {
    if (views.words[(offset >> 2) + MAGIC] === COMMANDS_MAGIC) return offset
  }
  throw invalidArgument(
    'the offset of commands',
    offset,
    'that of what storage.commands() gave, not yet disposed of',
  )
}

/** Lets nobody apply the records of a buffer. Does nothing where none is. */
export function dropCommands(pool: Pool, words: Int32Array, offset: number): void {
  if (isBlockOfCommands(pool, words, offset)) words[(offset >> 2) + BLOCK_IS_APPLIED] = 1
}

/**
 * Frees the command buffer of a thread that has died: all of its blocks, by the pool that adopted its
 * slot, or any other. Does nothing when they are freed.
 * @param offset that buffer's `offset`
 * @throws StorageError 'invalid-argument', 'corrupt', and then nothing is freed
 */
export function freeCommands(pool: Pool, offset: number): void {
  checkPool(pool)
  if (typeof offset !== 'number')
    throw invalidArgument('the offset of commands', offset, 'a number')
  const views = new CommandViews(pool)
  const { words } = views
  if (!isLiveBlock(pool, offset)) return
  const first = checkBuffer(pool, views, offset) >> 2
  void countBlocksBehind(pool, words, offset) // throws before anything is freed
  let inTransit = words[first + BLOCK_IN_TRANSIT]
  for (let block = offset; block !== 0; ) {
    const next = words[(block >> 2) + BLOCK_NEXT]
    if (block === inTransit) inTransit = 0
    pool.free(block)
    block = next
  }
  if (inTransit !== 0 && isLiveBlock(pool, inTransit)) pool.free(inTransit)
}
