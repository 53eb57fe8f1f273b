/** The typed-array columns of one component, over blocks of an arena. */
import type { Pool } from '@ashlar/core'
import { type Cells, typeIdOf } from './cells.ts'
import { invalidArgument } from './errors.ts'
import type { Field } from './schema.ts'

/** Where there is no room to double, columns grow by this many rows, not by one at a time. */
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
}

/**
 * A field is a column of `rowCount` elements, one a row, in a block of its own.
 *
 * The columns of a component grow together, those of different components do not: what only the
 * player has stays small in a world of a million particles, and no frame copies a whole storage.
 */
export class Columns {
  /** Rows that every column has. */
  rowCount = 0

  readonly #name: string
  readonly #component: object
  readonly #fields: readonly Field[]
  readonly #pool: Pool
  readonly #cells: Cells
  /** By field: its type, its block, and the index of its row 0 among the cells of its type. */
  readonly #typeIds: readonly number[]
  #offsets: readonly number[] = []
  #firstIndices: readonly number[] = []
  /** The buffer that the properties are views of. */
  #buffer: ArrayBufferLike
  /** Blocks that columns moved out of, and that users may still hold views of. */
  readonly #staleOffsets: number[] = []

  /** @throws ArenaError 'out-of-memory'; nothing is allocated then */
  constructor({ name, component, fields, pool, cells, rowCount }: ColumnsOptions) {
    this.#name = name
    this.#component = component
    this.#fields = fields
    this.#pool = pool
    this.#cells = cells
    this.#typeIds = fields.map(({ type }) => typeIdOf(type.array))
    this.#buffer = cells.buffer
    this.#resize(rowCount)
  }

  /**
   * Makes sure that every column has this row; new rows read zero.
   * @throws ArenaError 'out-of-memory'; every column is as it was then
   */
  cover(row: number): void {
    if (row >= this.rowCount || this.#cells.isDetached) this.#coverSlow(row)
  }

  /** Zeroes a row. */
  clear(row: number): void {
    for (let field = 0; field < this.#typeIds.length; field++) {
      this.#cells.store(this.#typeIds[field], this.#firstIndices[field] + row, 0)
    }
  }

  /** Zeroes every row. */
  clearAll(): void {
    this.#zeroRows(this.#offsets, 0, this.rowCount)
  }

  /** A copy of a row, by field. */
  read(row: number): Record<string, number> {
    const values: Record<string, number> = {}
    for (let field = 0; field < this.#typeIds.length; field++) {
      const index = this.#firstIndices[field] + row
      values[this.#fields[field].name] = this.#cells.load(this.#typeIds[field], index)
    }
    return values
  }

  /**
   * Writes the fields that `values` has, and no other.
   * @throws StorageError 'invalid-argument' before anything is written
   */
  write(row: number, values: unknown): void {
    const fields = this.#fields
    if (!isRecord(values)) {
      const names = fields.map(({ name }) => name).join(', ')
      throw invalidArgument(`what set() gives ${this.#name}`, values, `an object with ${names}`)
    }
    for (let field = 0; field < fields.length; field++) {
      const { name } = fields[field]
      const value = values[name]
      if (value !== undefined && typeof value !== 'number') {
        throw invalidArgument(`what set() gives ${this.#name}.${name}`, value, 'a number')
      }
    }
    for (let field = 0; field < fields.length; field++) {
      const value = values[fields[field].name]
      if (typeof value !== 'number') continue
      this.#cells.store(this.#typeIds[field], this.#firstIndices[field] + row, value)
    }
  }

  /** Frees the blocks that columns moved out of, and renews views whose buffer is gone. */
  sync(): void {
    if (this.#buffer !== this.#cells.buffer) this.#publish(this.#cells.buffer)
    this.#freeStale()
  }

  /** Frees every block, and leaves the component with empty columns. */
  dispose(): void {
    this.#staleOffsets.push(...this.#offsets)
    this.#offsets = this.#fields.map(() => 0)
    this.rowCount = 0
    this.#publish(new ArrayBuffer(0))
    this.#freeStale()
  }

  #freeStale(): void {
    while (this.#staleOffsets.length > 0) this.#pool.free(this.#staleOffsets.pop()!)
  }

  #coverSlow(row: number): void {
    if (this.#cells.isDetached) this.#cells.renew()
    if (row < this.rowCount) return
    let doubled = this.rowCount
    while (doubled <= row) doubled *= 2
    try {
      this.#resize(doubled)
    } catch (error) {
      const least = row + ROWS_AT_LEAST
      if (least >= doubled) throw error
      this.#resize(least)
    }
  }

  #resize(rowCount: number): void {
    const before = this.rowCount
    const offsets = this.#extend(rowCount)
    this.#zeroRows(offsets, before, rowCount)
    for (const [field, offset] of this.#offsets.entries()) {
      if (offset === offsets[field]) continue
      const byteLength = before * this.#fields[field].type.array.BYTES_PER_ELEMENT
      this.#cells.copyBytes(offset, offsets[field], byteLength)
      this.#staleOffsets.push(offset)
    }
    this.#offsets = offsets
    this.rowCount = rowCount
    this.#publish(this.#cells.buffer)
  }

  /** Each column's block: the one it has where that can grow in place, else a new one. Or none. */
  #extend(rowCount: number): number[] {
    const offsets: number[] = []
    try {
      for (const [field, { type }] of this.#fields.entries()) {
        const stays = field < this.#offsets.length && this.#tryResize(field, rowCount)
        offsets.push(
          stays ? this.#offsets[field] : this.#pool.allocArray(type.array, rowCount).byteOffset,
        )
      }
    } catch (error) {
      for (const [field, offset] of offsets.entries()) {
        if (offset === this.#offsets[field]) this.#tryResize(field, this.rowCount)
        else this.#pool.free(offset)
      }
      throw error
    }
    return offsets
  }

  /** Whether a column has so many rows now, in its place. Shrinking always succeeds. */
  #tryResize(field: number, rowCount: number): boolean {
    const byteLength = rowCount * this.#fields[field].type.array.BYTES_PER_ELEMENT
    return this.#pool.tryResize(this.#offsets[field], byteLength)
  }

  #zeroRows(offsets: readonly number[], from: number, to: number): void {
    for (const [field, offset] of offsets.entries()) {
      const byteLength = this.#fields[field].type.array.BYTES_PER_ELEMENT
      this.#cells.zeroBytes(offset + from * byteLength, offset + to * byteLength)
    }
  }

  /**
   * Makes the columns properties of the component. They are defined, not assigned: users cannot
   * overwrite them, and an object stays one that V8 reads fast however many fields it has, where
   * assigning more than 20 by name makes it a dictionary.
   */
  #publish(buffer: ArrayBufferLike): void {
    this.#buffer = buffer
    this.#firstIndices = this.#offsets.map(
      (offset, field) => offset / this.#fields[field].type.array.BYTES_PER_ELEMENT,
    )
    for (const [field, { name, type }] of this.#fields.entries()) {
      const value = new type.array(buffer, this.#offsets[field], this.rowCount)
      const attributes = { configurable: true, enumerable: true, writable: false }
      Object.defineProperty(this.#component, name, { value, ...attributes })
    }
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
