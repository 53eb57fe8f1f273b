/** A text field of a component: for users by entity, with every check; for the storage by row. */
import { invalidArgument } from '../base/errors.ts'
import type { TextField } from '../schema/fields.ts'
import type { GivenValues } from './staging.ts'
import type { Texts } from './texts.ts'
import { NO_ROW, VariableColumn, type VariableColumnOptions } from './variable-column.ts'

export class TextColumn extends VariableColumn implements TextField {
  readonly #texts: Texts

  constructor(options: VariableColumnOptions, texts: Texts) {
    super(options)
    this.#texts = texts
  }

  get(eid: number): string {
    return this.#texts.read(this.$blockOf(eid))
  }

  set(eid: number, text: string): void {
    if (typeof text !== 'string')
      throw invalidArgument(`a value for ${this.$name}`, text, 'a string')
    this.#texts.set(this.$wordToFill(eid), text)
  }

  clear(eid: number): void {
    if (this.$blockOf(eid) !== 0) this.#texts.replace(this.$wordOf(eid), 0, '')
  }

  equals(eid: number, text: string): boolean {
    return typeof text === 'string' && this.#texts.equals(this.$blockOf(eid), text)
  }

  byteLength(eid: number): number {
    return this.#texts.byteLength(this.$blockOf(eid))
  }

  offset(eid: number): number {
    return this.#texts.offset(this.$blockOf(eid))
  }

  view(eid: number): Uint8Array {
    return this.#texts.view(this.$blockOf(eid))
  }

  override $readRow(row: number): string {
    return this.#texts.read(this.$blockAt(row))
  }

  override $prepare(row: number, { texts, blocks }: GivenValues, i: number): void {
    blocks[i] = this.#texts.create(texts[i], row === NO_ROW ? 0 : this.$blockAt(row))
  }

  override $commit(row: number, { texts, blocks }: GivenValues, i: number): void {
    this.#texts.replace(this.$wordAt(row), blocks[i], texts[i])
    blocks[i] = 0
  }

  override $freeRow(row: number): void {
    if (this.$blockAt(row) !== 0) this.#texts.replace(this.$wordAt(row), 0, '')
  }

  override $freeBlock(block: number): void {
    this.#texts.free(block)
  }
}
