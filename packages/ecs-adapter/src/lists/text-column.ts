/**
 * A text field of a component. Users access it by entity, with every check. The storage accesses it
 * by row.
 */
import { invalidArgument } from '../base/errors.ts'
import type { GivenValues } from '../fields/staging.ts'
import {
  NO_ROW,
  type PackedBlock,
  VariableColumn,
  type VariableColumnOptions,
} from '../fields/variable-column.ts'
import type { TextField } from '../schema/fields.ts'
import type { Texts } from './texts.ts'

export class TextColumn extends VariableColumn implements TextField {
  readonly #texts: Texts
  readonly #plain: Texts

  /**
   * @param texts stores the texts, plain or interned
   * @param plain stores plain texts: an interned text leaves the world as a plain one
   */
  constructor(options: VariableColumnOptions, texts: Texts, plain: Texts) {
    super(options)
    this.#texts = texts
    this.#plain = plain
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

  override $pack(row: number): PackedBlock {
    if (this.#texts === this.#plain) return super.$pack(row)
    return { block: this.#plain.create(this.$readRow(row)), isCopy: true }
  }

  override $unpack(block: number): number {
    if (this.#texts === this.#plain) return block
    return this.#texts.create(this.#plain.read(block))
  }
}
