/** What a verification reads, the blocks that it has reached, and what it has found. */
import type { BlockInfo, ElementTypeName, Pool, Violation } from '@ashlar/core'
import { shownError } from '../base/errors.ts'

/** What does not hold: blocks are live and reached once, ...; see `verifyStorage`. */
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

/** Something that does not hold in a storage. `offset` is that of the block where it shows, or 0. */
export interface StorageViolation extends Violation {
  readonly invariant: StorageInvariant
}

/** What a block has to be; what is missing is not compared. */
export interface ExpectedBlock {
  readonly byteLength?: number
  readonly type?: ElementTypeName
}

export class Findings {
  readonly violations: StorageViolation[] = []
  readonly pool: Pool
  /** Of the whole buffer. */
  readonly words: Int32Array
  readonly bytes: Uint8Array
  readonly #blocks = new Map<number, BlockInfo>()
  /** By offset: what leads to the block. */
  readonly #reached = new Map<number, string>()
  #invariant: StorageInvariant = 'arena'
  #what = 'the arena'

  constructor(pool: Pool) {
    this.pool = pool
    this.words = pool.arena.i32
    this.bytes = pool.arena.u8
    this.check('arena', 'the arena', () => {
      for (const block of pool.arena.blocks()) this.#blocks.set(block.offset, block)
    })
  }

  /** Runs a check of something. An error in it, as readers throw where memory is damaged, is a finding. */
  check(invariant: StorageInvariant, what: string, body: () => void): void {
    this.#invariant = invariant
    this.#what = what
    try {
      body()
    } catch (error) {
      this.fail(0, shownError(error), 'what can be read')
    }
  }

  /** Of what is checked: something, of which more than one is in it, by `where`. */
  fail(offset: number, found: unknown, expected: unknown, where = ''): void {
    this.failOf(this.#invariant, offset, found, expected, where)
  }

  /** As `fail`, of another invariant. */
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

  /** Whether something is as expected; else that is a finding. */
  expect(offset: number, what: string, found: unknown, expected: unknown): boolean {
    if (found === expected) return true
    this.fail(offset, `${what} ${found}`, expected)
    return false
  }

  /** The live block at an offset. */
  blockAt(offset: number): BlockInfo | undefined {
    return this.#blocks.get(offset)
  }

  /**
   * Follows a link to a block. Gives the block, unless none is live there, or another link leads to it.
   * @param where the link, within what is checked
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

  /** Live blocks that nothing led to. */
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
