/**
 * The memory of a command buffer is a chain of blocks. One thread fills them from front to back.
 * Any thread can read them. If a record does not fit, a block is added, so that no command is
 * dropped.
 */
import type { Pool } from '@ashlar/core'
import { checkPool } from '../base/arguments.ts'
import { commandsOfAnother, corrupt, invalidArgument } from '../base/errors.ts'
import { isLiveBlock, liveByteLength } from '../memory/blocks.ts'
import { MemoryViews } from '../memory/memory-views.ts'
import * as layout from './command-layout.ts'

const FIRST_BYTE_LENGTH = 4096
/** Each block is twice as long as the block before it, up to this byte length. */
const DOUBLED_BYTE_LENGTH = 2 ** 16

/** Writes a command buffer, in the thread of the pool. */
export class CommandBlocks {
  /** The byte offset of the first block, which stays until `dispose`. */
  readonly offset: number
  readonly views: MemoryViews
  /** The word index of the first block. */
  readonly #first: number
  /**
   * The word index of the last block. `cursor` is the word index where its records end. `truncate`
   * sets both.
   */
  block: number
  cursor = 0
  /** The word index of the end of the last block. */
  #limit = 0

  /**
   * @param storage the serial number of the storage
   * @throws ArenaError 'out-of-memory'
   */
  constructor(pool: Pool, storage: number) {
    this.views = new MemoryViews(pool)
    this.offset = pool.alloc(FIRST_BYTE_LENGTH)
    this.#first = this.offset >> 2
    this.block = this.#first
    this.#writeHead(this.offset, FIRST_BYTE_LENGTH)
    this.views.i32[this.#first + layout.BLOCK_STORAGE] = storage
    this.#enter(this.#first)
  }

  get isEmpty(): boolean {
    return this.cursor === this.#first + layout.BLOCK_HEAD_WORD_COUNT
  }

  get isApplied(): boolean {
    return this.views.i32[this.#first + layout.BLOCK_IS_APPLIED] === 1
  }

  /**
   * Returns the word index for a new record. `commit` then adds the record.
   * @param wordCount the length of the record in words: an even number
   * @throws ArenaError 'out-of-memory'; then nothing has changed
   */
  reserve(wordCount: number): number {
    if (this.cursor + wordCount > this.#limit) this.#chain(wordCount)
    return this.cursor
  }

  /** Adds the record that was written after `reserve`. @param end the index of the word after it */
  commit(end: number): void {
    this.cursor = end
    this.views.i32[this.block + layout.BLOCK_END] = end - this.block
  }

  /**
   * Drops all records after a position, and frees the blocks after `block`.
   * @throws StorageError 'corrupt' if the chain was overwritten: then it ends at `cursor`
   */
  truncate(block: number, cursor: number): void {
    const { u32: words } = this.views
    this.#enter(block)
    this.commit(cursor)
    for (
      let next = words[block + layout.BLOCK_NEXT];
      next !== 0;
      next = words[block + layout.BLOCK_NEXT]
    ) {
      if (this.views.pool.isOpen && !this.#mayFree(next)) {
        words[block + layout.BLOCK_NEXT] = 0 // later blocks leak: only `blocks(arena)` lists them
        throw noBlock(next)
      }
      // The writes are in this order so that `freeCommands` can find the block at any moment, and
      // frees it only once.
      words[this.#first + layout.BLOCK_IN_TRANSIT] = next
      words[block + layout.BLOCK_NEXT] = words[(next >> 2) + layout.BLOCK_NEXT]
      this.views.pool.free(next)
      words[this.#first + layout.BLOCK_IN_TRANSIT] = 0
    }
  }

  /** Marks the records as applied, so that no thread applies them. */
  drop(): void {
    this.views.i32[this.#first + layout.BLOCK_IS_APPLIED] = 1
  }

  clear(): void {
    this.views.i32[this.#first + layout.BLOCK_IS_APPLIED] = 0
    this.truncate(this.#first, this.#first + layout.BLOCK_HEAD_WORD_COUNT)
  }

  /** Frees every block. @throws as `truncate`; then you can call it again */
  dispose(): void {
    this.clear()
    this.views.pool.free(this.offset)
  }

  #mayFree(offset: number): boolean {
    const isInUse = offset === this.offset || offset >> 2 === this.block
    return !isInUse && isBlockOfCommands(this.views, offset)
  }

  #chain(wordCount: number): void {
    const { u32: words } = this.views
    const inTransit = this.#first + layout.BLOCK_IN_TRANSIT
    const least = (layout.BLOCK_HEAD_WORD_COUNT + wordCount) * 4
    const doubled = Math.min((this.#limit - this.block) * 8, DOUBLED_BYTE_LENGTH)
    let byteLength = Math.max(least, doubled)
    // Stored in the same statement, so that `freeCommands` finds the block: threads end only in
    // loops and calls.
    words[inTransit] = this.views.pool.tryAlloc(byteLength)
    if (words[inTransit] === 0) {
      byteLength = least
      words[inTransit] = this.views.pool.alloc(byteLength)
    }
    const offset = words[inTransit]
    this.#writeHead(offset, byteLength)
    words[this.block + layout.BLOCK_NEXT] = offset
    words[inTransit] = 0
    this.#enter(offset >> 2)
  }

  #writeHead(offset: number, byteLength: number): void {
    const { u32: words } = this.views
    const head = offset >> 2
    for (let word = 0; word < layout.BLOCK_HEAD_WORD_COUNT; word++) words[head + word] = 0
    words[head + layout.BLOCK_END] = layout.BLOCK_HEAD_WORD_COUNT
    words[head + layout.BLOCK_BYTE_LENGTH] = byteLength
    words[head + layout.BLOCK_MAGIC] = layout.COMMANDS_MAGIC
  }

  #enter(block: number): void {
    this.block = block
    this.cursor = block + layout.BLOCK_HEAD_WORD_COUNT
    const offset = block << 2
    // This length is not read from the head of the block, which may be overwritten.
    const byteLength =
      offset === this.offset ? FIRST_BYTE_LENGTH : this.views.pool.byteLengthOf(offset)
    this.#limit = block + (byteLength >> 2)
  }
}

const LEAST_BYTE_LENGTH = (layout.BLOCK_HEAD_WORD_COUNT + 4) * 4

type Views = Pick<MemoryViews, 'pool' | 'i32'>

function isBlockOfCommands({ pool, i32: words }: Views, offset: number): boolean {
  const byteLength = liveByteLength(pool, offset)
  if (byteLength < LEAST_BYTE_LENGTH) return false
  const head = offset >> 2
  return (
    words[head + layout.BLOCK_MAGIC] === layout.COMMANDS_MAGIC &&
    words[head + layout.BLOCK_BYTE_LENGTH] === byteLength
  )
}

/** Makes the error for a word that no writer of commands can have written. */
export const corruptCommands = (given: unknown, expected: string) =>
  corrupt('a word of commands', given, expected)

const noBlock = (given: unknown) => corruptCommands(given, 'the offset of a block of theirs, or 0')

/**
 * Returns where the records of a block end, in words from its start.
 * @throws StorageError 'corrupt' if this is no block of commands, or no record can end there
 */
export function checkedEnd(views: Views, offset: number): number {
  if (!isBlockOfCommands(views, offset)) throw noBlock(offset)
  const { i32: words } = views
  const end = words[(offset >> 2) + layout.BLOCK_END]
  const most = words[(offset >> 2) + layout.BLOCK_BYTE_LENGTH] >> 2
  if (end >= layout.BLOCK_HEAD_WORD_COUNT && end <= most && end % 2 === 0) return end
  throw corruptCommands(end, `an even number from ${layout.BLOCK_HEAD_WORD_COUNT} to ${most}`)
}

/**
 * Lists the offsets of the blocks of a chain, from one block on.
 * @param into gets the offsets from index 0 on; its later elements stay
 * @returns how many blocks there are
 * @throws StorageError 'corrupt' if a block is wrong, or the chain is a circle
 */
export function listBlocks(views: Views, offset: number, into: number[]): number {
  const { i32: words } = views
  let left = views.pool.arena.byteLength
  let count = 0
  for (let block = offset; block !== 0; block = words[(block >> 2) + layout.BLOCK_NEXT]) {
    if (!isBlockOfCommands(views, block)) throw noBlock(block)
    left -= words[(block >> 2) + layout.BLOCK_BYTE_LENGTH]
    if (left < 0) throw corruptCommands(block, 'no block that was passed before')
    into[count++] = block
  }
  return count
}

/**
 * Checks that an offset is that of a command buffer, and returns it.
 * @param storage the serial number of the buffer's storage; without it, any storage is accepted
 * @throws StorageError 'invalid-argument' if there is no such buffer
 */
export function checkCommands(views: Views, offset: unknown, storage?: number): number {
  const { pool, i32: words } = views
  const isLive = typeof offset === 'number' && isLiveBlock(pool, offset)
  if (!isLive || words[(offset >> 2) + layout.BLOCK_MAGIC] !== layout.COMMANDS_MAGIC) {
    const expected = 'that of what createCommands() gave, not yet disposed of'
    throw invalidArgument('the offset of commands', offset, expected)
  }
  const given = words[(offset >> 2) + layout.BLOCK_STORAGE]
  if (storage !== undefined && given !== storage) throw commandsOfAnother()
  return offset
}

/** Marks the records of a buffer as applied. Does nothing if there is no buffer at the offset. */
export function dropCommands(views: Views, offset: number): void {
  if (!isBlockOfCommands(views, offset)) return
  views.i32[(offset >> 2) + layout.BLOCK_IS_APPLIED] = 1
}

/**
 * Frees the command buffer of a thread that has died. If the buffer was freed already, the call
 * does nothing.
 * @param pool any pool of the arena
 * @param offset `commands.offset` of the dead thread
 * @throws StorageError 'invalid-argument', 'corrupt'. If the call throws, it has freed nothing
 */
export function freeCommands(pool: Pool, offset: number): void {
  checkPool(pool)
  if (typeof offset === 'number' && !isLiveBlock(pool, offset)) return
  const views = new MemoryViews(pool)
  const first = checkCommands(views, offset) >> 2
  const inTransit = views.i32[first + layout.BLOCK_IN_TRANSIT]
  const blocks: number[] = []
  listBlocks(views, offset, blocks) // this call throws before anything is freed
  for (const block of blocks) pool.free(block)
  if (!blocks.includes(inTransit) && isLiveBlock(pool, inTransit)) pool.free(inTransit)
}
