/** The typed-array columns of one component, over blocks of an arena. */
import type { Pool } from '@ashlar/core'
import type { GivenValues } from '../lists/given-values.ts'
import type { VariableField } from '../lists/variable-field.ts'
import { type Cells, typeIdOf } from '../memory/cells.ts'
import { freeReserved } from '../memory/reserved.ts'
import type { Field, FieldType, ScalarArrayConstructor } from '../schema/schema.ts'
import type { ComponentEntry } from '../shared/directory.ts'
import { createColumnArray } from './column-array.ts'
import { ColumnBlocks } from './column-blocks.ts'

/** Columns grow by so many rows where there is no room to double. */
const ROWS_AT_LEAST = 256

export interface ColumnsOptions {
  /** Of the component, for messages. */
  name: string
  /** Gets a property for each field: its column. */
  component: object
  fields: readonly Field[]
  pool: Pool
  cells: Cells
  rowCount: number
  /** Columns that the storage has already. */
  columnCount: number
  /** Of a sparse component: columns grow as far as is asked for, and all of them into other blocks. */
  isSparse?: boolean
  /** Frees what other threads may still look at; `pool.free` where there are none. */
  retire?(offset: number): void
  /** Throws while systems of other threads may be at what is to move. */
  checkIdle?(what: string): void
  /** By field; undefined where that is a scalar, and all of it where all are. */
  variable?: readonly (VariableField | undefined)[] | undefined
}

const arrayOf = (type: FieldType): ScalarArrayConstructor =>
  type.kind === 'scalar' ? type.array : Uint32Array

/**
 * A field is a column of `rowCount` elements, one a row, in a block of its own. That of a
 * variable-length field holds handles, and users get another object in its place.
 *
 * The columns of a component grow together, those of different components do not: what only the
 * player has stays small in a world of a million particles, and no frame copies a whole storage.
 */
export class Columns {
  /** Increments whenever a column moves or grows. */
  version = 0
  readonly #name: string
  readonly #component: object
  readonly #fields: readonly Field[]
  readonly #retire: (offset: number) => void
  readonly #cells: Cells
  readonly #isSparse: boolean
  readonly #blocks: ColumnBlocks
  readonly #arrays: readonly ScalarArrayConstructor[]
  readonly #variable: readonly (VariableField | undefined)[]
  /** By field: its type, its place, and the index of its row 0 among the cells of its type. */
  readonly #typeIds: readonly number[]
  #firstIndices: readonly number[] = []
  /** The buffer that the properties are views of. */
  #buffer: ArrayBufferLike

  /** @throws ArenaError 'out-of-memory'; nothing is allocated then */
  constructor(options: ColumnsOptions) {
    const { fields, cells, pool, columnCount, isSparse = false, checkIdle = () => {} } = options
    this.#name = options.name
    this.#component = options.component
    this.#fields = fields
    this.#retire = options.retire ?? ((offset) => freeReserved(pool, offset))
    this.#cells = cells
    this.#isSparse = isSparse
    const arrays = fields.map(({ type }) => arrayOf(type))
    this.#arrays = arrays
    this.#blocks = new ColumnBlocks({ pool, cells, arrays, columnCount, isSparse, checkIdle })
    this.#typeIds = this.#arrays.map(typeIdOf)
    this.#variable = options.variable ?? []
    this.#buffer = cells.buffer
    this.#resize(options.rowCount)
  }

  /** Rows that every column has. */
  get rowCount(): number {
    return this.#blocks.rowCount
  }

