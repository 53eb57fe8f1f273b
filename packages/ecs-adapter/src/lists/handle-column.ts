/** The handle words of one variable-length field: a block's offset for each row, 0 of none. */

import { invalidArgument, noRow } from '../base/errors.ts'
import type { Cells } from '../memory/cells.ts'

/** How a thread finds the rows of entities. */
export interface Rows {
  /** The index of an entity in the columns; -1 of one that has no row. */
  row(eid: number): number
  /** The same, of one that is to be written, and may get a row for it. */
  claim?(eid: number): number
  /** Called before a row that has no block may get one. */
  onFill?(eid: number, row: number): void
}

export class HandleColumn {
  rowCount = 0
  readonly #cells: Cells
  readonly #rows: Rows
  readonly #name: string
  /** Of row 0, in `cells.words`. */
  #firstWord = 0

  /** @param name of the field, for errors */
  constructor(cells: Cells, rows: Rows, name: string) {
    this.#cells = cells
    this.#rows = rows
    this.#name = name
  }

  /** Tells where the words are, now that their column has moved or grown. */
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

  /** Gives a row another block; that of before is somebody's already. */
  setBlock(row: number, block: number): void {
    this.#cells.words[this.#firstWord + row] = block
  }

  /** Block of an entity; 0 of one that has no row. */
  blockOf(eid: number): number {
    const row = this.#rowOf(eid)
    return row >= 0 && row < this.rowCount ? this.blockAt(row) : 0
  }

  /** Index of an entity's word. @throws StorageError 'invalid-argument' where it has no row */
  wordOf(eid: number): number {
    return this.#wordAt(eid, this.#rowOf(eid))
  }

  /** The same, of an entity that may get a block if it has none. */
  wordToFill(eid: number): number {
    const row = this.#rowOf(eid)
    const word = this.#wordAt(eid, this.#rows.claim?.(eid) ?? row)
    if (this.#cells.words[word] === 0) this.#rows.onFill?.(eid, word - this.#firstWord)
    return word
  }

  #wordAt(eid: number, row: number): number {
    if (row < 0 || row >= this.rowCount) throw noRow(eid, this.#name)
    return this.#firstWord + row
  }

  #rowOf(eid: number): number {
    if (typeof eid !== 'number' || (eid | 0) !== eid) {
      throw invalidArgument('the entity', eid, 'an entity id')
    }
    return this.#rows.row(eid)
  }
}
