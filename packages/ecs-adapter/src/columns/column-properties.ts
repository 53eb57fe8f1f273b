/**
 * Defines the properties of a component: typed arrays, and the objects that some types have
 * instead.
 */
import type { FieldObject } from '../fields/field-code.ts'
import type { ComponentEntry } from '../shared/manifest.ts'
import { markReferences } from '../world/bitecs-internals.ts'

/**
 * Defines the columns of an entry as properties of a component. For a sparse component, it defines
 * the typed arrays as properties of its `rows`. The properties are defined, not assigned, for two
 * reasons. Users cannot overwrite them. And V8 keeps the fast layout of the object: if more than 20
 * properties were assigned by name, V8 would turn it into a dictionary.
 *
 * @param objects for each field, the object that replaces a typed array; may be shorter than the
 * list of fields
 */
export function defineColumns(
  component: object,
  { fields, byteOffsets, rowCount }: Omit<ComponentEntry, 'name'>,
  buffer: ArrayBufferLike,
  objects: readonly (FieldObject | undefined)[],
  rows: object = component,
): void {
  for (const [i, { name, code }] of fields.entries()) {
    let value: object | undefined = objects[i]
    let owner = component
    objects[i]?.$bind(byteOffsets[i], rowCount)
    if (value === undefined) {
      owner = rows
      value = new code.array(buffer, byteOffsets[i], rowCount)
      if (code.isReference) markReferences(value)
    }
    const attributes = { configurable: true, enumerable: true, writable: false }
    Object.defineProperty(owner, name, { value, ...attributes })
  }
}
