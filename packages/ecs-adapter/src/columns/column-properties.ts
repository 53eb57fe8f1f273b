/** The properties of a component: a typed array, a `ListField` or a `TextField` for each field. */
import type { VariableColumns } from '../lists/variable-column.ts'
import type { ComponentEntry } from '../shared/manifest.ts'
import { markReferences } from '../world/bitecs-internals.ts'

/**
 * Makes the columns of an entry properties of a component. They are defined, not assigned, so that
 * users cannot overwrite them, and so that V8 keeps the fast layout of the object: it would make a
 * dictionary of an object to which more than 20 properties are assigned by name.
 */
export function defineColumns(
  component: object,
  { fields, byteOffsets, rowCount }: Omit<ComponentEntry, 'name'>,
  buffer: ArrayBufferLike,
  variable: VariableColumns,
): void {
  for (const [i, { name, type }] of fields.entries()) {
    variable[i]?.$bind(byteOffsets[i] / 4, rowCount)
    let value: object | undefined = variable[i]
    if (type.kind === 'scalar') {
      value = new type.array(buffer, byteOffsets[i], rowCount)
      if (type.name === 'eid') markReferences(value)
    }
    const attributes = { configurable: true, enumerable: true, writable: false }
    Object.defineProperty(component, name, { value, ...attributes })
  }
}