  /**
   * Makes sure that every column has this row, for somebody; new rows read zero.
   * @throws ArenaError 'out-of-memory'; every column is as it was then
   */
  cover(row: number): void {
    if (row >= this.#blocks.touchedRowCount || this.#cells.isDetached) this.#coverSlow(row)
  }

  /** Zeroes a row; its blocks were freed before. */
  clear(row: number): void {
    for (let field = 0; field < this.#typeIds.length; field++) {
      this.#cells.store(this.#typeIds[field], this.#firstIndices[field] + row, 0)
    }
  }

  /** Moves a row, handles and all, into one that is empty. */
  move(from: number, to: number): void {
    for (let field = 0; field < this.#typeIds.length; field++) {
      // As bytes: a fraction that is loaded is a box where V8 does not inline it.
      const step = this.#arrays[field].BYTES_PER_ELEMENT
      const first = this.#blocks.byteOffsetOf(field)
      this.#cells.copyBytes(first + from * step, first + to * step, step)
    }
    this.clear(from)
  }

  /** Zeroes every row, as `clear`. */
  clearAll(): void {
    this.#blocks.clear()
  }

  /** A scalar, by the place of its field. */
  load(field: number, row: number): number {
    return this.#cells.load(this.#typeIds[field], this.#firstIndices[field] + row)
  }

  /** A copy of a row, by field. */
  read(row: number): Record<string, unknown> {
    const values: Record<string, unknown> = {}
    for (let field = 0; field < this.#typeIds.length; field++) {
      const index = this.#firstIndices[field] + row
      values[this.#fields[field].name] =
        this.#variable[field]?.read(row) ?? this.#cells.load(this.#typeIds[field], index)
    }
    return values
  }

  /** Writes the scalar fields that are given, and no other. */
  write(row: number, { isGiven, numbers }: GivenValues): void {
    for (let field = 0; field < this.#typeIds.length; field++) {
      if (isGiven[field] === 0 || this.#variable[field] !== undefined) continue
      this.#cells.store(this.#typeIds[field], this.#firstIndices[field] + row, numbers[field])
    }
  }

  /** Where the columns are now, for other threads. */
  get entry(): ComponentEntry {
    const [name, fields, rowCount] = [this.#name, this.#fields, this.rowCount]
    const byteOffsets = fields.map((_, field) => this.#blocks.byteOffsetOf(field))
    return { name, fields, rowCount, byteOffsets }
  }

  /** For `verifyStorage`. */
  get held() {
    return this.#blocks.held
  }

  /** Frees the blocks that columns moved out of, and renews views whose buffer is gone. */
  sync(): void {
    if (this.#buffer !== this.#cells.buffer) this.#publish(this.#cells.buffer)
    this.#blocks.releaseStale(this.#retire)
  }

  /** Frees every block, and leaves the component with empty columns. */
  dispose(): void {
    this.#blocks.drop()
    this.version++
    this.#publish(new ArrayBuffer(0))
    this.#blocks.releaseStale(this.#retire)
  }

  #coverSlow(row: number): void {
    this.#cells.renew()
    if (row >= this.rowCount) this.#grow(row)
    if (row >= this.#blocks.touchedRowCount) this.#blocks.touch(row)
  }

  #grow(row: number): void {
    let grown = this.#isSparse ? row + 1 : this.rowCount
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

  /**
   * Makes the columns properties of the component. Defined, not assigned: users cannot overwrite them,
   * and V8 makes no dictionary of the object, as it does when more than 20 are assigned by name.
   */
  #publish(buffer: ArrayBufferLike): void {
    this.#buffer = buffer
    this.#firstIndices = this.#arrays.map(
      (array, field) => this.#blocks.byteOffsetOf(field) / array.BYTES_PER_ELEMENT,
    )
    for (const [field, { name, type }] of this.#fields.entries()) {
      const variable = this.#variable[field]
      variable?.handles.bind(this.#firstIndices[field], this.rowCount)
      const value =
        type.kind === 'scalar'
          ? createColumnArray(type, buffer, this.#blocks.byteOffsetOf(field), this.rowCount)
          : variable?.column
      const attributes = { configurable: true, enumerable: true, writable: false }
      Object.defineProperty(this.#component, name, { value, ...attributes })
    }
  }
}
