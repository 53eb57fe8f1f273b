/**
 * The room of variable-length fields: lists and texts in blocks, found by a column of handle words.
 * A block belongs to one handle word or prepared value; an interned text counts them.
 * `set` writes all of its fields or none: `prepare` allocates, and `commit` cannot fail.
 * The room knows bitECS only by `StaleReferences`.
 */
import { Utf8 } from '../base/utf8.ts'
import type { MemoryViews } from '../memory/memory-views.ts'
import type { ListField, TextField } from '../schema/fields.ts'
import type { Field, ListType, TextType } from '../schema/schema.ts'
import type { StaleReferences } from '../world/stale-references.ts'
import type { GivenValues } from './given-values.ts'
import { HandleColumn, type Rows } from './handle-column.ts'
import { InternedTexts } from './interned.ts'
import { ListColumn } from './list-column.ts'
import { Lists } from './lists.ts'
import { Staging } from './staging.ts'
import { TextColumn } from './text-column.ts'
import { Texts } from './texts.ts'

/** What the variable-length fields of a storage share in one thread. */
export class VariableMemory {
  readonly cells: MemoryViews
  readonly staging: Staging
  readonly utf8 = new Utf8()
  readonly texts: Texts
  readonly internedTexts: InternedTexts

  constructor(cells: MemoryViews) {
    this.cells = cells
    this.staging = new Staging(cells.pool.arena.byteLength)
    this.texts = new Texts(cells, this.utf8)
    this.internedTexts = new InternedTexts(cells, this.utf8)
  }
}

/** For `prepare`: no row has the values yet. */
export const NO_ROW = -1

export interface VariableField {
  readonly handles: HandleColumn
  /** What users hold. */
  readonly column: ListField | TextField
  /** A copy of a row's value. */
  read(row: number): number[] | string
  /** Before any `prepare`: a sweep would take back its room. @throws StorageError 'group-busy' */
  settle?(given: GivenValues, i: number): void
  /**
   * Makes room for the value of field `i`: in the row, or for `NO_ROW` in a block of its own.
   * @throws ArenaError 'out-of-memory'
   */
  prepare(row: number, given: GivenValues, i: number): void
  /** Writes the value that `prepare` made room for. */
  commit(row: number, given: GivenValues, i: number): void
  /** Frees the block that `prepare` made, unless a row has it. */
  abort(given: GivenValues, i: number): void
  /** Frees the block of a row. */
  free(row: number): void
  /** Removes ids that are not kept from every list, if these drop removed entities. */
  filter?(isKept: (eid: number) => boolean): void
  /** For a row whose value leaves the world: its list loses the ids that it is to drop. */
  dropRemoved?(row: number): void
  /** For a block that comes into the world: its ids stay, whoever had them here. */
  takeIn?(block: number): void
}

export interface VariableFieldsOptions {
  /** Of the component, for messages. */
  name: string
  fields: readonly Field[]
  memory: VariableMemory
  rows: Rows
  /** In the thread of the world: for lists that drop removed entities. */
  removed?: StaleReferences | undefined
}

export class VariableFields {
  /** By field of the component; undefined for a scalar. */
  readonly byField: readonly (VariableField | undefined)[]

  constructor({ name, fields, memory, rows, removed }: VariableFieldsOptions) {
    this.byField = fields.map((field) => {
      const { type } = field
      if (type.kind === 'scalar') return undefined
      const handles = new HandleColumn(`${name}.${field.name}`, memory.cells, rows)
      if (type.kind === 'text') return new VariableText(handles, type, memory)
      return new VariableList(handles, type, memory, type.dropRemoved ? removed : undefined)
    })
  }

  settle(given: GivenValues): void {
    for (let i = 0; i < this.byField.length; i++) {
      if (given.isGiven[i] !== 0) this.byField[i]?.settle?.(given, i)
    }
  }

  /** If it throws, `abort` has to follow. */
  prepare(row: number, given: GivenValues): void {
    for (let i = 0; i < this.byField.length; i++) {
      if (given.isGiven[i] !== 0) this.byField[i]?.prepare(row, given, i)
    }
  }

  commit(row: number, given: GivenValues): void {
    for (let i = 0; i < this.byField.length; i++) {
      if (given.isGiven[i] !== 0) this.byField[i]?.commit(row, given, i)
    }
  }

  abort(given: GivenValues): void {
    for (let i = 0; i < this.byField.length; i++) this.byField[i]?.abort(given, i)
  }

