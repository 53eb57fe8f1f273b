/** The variable-length fields of one component, together. */

import type { Field } from '../schema/schema.ts'
import type { GivenValues } from './given-values.ts'
import {
  createVariableField,
  type VariableField,
  type VariableFieldOptions,
  VariableList,
} from './variable-field.ts'

export interface VariableFieldsOptions extends VariableFieldOptions {
  fields: readonly Field[]
}

/** @param options `name` is that of the component */
export function createVariableFields({ name, fields, ...options }: VariableFieldsOptions) {
  const { memory, rows, removed } = options
  const byField = fields.map((field) =>
    createVariableField(field.type, { name: `${name}.${field.name}`, memory, rows, removed }),
  )
  return new VariableFields(byField)
}

export class VariableFields {
  /** By field of the component; undefined where that is a scalar. */
  readonly byField: readonly (VariableField | undefined)[]
  readonly #fields: readonly VariableField[]
  /** What each is among the fields of the component. */
  readonly #indices: readonly number[]

  constructor(byField: readonly (VariableField | undefined)[]) {
    this.byField = byField
    this.#fields = byField.filter((field) => field !== undefined)
    this.#indices = this.#fields.map((field) => byField.indexOf(field))
  }

  /** Before `prepare`, of lists that drop removed entities. @throws StorageError 'group-busy' */
  settle(given: GivenValues): void {
    for (let i = 0; i < this.#fields.length; i++) {
      const field = this.#fields[i]
      if (field instanceof VariableList) field.settle(given, this.#indices[i])
    }
  }

  /** Makes room for what is given, as `VariableField.prepare`: for all of it or none, if `abort` follows. */
  prepare(row: number, given: GivenValues): void {
    for (let i = 0; i < this.#fields.length; i++) {
      this.#fields[i].prepare(row, given, this.#indices[i])
    }
  }

  /** Writes what is given, once there is room. */
  commit(row: number, given: GivenValues): void {
    for (let i = 0; i < this.#fields.length; i++) {
      this.#fields[i].commit(row, given, this.#indices[i])
    }
  }

  /** Frees the blocks that no row has got. */
  abort(given: GivenValues): void {
    for (let i = 0; i < this.#fields.length; i++) this.#fields[i].abort(given, this.#indices[i])
  }

  /** Whether a row has any block. */
  has(row: number): boolean {
    for (let i = 0; i < this.#fields.length; i++) {
      if (this.#fields[i].handles.blockAt(row) !== 0) return true
    }
    return false
  }

  /** Frees what a row has. */
  free(row: number): void {
    for (let i = 0; i < this.#fields.length; i++) this.#fields[i].free(row)
  }

  /** Frees what every row has. */
  freeAll(): void {
    for (const field of this.#fields) {
      for (let row = 0; row < field.handles.rowCount; row++) field.free(row)
    }
  }

  /** Takes ids that are not to be kept out of every list that drops removed entities. */
  filter(isKept: (eid: number) => boolean): void {
    for (let i = 0; i < this.#fields.length; i++) {
      const field = this.#fields[i]
      if (field instanceof VariableList) field.filter(isKept)
    }
  }
}
