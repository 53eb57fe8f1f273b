/** Collects the findings of a verification, and the blocks that it has reached by links. */

import type { BlockInfo, ElementTypeName, Pool, Violation } from '@ashlar/core'
import { blocks } from '@ashlar/core'
import { shownError } from '../base/errors.ts'

/**
 * What a finding of `verifyStorage` is about:
 *
 * - `arena`: the list of live blocks
 * - `block`: a block that must be live, and have a certain type, length and single use
 * - `leak`: a live block that the storage does not use
 * - `column`: a column and its typed array
 * - `rows`: the rows of a sparse component
 * - `handle`: the list or text of a row
 * - `interned`: interned texts
 * - `published`: what other threads see of the storage
 * - `table`: a table
 * - `commands`: a command buffer, or the memory of a worker group
 */
export type StorageInvariant =
  | 'arena'
  | 'block'
  | 'leak'
  | 'column'
  | 'rows'
  | 'handle'
  | 'interned'
  | 'published'
  | 'table'
  | 'commands'

/**
 * Something that is wrong in a storage. `offset` is the offset of the block in which it shows, or
 * 0.
 */
export interface StorageViolation extends Violation {
  /** What the finding is about. */
  readonly invariant: StorageInvariant
}

/** The properties that a block must have. A missing property is not compared. */
export interface ExpectedBlock {
  readonly byteLength?: number
  readonly type?: ElementTypeName
}

export class Findings {
  readonly violations: StorageViolation[] = []
  readonly pool: Pool
  /** The words of the whole buffer. `bytes` is the same buffer in bytes. */
  readonly words: Int32Array
  readonly bytes: Uint8Array
  readonly #blocks = new Map<number, BlockInfo>()
  /** For each reached block, by its offset: the link that has reached it. */
  readonly #reached = new Map<number, string>()
  #invariant: StorageInvariant = 'arena'
  #what = 'the arena'

  constructor(pool: Pool) {
    this.pool = pool
    this.words = pool.arena.i32
    this.bytes = pool.arena.u8
    this.check('arena', 'the arena', () => {
      for (const block of blocks(pool.arena)) this.#blocks.set(block.offset, block)
    })
  }

  /**
   * Runs a check. If its body throws, the error becomes a finding, because readers throw on damaged
   * memory.
   */
  check(invariant: StorageInvariant, what: string, body: () => void): void {
    this.#invariant = invariant
    this.#what = what
    try {
      body()
    } catch (error) {
      this.fail(0, shownError(error), 'what can be read')
    }
  }

  /** Adds a finding to the current check. @param where the place within the checked object */
  fail(offset: number, found: unknown, expected: unknown, where = ''): void {
    this.failOf(this.#invariant, offset, found, expected, where)
  }

  /** Does the same as `fail`, for an invariant other than that of the current check. */
  failOf(
    invariant: StorageInvariant,
    offset: number,
    found: unknown,
    expected: unknown,
    where = '',
  ): void {
    const message = `${this.#what}${where}: found ${found}, expected ${expected}`
    this.violations.push({ invariant, message, offset })
  }

  /**
   * Adds a finding unless a value is as expected.
   * @returns whether the value is as expected
   */
  expect(offset: number, what: string, found: unknown, expected: unknown): boolean {
    if (found === expected) return true
    this.fail(offset, `${what} ${found}`, expected)
    return false
  }

  /** Returns the live block at an offset. */
  blockAt(offset: number): BlockInfo | undefined {
    return this.#blocks.get(offset)
  }

  /**
   * Follows a link, and returns its block. If no live block is at the offset, or another link has
   * reached the block, it adds a finding and returns undefined.
   * @param where the link within the checked object
   */
  reach(offset: number, where = '', expected: ExpectedBlock = {}): BlockInfo | undefined {
    const block = this.#blocks.get(offset)
    if (block === undefined) {
      this.failOf('block', offset, `${offset}, where no live block is`, 'the offset of one', where)
      return undefined
    }
    const before = this.#reached.get(offset)
    if (before !== undefined) {
      const found = `block ${offset}, which ${before} leads to as well`
      this.failOf('block', offset, found, 'one of its own', where)
      return undefined
    }
    this.#reached.set(offset, `${this.#what}${where}`)
    const { byteLength = block.byteLength, type = block.type } = expected
    if (block.byteLength !== byteLength) {
      this.failOf('block', offset, `${block.byteLength} bytes`, `${byteLength} bytes`, where)
    }
    if (block.type !== type) this.failOf('block', offset, block.type, type, where)
    return block
  }

  /** Adds a finding for each live block that no link leads to. */
  checkLeaks(): void {
    this.check('leak', 'the arena', () => {
      for (const [offset, { byteLength, slot, type }] of this.#blocks) {
        if (this.#reached.has(offset)) continue
        const found = `a block of ${byteLength} bytes, ${type}, of slot ${slot}, at ${offset}`
        this.fail(offset, found, 'none that the storage does not lead to')
      }
    })
  }
}
