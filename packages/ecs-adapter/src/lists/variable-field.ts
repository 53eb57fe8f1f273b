/**
 * A variable-length field as its component sees it: by row, with what `set`, `getComponent` and the
 * end of a row ask of it.
 *
 * `set` writes several fields or none. So it takes two steps: `prepare` allocates, `commit` cannot fail.
 */

import type { ListField, TextField } from '../schema/fields.ts'
import type { FieldType, ListType, TextType } from '../schema/schema.ts'
import type { StaleReferences } from '../world/stale-references.ts'
import type { GivenValues } from './given-values.ts'
import { HandleColumn, type Rows } from './handle-column.ts'
import { ListColumn } from './list-column.ts'
import { Lists } from './lists.ts'
import { replaceText, TextColumn } from './text-column.ts'
import type { TextBlocks } from './texts.ts'
import type { VariableMemory } from './variable-memory.ts'

/** For `prepare`: the values go to a row later. */
export const NO_ROW = -1

export interface VariableField {
  readonly handles: HandleColumn
  /** What users hold. */
  readonly column: ListField | TextField
  /** A copy of a row's value. */
  read(row: number): number[] | string
  /**
   * Makes room for what is given field `i`, if anything: in the row, or, where it is `NO_ROW`, in a block that
   * is nobody's yet. @throws ArenaError 'out-of-memory'
   */
  prepare(row: number, given: GivenValues, i: number): void
  /** Writes it, once there is room. */
  commit(row: number, given: GivenValues, i: number): void
  /** Frees a block that is nobody's. */
  abort(given: GivenValues, i: number): void
  /** Frees what a row has. */
  free(row: number): void
  /** A row's value leaves the world: ids that its list is to drop stay behind. */
  dropRemoved?(row: number): void
  /** A block with a value comes into the world: the ids in it stay there, whoever had them here. */
  takeIn?(block: number): void
}

export interface VariableFieldOptions {
  /** Of component and field, for messages. */
  name: string
  memory: VariableMemory
  rows: Rows
  /** In the thread of the world: for lists that drop removed entities. */
  removed?: StaleReferences | undefined
}

/** Undefined of a scalar field. */
export function createVariableField(
  type: FieldType,
  options: VariableFieldOptions,
): VariableField | undefined {
  if (type.kind === 'list') return new VariableList(type, options)
  if (type.kind === 'text') return new VariableText(type, options)
  return undefined
}

export class VariableList implements VariableField {
  readonly handles: HandleColumn
  readonly column: ListField
  readonly #dropRemoved: boolean
  readonly #memory: VariableMemory
  readonly #lists: Lists
  readonly #removed: StaleReferences | undefined

  constructor({ element, dropRemoved }: ListType, options: VariableFieldOptions) {
    const { name, memory, rows } = options
    const { cells, blocks, staging } = memory
    const type = element.array
    const handles = new HandleColumn(cells, rows, name)
    const lists = new Lists(blocks, type)
    const removed = dropRemoved ? options.removed : undefined
    this.#memory = memory
    this.#lists = lists
    this.#removed = removed
    this.#dropRemoved = dropRemoved
    this.handles = handles
    this.column = new ListColumn({ name, type, cells, handles, lists, staging, removed })
  }

  /** But for ids that mean somebody else by now, as instances of a prefab would have them anew. */
  read(row: number): number[] {
    const values = this.#lists.toArray(this.handles.blockAt(row))
    const removed = this.#removed
    return removed === undefined ? values : values.filter((eid) => !removed.isReused(eid))
  }

  /** Before any field makes room, which the look that this may bring would give back. */
  settle({ isGiven, starts, ends }: GivenValues, i: number): void {
    if (this.#removed === undefined || isGiven[i] === 0) return
    const { values } = this.#memory.staging
    for (let at = starts[i]; at < ends[i]; at++) this.#removed.settle(values[at])
  }

  prepare(row: number, { isGiven, starts, ends, blocks }: GivenValues, i: number): void {
    if (isGiven[i] === 0) return
    const count = ends[i] - starts[i]
    if (row === NO_ROW) blocks[i] = this.#lists.create(count)
    else this.#lists.reserve(this.handles.wordAt(row), count)
  }

  commit(row: number, { isGiven, starts, ends, blocks }: GivenValues, i: number): void {
    if (isGiven[i] === 0) return
    const word = this.handles.wordAt(row)
    if (blocks[i] !== 0) this.#lists.replace(word, blocks[i])
    blocks[i] = 0
    const { values } = this.#memory.staging
    this.#lists.set(word, values, starts[i], ends[i])
    if (this.#removed === undefined) return
    for (let at = starts[i]; at < ends[i]; at++) this.#removed.note(values[at])
  }

  abort({ blocks }: GivenValues, i: number): void {
    if (blocks[i] !== 0) this.#memory.blocks.pool.free(blocks[i])
    blocks[i] = 0
  }

  free(row: number): void {
    this.#lists.free(this.handles.wordAt(row))
  }

  /** Takes ids that are not to be kept out of every list, if it drops removed entities. */
  filter(isKept: (eid: number) => boolean): void {
    if (!this.#dropRemoved) return
    for (let row = 0; row < this.handles.rowCount; row++) {
      this.#lists.filter(this.handles.wordAt(row), isKept)
    }
  }

  dropRemoved(row: number): void {
    if (this.#removed !== undefined)
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
  readonly #memory: VariableMemory
  readonly #texts: TextBlocks

  constructor({ isInterned }: TextType, { name, memory, rows }: VariableFieldOptions) {
    const { cells, utf8 } = memory
    const texts = isInterned ? memory.internedTexts : memory.texts
    const handles = new HandleColumn(cells, rows, name)
    this.#memory = memory
    this.#texts = texts
    this.handles = handles
    this.column = new TextColumn({ name, cells, handles, texts, utf8 })
  }

  read(row: number): string {
    return this.#texts.read(this.handles.blockAt(row))
  }

  prepare(row: number, { isGiven, texts, blocks }: GivenValues, i: number): void {
    if (isGiven[i] === 0) return
    const before = row === NO_ROW ? 0 : this.handles.blockAt(row)
    blocks[i] = this.#texts.create(texts[i], before)
  }

  commit(row: number, { isGiven, texts, blocks }: GivenValues, i: number): void {
    if (isGiven[i] === 0) return
    this.#replace(row, blocks[i], texts[i])
    blocks[i] = 0
  }

  abort({ blocks }: GivenValues, i: number): void {
    this.#texts.free(blocks[i])
    blocks[i] = 0
  }

  free(row: number): void {
    if (this.handles.blockAt(row) !== 0) this.#replace(row, 0, '')
  }

  #replace(row: number, block: number, text: string): void {
    replaceText(this.#texts, this.#memory.cells, this.handles.wordAt(row), block, text)
  }
}
