/**
 * A variable-length field as its component sees it: by row, with what `set`, `getComponent` and the
 * end of a row ask of it.
 *
 * `set` writes several fields or none. So each takes three steps: `stage` checks what was given,
 * `prepare` allocates, `commit` cannot fail.
 */
import { EntityLists } from './entity-lists.ts'
import { EntityTexts, replaceText } from './entity-texts.ts'
import { invalidArgument } from './errors.ts'
import type { ListField, TextField } from './fields.ts'
import { Handles, type Rows } from './handles.ts'
import { Lists } from './lists.ts'
import type { FieldType, ListType, TextType } from './schema.ts'
import type { TextBlocks } from './texts.ts'
import type { VariableMemory } from './variable-memory.ts'

export interface VariableField {
  readonly handles: Handles
  /** What users hold. */
  readonly column: ListField | TextField
  /** A copy of a row's value. */
  read(row: number): number[] | string
  /** Takes a value in; undefined is none. @throws StorageError 'invalid-argument' */
  stage(value: unknown): void
  /** Makes room for the staged value, if any. @throws ArenaError 'out-of-memory' */
  prepare(row: number): void
  /** Writes the staged value, if any, once there is room. */
  commit(row: number): void
  /** Forgets a staged value that was not committed. */
  abort(): void
  /** Frees what a row has. */
  free(row: number): void
}

export interface VariableFieldOptions {
  /** Of component and field, for messages. */
  name: string
  memory: VariableMemory
  rows: Rows
  /** Called with each id before it goes into a list that drops removed entities. */
  admit?: ((eid: number) => void) | undefined
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
  readonly handles: Handles
  readonly column: ListField
  readonly dropsRemoved: boolean
  readonly #name: string
  readonly #memory: VariableMemory
  readonly #lists: Lists
  readonly #admit: ((eid: number) => void) | undefined
  /** Where in `staging` the value is; -1 of none. */
  #start = -1
  #end = 0

  constructor({ element, dropRemoved }: ListType, options: VariableFieldOptions) {
    const { name, memory, rows } = options
    const { cells, blocks, staging } = memory
    const type = element.array
    const handles = new Handles(cells, rows)
    const lists = new Lists(blocks, type)
    const admit = dropRemoved ? options.admit : undefined
    this.#name = name
    this.#memory = memory
    this.#lists = lists
    this.#admit = admit
    this.dropsRemoved = dropRemoved
    this.handles = handles
    this.column = new EntityLists({ name, type, cells, handles, lists, staging, admit })
  }

  read(row: number): number[] {
    return this.#lists.toArray(this.handles.blockAt(row))
  }

  stage(value: unknown): void {
    if (value === undefined) return
    const { staging } = this.#memory
    const start = staging.length
    staging.take(value, this.#name)
    // Before any field makes room, which the look that this may bring would give back.
    if (this.#admit !== undefined) staging.forEach(start, staging.length, this.#admit)
    this.#start = start
    this.#end = staging.length
  }

  prepare(row: number): void {
    if (this.#start < 0) return
    this.#lists.reserve(this.handles.wordAt(row), this.#end - this.#start)
  }

  commit(row: number): void {
    if (this.#start < 0) return
    const { values } = this.#memory.staging
    this.#lists.set(this.handles.wordAt(row), values, this.#start, this.#end)
    this.#start = -1
  }

  abort(): void {
    this.#start = -1
  }

  free(row: number): void {
    this.#lists.free(this.handles.wordAt(row))
  }

  /** Takes numbers out of every list. */
  filter(isKept: (value: number) => boolean): void {
    for (let row = 0; row < this.handles.rowCount; row++) {
      this.#lists.filter(this.handles.wordAt(row), isKept)
    }
  }
}

class VariableText implements VariableField {
  readonly handles: Handles
  readonly column: TextField
  readonly #name: string
  readonly #memory: VariableMemory
  readonly #texts: TextBlocks
  #text: string | undefined
  /** Where the text is by now; 0 of an empty one; or IN_PLACE. */
  #block = 0

  constructor({ isInterned }: TextType, { name, memory, rows }: VariableFieldOptions) {
    const { cells, utf8 } = memory
    const texts = isInterned ? memory.internedTexts : memory.texts
    const handles = new Handles(cells, rows)
    this.#name = name
    this.#memory = memory
    this.#texts = texts
    this.handles = handles
    this.column = new EntityTexts({ name, cells, handles, texts, utf8 })
  }

  read(row: number): string {
    return this.#texts.read(this.handles.blockAt(row))
  }

  stage(value: unknown): void {
    if (value === undefined) return
    if (typeof value !== 'string') throw invalidArgument(this.#name, value, 'a string')
    this.#text = value
  }

  prepare(row: number): void {
    if (this.#text === undefined) return
    this.#block = this.#texts.create(this.#text, this.handles.blockAt(row))
  }

  commit(row: number): void {
    const text = this.#text
    if (text === undefined) return
    this.#text = undefined
    this.#replace(row, this.#block, text)
    this.#block = 0
  }

  abort(): void {
    this.#text = undefined
    this.#texts.free(this.#block)
    this.#block = 0
  }

  free(row: number): void {
    if (this.handles.blockAt(row) !== 0) this.#replace(row, 0, '')
  }

  #replace(row: number, block: number, text: string): void {
    replaceText(this.#texts, this.#memory.cells, this.handles.wordAt(row), block, text)
  }
}
