/**
 * The values of a component: by entity, and by row in its columns. There is a column for each
 * field, in a block of its own. The column of a list or text field holds handles, and users get
 * another object in its place.
 *
 * The columns of a component grow together, those of different components do not: what only the
 * player has stays small in a world of a million particles, and no frame copies a whole storage.
 */
import type { GivenValues } from '../lists/staging.ts'
import type { Rows, VariableColumns } from '../lists/variable-column.ts'
import { createVariableColumns } from '../lists/variable-fields.ts'
import { settleTouched } from '../memory/blocks.ts'
import { emptyValues } from '../schema/schema.ts'
import type { ComponentEntry, ComponentRows } from '../shared/manifest.ts'
import { GrowingColumns } from './column-growth.ts'
import { defineColumns } from './column-properties.ts'
import type { ComponentContext } from './component-context.ts'

export abstract class ComponentStore extends GrowingColumns implements Rows {
  readonly variable: VariableColumns
  /** The properties are views of this buffer. */
  #buffer: ArrayBufferLike | undefined

  /** @throws ArenaError 'out-of-memory'; nothing is allocated then */
  constructor(context: ComponentContext, rowCount: number) {
    super(context)
    this.variable = createVariableColumns({ ...context, rows: this })
    this.resize(rowCount)
  }

  /** Undefined if every id has a row. */
  abstract readonly rows: ComponentRows | undefined
  /** Ids below it have rows, prefabs' too. */
  abstract readonly coveredIdCount: number
  /** Starts over. @param owns whether an entity has the component, and is not losing it */
  abstract begin(entityMask: number, owns: (eid: number) => boolean): void
  abstract readonly row: Rows['row']
  /** An entity has got the component: makes an empty row. @throws ArenaError 'out-of-memory' */
  abstract add(eid: number): void
  /** An entity has lost the component. */
  abstract lose(eid: number): void
  /** If an entity that lost the component has it after all, it keeps its row as it is. */
  abstract keep(eid: number): void
  /**
   * The row of an entity that has the component; makes one for a prefab that has none.
   * @throws ArenaError 'out-of-memory'; noRow
   */
  abstract claim(eid: number): number
  /** For `verifyStorage`: whether `sync` may free the blocks of a row. */
  abstract isDeferred(row: number): boolean

  /** Whether all fields are scalars. */
  get isPlain(): boolean {
    return this.variable.length === 0
  }

  /** Where everything is now, for other threads. */
  get entry(): ComponentEntry {
    const { name, fields } = this.context
    return { name, fields, rowCount: this.rowCount, byteOffsets: this.#byteOffsets }
  }

  get #byteOffsets(): number[] {
    return this.columns.map(({ byteOffset }) => byteOffset)
  }

  protected readonly hasComponent = (eid: number): boolean =>
    this.context.worlds.has(eid, this.context.component)

  /** The row of an entity that has the component; -1 for a prefab that has none. */
  find(eid: number): number {
    return this.claim(eid)
  }

  /** A copy of the values of an entity that has the component. */
  read(eid: number): Record<string, unknown> {
    const row = this.find(eid)
    if (row < 0) return emptyValues(this.context.fields)
    const values: Record<string, unknown> = {}
    for (let i = 0; i < this.columns.length; i++) {
      values[this.columns[i].field.name] = this.variable[i]?.$readRow(row) ?? this.load(i, row)
    }
    return values
  }

  /** A scalar, by the index of its field. */
  load(i: number, row: number): number {
    const { typeId, firstIndex } = this.columns[i]
    return this.views.load(typeId, firstIndex + row)
  }

  /**
   * Reads, checks and copies values, before any is written.
   * @throws StorageError 'invalid-argument', 'group-busy'; and what getters throw
   */
  take(values: unknown, given: GivenValues): void {
    const { name, fields, memory, sets } = this.context
    sets.beginSet()
    try {
      memory.staging.read(name, fields, values, given)
    } finally {
      sets.endSet()
    }
    for (let i = 0; i < this.variable.length; i++) {
      if (given.isGiven[i] !== 0) this.variable[i]?.$settle?.(given, i)
    }
  }

  /** Makes room for lists and texts, for a row or `NO_ROW`. If it throws, `abort` has to follow. */
  prepare(row: number, given: GivenValues): void {
    for (let i = 0; i < this.variable.length; i++) {
      if (given.isGiven[i] !== 0) this.variable[i]?.$prepare(row, given, i)
    }
  }

  /**
   * Writes what is given: all of it or nothing.
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

  /** The values of a row are about to be written. */
  protected beginWrite(_eid: number, _row: number): void {}

  /** Frees what `prepare` made and `write` has not used. */
  abort(given: GivenValues): void {
    for (let i = 0; i < this.variable.length; i++) this.variable[i]?.$abort(given, i)
  }

  /** Takes ids that are not kept out of every list that drops removed entities. */
  filter(isKept: (eid: number) => boolean): void {
    for (let i = 0; i < this.variable.length; i++) this.variable[i]?.$filterRows?.(isKept)
  }

  /** Frees the lists and texts of a row. */
  protected freeRow(row: number): void {
    for (let i = 0; i < this.variable.length; i++) this.variable[i]?.$freeRow(row)
  }

  /** Zeroes a row; its lists and texts were freed before. */
  protected clearRow(row: number): void {
    for (let i = 0; i < this.columns.length; i++) {
      const { typeId, firstIndex } = this.columns[i]
      this.views.store(typeId, firstIndex + row, 0)
    }
  }

  /** Frees the lists and texts of a row that is used again. */
  protected freeForReuse(row: number): void {
    for (let i = 0; i < this.variable.length; i++) {
      if ((this.variable[i]?.$blockAt(row) ?? 0) === 0) continue
      this.context.checkIdle('an entity in the row of one that had lists or texts')
      this.variable[i]?.$freeRow(row)
    }
  }

  /** Empties every row. */
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

  /** Frees what is no longer needed, and renews views whose buffer is gone. */
  sync(): void {
    if (this.#buffer !== this.views.buffer) this.publish(this.views.buffer)
    this.freeStale()
  }

  protected override publish(buffer: ArrayBufferLike): void {
    this.#buffer = buffer
    for (const column of this.columns) {
      // As an integer: a quotient is a box to V8.
      column.firstIndex = (column.byteOffset / column.array.BYTES_PER_ELEMENT) | 0
    }
    const { component, fields } = this.context
    const place = { fields, rowCount: this.rowCount, byteOffsets: this.#byteOffsets }
    defineColumns(component, place, buffer, this.variable)
  }

  #freeAll(): void {
    for (let row = 0; !this.isPlain && row < this.rowCount; row++) this.freeRow(row)
  }
}
