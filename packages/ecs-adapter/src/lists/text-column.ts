/** A text field of a component, as users hold it: texts by entity, with every check. */

import { invalidArgument } from '../base/errors.ts'
import type { TextField } from '../schema/fields.ts'
import type { HandleColumn } from './handle-column.ts'
import type { Texts } from './texts.ts'

export class TextColumn implements TextField {
  readonly #handles: HandleColumn
  readonly #texts: Texts

  constructor(handles: HandleColumn, texts: Texts) {
    this.#handles = handles
    this.#texts = texts
  }

  get(eid: number): string {
    return this.#texts.read(this.#handles.blockOf(eid))
  }

  set(eid: number, text: string): void {
    if (typeof text !== 'string') {
      throw invalidArgument(`a value for ${this.#handles.name}`, text, 'a string')
    }
    this.#texts.set(this.#handles.wordToFill(eid), text)
  }

  clear(eid: number): void {
    if (this.#handles.blockOf(eid) === 0) return
    this.#texts.replace(this.#handles.wordOf(eid), 0, '')
  }

  equals(eid: number, text: string): boolean {
    return typeof text === 'string' && this.#texts.equals(this.#handles.blockOf(eid), text)
  }

  byteLength(eid: number): number {
    return this.#texts.byteLength(this.#handles.blockOf(eid))
  }

  offset(eid: number): number {
    return this.#texts.offset(this.#handles.blockOf(eid))
  }

  view(eid: number): Uint8Array {
    return this.#texts.view(this.#handles.blockOf(eid))
  }
}
