/** The variable-length fields of one component, together. */
import type { Field } from './schema.ts'
import type { Staging } from './staging.ts'
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
  const { memory, rows, admit } = options
  const byField = fields.map((field) =>
    createVariableField(field.type, { name: `${name}.${field.name}`, memory, rows, admit }),
  )
  const names = fields.map((field) => field.name)
  return new VariableFields(names, byField, memory.staging)
}

export class VariableFields {
  /** By field of the component; undefined where that is a scalar. */
  readonly byField: readonly (VariableField | undefined)[]
  readonly #names: readonly string[]
  readonly #fields: readonly VariableField[]
  readonly #staging: Staging

  constructor(
    names: readonly string[],
    byField: readonly (VariableField | undefined)[],
    staging: Staging,
  ) {
    this.byField = byField
    this.#names = names.filter((_, field) => byField[field] !== undefined)
    this.#fields = byField.filter((field) => field !== undefined)
    this.#staging = staging
  }

  /**
   * Writes the fields that `values` has: all of them or none.
   * @param values checked already to be an object
   * @throws StorageError 'invalid-argument'; ArenaError 'out-of-memory'
   */
  write(row: number, values: Record<string, unknown>): void {
    const fields = this.#fields
    const before = this.#staging.length
    try {
      for (let i = 0; i < fields.length; i++) fields[i].stage(values[this.#names[i]])
      for (let i = 0; i < fields.length; i++) fields[i].prepare(row)
      for (let i = 0; i < fields.length; i++) fields[i].commit(row)
    } catch (error) {
      for (const field of fields) field.abort()
      throw error
    } finally {
      this.#staging.dropFrom(before)
    }
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
      if (field instanceof VariableList && field.dropsRemoved) field.filter(isKept)
    }
  }
}
