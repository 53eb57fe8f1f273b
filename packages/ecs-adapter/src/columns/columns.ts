/**
 * The typed-array columns of one component, by row: a column for each field, in a block of its own.
 * The column of a list or text field holds handles, and users get another object in its place.
 *
 * The columns of a component grow together, those of different components do not: what only the
 * player has stays small in a world of a million particles, and no frame copies a whole storage.
 */
import type { GivenValues } from '../lists/given-values.ts'
import type { ComponentEntry } from '../shared/directory.ts'
import { type Column, GrowingColumns } from './column-growth.ts'
import { defineColumns } from './column-properties.ts'
import type { ComponentContext } from './component-context.ts'

export class Columns extends GrowingColumns {
  /** The properties are views of this buffer. */
  #buffer: ArrayBufferLike | undefined

  /** @throws ArenaError 'out-of-memory'; nothing is allocated then */
  constructor(
    context: ComponentContext,
    rowCount: number,
    variable: readonly Column['variable'][] = [],
  ) {
    super(context, variable)
    this.resize(rowCount)
  }

  /** Zeroes a row; the blocks of its lists and texts were freed before. */
  clear(row: number): void {
    for (let i = 0; i < this.columns.length; i++) {
      const { typeId, firstIndex } = this.columns[i]
      this.cells.store(typeId, firstIndex + row, 0)
    }
  }

  /** Moves a row, handles and all, into one that is empty. */
  move(from: number, to: number): void {
    for (let i = 0; i < this.columns.length; i++) {
      // As bytes: V8 boxes a fraction that is loaded by a call that it does not inline.
      const { array, byteOffset } = this.columns[i]
      const step = array.BYTES_PER_ELEMENT
      this.cells.copyBytes(byteOffset + from * step, byteOffset + to * step, step)
    }
    this.clear(from)
  }

  /** A scalar, by the index of its field. */
  load(i: number, row: number): number {
    const { typeId, firstIndex } = this.columns[i]
    return this.cells.load(typeId, firstIndex + row)
  }

  /** A copy of a row, by field. */
  read(row: number): Record<string, unknown> {
    const values: Record<string, unknown> = {}
    for (let i = 0; i < this.columns.length; i++) {
      const { field, variable } = this.columns[i]
      values[field.name] = variable === undefined ? this.load(i, row) : variable.readRow(row)
    }
    return values
  }

  /** Writes the scalar fields that are given. */
  write(row: number, { isGiven, numbers }: GivenValues): void {
    for (let i = 0; i < this.columns.length; i++) {
      const { typeId, firstIndex, variable } = this.columns[i]
      if (isGiven[i] === 0 || variable !== undefined) continue
      this.cells.store(typeId, firstIndex + row, numbers[i])
    }
  }

  /** Where the columns are now, for other threads. */
  get entry(): ComponentEntry {
    const { name, fields } = this.context
    const byteOffsets = this.columns.map(({ byteOffset }) => byteOffset)
    return { name, fields, rowCount: this.rowCount, byteOffsets }
  }

  /** Frees the blocks that columns moved out of, and renews views whose buffer is gone. */
  sync(): void {
    if (this.#buffer !== this.cells.buffer) this.publish(this.cells.buffer)
    this.freeStale()
  }

  protected override publish(buffer: ArrayBufferLike): void {
    this.#buffer = buffer
    for (const column of this.columns) {
      // As an integer: a quotient is a box to V8.
      column.firstIndex = (column.byteOffset / column.array.BYTES_PER_ELEMENT) | 0
    }
    const variable = this.columns.map((column) => column.variable)
    defineColumns(this.context.component, this.entry, buffer, variable)
  }
}
