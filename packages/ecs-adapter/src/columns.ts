/** The typed-array columns of one component, over blocks of an arena. */
import type { Pool } from '@ashlar/core'
import { type Cells, typeIdOf } from './cells.ts'
import type { ComponentEntry } from './directory.ts'
import { invalidArgument } from './errors.ts'
import type { Field, FieldType, ScalarArrayConstructor } from './schema.ts'
import type { VariableField } from './variable-field.ts'

/** Columns grow by so many rows where there is no room to double. */
const ROWS_AT_LEAST = 256

/**
 * Row 0 of a large column lies a few cache lines into its block, for each column another number of
 * them, where the block has the room to spare. Blocks of equal length often lie whole pages apart;
 * processors take accesses at such distances for the same address at first, and caches keep them in
 * the same places: a loop over four columns of 40 KiB took 3 % longer. Short columns fit the cache.
 */
const STAGGER_STEP = 64
const STAGGER_COUNT = 16
const STAGGERED_BYTE_LENGTH = 16 * 1024

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

/** Where a column is, in bytes: row 0, and the block around it, whose beginning users free. */
interface Place {
  readonly byteOffset: number
  readonly blockOffset: number
}

const NOWHERE: Place = { byteOffset: 0, blockOffset: 0 }

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
  /** Rows that every column has. */
  rowCount = 0
  /** Increments whenever a column moves or grows. */
  version = 0
  readonly #name: string
  readonly #component: object
  readonly #fields: readonly Field[]
  readonly #pool: Pool
  readonly #retire: (offset: number) => void
  readonly #checkIdle: (what: string) => void
  readonly #cells: Cells
  readonly #isSparse: boolean
  /** Of the first field; one more for each that follows. */
  readonly #firstStagger: number
  readonly #arrays: readonly ScalarArrayConstructor[]
  readonly #variable: readonly (VariableField | undefined)[]
  /** By field: its type, its place, and the index of its row 0 among the cells of its type. */
  readonly #typeIds: readonly number[]
  #places: readonly Place[] = []
  #firstIndices: readonly number[] = []
  /** The buffer that the properties are views of. */
  #buffer: ArrayBufferLike
  /** Blocks that columns moved out of, and that users may still hold views of. */
  readonly #staleOffsets: number[] = []

  /** @throws ArenaError 'out-of-memory'; nothing is allocated then */
  constructor(options: ColumnsOptions) {
    const { fields, cells } = options
    this.#name = options.name
    this.#component = options.component
    this.#fields = fields
    this.#pool = options.pool
    this.#retire = options.retire ?? options.pool.free
    this.#checkIdle = options.checkIdle ?? (() => {})
    this.#cells = cells
    this.#isSparse = options.isSparse ?? false
    this.#arrays = fields.map(({ type }) => arrayOf(type))
    this.#typeIds = this.#arrays.map(typeIdOf)
    this.#variable = options.variable ?? []
    this.#firstStagger = options.columnCount
    this.#buffer = cells.buffer
    this.#resize(options.rowCount)
  }

  /**
   * Makes sure that every column has this row; new rows read zero.
   * @throws ArenaError 'out-of-memory'; every column is as it was then
   */
  cover(row: number): void {
    if (row >= this.rowCount || this.#cells.isDetached) this.#coverSlow(row)
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
      const first = this.#places[field].byteOffset
      this.#cells.copyBytes(first + from * step, first + to * step, step)
    }
    this.clear(from)
  }

  /** Zeroes every row, as `clear`. */
  clearAll(): void {
    this.#zeroRows(this.#places, 0, this.rowCount)
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
      const variable = this.#variable[field]
      values[this.#fields[field].name] =
        variable === undefined ? this.#cells.load(this.#typeIds[field], index) : variable.read(row)
    }
    return values
  }

  /** @throws StorageError 'invalid-argument' where `write` could not write all that `values` has */
  check(values: unknown): asserts values is Record<string, unknown> {
    const fields = this.#fields
    if (typeof values !== 'object' || values === null) {
      const names = fields.map(({ name }) => name).join(', ')
      throw invalidArgument(`what set() gives ${this.#name}`, values, `an object with ${names}`)
    }
    for (let field = 0; field < fields.length; field++) {
      const { name, type } = fields[field]
      if (type.kind !== 'scalar') continue
      const value = (values as Record<string, unknown>)[name]
      if (value !== undefined && typeof value !== 'number') {
        throw invalidArgument(`what set() gives ${this.#name}.${name}`, value, 'a number')
      }
    }
  }

  /** Writes the scalar fields that `values` has, and no other. */
  write(row: number, values: Record<string, unknown>): void {
    for (let field = 0; field < this.#fields.length; field++) {
      const { name, type } = this.#fields[field]
      if (type.kind !== 'scalar') continue
      const value = values[name]
      if (typeof value !== 'number') continue
      this.#cells.store(this.#typeIds[field], this.#firstIndices[field] + row, value)
    }
  }

  /** Where the columns are now, for other threads. */
  get entry(): ComponentEntry {
    const [name, fields, rowCount] = [this.#name, this.#fields, this.rowCount]
    return { name, fields, rowCount, byteOffsets: this.#places.map((place) => place.byteOffset) }
  }

  /** Frees the blocks that columns moved out of, and renews views whose buffer is gone. */
  sync(): void {
    if (this.#buffer !== this.#cells.buffer) this.#publish(this.#cells.buffer)
    this.#freeStale()
  }

  /** Frees every block, and leaves the component with empty columns. */
  dispose(): void {
    this.#staleOffsets.push(...this.#places.map(({ blockOffset }) => blockOffset))
    this.#places = this.#fields.map(() => NOWHERE)
    this.rowCount = 0
    this.version++
    this.#publish(new ArrayBuffer(0))
    this.#freeStale()
  }

  #freeStale(): void {
    while (this.#staleOffsets.length > 0) this.#retire(this.#staleOffsets.pop()!)
  }

  #coverSlow(row: number): void {
    this.#cells.renew()
    if (row < this.rowCount) return
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
    const before = this.rowCount
    const places = this.#extend(rowCount)
    this.#zeroRows(places, before, rowCount)
    for (const [field, place] of this.#places.entries()) {
      if (place === places[field]) continue
      const byteLength = before * this.#arrays[field].BYTES_PER_ELEMENT
      this.#cells.copyBytes(place.byteOffset, places[field].byteOffset, byteLength)
      this.#staleOffsets.push(place.blockOffset)
    }
    this.#places = places
    this.rowCount = rowCount
    this.version++
    this.#publish(this.#cells.buffer)
  }

  /** Each column's place: the one it has where that can grow, else a new one. Or none. */
  #extend(rowCount: number): Place[] {
    const places: Place[] = []
    try {
      for (const field of this.#fields.keys()) {
        const isNew = field >= this.#places.length
        const stays = !isNew && !this.#isSparse && this.#tryResize(field, rowCount)
        if (!isNew && !stays) this.#checkIdle('columns that grow and have to move')
        places.push(stays ? this.#places[field] : this.#allocate(field, rowCount))
      }
    } catch (error) {
      for (const [field, place] of places.entries()) {
        if (place !== this.#places[field]) this.#pool.free(place.blockOffset)
        else this.#tryResize(field, this.rowCount)
      }
      throw error
    }
    return places
  }

  #allocate(field: number, rowCount: number): Place {
    const block = this.#pool.allocArray(this.#arrays[field], rowCount)
    const { byteOffset, byteLength } = block
    const stagger = ((this.#firstStagger + field) % STAGGER_COUNT) * STAGGER_STEP
    const isLong = byteLength >= STAGGERED_BYTE_LENGTH
    const isStaggered = isLong && this.#pool.tryResize(byteOffset, byteLength + stagger)
    return { blockOffset: byteOffset, byteOffset: byteOffset + (isStaggered ? stagger : 0) }
  }

  /** Whether a column has so many rows now, in its place. Shrinking always succeeds. */
  #tryResize(field: number, rowCount: number): boolean {
    const { blockOffset, byteOffset } = this.#places[field]
    const end = byteOffset + rowCount * this.#arrays[field].BYTES_PER_ELEMENT
    return this.#pool.tryResize(blockOffset, end - blockOffset)
  }

  #zeroRows(places: readonly Place[], from: number, to: number): void {
    for (const [field, { byteOffset }] of places.entries()) {
      const byteLength = this.#arrays[field].BYTES_PER_ELEMENT
      this.#cells.zeroBytes(byteOffset + from * byteLength, byteOffset + to * byteLength)
    }
  }

  /**
   * Makes the columns properties of the component. Defined, not assigned: users cannot overwrite them,
   * and V8 makes no dictionary of the object, as it does when more than 20 are assigned by name.
   */
  #publish(buffer: ArrayBufferLike): void {
    this.#buffer = buffer
    this.#firstIndices = this.#places.map(
      ({ byteOffset }, field) => byteOffset / this.#arrays[field].BYTES_PER_ELEMENT,
    )
    for (const [field, { name }] of this.#fields.entries()) {
      const variable = this.#variable[field]
      variable?.handles.bind(this.#firstIndices[field], this.rowCount)
      const value =
        variable !== undefined
          ? variable.column
          : new this.#arrays[field](buffer, this.#places[field].byteOffset, this.rowCount)
      const attributes = { configurable: true, enumerable: true, writable: false }
      Object.defineProperty(this.#component, name, { value, ...attributes })
    }
  }
}
