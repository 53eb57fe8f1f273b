/** Makes what the fields of a component have in place of typed arrays. */
import type { FieldCode, FieldObject, FieldObjectOptions } from './field-code.ts'
import type { VariableColumns } from './variable-column.ts'

export interface FieldObjects {
  /** By field: undefined for a typed array. */
  readonly objects: readonly (FieldObject | undefined)[]
  /** Those that are columns of lists or texts; empty if there are none. */
  readonly variable: VariableColumns
}

/** @param name that of the component, for messages */
export function createFieldObjects(
  fields: readonly { readonly name: string; readonly code: FieldCode }[],
  { name, memory, rows }: FieldObjectOptions,
): FieldObjects {
  const optionsOf = (field: string) => ({ name: `${name}.${field}`, memory, rows })
  const columns = fields.map(({ name, code }) => code.createColumn?.(optionsOf(name)))
  return {
    objects: fields.map(({ name, code }, i) => columns[i] ?? code.createObject?.(optionsOf(name))),
    variable: columns.some((column) => column !== undefined) ? columns : [],
  }
}
