/** The handle words of a variable-length field: the offset of a block for each row, 0 for none. */

import { invalidArgument, noRow } from '../base/errors.ts'
import type { MemoryViews } from '../memory/memory-views.ts'

/** How a thread finds the rows of entities. */
export interface Rows {
  /** The index of an entity in the columns; -1 when it has no row. */
  row(eid: number): number
  /** `row` for an entity that is about to be written: it may get a row. */
  claim?(eid: number): number
  /** Called before a row that has no block may get one. */
  onFill?(eid: number, row: number): void
}

export class HandleColumn {
  /** Of component and field, for messages. */
  readonly name: string
  rowCount = 0
  readonly #cells: MemoryViews
  readonly #rows: Rows
  /** Of row 0, in `cells.words`. */
  #firstWord = 0

  constructor(name: string, cells: MemoryViews, rows: Rows) {
    this.name = name
    this.#cells = cells
    this.#rows = rows
  }

  /** To be called when the column has moved or grown. */
  bind(firstWord: number, rowCount: number): void {
    this.#firstWord = firstWord
    this.rowCount = rowCount
  }

  /** Index of a row's word. */
  wordAt(row: number): number {
    return this.#firstWord + row
  }

  blockAt(row: number): number {
    return this.#cells.words[this.#firstWord + row]
  }

  /** Gives a row another block. The earlier one belongs to somebody else already. */
  setBlock(row: number, block: number): void {
    this.#cells.words[this.#firstWord + row] = block
  }

  /** 0 for an entity that has no row. */
  blockOf(eid: number): number {
    const row = this.#rowOf(eid)
    return row >= 0 && row < this.rowCount ? this.blockAt(row) : 0
  }

  /** Index of an entity's word. @throws StorageError 'invalid-argument' where it has no row */
  wordOf(eid: number): number {
    return this.#checkedWord(eid, this.#rowOf(eid))
  }

  /** `wordOf` for an entity that may get a block if it has none. */
  wordToFill(eid: number): number {
    const row = this.#rowOf(eid)
    const word = this.#checkedWord(eid, this.#rows.claim?.(eid) ?? row)
    if (this.#cells.words[word] === 0) this.#rows.onFill?.(eid, word - this.#firstWord)
    return word
  }

  #checkedWord(eid: number, row: number): number {
    if (row < 0 || row >= this.rowCount) throw noRow(eid, this.name)
    return this.#firstWord + row
  }

  #rowOf(eid: number): number {
    if (typeof eid !== 'number' || (eid | 0) !== eid) {
      throw invalidArgument('the entity', eid, 'an entity id')
    }
    return this.#rows.row(eid)
  }
}
