/**
 * The values of a component, by entity, and by row of its columns. Each field has a column, in a
 * block of its own. The column of a list or text field holds handles. Users get a `ListField` or
 * `TextField` instead of it.
 *
 * The columns of one component grow together, and independently of other components. So in a world
 * of a million particles, a component that only the player has stays small, and no frame copies a
 * whole storage.
 */
import type { FieldObject } from '../fields/field-code.ts'
import { createFieldObjects } from '../fields/field-objects.ts'
import type { GivenValues } from '../fields/staging.ts'
import type { Rows, VariableColumns } from '../fields/variable-column.ts'
import { settleTouched } from '../memory/blocks.ts'
import type { ComponentRows } from '../schema/fields.ts'
import { emptyValues, readValues } from '../schema/read-schema.ts'
import type { ComponentEntry } from '../shared/manifest.ts'
import { GrowingColumns } from './column-growth.ts'
import { defineColumns } from './column-properties.ts'
import type { ComponentContext } from './component-context.ts'

export abstract class ComponentStore extends GrowingColumns<ComponentContext> implements Rows {
  readonly variable: VariableColumns
  readonly #objects: readonly (FieldObject | undefined)[]
  /** The value of a new row in each column. Undefined if all of these values are 0. */
  readonly #initial: Float64Array | undefined
  /** The scalar properties of the component are views of this buffer. */
  #buffer: ArrayBufferLike | undefined

  constructor(context: ComponentContext) {
    super(context)
    const { name, fields, memory } = context
    const { objects, variable } = createFieldObjects(fields, { name, memory, rows: this })
    this.#objects = objects
    this.variable = variable
    const initial = Float64Array.from(fields, ({ code }) => code.initial)
    if (!initial.every((number) => Object.is(number, 0))) this.#initial = initial
  }

  /** The rows of a sparse store; undefined for a dense store. */
  abstract readonly rows: ComponentRows | undefined
  /**
   * In a dense store, all ids below this number have rows. It is Infinity in a sparse store, which
   * needs no `cover`.
   */
  abstract readonly coveredIdCount: number
  /**
   * Forgets all entities.
   * @param owns returns whether an entity has the component, and is not losing it
   */
  abstract begin(entityMask: number, owns: (eid: number) => boolean): void
  abstract readonly row: Rows['row']
  /**
   * Makes an empty row for an entity that has got the component. @throws ArenaError 'out-of-memory'
   */
  abstract add(eid: number): void
  /** Called when an entity has lost the component. */
  abstract lose(eid: number): void
  /** Undoes `lose` if the entity still has the component: the row stays unchanged. */
  abstract keep(eid: number): void
  /**
   * Returns the row of an entity that has the component. For a prefab without a row, it makes a
   * row.
   * @throws ArenaError 'out-of-memory'; the error of `noRow`
   */
  abstract claim(eid: number): number
  /** Returns whether `sync` may free the blocks of a row. `verifyStorage` calls it. */
  abstract isDeferred(row: number): boolean

  /** Whether a new row has a value that is not 0. */
  get hasDefaults(): boolean {
    return this.#initial !== undefined
  }

  /** Whether all fields are scalars. */
  get isPlain(): boolean {
    return this.variable.length === 0
  }

  /** The entry of the component in the manifest. It says where the columns are now. */
  get entry(): ComponentEntry {
    const { name, fields } = this.context
    return { name, fields, rowCount: this.rowCount, byteOffsets: this.#byteOffsets }
  }

  get #byteOffsets(): number[] {
    return this.columns.map(({ byteOffset }) => byteOffset)
  }

  protected readonly hasComponent = (eid: number): boolean =>
    this.context.worlds.has(eid, this.context.component)

  /** Returns the row of an entity that has the component. Returns -1 for a prefab without a row. */
  find(eid: number): number {
    return this.claim(eid)
  }

  /** Returns a copy of the values of an entity that has the component. */
  read(eid: number): Record<string, unknown> {
    const row = this.find(eid)
    if (row < 0) return emptyValues(this.context.fields, this.context.memory)
    const values: Record<string, unknown> = {}
    for (let i = 0; i < this.columns.length; i++) {
      const { name, code, isNumber } = this.columns[i].field
      const variable = this.variable[i]
      if (variable !== undefined) values[name] = variable.$readRow(row)
      else {
        const number = this.load(i, row)
        values[name] = isNumber ? number : code.valueOf(number, this.context.memory)
      }
    }
    return values
  }

  /** Returns the value of scalar field `i` in a row. */
  load(i: number, row: number): number {
    const { typeId, firstIndex } = this.columns[i]
    return this.views.load(typeId, firstIndex + row)
  }

