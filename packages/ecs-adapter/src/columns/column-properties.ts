/** The properties of a component: typed arrays, and what types have in their place. */
import type { FieldObject } from '../fields/field-code.ts'
import type { ComponentEntry } from '../shared/manifest.ts'
import { markReferences } from '../world/bitecs-internals.ts'

/**
 * Makes the columns of an entry properties of a component; of a sparse component, makes typed
 * arrays properties of its `rows`. They are defined, not assigned, so that
 * users cannot overwrite them, and so that V8 keeps the fast layout of the object: it would make a
 * dictionary of an object to which more than 20 properties are assigned by name.
 *
 * @param objects by field: what stands in place of a typed array; may be shorter
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
