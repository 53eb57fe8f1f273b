/**
 * The column of a list or text field: a handle word for each row, with the offset of a block or 0.
 *
 * Users hold these columns as `ListField` or `TextField`, whose methods take entity ids. Members
 * that begin with $ are for the storage. Users may post a component: members that cannot be cloned
 * are private.
 */
import { invalidArgument, noRow } from '../base/errors.ts'
import type { MemoryViews } from '../memory/memory-views.ts'
import { RemovedLists } from './removed-lists.ts'
import type { GivenValues } from './staging.ts'

/** How a thread finds the rows of entities. */
export interface Rows {
  /** The index of an entity in the columns; -1 when it has no row. */
  row(eid: number): number
  /** As `row`, for an entity whose list or text is about to be written: it may get a row. */
  rowToFill?(eid: number): number
  /** Called before a row without a block may get a block. */
  onFill?(eid: number, row: number): void
}

/** Given to `$prepare` in place of a row, while the entity has no row for the values. */
export const NO_ROW = -1

/** By field: the column of a list or text, undefined for a scalar. Empty if all are scalars. */
export type VariableColumns = readonly (VariableColumn | undefined)[]

export interface VariableColumnOptions {
  /** Names of component and field, for messages. */
  readonly name: string
  readonly memory: { readonly views: MemoryViews }
  readonly rows: Rows
}

/** What a packed entity has of a list or text. */
export interface PackedBlock {
  readonly block: number
  /** Whether `block` is not the row's. */
  readonly isCopy: boolean
}

export abstract class VariableColumn {
  readonly #name: string
  #rowCount = 0
  readonly #views: MemoryViews
  readonly #rows: Rows
  /** Index of row 0 in `views.u32`. */
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

  /** A copy of a row's value. */
  abstract $readRow(row: number): number[] | string
  /**
   * Makes room for the given value of field `i`: in the row, or for `NO_ROW` in a new block.
   * @throws ArenaError 'out-of-memory'
   */
  abstract $prepare(row: number, given: GivenValues, i: number): void
  /** Writes the value that `$prepare` made room for. */
  abstract $commit(row: number, given: GivenValues, i: number): void
  /** Frees a block that no row has. Does nothing for 0. */
  abstract $freeBlock(block: number): void
  /** Frees the block of a row. */
  abstract $freeRow(row: number): void
  /** May sweep, which frees room: call it before `$prepare`. @throws StorageError 'group-busy' */
  $settle?(given: GivenValues, i: number): void
  /** A block is about to come into the world: its ids stay, even if they were removed here. */
  $takeIn?(block: number): void

  /** The block of a row that is about to leave the world. @throws ArenaError 'out-of-memory' */
  $pack(row: number): PackedBlock {
    return { block: this.$blockAt(row), isCopy: false }
  }

  /**
   * The block that a row gets for a packed one: the same, or a new one, for `$freeBlock`.
   * @throws ArenaError 'out-of-memory'
   */
  $unpack(block: number): number {
    return block
  }

  /** For a dense store. Made here, so that the code comes with lists and texts. */
  $createRemovedLists(...options: ConstructorParameters<typeof RemovedLists>): RemovedLists {
    return new RemovedLists(...options)
  }

  /** How many bytes the block of a row has. */
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

  /** Index of a row's handle word. */
  $wordAt(row: number): number {
    return this.#firstWord + row
  }

  $blockAt(row: number): number {
    return this.#views.u32[this.#firstWord + row]
  }

  /** Gives a row another block, without freeing the earlier one: its owner has changed already. */
  $setBlock(row: number, block: number): void {
    this.#views.u32[this.#firstWord + row] = block
  }

  /** The block of an entity; 0 for an entity without a row. */
  protected $blockOf(eid: number): number {
    const row = this.#rowOf(eid)
    return row >= 0 && row < this.#rowCount ? this.$blockAt(row) : 0
  }

  /** Index of an entity's handle word. @throws StorageError 'invalid-argument' without a row */
  protected $wordOf(eid: number): number {
    return this.#checkedWord(eid, this.#rowOf(eid))
  }

  /** As `$wordOf`, for an entity that is about to be written: it may get a row and a block. */
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
