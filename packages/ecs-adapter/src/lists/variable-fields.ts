/**
 * The variable-length fields of a component, by row: for `set`, `getComponent`, and the end of a row.
 *
 * `set` writes all of its fields or none, so it takes two steps: `prepare` allocates, and `commit`
 * cannot fail.
 */
import { Utf8 } from '../base/utf8.ts'
import type { Cells } from '../memory/cells.ts'
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
  readonly cells: Cells
  readonly staging: Staging
  readonly utf8 = new Utf8()
  readonly texts: Texts
  readonly internedTexts: InternedTexts

  constructor(cells: Cells) {
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
  /** Before any `prepare`: a sweep would shrink the rooms it made. @throws StorageError 'group-busy' */
  settle?(given: GivenValues): void
  /**
   * Makes room for the given value, if any: in the row, or for `NO_ROW` in a block of its own.
   * @throws ArenaError 'out-of-memory'
   */
  prepare(row: number, given: GivenValues): void
  /** Writes the value that `prepare` made room for. */
  commit(row: number, given: GivenValues): void
  /** Frees the block that `prepare` made and no row got. */
  abort(given: GivenValues): void
  /** Frees the block of a row. */
  free(row: number): void
  /** Removes ids that are not kept from every list, if the lists drop removed entities. */
  filter?(isKept: (eid: number) => boolean): void
  /** For a row whose value leaves the world: its list loses the ids that it is to drop. */
  dropRemoved?(row: number): void
  /** For a block that comes into the world: the ids in it stay, whoever had them here. */
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
  readonly #fields: readonly VariableField[]

  constructor(options: VariableFieldsOptions) {
    this.byField = options.fields.map(({ name, type }, i) => {
      if (type.kind === 'scalar') return undefined
      const handles = new HandleColumn(
        `${options.name}.${name}`,
        options.memory.cells,
        options.rows,
      )
      return type.kind === 'list'
        ? new VariableList(i, handles, type, options)
        : new VariableText(i, handles, type, options)
    })
    this.#fields = this.byField.filter((field) => field !== undefined)
  }

  settle(given: GivenValues): void {
    for (let i = 0; i < this.#fields.length; i++) this.#fields[i].settle?.(given)
  }

  /** If it throws, `abort` has to follow. */
  prepare(row: number, given: GivenValues): void {
    for (let i = 0; i < this.#fields.length; i++) this.#fields[i].prepare(row, given)
  }

  commit(row: number, given: GivenValues): void {
    for (let i = 0; i < this.#fields.length; i++) this.#fields[i].commit(row, given)
  }

  abort(given: GivenValues): void {
    for (let i = 0; i < this.#fields.length; i++) this.#fields[i].abort(given)
  }

  /** Whether a row has any block. */
  has(row: number): boolean {
    for (let i = 0; i < this.#fields.length; i++) {
      if (this.#fields[i].handles.blockAt(row) !== 0) return true
    }
    return false
  }

  free(row: number): void {
    for (let i = 0; i < this.#fields.length; i++) this.#fields[i].free(row)
  }

  freeAll(): void {
    for (const field of this.#fields) {
      for (let row = 0; row < field.handles.rowCount; row++) field.free(row)
    }
  }

  filter(isKept: (eid: number) => boolean): void {
    for (const field of this.#fields) field.filter?.(isKept)
  }
}

class VariableList implements VariableField {
  readonly handles: HandleColumn
  readonly column: ListField
  readonly #index: number
  readonly #lists: Lists
  readonly #staging: Staging
  readonly #cells: Cells
  readonly #removed: StaleReferences | undefined

  constructor(
    index: number,
    handles: HandleColumn,
    { element, dropRemoved }: ListType,
    { memory, removed }: VariableFieldsOptions,
  ) {
    const { cells, staging } = memory
    this.#index = index
    this.#lists = new Lists(cells, element.array)
    this.#staging = staging
    this.#cells = cells
    this.#removed = dropRemoved ? removed : undefined
    this.handles = handles
    this.column = new ListColumn(handles, this.#lists, staging, this.#removed)
  }

  /** Without ids that belong to new entities by now: instances of a prefab would refer to those. */
  read(row: number): number[] {
    const values = this.#lists.toArray(this.handles.blockAt(row))
    const removed = this.#removed
    return removed === undefined ? values : values.filter((eid) => !removed.isReused(eid))
  }

  settle({ isGiven, starts, ends }: GivenValues): void {
    const i = this.#index
    if (isGiven[i] !== 0) this.#staging.settle(this.#removed, starts[i], ends[i])
  }

  prepare(row: number, { isGiven, starts, ends, blocks }: GivenValues): void {
    const i = this.#index
    if (isGiven[i] === 0) return
    const count = ends[i] - starts[i]
    if (row === NO_ROW) blocks[i] = this.#lists.create(count)
    else this.#lists.reserve(this.handles.wordAt(row), count)
  }

  commit(row: number, { isGiven, starts, ends, blocks }: GivenValues): void {
    const i = this.#index
    if (isGiven[i] === 0) return
    const word = this.handles.wordAt(row)
    if (blocks[i] !== 0) this.#lists.replace(word, blocks[i])
    blocks[i] = 0
    this.#lists.set(word, this.#staging.values, starts[i], ends[i])
    this.#staging.note(this.#removed, starts[i], ends[i])
  }

  abort({ blocks }: GivenValues): void {
    const i = this.#index
    if (blocks[i] !== 0) this.#cells.pool.free(blocks[i])
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
    if (this.#removed !== undefined) {
      this.#lists.filter(this.handles.wordAt(row), this.#removed.isKept)
    }
  }

  takeIn(block: number): void {
    const count = this.#removed === undefined ? 0 : this.#lists.checkedLength(block)
    for (let i = 0; i < count; i++) this.#removed?.take(this.#lists.load(block, i))
  }
}

class VariableText implements VariableField {
  readonly handles: HandleColumn
  readonly column: TextField
  readonly #index: number
  readonly #texts: Texts

  constructor(
    index: number,
    handles: HandleColumn,
    { isInterned }: TextType,
    { memory }: VariableFieldsOptions,
  ) {
    this.#index = index
    this.#texts = isInterned ? memory.internedTexts : memory.texts
    this.handles = handles
    this.column = new TextColumn(handles, this.#texts)
  }

  read(row: number): string {
    return this.#texts.read(this.handles.blockAt(row))
  }

  prepare(row: number, { isGiven, texts, blocks }: GivenValues): void {
    const i = this.#index
    if (isGiven[i] === 0) return
    const before = row === NO_ROW ? 0 : this.handles.blockAt(row)
    blocks[i] = this.#texts.create(texts[i], before)
  }

  commit(row: number, { isGiven, texts, blocks }: GivenValues): void {
    const i = this.#index
    if (isGiven[i] === 0) return
    this.#texts.replace(this.handles.wordAt(row), blocks[i], texts[i])
    blocks[i] = 0
  }

  abort({ blocks }: GivenValues): void {
    this.#texts.free(blocks[this.#index])
    blocks[this.#index] = 0
  }

  free(row: number): void {
    if (this.handles.blockAt(row) !== 0) this.#texts.replace(this.handles.wordAt(row), 0, '')
  }
}