  /**
   * Reads the user's values, checks them and copies them to `given`, before any value is written.
   * @throws StorageError 'invalid-argument', 'group-busy'; and the errors that getters throw
   */
  take(values: unknown, given: GivenValues): void {
    const { name, fields, memory, sets } = this.context
    sets.beginSet()
    try {
      readValues(memory, name, fields, values, given)
    } finally {
      sets.endSet()
    }
    for (let i = 0; i < this.variable.length; i++) {
      if (given.isGiven[i] !== 0) this.variable[i]?.$settle?.(given, i)
    }
  }

  /**
   * Allocates memory for given lists and texts, in a row or for `NO_ROW`. If it throws, call
   * `abort`.
   */
  prepare(row: number, given: GivenValues): void {
    for (let i = 0; i < this.variable.length; i++) {
      if (given.isGiven[i] !== 0) this.variable[i]?.$prepare(row, given, i)
    }
  }

  /**
   * Writes all given values to a row, or none.
   * @param isPrepared whether `prepare` was called before the entity had a row
   * @throws ArenaError 'out-of-memory'
   */
  write(eid: number, row: number, given: GivenValues, isPrepared: boolean): void {
    if (this.views.isDetached) this.views.renew() // the user's code may have made the memory grow
    this.beginWrite(eid, row)
    if (!isPrepared) this.prepare(row, given)
    for (let i = 0; i < this.columns.length; i++) {
      if (given.isGiven[i] === 0) continue
      const { typeId, firstIndex } = this.columns[i]
      const variable = this.variable[i]
      if (variable !== undefined) variable.$commit(row, given, i)
      else this.views.store(typeId, firstIndex + row, given.numbers[i])
    }
  }

  protected beginWrite(_eid: number, _row: number): void {}

  /** Frees the blocks that `prepare` has made and `write` has not used. */
  abort(given: GivenValues): void {
    for (let i = 0; i < this.variable.length; i++) this.variable[i]?.$abort(given, i)
  }

  /** Frees the lists and texts of a row. */
  protected freeRow(row: number): void {
    for (let i = 0; i < this.variable.length; i++) this.variable[i]?.$freeRow(row)
  }

  /** Writes the values of a new row. The row's earlier lists and texts must be freed already. */
  protected clearRow(row: number): void {
    for (let i = 0; i < this.columns.length; i++) {
      const { typeId, firstIndex } = this.columns[i]
      this.views.store(typeId, firstIndex + row, 0)
    }
    if (this.#initial !== undefined) this.#writeDefaults(row, this.#initial)
  }

  /** Writes the values of a new row, for a prefab that got the component. */
  clear(eid: number): void {
    const row = this.claim(eid)
    this.freeForReuse(row)
    this.clearRow(row)
  }

  #writeDefaults(row: number, initial: Float64Array): void {
    for (let i = 0; i < this.columns.length; i++) {
      const { typeId, firstIndex } = this.columns[i]
      if (this.variable[i] === undefined) {
        this.views.storeAll(typeId, firstIndex + row, initial, i, i + 1)
      }
    }
  }

  /** Frees earlier lists and texts in a row that an entity is about to get. */
  protected freeForReuse(row: number): void {
    for (let i = 0; i < this.variable.length; i++) {
      if ((this.variable[i]?.$blockAt(row) ?? 0) === 0) continue
      this.context.checkIdle('an entity in the row of one that had lists or texts')
      this.variable[i]?.$freeRow(row)
    }
  }

  /** Frees all lists and texts, and sets every row to 0. */
  clearAll(): void {
    this.#freeAll()
    for (const { blockOffset, byteOffset } of this.columns) {
      const end = blockOffset + settleTouched(this.views.pool, blockOffset)
      this.views.zeroBytes(byteOffset, end)
    }
  }

  override dispose(): void {
    this.#freeAll()
    super.dispose()
  }

  /** Retires stale blocks. If the arena has another buffer, replaces the component's views. */
  sync(): void {
    if (this.#buffer !== this.views.buffer) {
      this.publish(this.views.buffer)
      this.noteGrowth(0)
    }
    this.freeStale()
  }

  protected override publish(buffer: ArrayBufferLike): void {
    this.#buffer = buffer
    for (const column of this.columns) {
      // `| 0` makes an integer: V8 would allocate memory for the quotient.
      column.firstIndex = (column.byteOffset / column.array.BYTES_PER_ELEMENT) | 0
    }
    const { component, fields } = this.context
    const place = { fields, rowCount: this.rowCount, byteOffsets: this.#byteOffsets }
    defineColumns(component, place, buffer, this.#objects, this.rows)
  }

  protected override noteGrowth(movedColumnCount: number): void {
    this.context.growth.note(this.context.component, movedColumnCount)
  }

  protected override reportGrowth(): void {
    // Not for sparse rows: before their index has grown too, no code of the user may run.
    if (!this.context.isSparse) this.context.growth.report()
  }

  #freeAll(): void {
    for (let row = 0; !this.isPlain && row < this.rowCount; row++) this.freeRow(row)
  }
}
