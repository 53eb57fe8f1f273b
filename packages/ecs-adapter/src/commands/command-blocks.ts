/**
 * The memory of a command buffer: a chain of blocks of one pool. Its thread fills them from front
 * to back; any thread can read them. By 32-bit words:
 *
 *     0  offset of the next block; 0 in the last
 *     1  end of the records, in words from the start of the block
 *     2  byte length
 *     3  magic
 *     the rest in the first block only:
 *     4  offset of a block that is being added to the chain, or removed from it
 *     5  1 when the records were applied, and the writer may clear them
 *     6  serial number of the storage that they are for
 *     8  records
 *
 * If a record does not fit, another block is added, so no command is dropped. Records are multiples
 * of 8 bytes: their numbers are aligned, and no record crosses the end of a block.
 */
import type { Pool } from '@ashlar/core'
import { checkPool } from '../base/arguments.ts'
import { commandsOfAnother, corrupt, invalidArgument } from '../base/errors.ts'
import { isLiveBlock, liveByteLength } from '../memory/blocks.ts'
import { Cells } from '../memory/cells.ts'

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

/** The writer of a command buffer, in the thread of the pool. */
export class CommandBlocks {
  /** Byte offset of the first block, which stays until `dispose`. */
  readonly offset: number
  readonly views: Cells
  readonly #pool: Pool
  /**
   * Word indices: of the first block, the last block, the next record, the end of the last block.
   */
  readonly #first: number
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
    this.views = new Cells(pool)
    this.offset = pool.alloc(FIRST_BYTE_LENGTH)
    this.#first = this.offset >> 2
    this.#block = this.#first
    this.#writeHead(this.offset, FIRST_BYTE_LENGTH)
    this.views.signedWords[this.#first + BLOCK_STORAGE] = storage
    this.#enter(this.#first)
  }

  /** The last block and the end of its records, as `truncate` takes them. */
  get block(): number {
    return this.#block
  }

  get cursor(): number {
    return this.#cursor
  }

  get isEmpty(): boolean {
    return this.#cursor === this.#first + BLOCK_HEAD_WORD_COUNT
  }