  /** Whether a row has any block. */
  has(row: number): boolean {
    for (let i = 0; i < this.byField.length; i++) {
      if ((this.byField[i]?.handles.blockAt(row) ?? 0) !== 0) return true
    }
    return false
  }

  free(row: number): void {
    for (let i = 0; i < this.byField.length; i++) this.byField[i]?.free(row)
  }

  freeAll(): void {
    for (const field of this.byField) {
      for (let row = 0; row < (field?.handles.rowCount ?? 0); row++) field?.free(row)
    }
  }

  filter(isKept: (eid: number) => boolean): void {
    for (const field of this.byField) field?.filter?.(isKept)
  }
}

class VariableList implements VariableField {
  readonly handles: HandleColumn
  readonly column: ListField
  readonly #lists: Lists
  readonly #memory: VariableMemory
  readonly #removed: StaleReferences | undefined

  constructor(
    handles: HandleColumn,
    { element }: ListType,
    memory: VariableMemory,
    removed: StaleReferences | undefined,
  ) {
    this.#lists = new Lists(memory.cells, element.array)
    this.#memory = memory
    this.#removed = removed
    this.handles = handles
    this.column = new ListColumn(handles, this.#lists, memory.staging, removed)
  }

  /** Without ids that new entities have by now: instances of a prefab would refer to those. */
  read(row: number): number[] {
    const values = this.#lists.toArray(this.handles.blockAt(row))
    const removed = this.#removed
    return removed === undefined ? values : values.filter((eid) => !removed.isReused(eid))
  }

  settle({ starts, ends }: GivenValues, i: number): void {
    this.#memory.staging.settle(this.#removed, starts[i], ends[i])
  }

  prepare(row: number, { starts, ends, blocks }: GivenValues, i: number): void {
    const count = ends[i] - starts[i]
    if (row === NO_ROW) blocks[i] = this.#lists.create(count)
    else this.#lists.reserve(this.handles.wordAt(row), count)
  }

  commit(row: number, { starts, ends, blocks }: GivenValues, i: number): void {
    const word = this.handles.wordAt(row)
    const { staging } = this.#memory
    if (blocks[i] !== 0) this.#lists.replace(word, blocks[i])
    blocks[i] = 0
    this.#lists.set(word, staging.values, starts[i], ends[i])
    staging.note(this.#removed, starts[i], ends[i])
  }

  abort({ blocks }: GivenValues, i: number): void {
    if (blocks[i] !== 0) this.#memory.cells.pool.free(blocks[i])
    blocks[i] = 0
  }

  free(row: number): void {
    this.#lists.free(this.handles.wordAt(row))
  }

  filter(isKept: (eid: number) => boolean): void {
    if (this.#removed === undefined) return
    for (let row = 0; row < this.handles.rowCount; row++) {
      this.#lists.filter(this.handles.wordAt(row), isKept)
    }
  }

  dropRemoved(row: number): void {
    if (this.#removed === undefined) return
    this.#lists.filter(this.handles.wordAt(row), this.#removed.isKept)
  }

  takeIn(block: number): void {
    const count = this.#removed === undefined ? 0 : this.#lists.checkedLength(block)
    for (let i = 0; i < count; i++) this.#removed?.take(this.#lists.load(block, i))
  }
}

class VariableText implements VariableField {
  readonly handles: HandleColumn
  readonly column: TextField
  readonly #texts: Texts

  constructor(handles: HandleColumn, { isInterned }: TextType, memory: VariableMemory) {
    this.#texts = isInterned ? memory.internedTexts : memory.texts
    this.handles = handles
    this.column = new TextColumn(handles, this.#texts)
  }

  read(row: number): string {
    return this.#texts.read(this.handles.blockAt(row))
  }

  prepare(row: number, { texts, blocks }: GivenValues, i: number): void {
    const before = row === NO_ROW ? 0 : this.handles.blockAt(row)
    blocks[i] = this.#texts.create(texts[i], before)
  }

  commit(row: number, { texts, blocks }: GivenValues, i: number): void {
    this.#texts.replace(this.handles.wordAt(row), blocks[i], texts[i])
    blocks[i] = 0
  }

  abort({ blocks }: GivenValues, i: number): void {
    this.#texts.free(blocks[i])
    blocks[i] = 0
  }

  free(row: number): void {
    if (this.handles.blockAt(row) !== 0) this.#texts.replace(this.handles.wordAt(row), 0, '')
  }
}
