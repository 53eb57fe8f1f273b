/** Makes the objects that replace typed arrays in a component. */
import type { FieldCode, FieldObject, FieldObjectOptions } from './field-code.ts'
import type { VariableColumns } from './variable-column.ts'

export interface FieldObjects {
  /** The object of each field; undefined for a typed array. */
  readonly objects: readonly (FieldObject | undefined)[]
  /** The objects that are columns of lists or texts. Empty if there are none. */
  readonly variable: VariableColumns
}

/** @param name the name of the component, for messages */
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
