/**
 * The room of variable-length fields: lists and texts in blocks, found by a column of handle words.
 * A block belongs to one handle word or prepared value; an interned text counts them.
 * `set` writes all of its fields or none: `prepare` allocates, and `commit` cannot fail.
 * The room knows bitECS only by `StaleReferences`.
 */
import { Utf8 } from '../base/utf8.ts'
import type { Cells } from '../memory/cells.ts'
import type { Field } from '../schema/schema.ts'
import type { StaleReferences } from '../world/stale-references.ts'
import type { GivenValues } from './given-values.ts'
import { InternedTexts } from './interned-texts.ts'
import { ListColumn } from './list-column.ts'
import { Staging } from './staging.ts'
import { TextColumn } from './text-column.ts'
import { Texts } from './texts.ts'
import type { Rows, VariableColumn } from './variable-column.ts'

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
  readonly byField: readonly (VariableColumn | undefined)[]

  constructor({ name, fields, memory, rows, removed }: VariableFieldsOptions) {
    this.byField = fields.map((field) => {
      const { type } = field
      if (type.kind === 'scalar') return undefined
      const { cells, staging, texts, internedTexts } = memory
      const options = { name: `${name}.${field.name}`, cells, rows }
      if (type.kind === 'text')
        return new TextColumn(options, type.isInterned ? internedTexts : texts)
      const { element, dropRemoved } = type
      return new ListColumn(options, element.array, staging, dropRemoved ? removed : undefined)
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
      if ((this.byField[i]?.blockAt(row) ?? 0) !== 0) return true
    }
    return false
  }

  free(row: number): void {
    for (let i = 0; i < this.byField.length; i++) this.byField[i]?.freeRow(row)
  }

  freeAll(): void {
    for (const field of this.byField) {
      for (let row = 0; row < (field?.rowCount ?? 0); row++) field?.freeRow(row)
    }
  }

  filter(isKept: (eid: number) => boolean): void {
    for (const field of this.byField) field?.filterRows?.(isKept)
  }
}
