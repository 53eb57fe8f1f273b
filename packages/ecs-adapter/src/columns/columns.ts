/** The typed-array columns of one component, over blocks of an arena. */
import type { GivenValues } from '../lists/given-values.ts'
import type { VariableField } from '../lists/variable-fields.ts'
import { typeIdOf } from '../memory/memory-views.ts'
import type { Field, ScalarArrayConstructor } from '../schema/schema.ts'
import type { ComponentEntry } from '../shared/manifest.ts'
import { publishColumns } from './column-array.ts'
import { ColumnBlocks, type ColumnBlocksOptions } from './column-blocks.ts'

/** Columns grow by so many rows if there is no room to double. */
const ROWS_AT_LEAST = 256

export interface ColumnsOptions extends Omit<ColumnBlocksOptions, 'arrays'> {
  /** The component's, for messages. */
  name: string
  /** Gets a property for each field: its column. */
  component: object
  fields: readonly Field[]
  rowCount: number
  /** Frees a block that other threads may still read. */
  retire(offset: number): void
  /** By field; undefined for a scalar, and as a whole if all fields are scalars. */
  variable: readonly (VariableField | undefined)[] | undefined
}

/**
 * A field is a column of `rowCount` elements, one for each row, in a block of its own. The column
 * of a list or text field holds handles, and users get another object in its place.
 *
 * The columns of a component grow together, those of different components do not: what only the
 * player has stays small in a world of a million particles, and no frame copies a whole storage.
 */
export class Columns {
  /** Increments whenever a column moves or grows. */
  version = 0
  readonly fields: readonly Field[]
  readonly #options: ColumnsOptions
  readonly #cells: ColumnsOptions['cells']
  readonly #blocks: ColumnBlocks
  readonly #arrays: readonly ScalarArrayConstructor[]
  readonly #variable: readonly (VariableField | undefined)[]
  /** By field: its type, and the index of its row 0 among the cells of that type. */
  readonly #typeIds: readonly number[]
  #firstIndices: readonly number[] = []
  /** The properties are views of this buffer. */
  #buffer: ArrayBufferLike

  /** @throws ArenaError 'out-of-memory'; nothing is allocated then */
  constructor(options: ColumnsOptions) {
    const { fields, cells, variable = [], rowCount } = options
    const arrays = fields.map(({ type }) => (type.kind === 'scalar' ? type.array : Uint32Array))
    this.fields = fields
    this.#options = options
    this.#cells = cells
    this.#arrays = arrays
    this.#blocks = new ColumnBlocks({ ...options, arrays })
    this.#typeIds = arrays.map(typeIdOf)
    this.#variable = variable
    this.#buffer = cells.buffer
    this.#resize(rowCount)
  }

  /** Rows that every column has. */
  get rowCount(): number {
    return this.#blocks.rowCount
  }

  /**
   * Makes sure that every column has this row; new rows read zero.
   * @throws ArenaError 'out-of-memory'; every column is as it was then
   */
  cover(row: number): void {
    if (row >= this.#blocks.touchedRowCount || this.#cells.isDetached) this.#coverSlow(row)
  }

  /** Zeroes a row; the blocks of its lists and texts were freed before. */
  clear(row: number): void {
    for (let field = 0; field < this.#typeIds.length; field++) {
      this.#cells.store(this.#typeIds[field], this.#firstIndices[field] + row, 0)
    }
  }

  /** Moves a row, handles and all, into one that is empty. */
  move(from: number, to: number): void {
    for (let field = 0; field < this.#typeIds.length; field++) {
      // As bytes: V8 boxes a fraction that is loaded by a call that it does not inline.
      const step = this.#arrays[field].BYTES_PER_ELEMENT
      const first = this.#blocks.byteOffsetOf(field)
      this.#cells.copyBytes(first + from * step, first + to * step, step)
    }
    this.clear(from)
  }

  /** Zeroes every row; the blocks of lists and texts were freed before. */
  clearAll(): void {
    this.#blocks.clear()
  }

  /** A scalar, by the index of its field. */
  load(field: number, row: number): number {
    return this.#cells.load(this.#typeIds[field], this.#firstIndices[field] + row)
  }

  /** A copy of a row, by field. */
  read(row: number): Record<string, unknown> {
    const values: Record<string, unknown> = {}
    for (let field = 0; field < this.#typeIds.length; field++) {
      const index = this.#firstIndices[field] + row
      values[this.fields[field].name] =
        this.#variable[field]?.read(row) ?? this.#cells.load(this.#typeIds[field], index)
    }
    return values
  }

  /** Writes the scalar fields that are given. */
  write(row: number, { isGiven, numbers }: GivenValues): void {
    for (let field = 0; field < this.#typeIds.length; field++) {
      if (isGiven[field] === 0 || this.#variable[field] !== undefined) continue
      this.#cells.store(this.#typeIds[field], this.#firstIndices[field] + row, numbers[field])
    }
  }

  /** Where the columns are now, for other threads. */
  get entry(): ComponentEntry {
    const byteOffsets = this.fields.map((_, field) => this.#blocks.byteOffsetOf(field))
    return { name: this.#options.name, fields: this.fields, rowCount: this.rowCount, byteOffsets }
  }

  /** For `verifyStorage`. */
  get held() {
    return this.#blocks.held
  }

  /** Frees the blocks that columns moved out of, and renews views whose buffer is gone. */
  sync(): void {
    if (this.#buffer !== this.#cells.buffer) this.#publish(this.#cells.buffer)
    this.#blocks.releaseStale(this.#options.retire)
  }

  /** Frees every block, and leaves the component with empty columns. */
  dispose(): void {
    this.#blocks.drop()
    this.version++
    this.#publish(new ArrayBuffer(0))
    this.#blocks.releaseStale(this.#options.retire)
  }

  #coverSlow(row: number): void {
    this.#cells.renew()
    if (row >= this.rowCount) this.#grow(row)
    if (row >= this.#blocks.touchedRowCount) this.#blocks.touch(row)
  }

  #grow(row: number): void {
    let grown = this.#options.isSparse ? row + 1 : this.rowCount
    while (grown <= row) grown += grown
    try {
      this.#resize(grown)
    } catch (error) {
      const least = row + ROWS_AT_LEAST
      if (least >= grown) throw error
      this.#resize(least)
    }
  }

  #resize(rowCount: number): void {
    this.#blocks.resize(rowCount)
    this.version++
    this.#publish(this.#cells.buffer)
  }

  #publish(buffer: ArrayBufferLike): void {
    this.#buffer = buffer
    const { entry } = this
    this.#firstIndices = this.#arrays.map(
      ({ BYTES_PER_ELEMENT }, field) => entry.byteOffsets[field] / BYTES_PER_ELEMENT,
    )
    publishColumns(this.#options.component, entry, buffer, this.#variable)
  }
}
