/** What a component has for a text field: the texts of `texts.ts`, by entity, with every check. */

import { invalidArgument } from '../base/errors.ts'
import type { Utf8 } from '../base/utf8.ts'
import type { Cells } from '../memory/cells.ts'
import type { TextField } from '../schema/fields.ts'
import type { HandleColumn } from './handle-column.ts'
import { IN_PLACE, type TextBlocks } from './texts.ts'

export interface TextColumnOptions {
  /** Of component and field, for messages. */
  name: string
  cells: Cells
  handles: HandleColumn
  texts: TextBlocks
  utf8: Utf8
}

export class TextColumn implements TextField {
  readonly #name: string
  readonly #cells: Cells
  readonly #handles: HandleColumn
  readonly #texts: TextBlocks
  readonly #utf8: Utf8

  constructor({ name, cells, handles, texts, utf8 }: TextColumnOptions) {
    this.#name = name
    this.#cells = cells
    this.#handles = handles
    this.#texts = texts
    this.#utf8 = utf8
  }

  get(eid: number): string {
    return this.#texts.read(this.#handles.blockOf(eid))
  }

  set(eid: number, text: string): void {
    if (typeof text !== 'string') throw invalidArgument(`a value for ${this.#name}`, text, STRING)
    const word = this.#handles.wordToFill(eid)
    const block = this.#texts.create(text, this.#cells.words[word])
    replaceText(this.#texts, this.#cells, word, block, text)
  }

  clear(eid: number): void {
    if (this.#handles.blockOf(eid) === 0) return
    replaceText(this.#texts, this.#cells, this.#handles.wordOf(eid), 0, '')
  }

  equals(eid: number, text: string): boolean {
    if (typeof text !== 'string') return false
    const block = this.#handles.blockOf(eid)
    const { bytes } = this.#cells
    const offset = this.#texts.offset(block)
    return this.#utf8.equals(text, bytes, offset, this.#texts.byteLength(block))
  }

  byteLength(eid: number): number {
    return this.#texts.byteLength(this.#handles.blockOf(eid))
  }

  offset(eid: number): number {
    return this.#texts.offset(this.#handles.blockOf(eid))
  }

  view(eid: number): Uint8Array {
    const block = this.#handles.blockOf(eid)
    return new Uint8Array(
      this.#cells.buffer,
      this.#texts.offset(block),
      this.#texts.byteLength(block),
    )
  }
}

/**
 * Puts a text, by what `create` gave for it, in the place of another, and frees that: to be killed in
 * between loses neither.
 */
export function replaceText(
  texts: TextBlocks,
  cells: Cells,
  word: number,
  block: number,
  text: string,
): void {
  if (block === IN_PLACE) {
    texts.rewrite(word, text)
    return
  }
  const { words } = cells
  const before = words[word]
  words[word] = block
  texts.free(before)
}

const STRING = 'a string'
