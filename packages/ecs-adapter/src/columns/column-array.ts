/** The properties of a component: a typed array, a `ListField` or a `TextField` for each field. */
import type { VariableField } from '../lists/variable-fields.ts'
import type { ScalarArray, ScalarType } from '../schema/schema.ts'
import type { ComponentEntry } from '../shared/manifest.ts'
import { markReferences } from '../world/bitecs-internals.ts'

function createColumnArray(
  { name, array }: ScalarType,
  buffer: ArrayBufferLike,
  byteOffset: number,
  rowCount: number,
): ScalarArray {
  const column = new array(buffer, byteOffset, rowCount)
  if (name === 'eid') markReferences(column)
  return column
}

/**
 * Makes the columns of an entry properties of a component. Defined, not assigned: users cannot
 * overwrite them, and V8 makes no dictionary of the object, as it does when more than 20 are
 * assigned by name.
 * @param variable by field; undefined for a scalar
 */
export function publishColumns(
  component: object,
  { fields, byteOffsets, rowCount }: ComponentEntry,
  buffer: ArrayBufferLike,
  variable: readonly (VariableField | undefined)[],
): void {
  for (const [i, { name, type }] of fields.entries()) {
    variable[i]?.handles.bind(byteOffsets[i] / 4, rowCount)
    const value =
      type.kind === 'scalar'
        ? createColumnArray(type, buffer, byteOffsets[i], rowCount)
        : variable[i]?.column
    const attributes = { configurable: true, enumerable: true, writable: false }
    Object.defineProperty(component, name, { value, ...attributes })
  }
}
