/**
 * The column of a list or text field. It has a handle word for each row: the offset of a block, or
 * 0.
 *
 * Users hold these columns as `ListField` or `TextField`, whose methods take entity ids. Members
 * that begin with $ are for the storage. Users may post a component to another thread. So members
 * that cannot be cloned are private.
 */
import { invalidArgument, noRow } from '../base/errors.ts'
import type { MemoryViews } from '../memory/memory-views.ts'
import { RemovedLists } from './removed-lists.ts'
import type { GivenValues } from './staging.ts'

/** How a thread finds the rows of entities. */
export interface Rows {
  /** Returns the index of an entity in the columns. Returns -1 if it has no row. */
  row(eid: number): number
  /**
   * Does the same as `row` before a list or text is written: the entity may get a row by this call.
   */
  rowToFill?(eid: number): number
  /** Called before a row without a block may get a block. */
  onFill?(eid: number, row: number): void
}

/** The value to pass to `$prepare` instead of a row, while the entity has no row for the values. */
export const NO_ROW = -1

/**
 * The column of each list or text field; undefined for a scalar. Empty if all fields are scalars.
 */
export type VariableColumns = readonly (VariableColumn | undefined)[]

export interface VariableColumnOptions {
  /** The names of component and field, for messages. */
  readonly name: string
  readonly memory: { readonly views: MemoryViews }
  readonly rows: Rows
}

/** A list or text in a packed entity. */
export interface PackedBlock {
  readonly block: number
  /** Whether `block` is not the row's block, but a copy. */
  readonly isCopy: boolean
}

export abstract class VariableColumn {
  readonly #name: string
  #rowCount = 0
  readonly #views: MemoryViews
  readonly #rows: Rows
  /** The index of row 0 in `views.u32`. */
  #firstWord = 0

  constructor({ name, memory, rows }: VariableColumnOptions) {
    this.#name = name
    this.#views = memory.views
    this.#rows = rows
  }

  /** The names of component and field, for messages. */
  get $name(): string {
    return this.#name
  }

  get $rowCount(): number {
    return this.#rowCount
  }

  /** Returns a copy of a row's value. */
  abstract $readRow(row: number): number[] | string
  /**
   * Allocates memory for the given value of field `i`: in the row, or in a new block for `NO_ROW`.
   * @throws ArenaError 'out-of-memory'
   */
  abstract $prepare(row: number, given: GivenValues, i: number): void
  /** Writes the value for which `$prepare` has allocated memory. */
  abstract $commit(row: number, given: GivenValues, i: number): void
  /** Frees a block that no row has. Does nothing for 0. */
  abstract $freeBlock(block: number): void
  /** Frees the block of a row. */
  abstract $freeRow(row: number): void
  /** Sweeps if need be, which may free memory: call it before `$prepare`. @throws 'group-busy' */
  $settle?(given: GivenValues, i: number): void
  /**
   * Call it before a block comes into the world. Its ids then stay, even if they were removed here.
   */
  $takeIn?(block: number): void

  /**
   * Returns the block of a row that is about to leave the world. @throws ArenaError 'out-of-memory'
   */
  $pack(row: number): PackedBlock {
    return { block: this.$blockAt(row), isCopy: false }
  }

  /**
   * Returns the block that a row gets for a packed one: the same, or a new one. Free a new one by
   * `$freeBlock`.
   * @throws ArenaError 'out-of-memory'
   */
  $unpack(block: number): number {
    return block
  }

  /**
   * Makes the removed lists of a dense store. This method is in this file for the size of bundles:
   * only bundles with lists or texts contain it.
   */
  $createRemovedLists(...options: ConstructorParameters<typeof RemovedLists>): RemovedLists {
    return new RemovedLists(...options)
  }

  /** Returns the byte length of a row's block. */
  $byteLengthAt(row: number): number {
    const block = this.$blockAt(row)
    return block === 0 ? 0 : this.#views.pool.byteLengthOf(block)
  }

  /** Frees the block that `$prepare` made, unless a row has the block. */
  $abort({ blocks }: GivenValues, i: number): void {
    if (blocks[i] !== 0) this.$freeBlock(blocks[i])
    blocks[i] = 0
  }

  /** Call it when the column has moved or grown. */
  $bind(byteOffset: number, rowCount: number): void {
    this.#firstWord = byteOffset >>> 2
    this.#rowCount = rowCount
  }

  /** Returns the index of a row's handle word. */
  $wordAt(row: number): number {
    return this.#firstWord + row
  }

  $blockAt(row: number): number {
    return this.#views.u32[this.#firstWord + row]
  }

  /**
   * Gives a row another block, without freeing the earlier one, which already has another owner.
   */
  $setBlock(row: number, block: number): void {
    this.#views.u32[this.#firstWord + row] = block
  }

  /** Returns the block of an entity. Returns 0 for an entity without a row. */
  protected $blockOf(eid: number): number {
    const row = this.#rowOf(eid)
    return row >= 0 && row < this.#rowCount ? this.$blockAt(row) : 0
  }

  /**
   * Returns the index of an entity's handle word.
   * @throws StorageError 'invalid-argument' if the entity has no row
   */
  protected $wordOf(eid: number): number {
    return this.#checkedWord(eid, this.#rowOf(eid))
  }

  /**
   * Does the same as `$wordOf` before a write: the entity may get a row and a block by this call.
   */
  protected $wordToFill(eid: number): number {
    const row = this.#rowOf(eid)
    const word = this.#checkedWord(eid, this.#rows.rowToFill?.(eid) ?? row)
    if (this.#views.u32[word] === 0) this.#rows.onFill?.(eid, word - this.#firstWord)
    return word
  }

  #checkedWord(eid: number, row: number): number {
    if (row < 0 || row >= this.#rowCount) throw noRow(eid, this.#name)
    return this.#firstWord + row
  }

  #rowOf(eid: number): number {
    if (typeof eid !== 'number' || (eid | 0) !== eid) {
      throw invalidArgument('the entity', eid, 'an entity id')
    }
    return this.#rows.row(eid)
  }
}
