/** The properties of a component: `ListField`s, `TextField`s, and the typed arrays of scalars. */
import type { VariableColumns } from '../lists/variable-column.ts'
import type { ComponentEntry } from '../shared/manifest.ts'
import { markReferences } from '../world/bitecs-internals.ts'

/**
 * Makes the columns of an entry properties of a component; of a sparse component, makes typed
 * arrays properties of its `rows`. They are defined, not assigned, so that
 * users cannot overwrite them, and so that V8 keeps the fast layout of the object: it would make a
 * dictionary of an object to which more than 20 properties are assigned by name.
 */
export function defineColumns(
  component: object,
  { fields, byteOffsets, rowCount }: Omit<ComponentEntry, 'name'>,
  buffer: ArrayBufferLike,
  variable: VariableColumns,
  rows: object = component,
): void {
  for (const [i, { name, type }] of fields.entries()) {
    variable[i]?.$bind(byteOffsets[i] / 4, rowCount)
    let value: object | undefined = variable[i]
    let owner = component
    if (type.kind === 'scalar') {
      owner = rows
      value = new type.array(buffer, byteOffsets[i], rowCount)
      if (type.name === 'eid') markReferences(value)
    }
    const attributes = { configurable: true, enumerable: true, writable: false }
    Object.defineProperty(owner, name, { value, ...attributes })
  }
}
