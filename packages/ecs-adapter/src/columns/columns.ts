/**
 * The typed-array columns of one component, by row: a column for each field, in a block of its own.
 * The column of a list or text field holds handles, and users get another object in its place.
 *
 * The columns of a component grow together, those of different components do not: what only the
 * player has stays small in a world of a million particles, and no frame copies a whole storage.
 */
import type { GivenValues } from '../lists/given-values.ts'
import type { Rows, VariableColumn } from '../lists/variable-column.ts'
import { createVariableColumns } from '../lists/variable-fields.ts'
import type { ComponentEntry } from '../shared/directory.ts'
import { GrowingColumns } from './column-growth.ts'
import { defineColumns } from './column-properties.ts'
import type { ComponentContext } from './component-context.ts'

export class Columns extends GrowingColumns {
  /** Lists and texts by field: undefined for a scalar. Empty if there are none. */
  readonly variable: readonly (VariableColumn | undefined)[]
  /** The properties are views of this buffer. */
  #buffer: ArrayBufferLike | undefined

  /** @throws ArenaError 'out-of-memory'; nothing is allocated then */
  constructor(context: ComponentContext, rowCount: number, rows: Rows) {
    super(context)
    this.variable = createVariableColumns({ ...context, rows })
    this.resize(rowCount)
  }

  /** Whether all fields are scalars. */
  get isPlain(): boolean {
    return this.variable.length === 0
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
      values[this.columns[i].field.name] = this.variable[i]?.readRow(row) ?? this.load(i, row)
    }
    return values
  }

  /** Before any `prepare`. @throws StorageError 'group-busy' */
  settle(given: GivenValues): void {
    for (let i = 0; i < this.variable.length; i++) {
      if (given.isGiven[i] !== 0) this.variable[i]?.settle?.(given, i)
    }
  }

  /** Makes room for lists and texts, for a row or `NO_ROW`. If it throws, `abort` has to follow. */
  prepare(row: number, given: GivenValues): void {
    for (let i = 0; i < this.variable.length; i++) {
      if (given.isGiven[i] !== 0) this.variable[i]?.prepare(row, given, i)
    }
  }

  /** Writes the fields that are given, after `prepare`. */
  write(row: number, given: GivenValues): void {
    for (let i = 0; i < this.columns.length; i++) {
      if (given.isGiven[i] === 0) continue
      const { typeId, firstIndex } = this.columns[i]
      const variable = this.variable[i]
      if (variable !== undefined) variable.commit(row, given, i)
      else this.cells.store(typeId, firstIndex + row, given.numbers[i])
    }
  }

  /** Frees what `prepare` made and `write` has not used. */
  abort(given: GivenValues): void {
    for (let i = 0; i < this.variable.length; i++) this.variable[i]?.abort(given, i)
  }

  /** Whether a row has any list or text. */
  has(row: number): boolean {
    for (let i = 0; i < this.variable.length; i++) {
      if ((this.variable[i]?.blockAt(row) ?? 0) !== 0) return true
    }
    return false
  }

  /** Frees the lists and texts of a row. */
  free(row: number): void {
    for (let i = 0; i < this.variable.length; i++) this.variable[i]?.freeRow(row)
  }

  /** Takes ids that are not kept out of every list that drops removed entities. */
  filter(isKept: (eid: number) => boolean): void {
    for (let i = 0; i < this.variable.length; i++) this.variable[i]?.filterRows?.(isKept)
  }

  /** Empties every row. */
  override clearAll(): void {
    this.#freeAll()
    super.clearAll()
  }

  override dispose(): void {
    this.#freeAll()
    super.dispose()
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
    defineColumns(this.context.component, this.entry, buffer, this.variable)
  }

  #freeAll(): void {
    for (let row = 0; !this.isPlain && row < this.rowCount; row++) this.free(row)
  }
}
