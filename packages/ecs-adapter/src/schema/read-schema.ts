/** Checks a schema: the names of its fields, and their types. */
import { isRecord } from '../base/arguments.ts'
import { invalidArgument } from '../base/errors.ts'
import { isIllFormed } from '../base/utf8.ts'
import type { FieldCode } from '../fields/field-code.ts'
import type { FieldMemory } from '../fields/field-memory.ts'
import type { GivenValues } from '../fields/staging.ts'
import { Field, type Schema } from './schema.ts'
import { codeOf } from './type-codes.ts'

/**
 * Returns whether no field may have this name. bitECS mistakes an object with a field `data` or
 * `component` for the result of `set`. If a field were called `valueOf` or the like, values that
 * omit it would inherit a function.
 */
const isReserved = (name: string) =>
  name === 'data' || name === 'component' || name in Object.prototype
/**
 * Matches the allowed names. It refuses names such as `0` and `1`, because engines sort such
 * properties before all others.
 */
const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u

type Kind = 'component' | 'table'

/**
 * Checks a name, which must survive UTF-8, because it reaches other threads and worlds.
 * @throws StorageError 'invalid-argument' if the name is not allowed
 */
export function checkName(name: unknown, kind: Kind): asserts name is string {
  if (typeof name === 'string' && name !== '' && !isIllFormed(name)) return
  const expected = 'a string, not empty, without lone surrogates'
  throw invalidArgument(`the name of a ${kind}`, name, expected)
}

/**
 * Returns the fields of a schema, in its order. A tag has none.
 * @throws StorageError 'invalid-argument' if a name or type is wrong
 */
export function readSchema(
  name: string,
  schema: Schema,
  kind: Kind = 'component',
  isSparse = false,
): Field[] {
  checkName(name, kind)
  const of = (what: string) => `${what} of ${kind} ${JSON.stringify(name)}`
  if (!isRecord(schema)) {
    throw invalidArgument(of('the schema'), schema, 'an object such as { x: t.f32, y: t.f32 }')
  }
  return Reflect.ownKeys(schema).map((name) => {
    if (typeof name !== 'string' || !IDENTIFIER.test(name) || isReserved(name)) {
      const expected = 'an identifier other than data, component and valueOf or the like'
      throw invalidArgument(of('a field name'), name, expected)
    }
    const type: unknown = schema[name]
    const code = codeOf(type)
    if (code === undefined) {
      const expected =
        kind === 'table' ? 't.f32 or another number' : 'one of t, such as t.f32 or t.list(t.u16)'
      throw invalidArgument(of(`the type of field ${name}`), type, expected)
    }
    if (isSparse && isOfRows(name, code)) {
      throw invalidArgument(of('a field name'), name, 'one that the rows do not have: rename it')
    }
    return new Field(name, code)
  })
}

/** Returns whether a sparse component or its `rows` need the name for another property. */
const isOfRows = (name: string, code: FieldCode) =>
  code.createColumn === undefined && code.createObject === undefined
    ? name === 'count' || name === 'entities' || name === 'indexOf'
    : name === 'rows'

/** Returns the values of a new row, by field. */
export const emptyValues = (
  fields: readonly Field[],
  memory: FieldMemory,
): Record<string, unknown> =>
  Object.fromEntries(fields.map(({ name, code }) => [name, code.valueOf(code.initial, memory)]))

/**
 * Reads the values of a component into a frame. It reads each value only once.
 * @throws StorageError 'invalid-argument' if a value is wrong; and what getters throw
 */
export function readValues(
  memory: FieldMemory,
  name: string,
  fields: readonly Field[],
  values: unknown,
  given: GivenValues,
): void {
  if (typeof values !== 'object' || values === null) {
    const names = fields.map((field) => field.name).join(', ')
    throw invalidArgument(`the values for ${name}`, values, `an object with ${names}`)
  }
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i]
    const value = (values as Record<string, unknown>)[field.name]
    if (value === undefined) continue
    if (field.isNumber && typeof value === 'number') given.numbers[i] = value
    else field.code.take(memory, value, given, i, name, field.name)
    given.isGiven[i] = 1
  }
}
