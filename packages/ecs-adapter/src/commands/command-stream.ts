/**
 * Reads the records of one command buffer in the thread of the world, checks each record, and keeps
 * the entities that SPAWN records made.
 */
import type { ComponentRef } from 'bitecs'
import { TEMPORARY_FIRST } from '../base/temporary-ids.ts'
import type { MemoryViews } from '../memory/memory-views.ts'
import type { ComponentRegistry } from '../schema/component-registry.ts'
import { checkedEnd, corruptCommands, listBlocks } from './command-blocks.ts'
import * as layout from './command-layout.ts'
import { checkValues } from './command-values.ts'

/**
 * The identity of an entity: bitECS's Set of its components. A later entity with the same id has
 * another Set.
 */
export type Identity = Set<ComponentRef> | undefined

/**
 * A position in the records of one buffer. The stream ends where the records ended at the last
 * `look`, because observers may record more commands while these are applied.
 *
 * Other threads can overwrite the memory of the buffer. Then the stream throws 'corrupt'. After
 * `look`, it follows no link between blocks, and it never leaves the blocks.
 */
export class CommandStream {
  /** The word index of the next record. */
  index = 0
  offset = 0
  /** The sort key of the records at `index`. */
  sortKey = 0
  /** The index of the next record in the list of identities of `WorldCommands`. */
  identityIndex = 0
  spawnCount = 0
  /**
   * The entities that were spawned since the last sort key. The index comes from their temporary
   * ids.
   */
  readonly spawned: number[] = []
  readonly spawnedIdentities: Identity[] = []
  readonly #views: MemoryViews
  /**
   * The offsets of the blocks, from the block on with which `look` began. They are the first
   * `#blockCount` elements.
   */
  readonly #blocks: number[] = []
  #blockCount = 0
  /** The index of the current block in `#blocks`. */
  #at = 0
  /** The word index where the records of the current block end. */
  #end = 0
  /** The word index where the records of the last block end. */
  #stop = 0

  constructor(views: MemoryViews) {
    this.#views = views
  }

  /** Goes to the first record of a buffer. @throws as `look` */
  open(offset: number): void {
    this.offset = offset
    this.sortKey = 0
    this.spawnCount = 0
    this.index = (offset >> 2) + layout.BLOCK_HEAD_WORD_COUNT
    this.#at = 0
    this.#blocks[0] = offset
    this.look()
  }

  /**
   * Ends the stream where the records end now. @throws StorageError 'corrupt' if a block is wrong
   */
  look(): void {
    const blocks = this.#blocks
    this.#blockCount = listBlocks(this.#views, blocks[this.#at], blocks)
    this.#stop = this.#endOf(blocks[this.#blockCount - 1])
    this.#enter(0)
  }

  /**
   * Returns whether there is a record at `index`. At the end of a block, it goes to the next block
   * first.
   * @throws StorageError 'corrupt' if a block is wrong
   */
  hasRecord(): boolean {
    while (this.index >= this.#end) {
      if (this.#at === this.#blockCount - 1) return false
      this.#enter(this.#at + 1)
      this.index = (this.#blocks[this.#at] >> 2) + layout.BLOCK_HEAD_WORD_COUNT
    }
    return true
  }

  /**
   * Reads the SORT_KEY records at `index`, and goes past them. Returns false if no command remains.
   */
  enterSortKey(): boolean {
    const { i32: words } = this.#views
    if (this.isApplied) return false
    while (this.hasRecord()) {
      if (layout.kindOf(words[this.index]) !== layout.SORT_KEY) return true
      this.sortKey = words[this.index + 1]
      this.spawnCount = 0
      this.identityIndex++
      this.index += layout.HEAD_WORD_COUNT
    }
    return false
  }

  /**
   * Returns the index in `spawned` for a temporary id since the last sort key. Returns -1 for any
   * other id.
   */
  spawnIndexOf(eid: number): number {
    const index = TEMPORARY_FIRST - eid
    return index >= 0 && index < this.spawnCount ? index : -1
  }

  /**
   * The word count of the record at `index`. @throws StorageError 'corrupt' if it leaves its block
   */
  get wordCount(): number {
    const wordCount = layout.wordCountOf(this.#views.i32[this.index])
    const least = layout.HEAD_WORD_COUNT
    const left = this.#end - this.index
    if (wordCount >= least && wordCount <= left && wordCount % 2 === 0) return wordCount
    throw corruptCommands(wordCount, `an even number from ${least} to ${left}`)
  }

  /**
   * Checks all records from `index` on, and calls `note` with the entity of each. `index` does not
   * change.
   * @throws StorageError 'corrupt' if a record is wrong
   */
  checkRecords(registry: ComponentRegistry, note: (eid: number) => void): void {
    const { index, spawnCount } = this
    const at = this.#at
    while (this.hasRecord()) {
      const wordCount = this.#checkRecord(registry)
      note(this.#views.i32[this.index + 2])
      this.index += wordCount
    }
    this.index = index
    this.spawnCount = spawnCount
    this.#enter(at)
  }

  /** Checks the record at `index`, and counts it if it is a SPAWN. Returns its word count. */
  #checkRecord(registry: ComponentRegistry): number {
    const { index, wordCount } = this
    const { i32: words } = this.#views
    const head = layout.HEAD_WORD_COUNT
    const kind = layout.kindOf(words[index])
    const number = words[index + 1]
    if (kind > layout.SET) throw corruptCommands(kind, `a kind up to ${layout.SET}`)
    if (kind === layout.SET) {
      checkValues(words, registry.at(number).fields, index + head, index + wordCount)
    } else if (wordCount !== head) throw corruptCommands(wordCount, `${head}`)
    else if (kind === layout.SORT_KEY) {
      if (number < 0) throw corruptCommands(number, 'a sort key')
      this.spawnCount = 0
    } else if (kind === layout.SPAWN) {
      const expected = this.spawnCount++
      if (number !== expected) throw corruptCommands(number, `${expected}`)
    } else if (kind >= layout.ADD) void registry.at(number)
    return wordCount
  }

  get isApplied(): boolean {
    return this.#views.i32[(this.offset >> 2) + layout.BLOCK_IS_APPLIED] === 1
  }

  setApplied(): void {
    this.#views.i32[(this.offset >> 2) + layout.BLOCK_IS_APPLIED] = 1
  }

  #enter(at: number): void {
    this.#at = at
    this.#end = at === this.#blockCount - 1 ? this.#stop : this.#endOf(this.#blocks[at])
  }

  #endOf(block: number): number {
    return (block >> 2) + checkedEnd(this.#views, block)
  }
}