  get isApplied(): boolean {
    return this.views.signedWords[this.#first + BLOCK_IS_APPLIED] === 1
  }

  /**
   * Word index of a record of so many words, an even number. `commit` makes it part of the buffer.
   * @throws ArenaError 'out-of-memory', and nothing has changed
   */
  reserve(wordCount: number): number {
    if (this.#cursor + wordCount > this.#limit) this.#chain(wordCount)
    return this.#cursor
  }

  /** @param end word index behind the record that was reserved last */
  commit(end: number): void {
    this.#cursor = end
    this.views.signedWords[this.#block + BLOCK_END] = end - this.#block
  }

  /**
   * Drops every record behind a position, and frees the blocks behind it.
   * @throws StorageError 'corrupt' if the chain was overwritten; the chain then ends at the
   * position
   */
  truncate(block: number, cursor: number): void {
    const { words } = this.views
    this.#enter(block)
    this.commit(cursor)
    for (let next = words[block + BLOCK_NEXT]; next !== 0; next = words[block + BLOCK_NEXT]) {
      if (this.#pool.isOpen && !this.#mayFree(next)) {
        words[block + BLOCK_NEXT] = 0 // the rest leaks: only `arena.blocks()` lists it
        throw noBlock(next)
      }
      // In this order, so that `freeCommands` finds it at any moment, and frees it once.
      words[this.#first + BLOCK_IN_TRANSIT] = next
      words[block + BLOCK_NEXT] = words[(next >> 2) + BLOCK_NEXT]
      this.#byteLength -= words[(next >> 2) + BYTE_LENGTH]
      this.#pool.free(next)
      words[this.#first + BLOCK_IN_TRANSIT] = 0
    }
  }

  /** Marks the records as applied, so that nobody applies them. */
  drop(): void {
    this.views.signedWords[this.#first + BLOCK_IS_APPLIED] = 1
  }

  clear(): void {
    this.views.signedWords[this.#first + BLOCK_IS_APPLIED] = 0
    this.truncate(this.#first, this.#first + BLOCK_HEAD_WORD_COUNT)
  }

  /** Frees every block. @throws as `truncate`, and can be called again */
  dispose(): void {
    this.clear()
    this.#pool.free(this.offset)
  }

  #mayFree(offset: number): boolean {
    const isInUse = offset === this.offset || offset >> 2 === this.#block
    return !isInUse && isBlockOfCommands(this.#pool, this.views.signedWords, offset)
  }

  #chain(wordCount: number): void {
    const { words } = this.views
    const inTransit = this.#first + BLOCK_IN_TRANSIT
    const least = (BLOCK_HEAD_WORD_COUNT + wordCount) * 4
    let byteLength = Math.max(least, Math.min(this.#byteLength, DOUBLED_BYTE_LENGTH))
    // Stored at once, for `freeCommands`: threads die in loops and calls, not between two stores.
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
    // Not from its head, which may be overwritten.
    const byteLength = offset === this.offset ? FIRST_BYTE_LENGTH : this.#pool.byteLengthOf(offset)
    this.#limit = block + (byteLength >> 2)
  }
}

const LEAST_BYTE_LENGTH = (BLOCK_HEAD_WORD_COUNT + 4) * 4

function isBlockOfCommands(pool: Pool, words: Int32Array, offset: number): boolean {
  const byteLength = liveByteLength(pool, offset)
  if (byteLength < LEAST_BYTE_LENGTH) return false
  const head = offset >> 2
  return words[head + MAGIC] === COMMANDS_MAGIC && words[head + BYTE_LENGTH] === byteLength
}

const noBlock = (given: unknown) => corrupt('a block of commands', given, 'the offset of one, or 0')

/**
 * Where the records of a block end, in words from its start.
 * @throws StorageError 'corrupt' if there is no block of commands, or no record can end there
 */
export function checkedEnd(pool: Pool, words: Int32Array, offset: number): number {
  if (!isBlockOfCommands(pool, words, offset)) throw noBlock(offset)
  const end = words[(offset >> 2) + BLOCK_END]
  const most = words[(offset >> 2) + BYTE_LENGTH] >> 2
  if (end >= BLOCK_HEAD_WORD_COUNT && end <= most && end % 2 === 0) return end
  const expected = `a word from ${BLOCK_HEAD_WORD_COUNT} to ${most}`
  throw corrupt('the end of commands in their block', end, expected)
}

/**
 * Follows a chain of blocks from one on, and checks each.
 * @returns how many blocks are behind the first
 * @throws StorageError 'corrupt', also if the chain is a circle
 */
export function countBlocksBehind(pool: Pool, words: Int32Array, offset: number): number {
  let left = pool.arena.byteLength
  let block = offset >> 2
  for (let count = 0; ; count++) {
    const next = words[block + BLOCK_NEXT]
    if (next === 0) return count
    if (!isBlockOfCommands(pool, words, next)) throw noBlock(next)
    block = next >> 2
    left -= words[block + BYTE_LENGTH]
    if (left < 0) throw corrupt('a chain of blocks of commands', 'a circle', 'one that ends')
  }
}

/**
 * @throws StorageError 'invalid-argument' if it is no buffer for the storage with this serial
 * number
 */
export function checkCommands(pool: Pool, views: Cells, offset: unknown, storage: number): number {
  const checked = checkBuffer(pool, views, offset)
  if (views.signedWords[(checked >> 2) + BLOCK_STORAGE] === storage) return checked
  throw commandsOfAnother()
}

function checkBuffer(pool: Pool, views: Cells, offset: unknown): number {
  if (typeof offset === 'number' && isLiveBlock(pool, offset)) {
    if (views.signedWords[(offset >> 2) + MAGIC] === COMMANDS_MAGIC) return offset
  }
  const expected = 'that of what storage.commands() gave, not yet disposed of'
  throw invalidArgument('the offset of commands', offset, expected)
}

/** Marks the records of a buffer as applied. Does nothing if there is no buffer. */
export function dropCommands(pool: Pool, words: Int32Array, offset: number): void {
  if (isBlockOfCommands(pool, words, offset)) words[(offset >> 2) + BLOCK_IS_APPLIED] = 1
}

/**
 * Frees all blocks of the command buffer of a thread that has died. The pool that adopted its slot
 * can do it, or any other. Does nothing if they are freed already.
 * @param offset that buffer's `offset`
 * @throws StorageError 'invalid-argument', 'corrupt', and then nothing is freed
 */
export function freeCommands(pool: Pool, offset: number): void {
  checkPool(pool)
  if (typeof offset === 'number' && !isLiveBlock(pool, offset)) return
  const views = new Cells(pool)
  const first = checkBuffer(pool, views, offset) >> 2
  const { signedWords: words } = views
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
