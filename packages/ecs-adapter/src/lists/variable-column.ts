/**
 * The column of a list or text field: a handle word for each row, with the offset of a block or 0.
 *
 * Users hold these columns as `ListField` or `TextField`, whose methods take entity ids. Members
 * that begin with $ are for the storage. Users may post a component: what cannot be cloned is
 * private.
 */
import { invalidArgument, noRow } from '../base/errors.ts'
import type { MemoryViews } from '../memory/memory-views.ts'
import type { GivenValues } from './staging.ts'

/** How a thread finds the rows of entities. */
export interface Rows {
  /** The index of an entity in the columns; -1 when it has no row. */
  row(eid: number): number
  /** `row` for an entity that is about to be written: it may get a row. */
  rowToFill?(eid: number): number
  /** Called before a row that has no block may get one. */
  onFill?(eid: number, row: number): void
}

/** `prepare` gets it if no row has the values yet. */
export const NO_ROW = -1

/** The lists and texts of a component by field: undefined for a scalar. Empty if it has none. */
export type VariableColumns = readonly (VariableColumn | undefined)[]

export interface VariableColumnOptions {
  /** Of component and field, for messages. */
  name: string
  views: MemoryViews
  rows: Rows
}

export abstract class VariableColumn {
  readonly #name: string
  #rowCount = 0
  readonly #views: MemoryViews
  readonly #rows: Rows
  /** Of row 0, in `views.u32`. */
  #firstWord = 0

  constructor({ name, views, rows }: VariableColumnOptions) {
    this.#name = name
    this.#views = views
    this.#rows = rows
  }

  /** Of component and field, for messages. */
  get $name(): string {
    return this.#name
  }

  get $rowCount(): number {
    return this.#rowCount
  }

  /** A copy of a row's value. */
  abstract $readRow(row: number): number[] | string
  /**
   * Makes room for the value of field `i`: in the row, or for `NO_ROW` in a block of its own.
   * @throws ArenaError 'out-of-memory'
   */
  abstract $prepare(row: number, given: GivenValues, i: number): void
  /** Writes the value that `prepare` made room for. */
  abstract $commit(row: number, given: GivenValues, i: number): void
  /** Frees a block that `prepare` made, or none. */
  abstract $freeBlock(block: number): void
  /** Frees the block of a row. */
  abstract $freeRow(row: number): void
  /** Before any `prepare`: a sweep would take back its room. @throws StorageError 'group-busy' */
  $settle?(given: GivenValues, i: number): void
  /** Removes ids that are not kept from every list, if these drop removed entities. */
  $filterRows?(isKept: (eid: number) => boolean): void
  /** The value of a row leaves the world: its list loses the ids that it is to drop. */
  $dropRemoved?(row: number): void
  /** A block comes into the world: its ids stay, whoever had them here. */
  $takeIn?(block: number): void

  /** Frees the block that `prepare` made, unless a row has it. */
  $abort({ blocks }: GivenValues, i: number): void {
    if (blocks[i] !== 0) this.$freeBlock(blocks[i])
    blocks[i] = 0
  }

  /** Call it when the column has moved or grown. */
  $bind(firstWord: number, rowCount: number): void {
    this.#firstWord = firstWord
    this.#rowCount = rowCount
  }

  /** Index of a row's word. */
  $wordAt(row: number): number {
    return this.#firstWord + row
  }

  $blockAt(row: number): number {
    return this.#views.u32[this.#firstWord + row]
  }

  /** Gives a row another block. The earlier one belongs to somebody else already. */
  $setBlock(row: number, block: number): void {
    this.#views.u32[this.#firstWord + row] = block
  }

  /** 0 for an entity that has no row. */
  protected $blockOf(eid: number): number {
    const row = this.#rowOf(eid)
    return row >= 0 && row < this.#rowCount ? this.$blockAt(row) : 0
  }

  /** Index of an entity's word. @throws StorageError 'invalid-argument' where it has no row */
  protected $wordOf(eid: number): number {
    return this.#checkedWord(eid, this.#rowOf(eid))
  }

  /** `wordOf` for an entity that may get a block if it has none. */
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
